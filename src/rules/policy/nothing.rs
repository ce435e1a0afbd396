//! Policies whose selector matches no pods.

use crate::finding::Severity;
use crate::fleet::near::{self, Near, Twin};
use crate::fleet::setting::is_templated;
use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, Object, ObjectId, gateway};
use crate::resource::{Kind, Labels};
use crate::rules::shared::sharing;
use crate::rules::sink::Sink;
use crate::rules::words;
use crate::yaml::View;

/// What a policy asks of pods, and in which namespace they are looked for; `None` is everywhere.
struct Asks<'a> {
    view: View<'a>,
    labels: Labels,
    namespace: Option<&'static str>,
}

/// Why it is believed that the pods are not there.
struct Verdict<'a> {
    severity: Severity,
    near: Option<Near<'a>>,
    twin: Option<Twin<'a>>,
    /// Pods that carry the labels, in another namespace.
    apart: Option<&'a Workload>,
}

/// Reports a policy that applies to nothing.
pub(super) fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner: &Cluster, id| verdict(fleet, owner, id).is_some();
    let Some(sharing) = sharing(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some(object) = cluster.object(id) else {
        return;
    };
    let (Some(asks), Some(verdict)) = (asks(fleet, cluster, object), verdict(fleet, cluster, id))
    else {
        return;
    };
    let wrong = words::list(sharing.wrong.iter().map(|c| c.name.as_str()));
    let scope = match asks.namespace {
        Some(namespace) => format!("no pods in namespace {namespace} have"),
        None => "no pods have".to_owned(),
    };
    let missed = match (verdict.twin, verdict.near) {
        (None, Some(near)) => format!("{}: {}", near.key, near.wanted),
        _ => asks.labels.to_string(),
    };
    let message = format!(
        "{} {} applies to nothing in {wrong}: {scope} `{missed}`",
        object.kind_name, object.name
    );
    let lone = || {
        let within = |w: &&Workload| asks.namespace.is_none_or(|n| w.namespace == n);
        let is_unknown = |(key, value): &(ustr::Ustr, ustr::Ustr)| {
            !cluster
                .workloads
                .iter()
                .filter(within)
                .any(|w| w.labels.get(key) == Some(*value))
        };
        asks.labels.iter().find(is_unknown).map(|(key, _)| key)
    };
    let key = verdict
        .twin
        .map(|t| t.key)
        .or(verdict.near.map(|n| n.key))
        .or_else(lone);
    let entry = near::selector_entry(asks.view, key.map_or("", |k| k.as_str()));
    let elsewhere = verdict.twin.filter(|twin| {
        let peers_too = twin
            .peer
            .find(object.kind, &object.effective_namespace(), &object.name);
        peers_too.is_some()
    });
    if let Some(twin) = elsewhere {
        // The policy is the same in both, so it is the pods that differ.
        let place = near::label_place(fleet, cluster, twin.here, &twin.key);
        let mut draft = sink.report(place.unwrap_or(object.place(entry)), message);
        draft
            .label(format!(
                "the pods of {} are called otherwise here",
                twin.here.name
            ))
            .related(object.place(entry), "the policy asks for this")
            .about(cluster, object)
            .clusters(sharing.wrong.iter().copied().chain([twin.peer]))
            .subject(format!("{}/{}", twin.here.namespace, twin.here.name))
            .help(format!(
                "label them `{}: {}`, as in {}",
                twin.key,
                twin.there.labels.get(&twin.key).unwrap_or_default(),
                twin.peer.name
            ));
        if let Some(place) = near::label_place(fleet, twin.peer, twin.there, &twin.key) {
            draft.related(place, format!("so it works in {}", twin.peer.name));
        }
        return;
    }
    let mut draft = sink.report(object.place(entry), message);
    draft
        .label("no pods carry this")
        .about(cluster, object)
        .clusters(sharing.wrong.iter().copied())
        .severity(verdict.severity)
        .subject("selector");
    if let Some(apart) = verdict.apart {
        if let Some(place) =
            near::label_place(fleet, cluster, apart, key.map_or("", |k| k.as_str()))
        {
            draft.related(
                place,
                format!("the pods of {} are in {}", apart.name, apart.namespace),
            );
        }
        draft.help(format!(
            "move the policy to namespace {}, where {} runs",
            apart.namespace, apart.name
        ));
        return;
    }
    let Some(near) = verdict.near else {
        draft.help("select labels that pods carry, or remove the policy");
        return;
    };
    let name = near.workload.name;
    if let Some(place) = near::label_place(fleet, cluster, near.workload, &near.key) {
        draft.related(place, format!("the pods of {name}"));
    }
    draft.help(match near.label() {
        Some(label) => format!("select `{label}`, as the pods of {name} are labelled"),
        None => format!(
            "remove `{}`, which the pods of {name} do not have",
            near.key
        ),
    });
}

