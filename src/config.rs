//! `meshlint.yaml`: what a repository says about itself, typed, and checked with the place of every mistake.
//!
//! The JSON Schema comes from the types, and the checks from the schema, so that an editor and meshlint say the same.

use crate::Exception;
use crate::finding::{Date, Severity, closest};
use crate::fleet;
use crate::rules::selection::{self, Wish, Wishes};
use crate::source::{check_pattern, io_text};
use crate::yaml::{File, Limits, NodeKind, Resolved, Span, Style, View};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The names of the file, the first found wins.
pub const NAMES: [&str; 2] = ["meshlint.yaml", ".meshlint.yaml"];

/// Settings of meshlint for a repository.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(title = "meshlint.yaml")]
pub struct Config {
    /// Severity and options of rules, by rule id, family or alias.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/RuleId" }))]
    pub rules: BTreeMap<String, RuleConfig>,
    /// Which clusters form which mesh: names of clusters by name of mesh. All clusters form one where this is missing.
    pub meshes: BTreeMap<String, Vec<String>>,
    /// What not to read: patterns in the syntax of gitignore, relative to this file.
    pub exclude: Vec<Pattern>,
    /// What belongs to which cluster, where the layout of the repository does not say it.
    pub clusters: BTreeMap<String, ClusterConfig>,
    /// The files are all there is of every cluster: a reference to an object that is not in them is reported.
    pub complete: bool,
    /// The least severity of a finding that makes the run fail; `error` if missing.
    pub fail_on: Option<FailOn>,
    /// The least severity that is reported; `info` if missing.
    pub min_severity: Option<Severity>,
    /// Run these rules only: rule ids, families or aliases.
    pub select: Vec<RuleId>,
    /// Do not run these rules: rule ids, families or aliases.
    pub ignore: Vec<RuleId>,
    /// Findings that are accepted, each with the reason.
    pub ignores: Vec<Ignore>,
}

/// How a rule runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RuleConfig {
    /// In place of the severity of the rule; `off` turns it off.
    pub severity: Option<Level>,
    /// Options, as the page of the rule lists them.
    pub options: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    Info,
    Off,
}

/// The least severity of a finding that makes the run fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    #[default]
    Error,
    Warning,
    Info,
    Never,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// The files of the cluster: patterns in the syntax of gitignore, relative to this file.
    pub paths: Vec<Pattern>,
    /// The files are all there is of this cluster.
    pub complete: Option<bool>,
}

/// Findings that are accepted: those of a rule that fit everything stated.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ignore {
    pub rule: RuleId,
    /// The name of a cluster that the finding names.
    pub cluster: Option<String>,
    /// The kind of the object, such as `DestinationRule`.
    pub kind: Option<String>,
    pub namespace: Option<String>,
    /// The name of the object.
    pub name: Option<String>,
    /// Why this is right as it is.
    pub reason: Reason,
    /// The last day on which this holds, such as 2027-01-31.
    pub until: Option<Day>,
}

/// The id of a rule, a family of rules, or an alias such as IST0101.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct RuleId(pub String);

/// A pattern in the syntax of gitignore.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Pattern(pub String);

/// A sentence for the person who reads this next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Reason(pub String);

/// A day as year-month-day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Day(#[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))] pub String);

/// Whether a rule id, family or alias exists; if not, which one was probably meant.
pub type Known<'a> = &'a dyn Fn(&str) -> Result<(), Option<String>>;

/// A configuration that cannot be used.
#[derive(Debug)]
pub enum Error {
    /// Path and reason.
    Unreadable(String, String),
    Mistakes(Mistakes),
}

/// All that is wrong in a configuration file.
#[derive(Debug)]
pub struct Mistakes {
    path: String,
    text: String,
    list: Vec<Mistake>,
}

#[derive(Debug)]
struct Mistake {
    span: Span,
    message: String,
    help: Option<String>,
}

/// The configuration for a working directory: of the closest directory above that has one, up to the top of the
/// repository. Outside of a repository only the working directory itself is looked at.
pub fn find(cwd: &Path) -> Option<PathBuf> {
    let top = cwd
        .ancestors()
        .find(|above| above.join(".git").exists())
        .unwrap_or(cwd);
    cwd.ancestors()
        .take_while(|above| above.starts_with(top))
        .flat_map(|above| NAMES.map(|name| above.join(name)))
        .find(|path| path.is_file())
}

