use crate::finding::Severity;
use crate::fleet::gateway::{self, Entrance};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};

/// Names the nodes whose addresses a Service of type NodePort is reached by (Istio `traffic.istio.io/nodeSelector`).
const NODE_SELECTOR: &str = "traffic.istio.io/nodeSelector";

pub(crate) const RULE: Rule = rule!(
    "gateway/not-addressable",
    Check::Object(&[Kind::Service, Kind::IstioOperator], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    for entrance in gateway::entrances_of(fleet, cluster, id) {
        judge(fleet, cluster, &entrance, sink);
    }
}

fn judge(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>, sink: &mut Sink<'_>) {
    let Some(network) = entrance.network() else {
        return;
    };
    let Some(object) = cluster
        .object(entrance.service.object)
        .filter(|o| !o.ambiguous)
    else {
        return;
    };
    let Some((why, help, severity)) = fault(fleet, cluster, entrance) else {
        return;
    };
    let is_multi_network = fleet
        .mesh_of(cluster.id)
        .is_some_and(|mesh| gateway::networks(fleet, mesh).len() > 1);
    if !is_multi_network
        || !entrance.is_gateway(fleet, cluster)
        || is_reachable_otherwise(fleet, cluster, entrance)
    {
        return;
    }
    let kind = entrance.spec().and_then(|s| s.get("type"));
    let place = match kind {
        Some(kind) => entrance.place(kind),
        None => Place {
            file: entrance.service.file,
            span: entrance
                .spec()
                .map_or_else(|| entrance.view.closest(&[]).0, |s| s.closest(&[]).0),
        },
    };
    let name = entrance.service.name;
    let mut draft = sink.report(
        place,
        format!(
            "Service {name} in {} has no address that other clusters could dial to reach network {network}",
            cluster.name
        ),
    );
    draft
        .label(why)
        .about(cluster, object)
        .subject("address")
        .help(help);
    if let Some(severity) = severity {
        draft.severity(severity);
    }
    if let Some(label) = entrance.label {
        draft.related(
            entrance.place(label),
            "offered to the other clusters as a gateway by this label",
        );
    }
}

/// Why it has no address, and what would give it one.
fn fault(
    fleet: &Fleet,
    cluster: &Cluster,
    entrance: &Entrance<'_>,
) -> Option<(String, String, Option<Severity>)> {
    let external = entrance.spec().and_then(|s| s.get("externalIPs"));
    if external.is_some_and(|e| e.items().next().is_some()) {
        return None;
    }
    match entrance.kind().as_str() {
        "ClusterIP" => Some((
            "`ClusterIP` is for this cluster only".to_owned(),
            "set `type: LoadBalancer`, or give it `externalIPs`".to_owned(),
            None,
        )),
        "NodePort" => node_port(fleet, cluster, entrance),
        "LoadBalancer" => {
            // Only what was read from a live cluster tells what became of it.
            let is_live = entrance.view.at(&["metadata", "uid"]).is_some();
            let balancer = entrance.view.at(&["status", "loadBalancer"])?;
            let pending = is_live && balancer.entries().next().is_none();
            pending.then(|| {
                (
                    "the load balancer has no address yet".to_owned(),
                    "look why the cloud gives it none, or set `externalIPs`".to_owned(),
                    Some(Severity::Warning),
                )
            })
        }
        _ => None,
    }
}

fn node_port(
    fleet: &Fleet,
    cluster: &Cluster,
    entrance: &Entrance<'_>,
) -> Option<(String, String, Option<Severity>)> {
    let annotations = match entrance.service.by_operator {
        true => entrance.view.at(&["k8s", "serviceAnnotations"]),
        false => entrance.view.at(&["metadata", "annotations"]),
    };
    if annotations.and_then(|a| a.get(NODE_SELECTOR)).is_none() {
        return Some((
            format!("`NodePort` without the annotation `{NODE_SELECTOR}`"),
            format!(
                "set `type: LoadBalancer`, or the annotation `{NODE_SELECTOR}: '{{}}'` where the nodes have an \
                 ExternalIP"
            ),
            None,
        ));
    }
    let nodes = cluster.of_kind(Kind::Node);
    let has_external = |node: View<'_>| {
        let addresses = node.at(&["status", "addresses"]);
        addresses.into_iter().flat_map(View::items).any(|address| {
            address.get("type").and_then(View::text).as_deref() == Some("ExternalIP")
        })
    };
    let none = !nodes.is_empty() && !nodes.iter().any(|node| has_external(fleet.view(node)));
    none.then(|| {
        (
            "no node has an ExternalIP".to_owned(),
            "set `type: LoadBalancer`, or give it `externalIPs`".to_owned(),
            None,
        )
    })
}

/// Another gateway of the network, or a description of it elsewhere, tells peers where to go.
fn is_reachable_otherwise(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>) -> bool {
    let Some(network) = entrance.network() else {
        return false;
    };
    let Some(mesh) = fleet.mesh_of(cluster.id) else {
        return false;
    };
    fleet.clusters_of(mesh).any(|c| {
        gateway::static_networks(fleet, c).contains(&network)
            || gateway::labelled_k8s_gateways(fleet, c).any(|n| n == network)
            || gateway::entrances(fleet, c).any(|e| {
                e.network() == Some(network)
                    && e.service.root != entrance.service.root
                    && fault(fleet, c, &e).is_none()
            })
    })
}
