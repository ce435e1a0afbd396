//! How the clusters of a mesh stand on mTLS, side by side: for the mesh, for a namespace, and for those of its pods
//! that a policy with a selector speaks of.

use super::authn::{Decision, Mode, Scope};
use super::control_plane::Role;
use super::workload::ServiceRef;
use super::{Cluster, ClusterId, Fleet, Mesh, injection};
use crate::resource::{Kind, Labels};
use crate::yaml::Place;
use std::collections::{BTreeMap, BTreeSet};
use ustr::Ustr;

/// Where one cluster stands.
#[derive(Clone, Copy, Debug)]
pub struct Posture<'a> {
    pub cluster: &'a Cluster,
    pub decision: Decision,
    /// The word of a policy of the compared scope; `None` where the mode comes from further up.
    pub place: Option<Place>,
    /// It runs such pods, rather than only calling them.
    pub serves: bool,
}

impl Posture<'_> {
    pub fn mode(&self) -> Mode {
        self.decision.mode
    }
}

/// The same pods in several clusters.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    pub scope: Scope,
    /// In words, for messages: `namespace shop`.
    pub whom: String,
    /// Those whose mode is sure, sorted by the cluster's name.
    pub postures: Vec<Posture<'a>>,
}

impl Comparison<'_> {
    /// What only follows from a wider policy is compared there.
    fn is_said_here(&self) -> bool {
        self.postures.iter().any(|p| p.place.is_some())
    }

    fn differs(&self) -> bool {
        let mut modes = self.postures.iter().map(Posture::mode);
        let first = modes.next();
        modes.any(|mode| Some(mode) != first)
    }
}

/// What there is to compare in a namespace; in the root namespace the mesh as a whole.
pub fn comparisons<'a>(
    fleet: &'a Fleet,
    mesh: &Mesh,
    namespace: Ustr,
    having: &[ClusterId],
) -> Vec<Comparison<'a>> {
    let all: Vec<&Cluster> = mesh
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
        .filter(|c| reads_policies(c))
        .collect();
    // A kind that no cluster has is kept elsewhere.
    if !all.iter().any(|c| c.knows(Kind::PeerAuthentication)) {
        return Vec::new();
    }
    let having: Vec<&Cluster> = all
        .iter()
        .filter(|c| having.contains(&c.id))
        .copied()
        .collect();
    let is_root = having.iter().any(|c| c.root_namespace() == namespace);
    let mut found = vec![match is_root {
        true => of_mesh(&all),
        false => of_namespace(&having, namespace),
    }];
    found.extend(of_pods(fleet, &having, namespace));
    found.retain(Comparison::is_said_here);
    found
}

/// PeerAuthentications of a cluster without an istiod of its own are read by nobody.
fn reads_policies(cluster: &Cluster) -> bool {
    cluster
        .control_planes
        .iter()
        .any(|plane| plane.role == Role::Primary)
}

fn of_mesh<'a>(clusters: &[&'a Cluster]) -> Comparison<'a> {
    let postures = clusters
        .iter()
        .map(|c| posture(c, c.authn.mesh_mode(), Scope::Mesh));
    Comparison {
        scope: Scope::Mesh,
        whom: "the mesh".to_owned(),
        postures: postures.filter(|p| p.decision.sure).collect(),
    }
}

fn of_namespace<'a>(clusters: &[&'a Cluster], namespace: Ustr) -> Comparison<'a> {
    let postures = clusters
        .iter()
        .map(|c| posture(c, c.authn.namespace_mode(namespace), Scope::Namespace));
    Comparison {
        scope: Scope::Namespace,
        whom: format!("namespace {namespace}"),
        postures: postures.filter(|p| p.decision.sure).collect(),
    }
}

fn posture(cluster: &Cluster, decision: Decision, scope: Scope) -> Posture<'_> {
    let by = decision.by.filter(|(id, _)| {
        let mut policies = cluster.authn.policies.iter();
        policies.any(|p| p.object == *id && p.scope == scope)
    });
    Posture {
        cluster,
        decision,
        place: by.map(|(_, place)| place),
        serves: true,
    }
}

/// Pods that are the same in several clusters, with the labels that they carry in each.
type Pods = BTreeMap<ClusterId, Labels>;

