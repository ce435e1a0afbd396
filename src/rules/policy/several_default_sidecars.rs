use super::rivalry;
use crate::fleet::{Cluster, Fleet, Object, ObjectId, injection};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "policy/several-default-sidecars",
    Check::Object(&[Kind::Sidecar], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    rivalry::several_defaults(fleet, cluster, id, has_say, sink);
}

/// In an ambient namespace no Sidecar has any effect, which is another fault.
fn has_say(fleet: &Fleet, cluster: &Cluster, object: &Object) -> bool {
    !injection::namespace_labels(fleet, cluster, &object.effective_namespace())
        .is_some_and(|labels| injection::is_ambient(&labels))
}
