use crate::fleet::{Cluster, Fleet, ObjectId, rivals};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!(
    "policy/several-default-telemetries",
    Check::Object(&[Kind::Telemetry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let found = |owner, id| match Cluster::object(owner, id) {
        Some(object) => rivals::defaults(fleet, owner, object),
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
    draft
        .label("one of them is ignored")
        .help("keep one Telemetry without selector in a namespace: merge them");
    for other in others {
        let name = fleet.view(other).at(&["metadata", "name"]);
        draft.related(
            other.place(name.unwrap_or(fleet.view(other))),
            "for all pods too",
        );
    }
}
