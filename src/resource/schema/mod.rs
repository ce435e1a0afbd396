//! The schemas of custom resources, and what an object has that its schema does not allow.
//!
//! `schemas/crd` holds them as facts; the program holds them packed, and compiles those that it meets.

mod fields;
mod json;

pub use fields::Unknown;

use crate::yaml::{NodeKind, Resolved, Span, View};
use fields::Fields;
use flate2::read::GzDecoder;
use json::{Item, Spanned};
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::json::Node;
use jsonschema::paths::LocationSegment;
use jsonschema::{Draft, JsonType, Validator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// The versions of a kind, each with its schema.
#[derive(Clone, Debug, Default)]
pub struct Versions(BTreeMap<String, Arc<Schema>>);

impl Versions {
    pub fn get(&self, version: &str) -> Option<&Schema> {
        self.0.get(version).map(Arc::as_ref)
    }

    /// From the text of `schemas/crd/GROUP/KIND.json`.
    fn unpack(packed: &[u8]) -> Option<Versions> {
        let schemas: BTreeMap<String, Value> =
            serde_json::from_reader(GzDecoder::new(packed)).ok()?;
        let mut versions = BTreeMap::new();
        for (name, value) in schemas.iter().filter(|(_, value)| value.is_object()) {
            versions.insert(name.clone(), Arc::new(Schema::new(value.clone())?));
        }
        for (name, value) in &schemas {
            if let Some(same) = value.as_str().and_then(|same| versions.get(same)) {
                versions.insert(name.clone(), Arc::clone(same));
            }
        }
        Some(Versions(versions))
    }

    /// From the `spec.versions` of a CustomResourceDefinition.
    pub fn of_definition(versions: &[Value]) -> Versions {
        let schema = |version: &Value| {
            let name = version.get("name")?.as_str()?.to_owned();
            let schema = version.pointer("/schema/openAPIV3Schema")?.clone();
            Some((name, Arc::new(Schema::new(schema)?)))
        };
        Versions(versions.iter().filter_map(schema).collect())
    }
}

/// The schema of a kind in one version, ready to be applied.
pub struct Schema {
    source: Value,
    validator: Validator<Spanned>,
    fields: Fields,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schema")
    }
}

/// The schema that the program brings for an object of this API version and kind.
pub fn of(api_version: &str, kind: &str) -> Option<&'static Schema> {
    static UNPACKED: OnceLock<Vec<OnceLock<Versions>>> = OnceLock::new();
    let (group, version) = api_version.split_once('/')?;
    let at = PACKED
        .binary_search_by(|(g, k, _)| (*g, *k).cmp(&(group, kind)))
        .ok()?;
    let unpacked = UNPACKED.get_or_init(|| PACKED.iter().map(|_| OnceLock::new()).collect());
    let (_, _, packed) = PACKED.get(at)?;
    let versions = unpacked.get(at)?;
    versions
        .get_or_init(|| Versions::unpack(packed).unwrap_or_default())
        .get(version)
}

/// A node as JSON; keys whose value is null are left out.
pub fn value(view: View<'_>) -> Value {
    Item::View(view).to_value().into_owned()
}

/// Whether the program brings a schema for this kind, in any version.
pub fn knows(group: &str, kind: &str) -> bool {
    PACKED
        .binary_search_by(|(g, k, _)| (*g, *k).cmp(&(group, kind)))
        .is_ok()
}

/// Something that the schema does not allow.
#[derive(Debug)]
pub struct Mistake {
    pub span: Span,
    /// Such as `spec.servers[0].port`.
    pub path: String,
    /// The field that is missing there.
    pub missing: Option<String>,
    /// Goes on behind the path: "is `x`, but ...".
    pub what: String,
    pub help: Option<String>,
    /// What the value could be.
    pub options: Vec<String>,
    /// It is not even of the right type, so nothing below it means anything.
    pub wrong_type: bool,
    /// A text that is there, but empty. To Istio it is as good as absent, to the API server it is not.
    pub empty_text: bool,
}

impl Schema {
    /// None where the schema itself is wrong.
    fn new(mut source: Value) -> Option<Schema> {
        complete_root(&mut source);
        let fields = Fields::of(&source);
        plain(&mut source);
        let validator = jsonschema::options_for::<Spanned>()
            .with_draft(Draft::Draft202012)
            .build(&source)
            .ok()?;
        Some(Schema {
            source,
            validator,
            fields,
        })
    }

