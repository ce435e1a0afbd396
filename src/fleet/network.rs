//! Everything in a cluster that says which network it is in.

use super::Fleet;
use super::cluster::{Cluster, Object};
use super::setting::{Setting, is_templated};
use super::workload::Workload;
use crate::resource::{Kind, pod};
use crate::yaml::{Place, View};
use ustr::Ustr;

pub use super::gateway::{Entrance as NetworkGateway, network_gateways};

pub const LABEL: &str = "topology.istio.io/network";

/// One word on the network of a cluster.
#[derive(Clone, Debug)]
pub struct NetworkSource {
    /// In words, for messages: `the namespace istio-system`.
    pub who: String,
    pub network: Ustr,
    pub place: Place,
}

/// The label of an object that names its network.
pub fn label<'a>(object: View<'a>) -> Option<View<'a>> {
    object
        .at(&["metadata", "labels", LABEL])
        .filter(|v| v.text().is_some_and(|t| !t.is_empty()))
}

/// What the cluster's parts say: proxies by the injector, endpoints by the namespace, the gateways for peers.
pub fn sources(fleet: &Fleet, cluster: &Cluster) -> Vec<NetworkSource> {
    let mut found = Vec::new();
    for plane in &cluster.control_planes {
        let Some(setting) = plane.setting(Setting::Network) else {
            continue;
        };
        // Where both are there, that the intent differs from what was rendered of it is a matter of its own.
        let statement = setting.rendered.first().or(setting.intent.first());
        found.extend(statement.map(|s| NetworkSource {
            who: "the control plane".to_owned(),
            network: s.value,
            place: s.place,
        }));
    }
    found.extend(namespace(fleet, cluster));
    found.extend(gateway_operators(fleet, cluster));
    found.extend(gateways(fleet, cluster));
    found.retain(|source| !is_templated(&source.network));
    found
}

/// The label of the system namespace: the network of endpoints that are not injected.
pub fn namespace(fleet: &Fleet, cluster: &Cluster) -> Option<NetworkSource> {
    let system = cluster.system_namespace();
    let object = cluster
        .of_kind(Kind::Namespace)
        .iter()
        .find(|o| o.name == system)?;
    let label = label(fleet.view(object))?;
    source(format!("namespace {system}"), object, label)
}

/// IstioOperators that only install gateways: the network they give to them.
fn gateway_operators(fleet: &Fleet, cluster: &Cluster) -> Vec<NetworkSource> {
    let is_plane = |object: &Object| {
        cluster.control_planes.iter().any(|plane| {
            plane
                .evidence
                .operators
                .iter()
                .filter_map(|id| cluster.object(*id))
                .any(|o| o == object)
        })
    };
    cluster
        .of_kind(Kind::IstioOperator)
        .iter()
        .filter(|object| !is_plane(object))
        .filter_map(|object| {
            let network = fleet
                .view(object)
                .at(&["spec", "values", "global", "network"])?;
            source(format!("IstioOperator {}", object.name), object, network)
        })
        .collect()
}

fn source(who: String, object: &Object, view: View<'_>) -> Option<NetworkSource> {
    let network = view.text().filter(|t| !t.is_empty())?;
    Some(NetworkSource {
        who,
        network: Ustr::from(&network),
        place: object.place(view),
    })
}

fn gateways(fleet: &Fleet, cluster: &Cluster) -> Vec<NetworkSource> {
    let gateways = network_gateways(fleet, cluster);
    let own = cluster
        .network()
        .or_else(|| namespace(fleet, cluster).map(|source| source.network));
    let serves_own = gateways.iter().any(|g| own.is_some() && g.network() == own);
    let mut found = Vec::new();
    for gateway in &gateways {
        let mut words = Vec::new();
        if let Some(label) = gateway.label
            && let Some(network) = label.text()
        {
            words.push(NetworkSource {
                who: format!("Service {}", gateway.service.name),
                network: Ustr::from(&network),
                place: Place {
                    file: gateway.service.file,
                    span: label.content_span(),
                },
            });
        }
        for workload in &gateway.workloads {
            words.extend(workload_network(fleet, cluster, workload));
        }
        // A further gateway that stands for another network as a whole, such as one of virtual machines, is meant.
        let agreed = words
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.network == b.network));
        if agreed && serves_own && gateway.network() != own {
            continue;
        }
        found.extend(words);
    }
    found
}

/// What the pods of a gateway say of their network: the label, or the environment of the proxy.
fn workload_network(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> Vec<NetworkSource> {
    let Some(object) = cluster.object(workload.object) else {
        return Vec::new();
    };
    if workload.gateway_entry.is_some() {
        // The label of the entry is the Service's as well; it has been heard.
        return Vec::new();
    }
    let view = fleet.view(object);
    let who = || format!("{} {}", object.kind_name, object.name);
    let label = pod::labels_view(view, object.kind)
        .and_then(|labels| labels.get(LABEL))
        .and_then(|label| source(who(), object, label));
    let env = pod::containers(view, object.kind)
        .filter_map(|container| pod::env(container, "ISTIO_META_NETWORK"))
        .filter_map(|(_, value)| source(who(), object, value));
    label.into_iter().chain(env).collect()
}
