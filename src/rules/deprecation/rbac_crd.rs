use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "deprecation/rbac-crd",
    Check::Object(&[Kind::CustomResourceDefinition], check)
);

/// Kinds of the group `rbac.istio.io`, by the plurals in the names of their definitions.
const REMOVED: [(&str, &str); 4] = [
    ("clusterrbacconfigs", "ClusterRbacConfig"),
    ("rbacconfigs", "RbacConfig"),
    ("serviceroles", "ServiceRole"),
    ("servicerolebindings", "ServiceRoleBinding"),
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let plural = once.object.name.strip_suffix(".rbac.istio.io");
    let Some((_, kind)) = REMOVED.iter().find(|(name, _)| Some(*name) == plural) else {
        return;
    };
    once.report(
        sink,
        once.closest(&["metadata", "name"]),
        *kind,
        format!(": Istio has no {kind} any more"),
    )
    .label("nobody reads objects of this kind")
    .help("write AuthorizationPolicies instead, and remove the definition");
}
