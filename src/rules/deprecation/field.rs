use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "deprecation/field",
    Check::Object(&[Kind::Sidecar, Kind::VirtualService], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let proxy = once
        .view
        .at(&["spec", "outboundTrafficPolicy"])
        .and_then(|policy| policy.entry("egressProxy"));
    if once.object.kind == Kind::Sidecar
        && let Some((key, _)) = proxy
    {
        once.report(
            sink,
            key.content_span(),
            "egressProxy",
            ": `egressProxy` is ignored",
        )
        .label("has no effect")
        .help("route such traffic with a ServiceEntry and a VirtualService");
    }
    let routes = once.view.at(&["spec", "http"]);
    for route in routes.into_iter().flat_map(View::items) {
        let percent = route
            .at(&["fault", "delay"])
            .and_then(|delay| delay.entry("percent"));
        let Some((key, value)) = percent.filter(|(_, v)| v.as_i64().is_some_and(|p| p > 0)) else {
            continue;
        };
        let number = value.as_i64().unwrap_or_default();
        once.report(
            sink,
            key.content_span(),
            "fault.delay.percent",
            ": `percent` of a delay is deprecated",
        )
        .label("read by older versions only")
        .help(format!("write `percentage: {{value: {number}}}`"));
    }
}
