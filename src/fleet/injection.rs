//! Whether a workload's pods get a sidecar, as far as the manifests tell.

use super::workload::Workload;
use super::{Cluster, Fleet};
use crate::resource::{Kind, Labels, pod};
use crate::yaml::View;

const INJECT: &str = "sidecar.istio.io/inject";

/// `None` where it is not to be told: labels of namespaces are often given by a script.
pub fn is_injected(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> Option<bool> {
    if workload.gateway_entry.is_some() {
        return Some(true);
    }
    let object = cluster.object(workload.object)?;
    let view = fleet.view(object);
    let on_host = pod::template(view, object.kind)
        .and_then(|t| t.at(&["spec", "hostNetwork"]))
        .and_then(View::as_bool);
    if on_host == Some(true) {
        return Some(false);
    }
    // The label of the pod is asked before its annotation, both before the namespace.
    let annotation = || {
        pod::annotations(view, object.kind)
            .and_then(|a| a.get(INJECT))
            .and_then(View::text)
            .map(|t| t.into_owned())
    };
    let of_pod = workload.labels.get(INJECT).map(|v| v.to_string());
    match of_pod.or_else(annotation).as_deref() {
        Some("true") => return Some(true),
        Some("false") => return Some(false),
        _ => {}
    }
    let namespace = cluster.find(Kind::Namespace, "", &workload.namespace)?;
    let labels = fleet.view(namespace).at(&["metadata", "labels"])?;
    match labels
        .get("istio-injection")
        .and_then(View::text)
        .as_deref()
    {
        Some("enabled") => Some(true),
        Some("disabled") => Some(false),
        _ => labels.get("istio.io/rev").map(|_| true),
    }
}

/// The labels of a namespace; `None` where its manifest is not there.
pub fn namespace_labels(fleet: &Fleet, cluster: &Cluster, namespace: &str) -> Option<Labels> {
    let mut objects = cluster.of_kind(Kind::Namespace).iter();
    let object = objects.rfind(|o| o.name == namespace)?;
    Some(Labels::read(fleet.view(object).at(&["metadata", "labels"])))
}

/// Whether pods of a namespace with these labels are in ambient mode.
pub fn is_ambient(labels: &Labels) -> bool {
    let is = |key, value: &str| labels.get(key).is_some_and(|v| v == value);
    is("istio.io/dataplane-mode", "ambient")
        && !is("istio-injection", "enabled")
        && labels.get("istio.io/rev").is_none_or(|rev| rev.is_empty())
}

/// Whether the pods of a workload were taken into ambient mode, as their annotation says.
pub fn is_redirected(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> bool {
    let Some(object) = cluster.object(workload.object) else {
        return false;
    };
    pod::annotations(fleet.view(object), object.kind)
        .and_then(|a| a.get("ambient.istio.io/redirection"))
        .and_then(View::text)
        .as_deref()
        == Some("enabled")
}

/// Whether the pods of a workload are in the mesh, by a sidecar or in ambient mode; `None` where it is not to be told.
pub fn is_in_mesh(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> Option<bool> {
    let of_namespace = || namespace_labels(fleet, cluster, &workload.namespace);
    if cluster.proxies.contains(&workload.object)
        || is_redirected(fleet, cluster, workload)
        || of_namespace().is_some_and(|labels| is_ambient(&labels))
    {
        return Some(true);
    }
    is_injected(fleet, cluster, workload)
}

/// Whether a namespace that says nothing is injected in a cluster: the setting `enableNamespacesByDefault` of the
/// injector without revision.
pub fn by_default(fleet: &Fleet, cluster: &Cluster) -> bool {
    cluster
        .control_planes
        .iter()
        .filter(|plane| plane.revision == "default")
        .filter_map(|plane| cluster.object(plane.evidence.injector?))
        .filter_map(|o| fleet.view(o).at(&["data", "values"])?.embedded())
        .filter_map(|values| values.at(&["sidecarInjectorWebhook", "enableNamespacesByDefault"]))
        .any(|value| value.as_bool() == Some(true))
}

/// Namespaces that are part of no mesh.
const SYSTEM: [&str; 5] = [
    "istio-system",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "local-path-storage",
];

/// Whether a namespace says nothing of injection: neither that it wants it, nor that it does not.
pub fn is_silent(name: &str, labels: &Labels) -> bool {
    let has = |key| labels.get(key).is_some_and(|value| !value.is_empty());
    !SYSTEM.contains(&name)
        && !has("istio-injection")
        && labels.get("istio.io/rev").is_none()
        && labels
            .get("istio.io/dataplane-mode")
            .is_none_or(|mode| mode != "ambient")
}