impl Config {
    /// What it says of rules.
    pub fn wishes(&self) -> Wishes {
        let names = |ids: &[RuleId]| ids.iter().map(|id| id.0.clone()).collect();
        let wish = |rule: &RuleConfig| Wish {
            level: rule.severity.map(Into::into),
            options: rule.options.clone(),
        };
        Wishes {
            select: names(&self.select),
            ignore: names(&self.ignore),
            rules: self
                .rules
                .iter()
                .map(|(name, rule)| (name.clone(), wish(rule)))
                .collect(),
        }
    }

    /// What it says of clusters and meshes.
    pub fn fleet(&self) -> fleet::Options {
        let complete = self
            .clusters
            .iter()
            .filter(|(_, cluster)| cluster.complete == Some(true));
        fleet::Options {
            complete: self.complete,
            complete_clusters: complete.map(|(name, _)| name.clone()).collect(),
            istio_minor: None,
            meshes: self.meshes.clone(),
        }
    }

    /// The findings that it accepts.
    pub fn exceptions(&self) -> Vec<Exception> {
        let exception = |ignore: &Ignore| Exception {
            rule: ignore.rule.0.clone(),
            cluster: ignore.cluster.clone(),
            kind: ignore.kind.clone(),
            namespace: ignore.namespace.clone(),
            name: ignore.name.clone(),
            until: ignore.until.as_ref().and_then(|day| Date::parse(&day.0)),
        };
        self.ignores.iter().map(exception).collect()
    }
}

impl From<Level> for selection::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::On(Severity::Error),
            Level::Warning => Self::On(Severity::Warning),
            Level::Info => Self::On(Severity::Info),
            Level::Off => Self::Off,
        }
    }
}

/// Reads a configuration file; `shown` is its path in messages.
pub fn load(path: &Path, shown: &str, known: Known) -> Result<Config, Error> {
    let bytes =
        fs::read(path).map_err(|error| Error::Unreadable(shown.to_owned(), io_text(&error)))?;
    parse(shown, bytes, known).map_err(Error::Mistakes)
}

/// Reads the text of a configuration file.
pub fn parse(shown: &str, bytes: Vec<u8>, known: Known) -> Result<Config, Mistakes> {
    let file = File::read(shown.to_owned(), bytes, &Limits::default());
    let schema = schema(&[]);
    let mut check = Check {
        schema: &schema,
        known,
        list: Vec::new(),
    };
    for problem in file.problems() {
        check.say(problem.span, problem.message.clone(), None);
    }
    let mut roots = file.documents().iter().filter_map(|document| document.root);
    let root = roots.next().map(|id| file.view(id));
    if let Some(second) = roots.next() {
        let span = first_line(file.view(second));
        check.say(
            span,
            "a second document".to_owned(),
            Some("the configuration is one document".to_owned()),
        );
    }
    if let Some(root) = root.filter(|_| check.list.is_empty()) {
        check.value(root, &schema, "");
    }
    let mut list = check.list;
    if list.is_empty() {
        match root.map_or_else(|| Ok(Config::default()), |_| deserialize(file.text())) {
            Ok(config) => return Ok(config),
            Err(error) => list.push(mistake(&error)),
        }
    }
    list.sort_by_key(|mistake| mistake.span);
    Err(Mistakes {
        path: shown.to_owned(),
        text: file.text().to_owned(),
        list,
    })
}

fn deserialize(text: &str) -> Result<Config, serde_yaml::Error> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text)?;
    value.apply_merge()?;
    serde_yaml::from_value(value)
}

/// What the checks let through and the deserialiser does not: its own words, at its own place.
fn mistake(error: &serde_yaml::Error) -> Mistake {
    let at = error
        .location()
        .and_then(|location| u32::try_from(location.index()).ok())
        .unwrap_or(0);
    Mistake {
        span: Span::new(at, at),
        message: error.to_string(),
        help: None,
    }
}

/// The JSON Schema of the file; with `rules`, an editor offers and checks their ids.
pub fn schema(rules: &[&str]) -> Value {
    let mut schema = schemars::schema_for!(Config).to_value();
    if let Some(id) = schema
        .pointer_mut("/$defs/RuleId")
        .and_then(Value::as_object_mut)
        && !rules.is_empty()
    {
        id.insert(
            "enum".to_owned(),
            rules.iter().copied().map(Value::from).collect(),
        );
    }
    schema
}

