//! What there is to judge in a fleet, enumerated once for all rules.

use crate::fleet::{Cluster, ClusterId, Fleet, Mesh, MeshId, Setting};
use crate::resource::Kind;
use crate::yaml::FileId;
use std::collections::BTreeMap;
use ustr::Ustr;

/// A Service by name, and who has it.
#[derive(Clone, Debug)]
pub struct Host {
    pub namespace: Ustr,
    pub name: Ustr,
    /// Sorted.
    pub clusters: Vec<ClusterId>,
}

/// A namespace or a network, and who has it.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: Ustr,
    /// Sorted.
    pub clusters: Vec<ClusterId>,
}

/// A subject by what it is called, so that it is the same in two states of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    File(FileId),
    Object(ClusterId, Kind, Ustr, Ustr, FileId),
    Host(MeshId, Ustr, Ustr),
    Namespace(MeshId, Ustr),
    Network(MeshId, Ustr),
    Setting(MeshId, Setting),
    Pair(ClusterId, ClusterId),
    Cluster(ClusterId),
    Mesh(MeshId),
}

/// The subjects of one mesh that are found by name.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub hosts: Vec<Host>,
    pub namespaces: Vec<Named>,
    pub networks: Vec<Named>,
}

impl Index {
    pub fn new(fleet: &Fleet, mesh: &Mesh) -> Index {
        let mut hosts: BTreeMap<(&str, &str), Vec<ClusterId>> = BTreeMap::new();
        let mut namespaces: BTreeMap<&str, Vec<ClusterId>> = BTreeMap::new();
        let mut networks: BTreeMap<&str, Vec<ClusterId>> = BTreeMap::new();
        for cluster in fleet.clusters_of(mesh) {
            for service in &cluster.services {
                push(
                    hosts
                        .entry((service.namespace.as_str(), service.name.as_str()))
                        .or_default(),
                    cluster.id,
                );
            }
            for namespace in namespaces_of(cluster) {
                push(
                    namespaces.entry(namespace.as_str()).or_default(),
                    cluster.id,
                );
            }
            if let Some(network) = cluster.network() {
                push(networks.entry(network.as_str()).or_default(), cluster.id);
            }
        }
        let named = |map: BTreeMap<&str, Vec<ClusterId>>| {
            map.into_iter()
                .map(|(name, clusters)| Named {
                    name: Ustr::from(name),
                    clusters,
                })
                .collect()
        };
        Index {
            hosts: hosts
                .into_iter()
                .map(|((namespace, name), clusters)| Host {
                    namespace: Ustr::from(namespace),
                    name: Ustr::from(name),
                    clusters,
                })
                .collect(),
            namespaces: named(namespaces),
            networks: named(networks),
        }
    }
}

fn push(clusters: &mut Vec<ClusterId>, cluster: ClusterId) {
    if clusters.last() != Some(&cluster) {
        clusters.push(cluster);
    }
}

/// The namespaces that a cluster has: declared, or with something in them.
fn namespaces_of(cluster: &Cluster) -> impl Iterator<Item = Ustr> + '_ {
    let declared = cluster.of_kind(Kind::Namespace).iter().map(|o| o.name);
    let mut last = Ustr::from("");
    let used = cluster
        .objects
        .iter()
        .filter(|o| !o.kind.is_cluster_scoped() && o.kind != Kind::Other);
    let used = used
        .map(|o| o.effective_namespace())
        .filter(move |namespace| {
            let fresh = *namespace != last;
            last = *namespace;
            fresh
        });
    declared.chain(used)
}