/// What decides in a cluster, and to what effect.
type Cause = (ClusterId, Option<Place>, &'static str);

/// Those comparisons of pods that come out differently.
fn of_pods<'a>(fleet: &'a Fleet, clusters: &[&'a Cluster], namespace: Ustr) -> Vec<Comparison<'a>> {
    // By what decides, so that workloads that one policy speaks of are named together.
    let mut found: BTreeMap<Vec<Cause>, (BTreeSet<String>, Comparison<'a>)> = BTreeMap::new();
    for ((name, port), pods) in subjects(fleet, clusters, namespace) {
        let comparison = compare(fleet, clusters, namespace, &pods, port);
        if !comparison.differs() || !comparison.is_said_here() {
            continue;
        }
        let key = comparison
            .postures
            .iter()
            .map(|p| (p.cluster.id, p.place, p.mode().name()))
            .collect();
        let name = match port {
            Some(port) => format!("port {port} of {name}"),
            None => name,
        };
        let (names, _) = found
            .entry(key)
            .or_insert_with(|| (BTreeSet::new(), comparison));
        // A port that does not differ from its pod needs no word of its own.
        if port.is_none() || names.is_empty() {
            names.insert(name);
        }
    }
    found
        .into_values()
        .map(|(names, comparison)| {
            let names: Vec<String> = names.into_iter().collect();
            Comparison {
                whom: format!("{} in {namespace}", names.join(", ")),
                ..comparison
            }
        })
        .collect()
}

/// What policies with a selector speak of: workloads by name, or the selector where the pods are not to be seen.
fn subjects(
    fleet: &Fleet,
    clusters: &[&Cluster],
    namespace: Ustr,
) -> BTreeMap<(String, Option<i64>), Pods> {
    let mut found: BTreeMap<(String, Option<i64>), Pods> = BTreeMap::new();
    for cluster in clusters {
        let policies = cluster
            .authn
            .policies
            .iter()
            .filter(|p| p.scope == Scope::Workload && p.namespace == namespace);
        for policy in policies {
            let mut ports: Vec<Option<i64>> = vec![None];
            ports.extend(policy.ports.iter().map(|(port, ..)| Some(*port)));
            let picked: BTreeSet<&str> = cluster
                .workloads_in(&namespace)
                .iter()
                .filter(|w| policy.selector.matches(&w.labels))
                .map(|w| w.name.as_str())
                .collect();
            for name in &picked {
                for port in &ports {
                    // Its twins are the same, whichever of them is looked at first.
                    found
                        .entry((format!("workload {name}"), *port))
                        .or_insert_with(|| twins(fleet, clusters, namespace, name));
                }
            }
            if picked.is_empty() {
                let labels = policy.selector.labels();
                let name = format!("pods with {labels}");
                for port in &ports {
                    let pods = found.entry((name.clone(), *port)).or_default();
                    pods.insert(cluster.id, labels.clone());
                }
            }
        }
    }
    found
}

/// The workloads of one name that have a sidecar, for all that is known.
fn twins(fleet: &Fleet, clusters: &[&Cluster], namespace: Ustr, name: &str) -> Pods {
    let of_cluster = |cluster: &&Cluster| {
        let mut workloads = cluster.workloads_in(&namespace).iter();
        let twin = workloads.find(|w| w.name.as_str() == name)?;
        let is_outside = injection::is_injected(fleet, cluster, twin) == Some(false);
        (!is_outside).then(|| (cluster.id, twin.labels.clone()))
    };
    clusters.iter().filter_map(of_cluster).collect()
}

fn compare<'a>(
    fleet: &Fleet,
    clusters: &[&'a Cluster],
    namespace: Ustr,
    pods: &Pods,
    port: Option<i64>,
) -> Comparison<'a> {
    let postures = clusters.iter().filter_map(|cluster| {
        let decide = |labels| {
            let decision = cluster.authn.mode(namespace, labels, port);
            posture(cluster, decision, Scope::Workload)
        };
        if let Some(labels) = pods.get(&cluster.id) {
            return Some(decide(labels));
        }
        let called = pods
            .iter()
            .filter_map(|(id, labels)| Some((clusters.iter().find(|c| c.id == *id)?, labels)))
            .find(|(server, labels)| {
                services_of(fleet, server, namespace, labels)
                    .any(|s| cluster.service(&namespace, &s.name).is_some())
            });
        let (_, labels) = called?;
        Some(Posture {
            serves: false,
            ..decide(labels)
        })
    });
    Comparison {
        scope: Scope::Workload,
        whom: String::new(),
        postures: postures.filter(|p| p.decision.sure).collect(),
    }
}

/// The Services of a namespace that lead to pods with these labels.
fn services_of<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    namespace: Ustr,
    labels: &'a Labels,
) -> impl Iterator<Item = &'a ServiceRef> {
    cluster
        .services
        .iter()
        .filter(move |s| s.namespace == namespace && !s.by_operator)
        .filter(move |s| {
            let object = cluster.object(s.object);
            let selector = object.and_then(|o| fleet.view(o).at(&["spec", "selector"]));
            let selector = Labels::read(selector);
            !selector.is_empty() && selector.are_within(labels)
        })
}
