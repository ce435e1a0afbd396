//! Which fields a schema knows, to find those that nobody reads.

use crate::yaml::View;
use serde_json::Value;
use std::collections::BTreeMap;

/// What may be below a field.
#[derive(Debug)]
pub(super) enum Fields {
    /// Anything, or nothing that has fields.
    Open,
    /// These.
    Known(BTreeMap<String, Fields>),
    /// Keys of the user's choice, or items, that all look alike.
    Each(Box<Fields>),
}

impl Fields {
    pub(super) fn of(schema: &Value) -> Fields {
        let kept = schema.get("x-kubernetes-preserve-unknown-fields");
        if kept.and_then(Value::as_bool) == Some(true) {
            return Fields::Open;
        }
        if let Some(known) = schema.get("properties").and_then(Value::as_object) {
            let known = known
                .iter()
                .map(|(name, schema)| (name.clone(), Fields::of(schema)));
            return Fields::Known(known.collect());
        }
        let each = schema
            .get("items")
            .or_else(|| schema.get("additionalProperties"));
        match each.map(Fields::of) {
            None | Some(Fields::Open) => Fields::Open,
            Some(each) => Fields::Each(Box::new(each)),
        }
    }
}

/// A field that the kind does not have: its key, and the names that it could have there.
#[derive(Debug)]
pub struct Unknown<'a> {
    pub key: View<'a>,
    pub known: Vec<&'a str>,
}

/// The unknown fields in `view`, in the order of the text; what is below one is not looked at.
pub(super) fn unknown<'a>(fields: &'a Fields, view: View<'a>) -> Vec<Unknown<'a>> {
    let mut found = Vec::new();
    let mut pending = vec![(fields, view)];
    while let Some((fields, view)) = pending.pop() {
        match fields {
            Fields::Open => {}
            Fields::Each(each) => {
                pending.extend(view.items().map(|item| (each.as_ref(), item)));
                pending.extend(view.entries().map(|(_, value)| (each.as_ref(), value)));
            }
            Fields::Known(known) => {
                for (key, value) in view.entries() {
                    let Some(name) = key.text() else { continue };
                    match known.get(name.as_ref()) {
                        Some(Fields::Open) => {}
                        Some(below) => pending.push((below, value)),
                        None => found.push(Unknown {
                            key,
                            known: known.keys().map(String::as_str).collect(),
                        }),
                    }
                }
            }
        }
    }
    found.sort_by_key(|unknown| unknown.key.span());
    found
}
