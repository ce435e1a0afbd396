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

/// The bytes in the file of a part of a scalar's text.
pub(super) fn token(scalar: View<'_>, start: usize, end: usize) -> Span {
    let first = scalar.map_offset(start);
    // The last byte, not the one behind it: that may stand on another line.
    let last = scalar.map_offset(end.saturating_sub(1));
    Span::new(first, last.max(first) + 1)
}
