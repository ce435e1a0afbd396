//! Objects of every kind whose fields hold what nobody expects.

// Helpers outside of a test are not told from other code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// Group, kind, version and schema of every kind that has one.
fn schemas() -> Vec<(String, String, String, Value)> {
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for group in children(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/crd")) {
        for kind in children(&group) {
            let text = std::fs::read_to_string(&kind).unwrap();
            let versions: Map<String, Value> = serde_json::from_str(&text).unwrap();
            let group = group.file_name().unwrap().to_string_lossy().into_owned();
            for (version, schema) in versions.iter().filter(|(_, schema)| schema.is_object()) {
                found.push((group.clone(), name(&kind), version.clone(), schema.clone()));
            }
        }
    }
    found
}

/// Something with all fields of a schema, in which `odd` stands where the path is `depth` long, and at every leaf.
fn filled(schema: &Value, odd: &Value, depth: u32) -> Value {
    if depth == 0 {
        return odd.clone();
    }
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let fill = |(name, field): (&String, &Value)| (name.clone(), filled(field, odd, depth - 1));
        return Value::Object(fields.iter().map(fill).collect());
    }
    match (schema.get("items"), schema.get("additionalProperties")) {
        (Some(items), _) => json!([filled(items, odd, depth - 1), odd]),
        (_, Some(each)) => json!({"a": filled(each, odd, depth - 1), "": odd}),
        _ => odd.clone(),
    }
}

/// As files of one cluster, each with an object of every kind.
fn objects(odd: &Value, depth: u32) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (group, kind, version, schema) in schemas() {
        let mut object = json!({
            "apiVersion": format!("{group}/{version}"),
            "kind": kind,
            "metadata": {"name": "a", "namespace": "b"},
        });
        object["spec"] = filled(&schema["properties"]["spec"], odd, depth);
        let path = format!("west/{group}-{kind}-{version}.yaml");
        files.push((path, object.to_string().into_bytes()));
    }
    files
}

#[test]
fn odd_values_are_findings_and_no_more() {
    let odd = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(99_999_999_999_u64),
        json!(0.5),
        json!(""),
        json!("*"),
        json!("/%{[(~@:\u{e4}"),
        json!("unix://"),
        json!([]),
        json!([null]),
        json!([["*/*"]]),
        json!({}),
        json!({"": null, "a/b.c": [{}]}),
    ];
    for odd in odd {
        for depth in [1, 3, 5] {
            meshlint::check_texts(objects(&odd, depth), true);
        }
    }
}

#[test]
fn every_kind_has_its_types_and_fields_looked_at() {
    let found = |spec: Value, rule: &str| {
        let with = |(path, text): (String, Vec<u8>)| {
            let mut object: Value = serde_json::from_slice(&text).unwrap();
            object["spec"] = spec.clone();
            (path, object.to_string().into_bytes())
        };
        let texts = objects(&Value::Null, 1).into_iter().map(with).collect();
        let (_, findings) = meshlint::check_texts(texts, false);
        let kinds = findings.iter().filter(|f| f.rule == rule);
        kinds
            .filter_map(|f| {
                f.resource
                    .as_ref()
                    .map(|r| (r.api_version.clone(), r.kind.clone()))
            })
            .collect::<std::collections::BTreeSet<_>>()
    };
    let all: std::collections::BTreeSet<_> = schemas()
        .into_iter()
        .map(|(group, kind, version, _)| (format!("{group}/{version}"), kind))
        .collect();
    assert_eq!(found(json!("text"), "schema/invalid"), all);
    assert_eq!(found(json!({"surplus": 1}), "schema/unknown-field"), all);
}