fn asks<'a>(fleet: &'a Fleet, cluster: &Cluster, object: &Object) -> Option<Asks<'a>> {
    let path: &[&str] = match object.kind {
        Kind::EnvoyFilter | Kind::Sidecar => &["spec", "workloadSelector", "labels"],
        Kind::DestinationRule => &["spec", "workloadSelector", "matchLabels"],
        _ => &["spec", "selector", "matchLabels"],
    };
    let view = fleet.view(object).at(path)?;
    let labels = Labels::read(Some(view));
    let namespace = object.effective_namespace();
    let in_root = namespace == cluster.root_namespace();
    let everywhere = in_root && !matches!(object.kind, Kind::DestinationRule | Kind::Sidecar);
    // Istio ignores a selector of a PeerAuthentication there, which is another fault.
    let ignored = in_root && object.kind == Kind::PeerAuthentication;
    let sure = !object.ambiguous
        && !ignored
        && !labels.is_empty()
        && !labels.iter().any(|(_, value)| is_templated(&value));
    sure.then(|| Asks {
        view,
        labels,
        namespace: (!everywhere).then_some(namespace.as_str()),
    })
}

fn verdict<'a>(fleet: &'a Fleet, cluster: &'a Cluster, id: ObjectId) -> Option<Verdict<'a>> {
    let object = cluster.object(id)?;
    let asks = asks(fleet, cluster, object)?;
    if is_met(fleet, cluster, &asks) {
        return None;
    }
    // The control plane of a cluster also judges the pods of the others by its own policies.
    if fleet.peers(cluster).any(|peer| is_met(fleet, peer, &asks)) {
        let twin = near::twin(cluster, fleet.peers(cluster), &asks.labels, asks.namespace)?;
        return Some(Verdict {
            severity: Severity::Warning,
            near: None,
            twin: Some(twin),
            apart: None,
        });
    }
    let pods: Vec<&Workload> = match asks.namespace {
        Some(namespace) => cluster.workloads_in(namespace).iter().collect(),
        None => cluster.workloads.iter().collect(),
    };
    let near = near::nearest(pods.iter().copied(), &asks.labels, object.name);
    let apart = cluster
        .workloads
        .iter()
        .find(|w| asks.labels.are_within(&w.labels));
    let strays = apart.is_some_and(|w| gateway::is_gateway_workload(fleet, cluster, w));
    let is_sure = cluster.complete
        || near.is_some()
        || strays
        || misses_gateways(fleet, cluster, object, &asks);
    let severity = match is_sure {
        true => Severity::Warning,
        // Other pods of the namespace are known, these may be installed by other means.
        false if asks.namespace.is_some() && !pods.is_empty() => Severity::Info,
        false => return None,
    };
    Some(Verdict {
        severity,
        near,
        twin: None,
        apart: apart.filter(|_| near.is_none()),
    })
}

/// Whether something in the cluster carries the labels: pods, virtual machines, gateways made of a Gateway API object.
fn is_met(fleet: &Fleet, cluster: &Cluster, asks: &Asks<'_>) -> bool {
    let workloads = match asks.namespace {
        Some(namespace) => cluster.workloads_in(namespace),
        None => &cluster.workloads,
    };
    if workloads.iter().any(|w| asks.labels.are_within(&w.labels)) {
        return true;
    }
    [Kind::WorkloadEntry, Kind::WorkloadGroup, Kind::K8sGateway]
        .into_iter()
        .flat_map(|kind| cluster.of_kind(kind))
        .filter(|o| asks.namespace.is_none_or(|n| o.effective_namespace() == n))
        .any(|o| asks.labels.are_within(&labels_of(fleet, o)))
}

/// The labels of what an object stands for that is no workload of Kubernetes.
fn labels_of(fleet: &Fleet, object: &Object) -> Labels {
    let view = fleet.view(object);
    let paths: [&[&str]; 2] = match object.kind {
        Kind::WorkloadEntry => [&["metadata", "labels"], &["spec", "labels"]],
        Kind::WorkloadGroup => [
            &["spec", "metadata", "labels"],
            &["spec", "template", "labels"],
        ],
        _ => return gateway::labels_of_k8s_gateway(fleet, object),
    };
    let written = paths.map(|path| Labels::read(view.at(path)));
    written.iter().flat_map(Labels::iter).collect()
}

/// It is for gateways, whose pods are known, and none of them is meant.
fn misses_gateways(fleet: &Fleet, cluster: &Cluster, object: &Object, asks: &Asks<'_>) -> bool {
    let named = asks
        .labels
        .iter()
        .any(|(_, value)| value.contains("gateway"));
    let patches = fleet.view(object).at(&["spec", "configPatches"]);
    let mut patches = patches.into_iter().flat_map(View::items).peekable();
    let patched = object.kind == Kind::EnvoyFilter
        && patches.peek().is_some()
        && patches.all(|p| {
            p.at(&["match", "context"]).and_then(View::text).as_deref() == Some("GATEWAY")
        });
    let implied = gateway::implied_gateways(fleet, cluster);
    (named || patched)
        && !implied.iter().any(|labels| asks.labels.are_within(labels))
        && cluster
            .workloads
            .iter()
            .filter(|w| asks.namespace.is_none_or(|n| w.namespace == n))
            .any(|w| gateway::is_gateway_workload(fleet, cluster, w))
}
