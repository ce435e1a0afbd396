use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, annotation};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

const KINDS: &[Kind] = &[Kind::Deployment, Kind::Namespace, Kind::Pod, Kind::Service];

pub(crate) const RULE: Rule = rule!("annotation/alpha", Check::Object(KINDS, check));

/// What istio-cni sets by itself on pods without an init container of Istio.
const BY_CNI: [&str; 4] = [
    "sidecar.istio.io/interceptionMode",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let kind = once.object.kind;
    let inits = once.view.at(&["spec", "initContainers"]);
    let by_cni = kind == Kind::Pod
        && !inits
            .into_iter()
            .flat_map(View::items)
            .any(|c| c.get("name").and_then(View::text).as_deref() == Some("istio-init"));
    for found in annotation::written(once.view, kind) {
        let name = found.name.as_ref();
        // In templates they are what people have to use, and told of every one they would not look.
        let is_own = found.carrier == kind.name();
        if !is_own
            || name == "galley.istio.io/analyze-suppress"
            || !found.fact().is_some_and(|f| f.alpha)
            || by_cni && BY_CNI.contains(&name)
        {
            continue;
        }
        once.report(
            sink,
            found.key.content_span(),
            name,
            format!(": annotation `{name}` is alpha, and may change with any version of Istio"),
        )
        .help("look at it again before an upgrade of Istio");
    }
}