    /// Fields that the kind does not have.
    pub fn unknown<'a>(&'a self, object: View<'a>) -> Vec<Unknown<'a>> {
        fields::unknown(&self.fields, object)
    }

    /// Wrong types and values, missing fields; in the order of the text.
    pub fn mistakes(&self, object: View<'_>) -> Vec<Mistake> {
        let item = Item::View(object);
        if self.validator.is_valid(item) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(item);
        let mut found: Vec<Mistake> = errors
            .filter_map(|error| self.mistake(object, &error))
            .collect();
        found.sort_by(|a, b| (a.span, &a.path, &a.missing).cmp(&(b.span, &b.path, &b.missing)));
        found.dedup_by(|a, b| a.span == b.span && a.path == b.path && a.missing == b.missing);
        found
    }

    fn mistake(&self, object: View<'_>, error: &ValidationError<'_>) -> Option<Mistake> {
        let (mut view, mut span, mut path) = (object, object.closest(&[]).0, String::new());
        for segment in error.instance_path() {
            if let (NodeKind::Sequence, LocationSegment::Index(at)) = (view.kind(), &segment) {
                view = view.items().nth(*at)?;
                span = view.closest(&[]).0;
                path.push_str(&format!("[{at}]"));
                continue;
            }
            let (key, value) = match &segment {
                LocationSegment::Property(name) => view.entry(name)?,
                // A key that looks like an index.
                LocationSegment::Index(at) => view
                    .entries()
                    .find(|(key, _)| key.text().and_then(|k| k.parse().ok()) == Some(*at))?,
            };
            (view, span) = (value, key.content_span());
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&key.text()?);
        }
        if view.kind() == NodeKind::Scalar {
            span = view.content_span();
        }
        let (what, help, missing) = self.words(view, error)?;
        let options = match error.kind() {
            ValidationErrorKind::Enum { options } => texts(options),
            _ => Vec::new(),
        };
        Some(Mistake {
            span,
            path,
            missing,
            what,
            help,
            options,
            wrong_type: matches!(error.kind(), ValidationErrorKind::Type { .. }),
            empty_text: matches!(error.kind(), ValidationErrorKind::MinLength { .. })
                && view.text().is_some_and(|text| text.is_empty()),
        })
    }

    /// What is wrong, how to mend it, and which field is missing.
    fn words(
        &self,
        view: View<'_>,
        error: &ValidationError<'_>,
    ) -> Option<(String, Option<String>, Option<String>)> {
        let is = described(view);
        let said = |what: String| Some((what, None, None));
        match error.kind() {
            ValidationErrorKind::Type { kind } => {
                let wanted = match kind {
                    TypeKind::Single(wanted) => type_name(*wanted).to_owned(),
                    TypeKind::Multiple(set) => {
                        let names: Vec<&str> = set.iter().map(type_name).collect();
                        names.join(" or ")
                    }
                };
                let text =
                    view.resolved() != Resolved::Str && wanted == type_name(JsonType::String);
                let help = (text && view.kind() == NodeKind::Scalar)
                    .then(|| format!("put it in quotes: \"{}\"", view.text().unwrap_or_default()));
                Some((format!("is {is}, but has to be {wanted}"), help, None))
            }
            ValidationErrorKind::Enum { options } => {
                let mut names = texts(options);
                names.retain(|name| !name.is_empty());
                said(format!(
                    "is {is}, but has to be one of `{}`",
                    names.join("`, `")
                ))
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str()?.to_owned();
                Some((
                    format!("has no `{name}`"),
                    Some(format!("add `{name}`")),
                    Some(name),
                ))
            }
            ValidationErrorKind::Minimum { limit } => {
                said(format!("is {is}, but has to be at least {limit}"))
            }
            ValidationErrorKind::Maximum { limit } => {
                said(format!("is {is}, but has to be at most {limit}"))
            }
            ValidationErrorKind::ExclusiveMinimum { limit } => {
                said(format!("is {is}, but has to be more than {limit}"))
            }
            ValidationErrorKind::ExclusiveMaximum { limit } => {
                said(format!("is {is}, but has to be less than {limit}"))
            }
            ValidationErrorKind::MultipleOf { multiple_of } => said(format!(
                "is {is}, but has to be a multiple of {multiple_of}"
            )),
            ValidationErrorKind::MinLength { limit: 1 } => said("is empty".to_owned()),
            ValidationErrorKind::MinLength { limit } => {
                said(format!("is shorter than {limit} characters"))
            }
            ValidationErrorKind::MaxLength { limit } => {
                said(format!("is longer than {limit} characters"))
            }
            ValidationErrorKind::MinItems { limit: 1 } => said("is empty".to_owned()),
            ValidationErrorKind::MinItems { limit } => said(format!("has less than {limit} items")),
            ValidationErrorKind::MaxItems { limit } => said(format!("has more than {limit} items")),
            ValidationErrorKind::MinProperties { limit } => {
                said(format!("has less than {limit} fields"))
            }
            ValidationErrorKind::MaxProperties { limit } => {
                said(format!("has more than {limit} fields"))
            }
            ValidationErrorKind::UniqueItems => said("has an item twice".to_owned()),
            ValidationErrorKind::Pattern { pattern } => {
                said(format!("is {is}, which does not match `{pattern}`"))
            }
            ValidationErrorKind::OneOfMultipleValid { .. }
            | ValidationErrorKind::OneOfNotValid { .. }
            | ValidationErrorKind::AnyOf { .. }
            | ValidationErrorKind::Not { .. } => Some((self.choice(view, error), None, None)),
            _ => said(format!(
                "is {is}, which the schema of the kind does not allow"
            )),
        }
    }

    /// Of which fields a choice has to be made, and which are there.
    fn choice(&self, view: View<'_>, error: &ValidationError<'_>) -> String {
        let mut names = Vec::new();
        if let Some(branches) = self.source.pointer(error.schema_path().as_str()) {
            required_names(branches, &mut names);
        }
        let mut present: Vec<&str> = Vec::new();
        for name in names.iter().copied() {
            if view.get(name).is_some_and(|value| !value.is_null()) && !present.contains(&name) {
                present.push(name);
            }
        }
        let quoted = |names: &[&str], word: &str| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(word)
        };
        names.dedup();
        match (present.len(), names.is_empty()) {
            (_, true) => "is none of what the schema of the kind allows there".to_owned(),
            (0, _) => format!("has none of {}", quoted(&names, ", ")),
            (1, _) => format!(
                "has {}, which does not go with the rest",
                quoted(&present, "")
            ),
            _ => format!(
                "has {}, of which only one can be",
                quoted(&present, " and ")
            ),
        }
    }
}

