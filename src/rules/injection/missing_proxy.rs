use crate::fleet::{Cluster, Fleet, ObjectId, injection};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "injection/missing-proxy",
    Check::Object(&[Kind::Pod], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| is_bare(fleet, owner, id);
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    once.report(
        sink,
        once.closest(&["metadata", "name"]),
        "proxy",
        " has no sidecar, but its namespace asks for one",
    )
    .label("no container `istio-proxy`")
    .help("restart it, so that the injector sees it; or label it `sidecar.istio.io/inject: \"false\"`");
}

fn is_bare(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> bool {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return false;
    };
    let view = fleet.view(object);
    // A manifest that is still to be applied will be injected; one that a cluster has shown runs as it is.
    let runs = view.at(&["spec", "nodeName"]).is_some() || view.at(&["status", "phase"]).is_some();
    let hook = ["metadata", "annotations", "helm.sh/hook"];
    if !(cluster.complete || runs) || view.at(&hook).is_some() {
        return false;
    }
    let namespace = object.effective_namespace();
    let labels = injection::namespace_labels(fleet, cluster, &namespace);
    let enabled = labels.is_some_and(|labels| {
        !injection::is_ambient(&labels)
            && labels
                .get("istio-injection")
                .is_some_and(|v| v == "enabled")
    });
    let inject = "sidecar.istio.io/inject";
    let told = view
        .at(&["metadata", "labels", inject])
        .or(view.at(&["metadata", "annotations", inject]))
        .and_then(View::text);
    let on_host = view.at(&["spec", "hostNetwork"]).and_then(View::as_bool) == Some(true);
    let lists = ["containers", "initContainers"].map(|key| view.at(&["spec", key]));
    let has_proxy = lists.into_iter().flatten().flat_map(View::items).any(|c| {
        let text = |key| c.get(key).and_then(View::text).unwrap_or_default();
        text("name") == "istio-proxy" && !text("image").is_empty()
    });
    enabled
        && namespace != "istio-system"
        && !told.is_some_and(|t| t.eq_ignore_ascii_case("false"))
        && !on_host
        && !has_proxy
}
