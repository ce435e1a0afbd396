use super::patch::relative;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "envoyfilter/relative-operation",
    Check::Object(&[Kind::EnvoyFilter], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let found: Vec<_> = relative(once.view)
        .into_iter()
        .filter(|(_, depends)| !depends)
        .map(|(patch, _)| patch)
        .collect();
    let Some(first) = found.first() else { return };
    let mut draft = once.report(
        sink,
        first.operation.content_span(),
        "priority",
        format!(
            ": {} depends on the order of EnvoyFilters, and it has no `priority`",
            first.operation_name
        ),
    );
    draft
        .label("does nothing where what it is relative to is not there yet")
        .help("set `priority`, or use INSERT_FIRST or ADD");
    for patch in found.iter().skip(1) {
        draft.also(once.object.place(patch.operation), "and this");
    }
}
