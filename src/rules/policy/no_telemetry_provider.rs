use crate::fleet::{Cluster, Fleet, ObjectId, mesh_config};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "policy/no-telemetry-provider",
    Check::Object(&[Kind::Telemetry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| !without_provider(fleet, owner, id).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    for entry in without_provider(fleet, cluster, id) {
        once.report(
            sink,
            entry.closest(&[]).0,
            "accessLogging",
            " logs nothing: it names no provider, and the mesh has none by default",
        )
        .label("is ignored")
        .help("name a provider, such as `providers: [{name: envoy}]`, or set `defaultProviders.accessLogging`");
    }
}

/// The entries for access logs that nobody will write.
fn without_provider<'a>(fleet: &'a Fleet, cluster: &Cluster, id: ObjectId) -> Vec<View<'a>> {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return Vec::new();
    };
    let path = ["defaultProviders", "accessLogging"];
    let planes = cluster.control_planes.iter();
    let has_default = planes
        .filter_map(|plane| mesh_config::find(fleet, cluster, plane, &path))
        .any(|(_, list)| list.items().next().is_some());
    // Of a cluster whose mesh configuration is not there, nothing is known.
    let is_known = cluster.complete
        || cluster
            .control_planes
            .iter()
            .any(|p| p.evidence.mesh.is_some());
    if has_default || !is_known {
        return Vec::new();
    }
    let list = fleet.view(object).at(&["spec", "accessLogging"]);
    list.into_iter()
        .flat_map(View::items)
        .filter(|entry| {
            let disabled = entry.get("disabled").and_then(View::as_bool) == Some(true);
            let providers = entry.get("providers").into_iter().flat_map(View::items);
            !disabled && providers.count() == 0
        })
        .collect()
}
