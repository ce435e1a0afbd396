//! A Telemetry resource: what it changes about the metrics of proxies.

use crate::yaml::View;
use std::borrow::Cow;

/// An entry of `spec.metrics[].overrides`.
#[derive(Clone, Copy, Debug)]
pub struct Override<'a> {
    pub view: View<'a>,
}

/// A tag that an override sets.
#[derive(Clone, Debug)]
pub struct Tag<'a> {
    pub name: Cow<'a, str>,
    /// The key of the tag.
    pub key: View<'a>,
    /// The expression.
    pub value: View<'a>,
}

/// The overrides that are in effect: of a metric that is off, tags do not matter.
pub fn overrides<'a>(telemetry: View<'a>) -> impl Iterator<Item = Override<'a>> {
    let metrics = telemetry.at(&["spec", "metrics"]);
    metrics
        .into_iter()
        .flat_map(View::items)
        .flat_map(|m| m.get("overrides").into_iter().flat_map(View::items))
        .filter(|o| o.get("disabled").and_then(View::as_bool) != Some(true))
        .map(|view| Override { view })
}

impl<'a> Override<'a> {
    /// The one metric that it is for, such as `REQUEST_COUNT`; `None` when it is for all of them.
    pub fn metric(&self) -> Option<Cow<'a, str>> {
        let matching = self.view.get("match")?;
        ["metric", "customMetric"]
            .iter()
            .find_map(|key| matching.get(key)?.str())
            .filter(|name| name != "ALL_METRICS")
    }

    /// The tags that it adds or changes.
    pub fn tags(&self) -> impl Iterator<Item = Tag<'a>> + use<'a> {
        let tags = self.view.get("tagOverrides");
        tags.into_iter()
            .flat_map(View::entries)
            .filter(|(_, tag)| {
                let operation = tag.get("operation").and_then(View::text);
                operation.as_deref() != Some("REMOVE")
            })
            .filter_map(|(key, tag)| {
                Some(Tag {
                    name: key.text()?,
                    key,
                    value: tag.get("value")?,
                })
            })
    }
}