/// The names under `required`, wherever they stand in the branches of a choice.
fn required_names<'a>(schema: &'a Value, names: &mut Vec<&'a str>) {
    match schema {
        Value::Array(branches) => branches
            .iter()
            .for_each(|branch| required_names(branch, names)),
        Value::Object(fields) => {
            if let Some(required) = fields.get("required").and_then(Value::as_array) {
                for name in required.iter().filter_map(Value::as_str) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            for key in ["oneOf", "anyOf", "allOf", "not"] {
                if let Some(below) = fields.get(key) {
                    required_names(below, names);
                }
            }
        }
        _ => {}
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a text",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    }
}

/// A value as it reads in a sentence.
fn described(view: View<'_>) -> String {
    match (view.kind(), view.resolved()) {
        (NodeKind::Sequence, _) => "a list".to_owned(),
        (NodeKind::Mapping, _) => "a mapping".to_owned(),
        (_, Resolved::Null) => "null".to_owned(),
        (_, Resolved::Str) => {
            let text = view.text().unwrap_or_default();
            let line = text.lines().next().unwrap_or_default();
            match line.char_indices().nth(60) {
                Some((at, _)) => format!("the text `{}…`", line.get(..at).unwrap_or_default()),
                None => format!("the text `{line}`"),
            }
        }
        _ => format!("`{}`", view.text().unwrap_or_default()),
    }
}

/// Every object has these, and they are Kubernetes' own; the status is written by controllers.
fn complete_root(schema: &mut Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for name in ["apiVersion", "kind", "metadata", "status"] {
            properties.insert(name.to_owned(), Value::Object(Default::default()));
        }
    }
}

