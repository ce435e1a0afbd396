use super::patch::patches;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "envoyfilter/wrong-replace",
    Check::Object(&[Kind::EnvoyFilter], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for patch in patches(once.view) {
        if patch.operation_name != "REPLACE" || patch.is_replaceable() {
            continue;
        }
        once.report(
            sink,
            patch.operation.content_span(),
            patch.apply_to.as_ref(),
            format!(": REPLACE for {} is ignored", patch.apply_to),
        )
        .label("does nothing")
        .help("REPLACE is for HTTP_FILTER and NETWORK_FILTER: use MERGE");
    }
}