/// Compares a tree of YAML with the schema. It knows what the schema of [`Config`] consists of, no more.
struct Check<'a> {
    schema: &'a Value,
    known: Known<'a>,
    list: Vec<Mistake>,
}

impl<'a> Check<'a> {
    fn say(&mut self, span: Span, message: String, help: Option<String>) {
        self.list.push(Mistake {
            span,
            message,
            help,
        });
    }

    /// `path` is where we are, for messages; empty at the top.
    fn value(&mut self, view: View, schema: &'a Value, path: &str) {
        if let Some(name) = reference(schema) {
            let before = self.list.len();
            self.value(view, self.definition(name), path);
            if self.list.len() == before {
                self.meaning(view, name);
            }
            return;
        }
        if view.is_null() && is_optional(schema) {
            return;
        }
        let options = schema.get("anyOf").and_then(Value::as_array);
        if let Some(stated) =
            options.and_then(|options| options.iter().find(|option| !is_null(option)))
        {
            return self.value(view, stated, path);
        }
        if let Some(choices) = choices(schema) {
            return self.choice(view, &choices, path);
        }
        match schema_type(schema) {
            Some("object") => self.object(view, schema, path),
            Some("array") => self.array(view, schema, path),
            Some("string") if !is_string(view) => {
                let help = view
                    .text()
                    .filter(|_| !view.is_null())
                    .map(|text| format!("put it in quotes: \"{text}\""));
                self.wrong(view, "a string", path, help);
            }
            Some("boolean") if !is_bool(view) => {
                let quoted = matches!(view.text().as_deref(), Some("true" | "false"));
                self.wrong(
                    view,
                    "true or false",
                    path,
                    quoted.then(|| "remove the quotes".to_owned()),
                );
            }
            _ => {}
        }
    }

    fn object(&mut self, view: View, schema: &'a Value, path: &str) {
        if view.kind() != NodeKind::Mapping {
            return self.wrong(view, "a mapping", path, None);
        }
        let none = serde_json::Map::new();
        let fields = schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let others = schema
            .get("additionalProperties")
            .filter(|others| **others != Value::Bool(false));
        for (key, value) in view.entries() {
            let name = key.text().unwrap_or_default();
            let below = if path.is_empty() {
                name.to_string()
            } else {
                format!("{path}.{name}")
            };
            if let Some(field) = schema.pointer(&format!(
                "/properties/{}",
                name.replace('~', "~0").replace('/', "~1")
            )) {
                self.value(value, field, &below);
            } else if let Some(others) = others {
                if let Some(names) = schema.get("propertyNames").and_then(reference) {
                    self.meaning(key, names);
                }
                self.value(value, others, &below);
            } else {
                let place = if path.is_empty() {
                    String::new()
                } else {
                    format!(" in `{path}`")
                };
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                let help = match closest(&name, names.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the fields are {}", list(&names)),
                };
                self.say(
                    key.content_span(),
                    format!("unknown field `{name}`{place}"),
                    Some(help),
                );
            }
        }
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if view.get(name).is_none() {
                self.say(
                    first_line(view),
                    format!("`{path}` has no `{name}`"),
                    Some(format!("add `{name}:`")),
                );
            }
        }
    }

    fn array(&mut self, view: View, schema: &'a Value, path: &str) {
        if view.kind() != NodeKind::Sequence {
            let help = view
                .text()
                .filter(|_| !view.is_null())
                .map(|text| format!("write [{text}]"));
            return self.wrong(view, "a list", path, help);
        }
        let Some(items) = schema.get("items") else {
            return;
        };
        for (index, item) in view.items().enumerate() {
            self.value(item, items, &format!("{path}[{index}]"));
        }
    }

    fn choice(&mut self, view: View, choices: &[&str], path: &str) {
        match view
            .text()
            .filter(|_| view.kind() == NodeKind::Scalar && !view.is_null())
        {
            Some(text) if choices.contains(&text.as_ref()) => {}
            Some(text) => {
                let help = match closest(&text, choices.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("use {}", list(choices)),
                };
                self.say(
                    view.content_span(),
                    format!("`{path}` cannot be `{text}`"),
                    Some(help),
                );
            }
            None => self.wrong(view, &list(choices), path, None),
        }
    }

    /// What the type alone does not say.
    fn meaning(&mut self, view: View, name: &str) {
        let Some(text) = view.text() else { return };
        let span = view.content_span();
        match name {
            "RuleId" => {
                if let Err(meant) = (self.known)(&text) {
                    let help = match meant {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "`meshlint rules` lists them all".to_owned(),
                    };
                    self.say(span, format!("unknown rule `{text}`"), Some(help));
                }
            }
            "Pattern" => {
                if let Err(why) = check_pattern(&text) {
                    self.say(span, format!("`{text}` is not a pattern: {why}"), None);
                }
            }
            "Reason" if text.trim().is_empty() => {
                self.say(
                    span,
                    "the reason is empty".to_owned(),
                    Some("say why this is right as it is".to_owned()),
                );
            }
            "Day" if Date::parse(&text).is_none() => {
                self.say(
                    span,
                    format!("`{text}` is not a day"),
                    Some("write it as 2027-01-31".to_owned()),
                );
            }
            _ => {}
        }
    }

    fn wrong(&mut self, view: View, expected: &str, path: &str, help: Option<String>) {
        let found = match view.kind() {
            NodeKind::Mapping => "a mapping".to_owned(),
            NodeKind::Sequence => "a list".to_owned(),
            NodeKind::Scalar if view.is_null() => "nothing".to_owned(),
            NodeKind::Scalar => format!("`{}`", view.text().unwrap_or_default()),
        };
        let subject = if path.is_empty() {
            "the configuration".to_owned()
        } else {
            format!("`{path}`")
        };
        self.say(
            first_line(view),
            format!("{subject} is {found}, expected {expected}"),
            help,
        );
    }

    fn definition(&self, name: &str) -> &'a Value {
        self.schema
            .get("$defs")
            .and_then(|all| all.get(name))
            .unwrap_or(&Value::Null)
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

