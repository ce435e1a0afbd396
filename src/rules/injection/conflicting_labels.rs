use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "injection/conflicting-labels",
    Check::Object(&[Kind::Namespace], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let Some(labels) = once.view.at(&["metadata", "labels"]) else {
        return;
    };
    let injection = labels.get("istio-injection").and_then(View::text);
    if once.object.name == "istio-system" || injection.is_some_and(|v| v != "enabled") {
        return;
    }
    let keys = ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode"];
    let found: Vec<(View<'_>, View<'_>)> = keys
        .iter()
        .filter_map(|key| labels.entry(key))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let [(first, _), (second, _), ..] = found.as_slice() else {
        return;
    };
    let texts = found.iter().filter_map(|(key, value)| {
        let (key, value) = (key.text()?, value.text()?);
        Some(format!("`{key}={value}`"))
    });
    let message = format!(" is labelled {}", words::list(texts));
    once.report(sink, second.content_span(), "labels", message)
        .label("only one of them is followed")
        .related(once.object.place(*first), "and this")
        .help("keep the one that is meant");
}
