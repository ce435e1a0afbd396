//! Everything in a cluster that says which network it is in.

use super::Fleet;
use super::cluster::{Cluster, ObjectId};
use super::control_plane::{ControlPlane, Role};
use super::identity::{self, Word};
use super::setting::{Effective, Setting, is_templated};
use super::workload::{Workload, operator_gateways};
use crate::resource::{Kind, pod};
use crate::yaml::View;
use ustr::Ustr;

pub use super::gateway::{Entrance as NetworkGateway, network_gateways};

pub const LABEL: &str = "topology.istio.io/network";

/// The networks that clusters are known to be in, sorted.
pub fn names<'a>(clusters: impl IntoIterator<Item = &'a Cluster>) -> Vec<Ustr> {
    let mut names: Vec<Ustr> = clusters.into_iter().filter_map(Cluster::network).collect();
    names.sort_by_key(|n| n.as_str());
    names.dedup();
    names
}

/// The label of an object that names its network.
pub fn label<'a>(object: View<'a>) -> Option<View<'a>> {
    object
        .at(&["metadata", "labels", LABEL])
        .filter(|v| v.text().is_some_and(|t| !t.is_empty()))
}

/// What the cluster's parts say: proxies by the injector, endpoints by the namespace, the gateways for peers.
pub fn sources(fleet: &Fleet, cluster: &Cluster) -> Vec<Word> {
    let gateways = network_gateways(fleet, cluster);
    let behind: Vec<ObjectId> = gateways
        .iter()
        .flat_map(|g| g.workloads.iter().map(|w| w.object))
        .collect();
    let mut found = identity::words(fleet, cluster, Setting::Network, &behind);
    found.extend(namespace(fleet, cluster));
    found.extend(of_gateways(fleet, cluster, &gateways));
    found.extend(rendered_gateways(fleet, cluster, &gateways));
    found.retain(|word| !is_templated(&word.value));
    found
}

/// The label of the system namespace: the network of endpoints that are not injected.
pub fn namespace(fleet: &Fleet, cluster: &Cluster) -> Option<Word> {
    let object = cluster.find(Kind::Namespace, "", &cluster.system_namespace())?;
    let label = label(fleet.view(object))?;
    identity::word(format!("namespace {}", object.name), object, label)
}

/// The first control plane whose proxies are known to get no network: with where it would be said.
pub fn unset<'a>(fleet: &Fleet, cluster: &'a Cluster) -> Option<(&'a ControlPlane, &'a Effective)> {
    let is_unset = |plane: &&ControlPlane| {
        plane.role == Role::Primary
            && plane
                .setting(Setting::Network)
                .is_some_and(|s| s.is_known() && s.value.is_empty())
    };
    let plane = cluster.control_planes.iter().find(is_unset)?;
    // Where a webhook says it, it overrides the values.
    let by_path = identity::words_of_paths(fleet, cluster, Setting::Network);
    let setting = plane.setting(Setting::Network)?;
    by_path.is_empty().then_some((plane, setting))
}

/// The gateways of IstioOperators whose rendered Service states another network than their source does.
fn rendered_gateways(
    fleet: &Fleet,
    cluster: &Cluster,
    gateways: &[NetworkGateway<'_>],
) -> Vec<Word> {
    let rendered = |name: Ustr, namespace: Ustr| {
        gateways.iter().find(|g| {
            !g.service.by_operator && g.service.name == name && g.service.namespace == namespace
        })
    };
    let mut found = Vec::new();
    for object in cluster.of_kind(Kind::IstioOperator) {
        for gateway in operator_gateways(fleet.view(object)) {
            let Some(label) = gateway.entry.get("label").and_then(|l| l.get(LABEL)) else {
                continue;
            };
            let service = rendered(gateway.name, gateway.namespace);
            let differs = service
                .and_then(|s| s.network())
                .is_some_and(|network| label.text().is_some_and(|t| *t != *network));
            if differs {
                let who = format!("gateway {} of IstioOperator {}", gateway.name, object.name);
                let word = identity::word(who, object, label);
                found.extend(word.map(|word| Word {
                    inert: true,
                    ..word
                }));
            }
        }
    }
    found
}

fn of_gateways(fleet: &Fleet, cluster: &Cluster, gateways: &[NetworkGateway<'_>]) -> Vec<Word> {
    let own = cluster
        .network()
        .or_else(|| namespace(fleet, cluster).map(|word| word.value));
    let serves_own = gateways.iter().any(|g| own.is_some() && g.network() == own);
    let mut found = Vec::new();
    for gateway in gateways {
        let service = cluster.object(gateway.service.object);
        let label = gateway.label.zip(service).and_then(|(label, object)| {
            identity::word(format!("Service {}", gateway.service.name), object, label)
        });
        let mut words: Vec<Word> = label.into_iter().collect();
        for workload in &gateway.workloads {
            words.extend(workload_network(fleet, cluster, workload));
        }
        // A further gateway that stands for another network as a whole, such as one of virtual machines, is meant.
        let agreed = words
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.value == b.value));
        if agreed && serves_own && gateway.network() != own {
            continue;
        }
        found.extend(words);
    }
    found
}

/// What the pods of a gateway say of their network: the label, or the environment of the proxy.
fn workload_network(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> Vec<Word> {
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
        .and_then(|label| identity::word(who(), object, label));
    let env = pod::containers(view, object.kind)
        .filter_map(|container| pod::env(container, "ISTIO_META_NETWORK"))
        .filter_map(|(_, value)| identity::word(who(), object, value));
    label.into_iter().chain(env).collect()
}
