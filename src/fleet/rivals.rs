//! Sidecars and Telemetry resources that are for the same pods: Istio takes one of them, and does not say which.

use super::cluster::{Cluster, Object};
use super::workload::Workload;
use super::{Fleet, injection};
use crate::resource::{Kind, Labels};
use crate::yaml::View;

/// The selector of a Sidecar or a Telemetry, as it is written.
pub fn selector<'a>(fleet: &'a Fleet, object: &Object) -> Option<View<'a>> {
    let path: &[&str] = match object.kind {
        Kind::Sidecar => &["spec", "workloadSelector", "labels"],
        _ => &["spec", "selector", "matchLabels"],
    };
    fleet.view(object).at(path)
}

/// What it asks of pods.
pub fn labels(fleet: &Fleet, object: &Object) -> Labels {
    Labels::read(selector(fleet, object))
}

/// Whether it is for all pods of its namespace.
fn is_default(fleet: &Fleet, object: &Object) -> bool {
    let spec = fleet.view(object).get("spec");
    let has = |key| spec.and_then(|s| s.get(key)).is_some_and(|v| !v.is_null());
    match object.kind {
        Kind::Sidecar => labels(fleet, object).is_empty(),
        _ => !has("selector") && !has("targetRef") && !has("targetRefs"),
    }
}

/// The first pods that this object and others of its kind select, and those others.
pub fn of_workload<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    object: &Object,
) -> Option<(&'a Workload, Vec<&'a Object>)> {
    let own = labels(fleet, object);
    if own.is_empty() || object.ambiguous {
        return None;
    }
    let others: Vec<(&Object, Labels)> = others(cluster, object)
        .map(|other| (other, labels(fleet, other)))
        .filter(|(_, labels)| !labels.is_empty())
        .collect();
    cluster
        .workloads_in(&object.effective_namespace())
        .iter()
        .filter(|w| own.are_within(&w.labels))
        .filter(|w| object.kind != Kind::Sidecar || !injection::is_redirected(fleet, cluster, w))
        .find_map(|workload| {
            let rivals: Vec<&Object> = others
                .iter()
                .filter(|(_, labels)| labels.are_within(&workload.labels))
                .map(|(other, _)| *other)
                .collect();
            (!rivals.is_empty()).then_some((workload, rivals))
        })
}

/// The others that are for all pods of the namespace, where this object is.
pub fn defaults<'a>(fleet: &Fleet, cluster: &'a Cluster, object: &Object) -> Vec<&'a Object> {
    if object.ambiguous || !is_default(fleet, object) {
        return Vec::new();
    }
    others(cluster, object)
        .filter(|other| is_default(fleet, other))
        .collect()
}

fn others<'a>(cluster: &'a Cluster, object: &Object) -> impl Iterator<Item = &'a Object> {
    let (namespace, name) = (object.effective_namespace(), object.name);
    let objects = cluster.of_kind(object.kind).iter();
    objects.filter(move |o| o.effective_namespace() == namespace && o.name != name && !o.ambiguous)
}
