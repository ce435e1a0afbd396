//! The spanned tree as the JSON that a schema is applied to, without a copy.
//!
//! A key whose value is null is left out: Kubernetes and Istio read it as absent.

use crate::yaml::{NodeKind, Resolved, View};
use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::Value;
use std::borrow::Cow;

pub(super) struct Spanned;

/// A node of a file; or a text that stands in none, for schemas of property names.
#[derive(Clone, Copy)]
pub(super) enum Item<'a> {
    View(View<'a>),
    Text(&'a str),
}

impl Json for Spanned {
    type Node<'a> = Item<'a>;
    type PreparedKey = String;
    type StringBuffer = String;

    // A look-up reads the keys one by one, so going through all of them once is never worse.
    const KEYS_PER_LOOKUP: usize = 8;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut String, string: &str, f: impl FnOnce(Item<'_>) -> T) -> T {
        buffer.clear();
        buffer.push_str(string);
        f(Item::Text(buffer))
    }
}

impl<'a> Item<'a> {
    fn collection(self, kind: NodeKind) -> Option<View<'a>> {
        match self {
            Item::View(view) if view.kind() == kind => Some(view),
            _ => None,
        }
    }

    fn resolved(self) -> Resolved {
        match self {
            Item::View(view) => view.resolved(),
            Item::Text(_) => Resolved::Str,
        }
    }
}

impl<'a> Node<'a, Spanned> for Item<'a> {
    type Object = Mapping<'a>;
    type Array = Sequence<'a>;
    type Number = Number;

    fn as_object(&self) -> Option<Mapping<'a>> {
        self.collection(NodeKind::Mapping).map(Mapping)
    }

    fn as_array(&self) -> Option<Sequence<'a>> {
        self.collection(NodeKind::Sequence).map(Sequence)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Item::View(view) => view.str(),
            Item::Text(text) => Some(Cow::Borrowed(text)),
        }
    }

    fn as_number(&self) -> Option<Number> {
        match self.resolved() {
            Resolved::Int(value) => Some(Number(value.into())),
            Resolved::Uint(value) => Some(Number(value.into())),
            // Infinity and NaN are no JSON; Kubernetes refuses them.
            Resolved::Float(value) => serde_json::Number::from_f64(value).map(Number),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.resolved() {
            Resolved::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        self.resolved() == Resolved::Null
    }

    fn json_type(&self) -> JsonType {
        match self.resolved() {
            Resolved::Bool(_) => JsonType::Boolean,
            Resolved::Int(_) | Resolved::Uint(_) => JsonType::Number,
            Resolved::Float(value) if value.is_finite() => JsonType::Number,
            Resolved::Null | Resolved::Float(_) => JsonType::Null,
            Resolved::Str => JsonType::String,
            Resolved::Collection => match self.collection(NodeKind::Mapping) {
                Some(_) => JsonType::Object,
                None => JsonType::Array,
            },
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        // Only asked for scalars of an enum and for what a library error shows, which nobody reads.
        let value = match (self.as_number(), self.as_boolean(), self.as_string()) {
            (Some(number), ..) => Value::Number(number.0),
            (_, Some(set), _) => Value::Bool(set),
            (.., Some(text)) => Value::String(text.into_owned()),
            _ => match self.as_array() {
                // For `uniqueItems`.
                Some(items) => items
                    .elements()
                    .map(|i| i.to_value().into_owned())
                    .collect(),
                None => self.as_object().map_or(Value::Null, |object| {
                    let members = object.members();
                    let members = members.map(|(k, v)| (k.into_owned(), v.to_value().into_owned()));
                    Value::Object(members.collect())
                }),
            },
        };
        Cow::Owned(value)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        None
    }
}

pub(super) struct Number(serde_json::Number);

impl JsonNumber for Number {
    fn as_u64(&self) -> Option<u64> {
        self.0.as_u64()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.as_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.to_string())
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Borrowed(&self.0)
    }
}

pub(super) struct Mapping<'a>(View<'a>);

impl<'a> Mapping<'a> {
    fn present(&self) -> impl Iterator<Item = (Cow<'a, str>, Item<'a>)> + use<'a> {
        self.0
            .entries()
            .filter(|(_, value)| !value.is_null())
            .filter_map(|(key, value)| Some((key.text()?, Item::View(value))))
    }
}

impl<'a> Object<'a, Spanned> for Mapping<'a> {
    type Node = Item<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = std::vec::IntoIter<(Cow<'a, str>, Item<'a>)>;

    fn len(&self) -> usize {
        self.present().count()
    }

    fn get(&self, key: &String) -> Option<Item<'a>> {
        self.0
            .get(key)
            .filter(|value| !value.is_null())
            .map(Item::View)
    }

    fn members(&self) -> Self::MembersIter {
        self.present().collect::<Vec<_>>().into_iter()
    }
}

pub(super) struct Sequence<'a>(View<'a>);

impl<'a> Array<'a, Spanned> for Sequence<'a> {
    type Node = Item<'a>;
    type ElementsIter = std::vec::IntoIter<Item<'a>>;

    fn len(&self) -> usize {
        self.0.items().count()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0
            .items()
            .map(Item::View)
            .collect::<Vec<_>>()
            .into_iter()
    }
}
