use crate::finding::Severity;
use crate::fleet::gateway::{self, Gateway};
use crate::fleet::near::{self, Near, Twin};
use crate::fleet::setting::is_templated;
use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::shared::{Sharing, sharing};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!(
    "gateway/selects-nothing",
    Check::Object(&[Kind::Gateway], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |cluster: &Cluster, id| selects_nothing(fleet, cluster, id);
    let Some(sharing) = sharing(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some(object) = cluster.object(id) else {
        return;
    };
    let Some(gateway) = cluster.gateways.find(id) else {
        return;
    };
    let Some(selector) = fleet.view(object).at(&["spec", "selector"]) else {
        return;
    };
    let twin = twin(fleet, cluster, gateway);
    let near = near::nearest(
        candidates(fleet, cluster, gateway),
        &gateway.selector,
        object.name,
    );
    let Some(severity) = severity(fleet, cluster, gateway, &sharing, near, twin) else {
        return;
    };
    let wrong = words::list(sharing.wrong.iter().map(|c| c.name.as_str()));
    let message = format!(
        "Gateway {} configures nothing in {wrong}: no gateway has pods with `{}`",
        object.name, gateway.selector
    );
    let key = twin.map(|t| t.key).or(near.map(|n| n.key));
    let entry = near::selector_entry(selector, key.map_or("", |k| k.as_str()));
    if let Some(twin) = twin {
        let place = near::label_place(fleet, cluster, twin.here, &twin.key);
        let mut draft = sink.report(place.unwrap_or(object.place(entry)), message);
        draft
            .label(format!(
                "the pods of {} in {} are called otherwise",
                twin.here.name, cluster.name
            ))
            .related(object.place(entry), "the Gateway selects this")
            .about(cluster, object)
            .clusters(sharing.wrong.iter().copied().chain([twin.peer]))
            .subject(format!("{}/{}", twin.here.namespace, twin.here.name))
            .severity(severity)
            .help(format!(
                "label them `{}: {}`, as in {}",
                twin.key,
                twin.there.labels.get(&twin.key).unwrap_or_default(),
                twin.peer.name
            ));
        for other in sharing.wrong.iter().skip(1) {
            let same = other
                .workloads_in(&twin.here.namespace)
                .iter()
                .find(|w| w.name == twin.here.name)
                .and_then(|w| near::label_place(fleet, other, w, &twin.key));
            if let Some(place) = same {
                draft.also(place, format!("and in {}", other.name));
            }
        }
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
        .severity(severity)
        .subject("selector");
    let meant = near.map(|n| n.workload).or_else(|| {
        let mut known = candidates(fleet, cluster, gateway).into_iter();
        known.next().filter(|_| known.next().is_none())
    });
    let Some(meant) = meant else {
        draft.help("select labels that the pods of a gateway carry");
        return;
    };
    let own = gateway
        .selector
        .iter()
        .find_map(|(key, _)| Some((key, meant.labels.get(&key)?)))
        .filter(|_| near.is_none());
    let label = near
        .and_then(|n| n.label())
        .or(own.map(|(key, value)| format!("{key}: {value}")));
    let key = near.map(|n| n.key).or(own.map(|(key, _)| key));
    if let Some(place) = near::label_place(fleet, cluster, meant, key.map_or("", |k| k.as_str())) {
        draft.related(place, format!("the pods of {}", meant.name));
        draft.subject(format!("{}/{}", meant.namespace, meant.name));
    }
    draft.help(match label {
        Some(label) => format!(
            "select `{label}`, as the pods of {} are labelled",
            meant.name
        ),
        None => format!("select labels that the pods of {} carry", meant.name),
    });
}

/// Whether it configures no pods, here or in a cluster that is served from here.
fn selects_nothing(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> bool {
    let Some(gateway) = cluster.gateways.find(id) else {
        return false;
    };
    let sure = cluster.object(id).is_some_and(|o| !o.ambiguous)
        && !gateway.selector.is_empty()
        && !gateway
            .selector
            .iter()
            .any(|(_, value)| is_templated(&value))
        && !gateway::is_remote(cluster);
    let by_gateway_api = || {
        cluster.of_kind(Kind::K8sGateway).iter().any(|object| {
            gateway
                .selector
                .are_within(&gateway::labels_of_k8s_gateway(fleet, object))
        })
    };
    sure && gateway.workloads(cluster).next().is_none()
        && !by_gateway_api()
        && !fleet
            .peers(cluster)
            .filter(|peer| gateway::is_remote(peer))
            .flat_map(|peer| &peer.workloads)
            .any(|w| gateway.selects(cluster.gateways.scoped, w))
}

/// The gateways that it could be meant for: those of the network for one that lets other networks in, else all.
fn candidates<'a>(fleet: &'a Fleet, cluster: &'a Cluster, gateway: &Gateway) -> Vec<&'a Workload> {
    let scope = |w: &&Workload| !cluster.gateways.scoped || w.namespace == gateway.namespace;
    if is_passthrough(gateway) {
        let east_west: Vec<&Workload> = gateway::entrances(fleet, cluster)
            .filter(|e| e.is_east_west())
            .flat_map(|e| e.workloads)
            .filter(scope)
            .collect();
        if !east_west.is_empty() {
            return east_west;
        }
    }
    cluster
        .workloads
        .iter()
        .filter(|w| gateway::is_gateway_workload(fleet, cluster, w))
        .filter(scope)
        .collect()
}

fn is_passthrough(gateway: &Gateway) -> bool {
    gateway.servers.iter().any(|s| s.is_passthrough())
}

/// The same pods in another cluster, where the same Gateway configures them.
fn twin<'a>(fleet: &'a Fleet, cluster: &'a Cluster, gateway: &Gateway) -> Option<Twin<'a>> {
    let object = cluster.object(gateway.object)?;
    let peers = fleet.peers(cluster).filter(|peer| {
        peer.find(Kind::Gateway, &gateway.namespace, &object.name)
            .is_some()
    });
    let namespace = cluster
        .gateways
        .scoped
        .then_some(gateway.namespace.as_str());
    near::twin(cluster, peers, &gateway.selector, namespace)
}

/// How sure it is that the pods are nowhere else: in a cluster that installs its gateways by other means, they are
/// not among the manifests.
fn severity(
    fleet: &Fleet,
    cluster: &Cluster,
    gateway: &Gateway,
    sharing: &Sharing<'_>,
    near: Option<Near<'_>>,
    twin: Option<Twin<'_>>,
) -> Option<Severity> {
    let knows_gateways = || {
        cluster
            .workloads
            .iter()
            .any(|w| gateway::is_gateway_workload(fleet, cluster, w))
    };
    let lets_networks_in = || {
        is_passthrough(gateway)
            && gateway::entrances(fleet, cluster).any(|e| {
                let is_gateway = e
                    .workloads
                    .iter()
                    .any(|w| gateway::is_gateway_workload(fleet, cluster, w));
                is_gateway && e.is_east_west()
            })
    };
    if cluster.complete || twin.is_some() || near.is_some() || lets_networks_in() {
        return Some(Severity::Error);
    }
    if !knows_gateways() {
        return None;
    }
    if !sharing.right.is_empty() {
        return Some(Severity::Error);
    }
    let implied = gateway::implied_gateways(fleet, cluster);
    let is_implied = implied
        .iter()
        .any(|labels| gateway.selector.are_within(labels));
    (!is_implied).then_some(Severity::Warning)
}