/// Null is as good as nothing.
fn is_optional(schema: &Value) -> bool {
    let types = schema.get("type").and_then(Value::as_array);
    let options = schema.get("anyOf").and_then(Value::as_array);
    types.is_some_and(|types| types.iter().any(|name| name == "null"))
        || options.is_some_and(|options| options.iter().any(is_null))
}

/// The type apart from null.
fn schema_type(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        name => name.as_str(),
    }
}

/// The words that are allowed, of an enum.
fn choices(schema: &Value) -> Option<Vec<&str>> {
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        return Some(list.iter().filter_map(Value::as_str).collect());
    }
    let list = schema.get("oneOf").and_then(Value::as_array)?;
    Some(
        list.iter()
            .filter_map(|choice| choice.get("const").and_then(Value::as_str))
            .collect(),
    )
}

/// YAML 1.2 decides here, not Kubernetes: `off` and `no` are words.
fn is_string(view: View) -> bool {
    view.kind() == NodeKind::Scalar
        && match view.resolved() {
            Resolved::Str => true,
            Resolved::Bool(_) => !is_bool(view),
            _ => false,
        }
}

fn is_bool(view: View) -> bool {
    view.style() == Style::Plain
        && view.text().is_some_and(|text| {
            matches!(
                text.as_ref(),
                "true" | "false" | "True" | "False" | "TRUE" | "FALSE"
            )
        })
}

