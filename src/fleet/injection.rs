//! Whether a workload's pods get a sidecar, as far as the manifests tell.

use super::workload::Workload;
use super::{Cluster, Fleet};
use crate::resource::{Kind, pod};
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
