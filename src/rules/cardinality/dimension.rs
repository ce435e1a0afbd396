//! A tag of a metric by the expression that fills it, wherever it is configured.

use crate::fleet::Object;
use crate::resource::cel::{self, Class, Culprit};
use crate::rules::sink::Sink;
use crate::yaml::{Place, Span, View};

/// A tag whose values come from an attribute.
pub(super) struct Dimension<'a> {
    pub name: String,
    pub value: View<'a>,
    pub class: Class,
    pub culprit: Culprit,
}

impl<'a> Dimension<'a> {
    /// `None` when the expression holds no attribute, or cannot be judged.
    pub(super) fn read(name: &str, value: View<'a>, sink: &Sink<'_>) -> Option<Dimension<'a>> {
        let allowed: Vec<String> = sink.texts("allow").map(str::to_lowercase).collect();
        if allowed.contains(&name.to_lowercase()) {
            return None;
        }
        let text = value.str()?;
        let reading = cel::classify(&text, &|header| allowed.iter().any(|a| a == header))?;
        Some(Dimension {
            name: name.to_owned(),
            value,
            class: reading.class,
            culprit: reading.culprit?,
        })
    }

    /// One group for each name and attribute: the same dimension on several metrics is one mistake.
    pub(super) fn grouped(found: Vec<Dimension<'a>>) -> Vec<Vec<Dimension<'a>>> {
        let mut groups: Vec<Vec<Dimension<'a>>> = Vec::new();
        for read in found {
            let known = groups.iter_mut().find(|group| {
                let first = group.first();
                first.is_some_and(|d| d.is_same(&read))
            });
            match known {
                Some(group) => group.push(read),
                None => groups.push(vec![read]),
            }
        }
        groups
    }

    fn is_same(&self, other: &Dimension<'_>) -> bool {
        self.name == other.name && self.culprit.attribute == other.culprit.attribute
    }

    /// Where the attribute stands.
    pub(super) fn place(&self, object: &Object) -> Place {
        Place {
            file: object.file,
            span: token(self.value, self.culprit.span.start, self.culprit.span.end),
        }
    }

    /// How many values it takes, as it reads after the name of the tag.
    pub(super) fn takes(&self) -> String {
        let attribute = &self.culprit.attribute;
        match self.class {
            Class::PerRequest => format!("a new value with each request, from `{attribute}`"),
            Class::Unbounded => format!("values without limit, from `{attribute}`"),
            _ => format!("a value for each pod or address, from `{attribute}`"),
        }
    }

    /// The edit that mends it.
    pub(super) fn help(&self) -> String {
        let Culprit { attribute, .. } = &self.culprit;
        match self.class {
            Class::Unbounded if attribute.contains("headers") => format!(
                "compare it with the values that matter, as in `{attribute} == \"gold\" ? \"gold\" : \"other\"`, or \
                 remove the tag"
            ),
            Class::Unbounded if attribute.contains("path") => format!(
                "fold it into a few words, as in `{attribute}.startsWith(\"/api/\") ? \"api\" : \"other\"`, or remove \
                 the tag"
            ),
            Class::Unbounded | Class::PerRequest => {
                "remove the tag; single requests belong into the access log or a trace".to_owned()
            }
            _ => "remove the tag: the metrics already tell workloads apart, and the scrape names the pod".to_owned(),
        }
    }
}

/// Every dimension of the metrics below a node, in the form of the stats plug-in: `metrics[].dimensions`; also within
/// embedded texts.
pub(super) fn dimensions<'a>(root: View<'a>, sink: &Sink<'_>) -> Vec<Dimension<'a>> {
    let mut found = Vec::new();
    let mut pending = vec![root];
    while let Some(view) = pending.pop() {
        let metrics = view.get("metrics").into_iter().flat_map(View::items);
        let tags = metrics
            .filter_map(|m| m.get("dimensions"))
            .flat_map(View::entries);
        found.extend(tags.filter_map(|(key, value)| Dimension::read(&key.text()?, value, sink)));
        pending.extend(view.embedded());
        pending.extend(view.entries().map(|(_, value)| value));
        pending.extend(view.items());
    }
    found.sort_by_key(|d| d.value.span());
    found
}

/// The bytes in the file of a part of a scalar's text.
pub(super) fn token(scalar: View<'_>, start: usize, end: usize) -> Span {
    let first = scalar.map_offset(start);
    // The last byte, not the one behind it: that may stand on another line.
    let last = scalar.map_offset(end.saturating_sub(1));
    Span::new(first, last.max(first) + 1)
}