/// Where a person recognises a node: a scalar itself, of anything larger its first line.
fn first_line(view: View) -> Span {
    match view.kind() {
        NodeKind::Scalar => view.content_span(),
        NodeKind::Mapping | NodeKind::Sequence => view.closest(&[]).0,
    }
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => format!("`{word}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

impl Mistakes {
    /// Draws every mistake at its place.
    pub fn render(&self, color: bool, width: usize) -> String {
        let mut theme = if color {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        theme.characters.error = "error:".to_owned();
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false);
        let mut all = Vec::new();
        for Mistake {
            span,
            message,
            help,
        } in &self.list
        {
            let label = LabeledSpan::new(None, span.start as usize, span.len() as usize);
            let mut diagnostic = MietteDiagnostic::new(message).with_label(label);
            diagnostic.help.clone_from(help);
            let source = NamedSource::new(&self.path, self.text.clone());
            let mut text = String::new();
            // Fails only where the place is not in the text; the message must not be lost for it.
            if handler
                .render_report(
                    &mut text,
                    Report::from(diagnostic).with_source_code(source).as_ref(),
                )
                .is_err()
            {
                text = format!("error: {}: {message}\n", self.path);
            }
            all.push(text.trim_start().to_owned());
        }
        all.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::selection::BOOK;
    use std::collections::BTreeSet;

    fn known(name: &str) -> Result<(), Option<String>> {
        let ids = ["dns/capture-mismatch", "dns", "IST0101"];
        if ids.contains(&name) {
            Ok(())
        } else {
            Err(closest(name, ids).map(str::to_owned))
        }
    }

    fn read(text: &str) -> Result<Config, Mistakes> {
        parse("meshlint.yaml", text.as_bytes().to_vec(), &known)
    }

    /// Each mistake as `the text it is at | message | help`.
    fn mistakes(text: &str) -> Vec<String> {
        let mistakes = read(text).unwrap_err();
        let at = |span: Span| mistakes.text.get(span.range()).unwrap().to_owned();
        let shown = |m: &Mistake| {
            format!(
                "{} | {} | {}",
                at(m.span),
                m.message,
                m.help.clone().unwrap_or_default()
            )
        };
        mistakes.list.iter().map(shown).collect()
    }

    #[test]
    fn everything_is_read() {
        let config = read(
            "rules:\n  dns/capture-mismatch: {severity: off, options: {limit: 3}}\nmeshes: {prod: [east, west]}\n\
             exclude: [vendor/]\nclusters:\n  east: {paths: [clusters/east/], complete: true}\ncomplete: true\n\
             failOn: never\nminSeverity: warning\nselect: [dns]\nignore: [IST0101]\n\
             ignores:\n- {rule: dns, cluster: east, kind: Service, namespace: a, name: b, reason: r, until: 2027-01-31}\n",
        )
        .unwrap();
        assert_eq!(
            config.rules["dns/capture-mismatch"].severity,
            Some(Level::Off)
        );
        assert_eq!(config.rules["dns/capture-mismatch"].options["limit"], 3);
        assert_eq!(config.meshes["prod"], ["east", "west"]);
        assert_eq!(config.exclude, [Pattern("vendor/".to_owned())]);
        assert_eq!(config.clusters["east"].complete, Some(true));
        assert_eq!(
            (config.complete, config.fail_on),
            (true, Some(FailOn::Never))
        );
        assert_eq!(config.min_severity, Some(Severity::Warning));
        assert_eq!(config.select, [RuleId("dns".to_owned())]);
        assert_eq!(config.ignores[0].until, Some(Day("2027-01-31".to_owned())));
    }

    #[test]
    fn nothing_is_a_configuration_too() {
        for text in ["", "# nothing yet\n", "---\n", "{}"] {
            assert_eq!(read(text).unwrap(), Config::default(), "{text:?}");
        }
    }

    #[test]
    fn anchors_and_merge_keys_work() {
        let config = read(
            "clusters:\n  east: &all {complete: true, paths: [a/]}\n  west:\n    <<: *all\n    paths: [b/]\n",
        )
        .unwrap();
        assert_eq!(config.clusters["west"].complete, Some(true));
        assert_eq!(config.clusters["west"].paths, [Pattern("b/".to_owned())]);
    }

    #[test]
    fn mistakes_are_at_their_place() {
        for (text, expected) in [
            (
                "failon: error",
                "failon | unknown field `failon` | did you mean `failOn`?",
            ),
            (
                "rules: {dns: {severty: info}}",
                "severty | unknown field `severty` in `rules.dns` | did you mean `severity`?",
            ),
            (
                "clusters: {east: {xyz: 1}}",
                "xyz | unknown field `xyz` in `clusters.east` | the fields are `paths` or `complete`",
            ),
            (
                "rules: {dns/capture-mismach: {}}",
                "dns/capture-mismach | unknown rule `dns/capture-mismach` | did you mean `dns/capture-mismatch`?",
            ),
            (
                "select: [nothing]",
                "nothing | unknown rule `nothing` | `meshlint rules` lists them all",
            ),
            (
                "rules: {dns: {severity: warn}}",
                "warn | `rules.dns.severity` cannot be `warn` | use `error`, `warning`, `info` or `off`",
            ),
            (
                "minSeverity: eror",
                "eror | `minSeverity` cannot be `eror` | did you mean `error`?",
            ),
            (
                "complete: yes",
                "yes | `complete` is `yes`, expected true or false | ",
            ),
            (
                "complete: \"true\"",
                "true | `complete` is `true`, expected true or false | remove the quotes",
            ),
            (
                "exclude: a/",
                "a/ | `exclude` is `a/`, expected a list | write [a/]",
            ),
            (
                "exclude: [3]",
                "3 | `exclude[0]` is `3`, expected a string | put it in quotes: \"3\"",
            ),
            (
                "meshes: {a: [{b: c}]}",
                "{b: c} | `meshes.a[0]` is a mapping, expected a string | ",
            ),
            (
                "- a",
                "- a | the configuration is a list, expected a mapping | ",
            ),
            (
                "exclude: ['a[']",
                "a[ | `a[` is not a pattern: unclosed character class; missing ']' | ",
            ),
            (
                "ignores:\n- rule: dns\n",
                "rule | `ignores[0]` has no `reason` | add `reason:`",
            ),
            (
                "ignores: [{rule: dns, reason: ' '}]",
                "  | the reason is empty | say why this is right as it is",
            ),
            (
                "ignores: [{rule: dns, reason: a, until: 2026-02-30}]",
                "2026-02-30 | `2026-02-30` is not a day | write it as 2027-01-31",
            ),
            (
                "complete: true\n---\ncomplete: false\n",
                "complete | a second document | the configuration is one document",
            ),
        ] {
            assert_eq!(mistakes(text), [expected], "{text}");
        }
        assert_eq!(mistakes("rules:").len(), 1);
        assert_eq!(
            mistakes("a: 1\na: 2\nrules: [").len(),
            1,
            "syntax comes first"
        );
        assert_eq!(
            mistakes("b: 1\na: 2\nrules: {x: {y: 1}}").len(),
            4,
            "all are told"
        );
    }

    #[test]
    fn a_mistake_is_drawn_where_it_is() {
        let text = read("complete: true\nfail_on: error\n")
            .unwrap_err()
            .render(false, 80);
        let drawn = [
            "error: unknown field `fail_on`",
            "   ╭─[meshlint.yaml:2:1]",
            " 1 │ complete: true",
            " 2 │ fail_on: error",
            "   · ───────",
            "   ╰────",
            "  help: did you mean `failOn`?",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), drawn);
    }

    #[test]
    fn the_schema_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/meshlint.v1.json");
        let ids = BOOK.ids().chain(BOOK.families());
        let aliases = BOOK
            .ids()
            .filter_map(|id| BOOK.front(id))
            .flat_map(|front| &front.aliases);
        let names: BTreeSet<&str> = ids.chain(aliases.map(String::as_str)).collect();
        let text = format!("{:#}\n", schema(&names.into_iter().collect::<Vec<_>>()));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path, &text).unwrap();
        }
        let known = fs::read_to_string(path).unwrap_or_default();
        assert!(
            known == text,
            "{path} is out of date: run UPDATE=1 cargo test --lib config"
        );
    }

    #[test]
    fn the_schema_says_what_the_checks_say() {
        let schema = jsonschema::validator_for(&schema(&["dns", "dns/capture-mismatch"])).unwrap();
        for (valid, text) in [
            (true, "{}"),
            (
                true,
                "{\"rules\": {\"dns\": {\"severity\": \"off\"}}, \"failOn\": \"never\"}",
            ),
            (
                true,
                "{\"ignores\": [{\"rule\": \"dns\", \"reason\": \"known\"}]}",
            ),
            (
                true,
                "{\"failOn\": null, \"clusters\": {\"a\": {\"complete\": null}}}",
            ),
            (false, "{\"rules\": null}"),
            (false, "{\"rules\": {\"dnss\": {}}}"),
            (false, "{\"select\": [\"dnss\"]}"),
            (false, "{\"ignores\": [{\"rule\": \"dns\"}]}"),
            (false, "{\"fail_on\": \"error\"}"),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(schema.is_valid(&value), valid, "{text}");
            assert_eq!(read(text).is_ok(), valid, "{text}");
        }
    }
}
