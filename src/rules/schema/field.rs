//! Fields as the validators walk them: with a value or without, and always with a place.

use crate::yaml::{NodeKind, Span, View};
use std::borrow::Cow;

/// A field of an object. One that is absent, or null, still knows where it would be.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// The closest collection around it that is there.
    holder: View<'a>,
    /// Its key; none for items and for what is absent.
    key: Option<View<'a>>,
    value: Option<View<'a>>,
    /// What it is called when it is absent.
    name: &'static str,
}

impl<'a> Field<'a> {
    /// What stands at the top of an object.
    pub(super) fn root(object: View<'a>) -> Self {
        Self {
            holder: object,
            key: None,
            value: Some(object),
            name: "",
        }
    }

    /// The field under a key; absent too where this one is no mapping.
    pub(super) fn get(self, name: &'static str) -> Self {
        let Some(value) = self.value else {
            return Self { name, ..self };
        };
        match value.entry(name) {
            Some((key, found)) if !found.is_null() => Self {
                holder: value,
                key: Some(key),
                value: Some(found),
                name,
            },
            _ => Self {
                holder: value,
                // Whoever writes the missing field does it under this key.
                key: self.key,
                value: None,
                name,
            },
        }
    }

    /// The field at the end of a path.
    pub(super) fn at(self, path: &[&'static str]) -> Self {
        path.iter().fold(self, |field, name| field.get(name))
    }

    pub(super) fn items(self) -> impl Iterator<Item = Field<'a>> {
        let list = self.value;
        list.into_iter().flat_map(move |list| {
            list.items().map(move |item| Field {
                holder: list,
                key: None,
                value: Some(item),
                name: "",
            })
        })
    }

    /// The keys of a mapping and what is under them, without those that are null.
    pub(super) fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, Field<'a>)> {
        let map = self.value;
        map.into_iter().flat_map(move |map| {
            map.entries().filter_map(move |(key, value)| {
                let field = Field {
                    holder: map,
                    key: Some(key),
                    value: (!value.is_null()).then_some(value),
                    name: "",
                };
                Some((key.text()?, field))
            })
        })
    }

    /// There, and not null. An empty mapping is there.
    pub(super) fn is_set(self) -> bool {
        self.value.is_some()
    }

    /// There with something in it: not an empty text, an empty list, zero or false.
    pub(super) fn has_content(self) -> bool {
        let Some(value) = self.value else {
            return false;
        };
        match value.kind() {
            NodeKind::Mapping => true,
            NodeKind::Sequence => value.items().next().is_some(),
            NodeKind::Scalar => match value.resolved() {
                crate::yaml::Resolved::Str => value.text().is_some_and(|text| !text.is_empty()),
                crate::yaml::Resolved::Bool(set) => set,
                _ => value.as_i64() != Some(0),
            },
        }
    }

    /// The text of a scalar; `""` where there is none, as protobuf reads it.
    pub(super) fn text(self) -> Cow<'a, str> {
        self.value.and_then(View::text).unwrap_or_default()
    }

    pub(super) fn is(self, text: &str) -> bool {
        self.text() == text
    }

    pub(super) fn is_any_of(self, texts: &[&str]) -> bool {
        texts.contains(&self.text().as_ref())
    }

    /// A whole number; none where it is absent or something else, which is the schema's business.
    pub(super) fn int(self) -> Option<i64> {
        self.value.and_then(View::as_i64)
    }

    pub(super) fn is_true(self) -> bool {
        self.value.and_then(View::as_bool) == Some(true)
    }

    pub(super) fn len(self) -> usize {
        self.items().count()
    }

    pub(super) fn entry_count(self) -> usize {
        self.entries().count()
    }

    /// Where to point at: a scalar, the key of a collection, the first line of an item, or where it is missing.
    pub(super) fn span(self) -> Span {
        match (self.value, self.key) {
            (Some(value), _) if value.kind() == NodeKind::Scalar => value.content_span(),
            (_, Some(key)) => key.content_span(),
            (Some(value), None) => value.closest(&[]).0,
            (None, None) => self.holder.closest(&[]).0,
        }
    }

    /// The key of a mapping's entry.
    pub(super) fn key_span(self) -> Span {
        self.key.map_or_else(|| self.span(), View::content_span)
    }

    /// The path from the object on, such as `spec.servers[0].port`.
    pub(super) fn path(self, object: View<'a>) -> String {
        let goal = self.value.unwrap_or(self.holder).id();
        let mut path = String::new();
        let mut at = object;
        while at.id() != goal {
            let step = match at.kind() {
                NodeKind::Sequence => {
                    let before = at.items().enumerate();
                    let item = before.take_while(|(_, item)| item.id() <= goal).last();
                    item.map(|(number, item)| (format!("[{number}]"), item))
                }
                NodeKind::Mapping => {
                    let before = at.entries().filter(|(_, value)| value.id() <= goal);
                    let entry = before.max_by_key(|(_, value)| value.id());
                    entry.map(|(key, value)| (segment(&key.text().unwrap_or_default()), value))
                }
                NodeKind::Scalar => None,
            };
            let Some((name, next)) = step else { break };
            path.push_str(&name);
            at = next;
        }
        if self.value.is_none() && !self.name.is_empty() {
            path.push_str(&segment(self.name));
        }
        path.strip_prefix('.').unwrap_or(&path).to_owned()
    }
}

fn segment(key: &str) -> String {
    if key.contains(['.', '/', ' ']) {
        format!("[{key:?}]")
    } else {
        format!(".{key}")
    }
}
