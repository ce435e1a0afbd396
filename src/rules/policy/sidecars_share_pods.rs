use crate::fleet::{Cluster, Fleet, ObjectId, rivals};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!(
    "policy/sidecars-share-pods",
    Check::Object(&[Kind::Sidecar], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let found = |owner, id| rivals::of_workload(fleet, owner, Cluster::object(owner, id)?);
    let is_wrong = |owner, id| found(owner, id).is_some();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some((workload, others)) = found(cluster, id) else {
        return;
    };
    let names = words::list(others.iter().map(|o| o.name));
    let mut draft = once.report(
        sink,
        once.closest(&["spec"]),
        "selector",
        format!(
            " selects the pods of {}, and so does {names}",
            workload.name
        ),
    );
    draft
        .label("one of them is ignored")
        .help("let each pod be selected by one Sidecar only: merge them");
    if let Some(selector) = rivals::selector(fleet, once.object) {
        draft.related(once.object.place(selector), "selects the same pods");
    }
    for other in others {
        let selector = rivals::selector(fleet, other).unwrap_or(fleet.view(other));
        draft.related(other.place(selector), format!("{} does too", other.name));
    }
}
