//! Where a workload keeps its pod: labels, annotations and containers of every kind that makes pods.

use super::{Kind, Labels};
use crate::yaml::View;
use ustr::Ustr;

/// The path to the template whose `metadata` and `spec` become the pod's; empty for a Pod itself.
fn template_path(kind: Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Pod => &[],
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job => {
            &["spec", "template"]
        }
        Kind::CronJob => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    })
}

/// Whether objects of this kind make pods, by themselves or through an operator.
pub fn makes_pods(kind: Kind) -> bool {
    template_path(kind).is_some() || operated(kind).is_some()
}

/// The value of `app.kubernetes.io/name` that the Prometheus Operator gives the pods of this kind
/// (prometheus-operator `pkg/prometheus/common.go`, `makeStatefulSetSpec`).
fn operated(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Prometheus => "prometheus",
        Kind::PrometheusAgent => "prometheus-agent",
        Kind::Alertmanager => "alertmanager",
        Kind::ThanosRuler => "thanos-ruler",
        _ => return None,
    })
}

pub fn template(root: View<'_>, kind: Kind) -> Option<View<'_>> {
    root.at(template_path(kind)?)
}

/// The mapping of pod annotations.
pub fn annotations(root: View<'_>, kind: Kind) -> Option<View<'_>> {
    if operated(kind).is_some() {
        return root.at(&["spec", "podMetadata", "annotations"]);
    }
    template(root, kind)?.at(&["metadata", "annotations"])
}

/// The mapping of pod labels, as far as the manifest writes it.
pub fn labels_view(root: View<'_>, kind: Kind) -> Option<View<'_>> {
    if operated(kind).is_some() {
        return root.at(&["spec", "podMetadata", "labels"]);
    }
    template(root, kind)?.at(&["metadata", "labels"])
}

/// The labels of the pods, with those that an operator adds.
pub fn labels(root: View<'_>, kind: Kind, name: Ustr) -> Labels {
    let written = Labels::read(labels_view(root, kind));
    let Some(app) = operated(kind) else {
        return written;
    };
    let added = [
        ("app.kubernetes.io/name", app),
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("app.kubernetes.io/instance", name.as_str()),
        ("operator.prometheus.io/name", name.as_str()),
        (
            if app == "prometheus-agent" {
                "prometheus"
            } else {
                app
            },
            name.as_str(),
        ),
    ];
    added
        .iter()
        .map(|(k, v)| (Ustr::from(k), Ustr::from(v)))
        .chain(written.iter())
        .collect()
}

/// The containers that the manifest writes, with the init containers that keep running (sidecars) left out.
pub fn containers<'a>(root: View<'a>, kind: Kind) -> impl Iterator<Item = View<'a>> {
    template(root, kind)
        .and_then(|t| t.at(&["spec", "containers"]))
        .into_iter()
        .flat_map(View::items)
}

/// The value of an environment variable of a container: the view of its name, and of its literal value.
pub fn env<'a>(container: View<'a>, name: &str) -> Option<(View<'a>, View<'a>)> {
    // The kubelet lets the last of two equal names win.
    container
        .get("env")
        .into_iter()
        .flat_map(View::items)
        .filter_map(|e| Some((e.get("name")?, e.get("value")?)))
        .filter(|(n, _)| n.text().as_deref() == Some(name))
        .last()
}
