//! Policies of one kind of which each pod takes one only, and the others without a word.

use crate::fleet::{Cluster, Fleet, Object, ObjectId, rivals};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::words;

/// Reports a policy whose selector picks pods that another of its kind selects as well.
pub(super) fn share_pods(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
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
    draft.label("one of them is ignored").help(format!(
        "let each pod be selected by one {} only: merge them",
        once.object.kind_name
    ));
    if let Some(selector) = rivals::selector(fleet, once.object) {
        draft.related(once.object.place(selector), "selects the same pods");
    }
    for other in others {
        let selector = rivals::selector(fleet, other).unwrap_or(fleet.view(other));
        draft.related(other.place(selector), format!("{} does too", other.name));
    }
}

/// Reports a policy without selector beside another of its kind in the namespace; `counts` tells whether it has a say.
pub(super) fn several_defaults(
    fleet: &Fleet,
    cluster: &Cluster,
    id: ObjectId,
    counts: fn(&Fleet, &Cluster, &Object) -> bool,
    sink: &mut Sink<'_>,
) {
    let found = |owner, id| match Cluster::object(owner, id) {
        Some(object) if counts(fleet, owner, object) => rivals::defaults(fleet, owner, object),
        _ => Vec::new(),
    };
    let is_wrong = |owner, id| !found(owner, id).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let others = found(cluster, id);
    let names = words::list(others.iter().map(|o| o.name));
    let mut draft = once.report(
        sink,
        once.closest(&["metadata", "name"]),
        "default",
        format!(
            " is for all pods of namespace {}, and so is {names}",
            once.object.effective_namespace()
        ),
    );
    draft.label("one of them is ignored").help(format!(
        "keep one {} without selector in a namespace: merge them",
        once.object.kind_name
    ));
    for other in others {
        let name = fleet.view(other).at(&["metadata", "name"]);
        draft.related(
            other.place(name.unwrap_or(fleet.view(other))),
            "for all pods too",
        );
    }
}
