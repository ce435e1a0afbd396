use crate::fleet::{Cluster, Fleet, ObjectId, injection};
use crate::resource::{Kind, Labels};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "policy/outside-mesh",
    Check::Object(&[Kind::AuthorizationPolicy], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| why(fleet, owner, id).is_some();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some(why) = why(fleet, cluster, id) else {
        return;
    };
    let span = match once.view.at(&["spec", "selector"]) {
        Some(_) => once.view.closest(&["spec", "selector"]).0,
        None => once.closest(&["metadata", "name"]),
    };
    once.report(
        sink,
        span,
        "mesh",
        format!(" allows and denies nothing: {why}"),
    )
    .label("applies to nobody")
    .help("take the pods into the mesh, or remove the policy");
}

/// Why the policy applies to no pods, where it is known of all pods of the mesh.
fn why(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> Option<String> {
    let object = cluster.object(id).filter(|o| !o.ambiguous)?;
    let namespace = object.effective_namespace();
    let spec = fleet.view(object).get("spec");
    let has = |key| spec.and_then(|s| s.get(key)).is_some_and(|v| !v.is_null());
    if has("targetRef") || has("targetRefs") || namespace == cluster.root_namespace() {
        return None;
    }
    let labels = Labels::read(spec.and_then(|s| s.at(&["selector", "matchLabels"])));
    let mut any = false;
    for owner in fleet.peers(cluster).chain([cluster]) {
        for workload in owner.selected(&namespace, &labels) {
            match injection::is_in_mesh(fleet, owner, workload) {
                Some(false) => any = true,
                None if owner.complete => any = true,
                _ => return None,
            }
        }
        let elsewhere = [Kind::WorkloadEntry, Kind::WorkloadGroup, Kind::K8sGateway]
            .into_iter()
            .flat_map(|kind| owner.of_kind(kind))
            .any(|o| o.effective_namespace() == namespace);
        if elsewhere {
            return None;
        }
    }
    match any {
        true => Some("the pods it is for are not in the mesh".to_owned()),
        // Of a selector that no pods carry, another rule speaks.
        false if cluster.complete && labels.is_empty() => {
            Some(format!("there are no pods in namespace {namespace}"))
        }
        false => None,
    }
}