/// Kubernetes' dialect as JSON Schema.
fn plain(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    fields.remove("nullable");
    fields.remove("format");
    fields.remove("default");
    if fields.remove("x-kubernetes-int-or-string").is_some() {
        fields.remove("anyOf");
        fields.insert("type".to_owned(), serde_json::json!(["integer", "string"]));
    }
    // OpenAPI 3.0 has it as a switch.
    for (name, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        match fields.get(name).and_then(Value::as_bool) {
            Some(true) => {
                fields.remove(name);
                if let Some(limit) = fields.remove(bound) {
                    fields.insert(name.to_owned(), limit);
                }
            }
            Some(false) => drop(fields.remove(name)),
            None => {}
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        fields.get_mut(key).map(plain);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        let branches = fields.get_mut(key).and_then(Value::as_array_mut);
        branches.into_iter().flatten().for_each(plain);
    }
    let properties = fields.get_mut("properties").and_then(Value::as_object_mut);
    properties
        .into_iter()
        .flat_map(|p| p.values_mut())
        .for_each(plain);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{File, Limits};

    fn read(text: &str) -> File {
        File::read("a.yaml".into(), text.into(), &Limits::default())
    }

    fn said(api_version: &str, kind: &str, text: &str) -> Vec<String> {
        let file = read(text);
        let root = file.view(file.documents()[0].root.unwrap());
        let mistakes = of(api_version, kind).unwrap().mistakes(root);
        let line = |m: &Mistake| format!("{}: {} {}", file.slice(m.span), m.path, m.what);
        mistakes.iter().map(line).collect()
    }

    #[test]
    fn every_schema_is_sound() {
        for (group, kind, packed) in PACKED {
            let versions = Versions::unpack(packed).unwrap_or_default();
            assert!(!versions.0.is_empty(), "{group}/{kind}");
        }
    }

    #[test]
    fn a_mistake_is_found_at_its_place() {
        let gateway = |spec: &str| {
            said(
                "networking.istio.io/v1beta1",
                "Gateway",
                &format!("spec: {spec}"),
            )
        };
        assert_eq!(gateway("{servers: []}"), [""; 0]);
        assert_eq!(gateway("{selector: null}"), [""; 0]);
        assert_eq!(
            gateway("{servers: 7}"),
            ["7: spec.servers is `7`, but has to be a list"]
        );
        assert_eq!(
            gateway("{servers: [{hosts: [a], port: {number: x, name: b, protocol: TLS}}]}"),
            ["x: spec.servers[0].port.number is the text `x`, but has to be a whole number"]
        );
        assert_eq!(
            gateway("{servers: [{hosts: [a], port: null}]}"),
            ["{hosts: [a], port: null}: spec.servers[0] has no `port`"]
        );
    }

    #[test]
    fn a_choice_names_what_it_is_between() {
        let text = "spec: {http: [{fault: {abort: {httpStatus: 500, grpcStatus: OK}}}]}";
        assert_eq!(
            said("networking.istio.io/v1", "VirtualService", text),
            [
                "abort: spec.http[0].fault.abort has `httpStatus` and `grpcStatus`, of which only one can be"
            ]
        );
    }

    #[test]
    fn merged_and_aliased_values_are_looked_at() {
        let text = "x: &x {mode: STRCT}\nspec: {mtls: {<<: *x}, portLevelMtls: {80: *x}}";
        assert_eq!(
            said("security.istio.io/v1", "PeerAuthentication", text).len(),
            2
        );
    }

    #[test]
    fn unknown_fields_are_found_where_fields_are_known() {
        let file = read("spec: {mtls: {mod: STRICT}, selector: {matchLabels: {mod: x}}, mod: 1}");
        let root = file.view(file.documents()[0].root.unwrap());
        let schema = of("security.istio.io/v1", "PeerAuthentication").unwrap();
        let unknown = schema.unknown(root);
        assert_eq!(unknown.len(), 2);
        assert_eq!(unknown[0].known, ["mode"]);
    }

    #[test]
    fn a_definition_in_the_input_is_a_schema() {
        let versions = serde_json::json!([{"name": "v1", "schema": {"openAPIV3Schema": {
            "type": "object",
            "properties": {"spec": {"type": "object", "properties": {
                "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                "share": {"type": "number", "minimum": 0, "exclusiveMinimum": true, "nullable": true},
            }}},
        }}}]);
        let versions = Versions::of_definition(versions.as_array().unwrap());
        let mistakes = |text: &str| {
            let file = read(text);
            let root = file.view(file.documents()[0].root.unwrap());
            versions.get("v1").unwrap().mistakes(root).len()
        };
        assert_eq!(
            mistakes("spec: {port: 80, share: null}\nmetadata: {name: a}"),
            0
        );
        assert_eq!(mistakes("spec: {port: http, share: 0.5}"), 0);
        assert_eq!(mistakes("spec: {port: [], share: 0}"), 2);
    }
}
