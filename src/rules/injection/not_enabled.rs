use crate::fleet::{Cluster, Fleet, ObjectId, injection};
use crate::resource::{Kind, Labels};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "injection/not-enabled",
    Check::Object(&[Kind::Namespace], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| is_silent(fleet, owner, id);
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    once.report(
        sink,
        once.closest(&["metadata", "name"]),
        "injection",
        " does not say whether its pods get sidecars",
    )
    .label("no label `istio-injection`")
    .help("label it `istio-injection: enabled`, or `disabled` where that is meant");
}

/// Of input that is not all there is, labels may be given by something else.
fn is_silent(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> bool {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return false;
    };
    let labels = Labels::read(fleet.view(object).at(&["metadata", "labels"]));
    cluster.complete
        && !injection::by_default(fleet, cluster)
        && injection::is_silent(&object.name, &labels)
}
