use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, Labels};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use ustr::Ustr;

const KINDS: &[Kind] = &[
    Kind::AuthorizationPolicy,
    Kind::RequestAuthentication,
    Kind::Telemetry,
    Kind::WasmPlugin,
];

pub(crate) const RULE: Rule = rule!(
    "policy/selector-on-k8s-gateway",
    Check::Object(KINDS, check)
);

const GATEWAY: &str = "gateway.networking.k8s.io/gateway-name";

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| selected(fleet, owner, id).is_some();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some((gateway, _)) = selected(fleet, cluster, id) else {
        return;
    };
    once.report(
        sink,
        once.view.closest(&["spec", "selector"]).0,
        gateway.as_str(),
        format!(": its selector has no effect on Gateway {gateway} of the Gateway API"),
    )
    .label("does not apply to this Gateway")
    .help(format!(
        "target it: `targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: {gateway}}}]`"
    ));
}

/// The Gateway whose pods the policy selects.
fn selected<'a>(fleet: &Fleet, cluster: &'a Cluster, id: ObjectId) -> Option<(Ustr, &'a Workload)> {
    let object = cluster.object(id).filter(|o| !o.ambiguous)?;
    let spec = fleet.view(object).get("spec")?;
    let selector = spec.get("selector").filter(|s| !s.is_null())?;
    let has_target = ["targetRef", "targetRefs"]
        .iter()
        .any(|key| spec.get(key).is_some_and(|v| !v.is_null()));
    if has_target {
        return None;
    }
    let labels = Labels::read(selector.get("matchLabels"));
    cluster
        .workloads_in(&object.effective_namespace())
        .iter()
        .filter(|w| labels.are_within(&w.labels))
        .find_map(|w| Some((w.labels.get(GATEWAY)?, w)))
}
