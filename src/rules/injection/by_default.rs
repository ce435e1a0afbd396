use crate::fleet::{Cluster, Fleet, ObjectId, injection};
use crate::resource::{Kind, Labels};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "injection/by-default",
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
        " is injected by default, without a label that says so",
    )
    .label("enableNamespacesByDefault is on")
    .help("label it `istio-injection: enabled`, or `disabled`, so that it does not change with the default");
}

/// It says nothing, and the injector takes that for a yes.
fn is_silent(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> bool {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return false;
    };
    let labels = Labels::read(fleet.view(object).at(&["metadata", "labels"]));
    injection::by_default(fleet, cluster) && injection::is_silent(&object.name, &labels)
}
