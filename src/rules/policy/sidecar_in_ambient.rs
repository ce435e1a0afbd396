use crate::fleet::{Cluster, Fleet, ObjectId, injection, rivals};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "policy/sidecar-in-ambient",
    Check::Object(&[Kind::Sidecar], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| what(fleet, owner, id).is_some();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some(what) = what(fleet, cluster, id) else {
        return;
    };
    once.report(
        sink,
        once.closest(&["metadata", "name"]),
        "ambient",
        format!(" has no effect: {what} in ambient mode"),
    )
    .label("nobody reads this")
    .help("remove it: ztunnel knows no Sidecar resources");
}

/// What of that which the Sidecar is for is in ambient mode.
fn what(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> Option<String> {
    let object = cluster.object(id).filter(|o| !o.ambiguous)?;
    let namespace = object.effective_namespace();
    let own = rivals::labels(fleet, object);
    let ambient = injection::namespace_labels(fleet, cluster, &namespace)
        .is_some_and(|labels| injection::is_ambient(&labels));
    if own.is_empty() {
        return ambient.then(|| format!("namespace {namespace} is"));
    }
    let mut selected = cluster.selected(&namespace, &own);
    selected
        .find(|w| injection::is_redirected(fleet, cluster, w) || ambient)
        .map(|w| format!("the pods of {} are", w.name))
}
