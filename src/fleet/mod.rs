//! All clusters at once: which file belongs to which, what each comes to, and who forms a mesh with whom.

pub mod activity;
pub mod allocation;
pub mod authn;
pub mod cluster;
pub mod control_plane;
mod definitions;
pub mod delivery;
pub mod gateway;
pub mod identity;
pub mod injection;
pub mod injector;
pub mod layout;
pub mod mentions;
pub mod mesh_config;
pub mod mesh_networks;
pub mod monitoring;
pub mod near;
pub mod network;
pub mod pod_range;
pub mod posture;
pub mod proxy_config;
pub mod rivals;
pub mod setting;
pub mod traffic;
pub mod vote;
pub mod workload;

pub use activity::{MissingEntry, State};
pub use cluster::{Cluster, ClusterId, Files, Member, Object, ObjectId};
pub use control_plane::{ControlPlane, Role};
pub use layout::{Layout, Seen, Style};
pub use setting::{Confidence, Effective, Setting, Source};

use crate::resource::{Kind, Manifest};
use crate::yaml::{FileId, View};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use ustr::Ustr;

/// What the user says of the fleet, beside its files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// All clusters are complete.
    pub complete: bool,
    /// These are, by name.
    pub complete_clusters: BTreeSet<String>,
    /// The minor version of Istio in all clusters, whatever their manifests say.
    pub istio_minor: Option<u32>,
    /// Meshes by name, each with the names of its clusters.
    pub meshes: BTreeMap<String, Vec<String>>,
}

/// A file, and the clusters that the user gave it to.
#[derive(Clone, Debug)]
pub struct Given {
    pub manifest: Arc<Manifest>,
    pub clusters: Vec<Ustr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeshId(pub u32);

/// Clusters that form one mesh; rules compare within it.
#[derive(Clone, Debug)]
pub struct Mesh {
    pub id: MeshId,
    pub name: Option<Ustr>,
    /// Told apart from the others by its mesh ID, which is its name; nobody said so.
    pub by_mesh_id: bool,
    /// Sorted by name.
    pub clusters: Vec<ClusterId>,
}

#[derive(Clone, Debug)]
pub struct Fleet {
    pub files: Files,
    /// Sorted by name.
    pub clusters: Vec<Arc<Cluster>>,
    pub meshes: Vec<Mesh>,
    pub style: Style,
    /// Which of several ways to install the clusters this is, where the repository holds several.
    pub alternative: Option<String>,
    pub states: Vec<(State, String)>,
    /// The clusters of each file, for those that have any.
    pub owners: Vec<Vec<ClusterId>>,
    pub missing: Vec<MissingEntry>,
    /// How many files were read; those behind them are overlays.
    read: usize,
    /// An overlay changed what everything is judged by: a control plane, or which kinds a cluster has at all.
    pub unsettled: bool,
    options: Arc<Options>,
}

/// The ways in which the clusters may be installed, as the files tell them: mostly one.
#[derive(Clone, Debug)]
pub struct Alternatives {
    pub main: Fleet,
    pub others: Vec<Fleet>,
}

impl Alternatives {
    pub fn all(&self) -> impl Iterator<Item = &Fleet> {
        std::iter::once(&self.main).chain(&self.others)
    }
}

impl Fleet {
    /// Puts the files of a run together. They are sorted by path; `exists` tells what lies beside them.
    pub fn assemble(
        given: Vec<Given>,
        options: Options,
        exists: &dyn Fn(&str) -> bool,
    ) -> Alternatives {
        let files = Files::new(given.iter().map(|g| Arc::clone(&g.manifest.file)).collect());
        let stated: Vec<Vec<Ustr>> = given
            .par_iter()
            .enumerate()
            .map(|(at, g)| stated_names(&files, FileId(at as u32), &g.manifest))
            .collect();
        let seen: Vec<Seen<'_>> = given
            .iter()
            .zip(stated)
            .map(|(g, stated)| Seen {
                path: g.manifest.file.path(),
                given: g.clusters.clone(),
                stated,
            })
            .collect();
        let layout = Layout::discover(&seen);
        let options = Arc::new(options);
        let manifests: Vec<&Manifest> = given.iter().map(|g| g.manifest.as_ref()).collect();
        let (main, others) = delivery::plans(&manifests, &layout);
        let build = |plan: delivery::Plan| {
            let activity = activity::trace(&manifests, &layout, &plan, exists);
            Self::build(
                &given,
                &files,
                &layout,
                activity,
                plan.alternative,
                &options,
            )
        };
        Alternatives {
            main: build(main),
            others: others.into_iter().map(build).collect(),
        }
    }

    fn build(
        given: &[Given],
        files: &Files,
        layout: &Layout,
        activity: activity::Activity,
        alternative: Option<String>,
        options: &Arc<Options>,
    ) -> Fleet {
        let mut members: Vec<Vec<Member>> = vec![Vec::new(); layout.clusters.len()];
        let mut owners: Vec<Vec<ClusterId>> = vec![Vec::new(); given.len()];
        for ((at, activations), given) in activity.activations.iter().enumerate().zip(given) {
            for activation in activations {
                for cluster in &activation.clusters {
                    if let Some(owners) = owners.get_mut(at) {
                        owners.push(ClusterId(*cluster as u32));
                    }
                    if activation.patch {
                        continue;
                    }
                    if let Some(members) = members.get_mut(*cluster) {
                        members.push(Member {
                            file: FileId(at as u32),
                            manifest: Arc::clone(&given.manifest),
                            namespace: activation.namespace.map(Ustr::from),
                            fallback: activation.fallback.map(Ustr::from),
                        });
                    }
                }
            }
        }
        for owners in &mut owners {
            owners.sort();
            owners.dedup();
        }
        let clusters: Vec<Arc<Cluster>> = layout
            .clusters
            .par_iter()
            .zip(members)
            .enumerate()
            .map(|(at, (name, members))| {
                let complete =
                    options.complete || options.complete_clusters.contains(name.as_str());
                let id = ClusterId(at as u32);
                Arc::new(Cluster::build(id, *name, complete, members, files))
            })
            .collect();
        let meshes = group(&clusters, options);
        Fleet {
            files: files.clone(),
            clusters,
            meshes,
            style: layout.style,
            alternative,
            states: activity.states,
            owners,
            missing: activity.missing,
            read: files.all().len(),
            unsettled: false,
            options: Arc::clone(options),
        }
    }

    /// The fleet with one more file in one cluster. Objects of the same name there are replaced; only that
    /// cluster is built again.
    pub fn overlay(&self, cluster: ClusterId, manifest: Arc<Manifest>) -> Fleet {
        let mut fleet = self.clone();
        let file = fleet.files.push(Arc::clone(&manifest.file));
        fleet.states.push((State::Read, "an overlay".to_owned()));
        fleet.owners.push(vec![cluster]);
        let Some(old) = self.cluster(cluster) else {
            return fleet;
        };
        let replaced: BTreeSet<_> = manifest.objects.iter().map(identity).collect();
        let mut members: Vec<Member> = old
            .members
            .iter()
            .map(|member| {
                let masks = |h: &crate::resource::Header| {
                    let namespace = member.namespace.filter(|_| !h.kind.is_cluster_scoped());
                    replaced.contains(&identity(&crate::resource::Header {
                        namespace: namespace.unwrap_or(h.namespace),
                        ..*h
                    }))
                };
                if !member.manifest.objects.iter().any(masks) {
                    return member.clone();
                }
                let objects = member
                    .manifest
                    .objects
                    .iter()
                    .filter(|h| !masks(h))
                    .copied()
                    .collect();
                let manifest = Manifest {
                    file: Arc::clone(&member.manifest.file),
                    objects,
                };
                Member {
                    manifest: Arc::new(manifest),
                    ..member.clone()
                }
            })
            .collect();
        members.push(Member {
            file,
            manifest,
            namespace: None,
            fallback: None,
        });
        let built = Cluster::build(cluster, old.name, old.complete, members, &fleet.files);
        let planned = |cluster: &Cluster, is_meant: &dyn Fn(&Object) -> bool| {
            let evidence = cluster.control_planes.iter().flat_map(|p| p.evidence.all());
            evidence.filter_map(|id| cluster.object(id)).any(is_meant)
        };
        let is_replaced = |o: &Object| replaced.contains(&o.key());
        fleet.unsettled |= planned(old, &is_replaced)
            || planned(&built, &|o| o.file == file)
            || !old.kinds().eq(built.kinds());
        if let Some(slot) = fleet.clusters.get_mut(cluster.0 as usize) {
            *slot = Arc::new(built);
        }
        fleet.meshes = group(&fleet.clusters, &self.options);
        fleet
    }

    /// Whether a file came with [`Fleet::overlay`].
    pub fn is_overlay(&self, file: FileId) -> bool {
        file.0 as usize >= self.read
    }

    pub fn cluster(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters.get(id.0 as usize).map(Arc::as_ref)
    }

    pub fn named(&self, name: &str) -> Option<&Cluster> {
        self.clusters
            .iter()
            .find(|c| c.name.as_str() == name)
            .map(Arc::as_ref)
    }

    pub fn mesh(&self, id: MeshId) -> Option<&Mesh> {
        self.meshes.get(id.0 as usize)
    }

    pub fn mesh_of(&self, cluster: ClusterId) -> Option<&Mesh> {
        self.meshes.iter().find(|m| m.clusters.contains(&cluster))
    }

    pub fn clusters_of<'a>(&'a self, mesh: &'a Mesh) -> impl Iterator<Item = &'a Cluster> {
        mesh.clusters.iter().filter_map(|id| self.cluster(*id))
    }

    /// The other clusters of the same mesh.
    pub fn peers<'a>(&'a self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Cluster> {
        self.mesh_of(cluster.id)
            .into_iter()
            .flat_map(|mesh| self.clusters_of(mesh))
            .filter(move |peer| peer.id != cluster.id)
    }

    /// The minor version of Istio in a cluster: what the user says, else what its control plane is of.
    pub fn istio_minor(&self, cluster: &Cluster) -> Option<u32> {
        let own = || cluster.control_plane().and_then(ControlPlane::minor);
        self.options.istio_minor.or_else(own)
    }

    pub fn view(&self, object: &Object) -> View<'_> {
        self.files.view(object)
    }
}

fn identity(header: &crate::resource::Header) -> (Kind, &'static str, &'static str, &'static str) {
    let namespace = match header.namespace.as_str() {
        "" if !header.kind.is_cluster_scoped() => "default",
        namespace => namespace,
    };
    let kind_name = if header.kind == Kind::Other {
        header.kind_name.as_str()
    } else {
        ""
    };
    (header.kind, kind_name, namespace, header.name.as_str())
}

fn stated_names(files: &Files, file: FileId, manifest: &Manifest) -> Vec<Ustr> {
    let speaks = |kind| {
        matches!(
            kind,
            Kind::IstioOperator | Kind::ConfigMap | Kind::Deployment
        )
    };
    if !manifest.objects.iter().any(|h| speaks(h.kind)) {
        return Vec::new();
    }
    let objects: Vec<Object> = manifest
        .objects
        .iter()
        .map(|h| Object {
            file,
            root: h.root,
            kind: h.kind,
            api_version: h.api_version,
            kind_name: h.kind_name,
            namespace: h.namespace,
            name: h.name,
            ambiguous: false,
        })
        .collect();
    control_plane::stated_names(files, &objects)
}

/// One mesh unless the user says otherwise, or two or more groups of at least two clusters share a mesh ID within
/// the group: then those are meshes, and whoever else there is belongs to the largest.
fn group(clusters: &[Arc<Cluster>], options: &Options) -> Vec<Mesh> {
    let mut groups: Vec<(Option<Ustr>, Vec<ClusterId>)> = Vec::new();
    let mut placed: BTreeSet<ClusterId> = BTreeSet::new();
    for (name, members) in &options.meshes {
        let ids: Vec<ClusterId> = clusters
            .iter()
            .filter(|c| members.iter().any(|m| m == c.name.as_str()) && placed.insert(c.id))
            .map(|c| c.id)
            .collect();
        if !ids.is_empty() {
            groups.push((Some(Ustr::from(name)), ids));
        }
    }
    let told = groups.len();
    let rest: Vec<ClusterId> = clusters
        .iter()
        .map(|c| c.id)
        .filter(|id| !placed.contains(id))
        .collect();
    let mut by_mesh_id: BTreeMap<&str, Vec<ClusterId>> = BTreeMap::new();
    for cluster in clusters.iter().filter(|c| rest.contains(&c.id)) {
        let stated = cluster.setting(Setting::MeshId).filter(|s| s.is_stated());
        if let Some(id) = stated {
            by_mesh_id
                .entry(id.value.as_str())
                .or_default()
                .push(cluster.id);
        }
    }
    by_mesh_id.retain(|_, members| members.len() > 1);
    if by_mesh_id.len() > 1 {
        let mut apart: Vec<(Option<Ustr>, Vec<ClusterId>)> = by_mesh_id
            .into_iter()
            .map(|(name, ids)| (Some(Ustr::from(name)), ids))
            .collect();
        let grouped: BTreeSet<ClusterId> = apart
            .iter()
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        let strays = rest.iter().filter(|id| !grouped.contains(id));
        if let Some((_, largest)) = apart.iter_mut().max_by_key(|(_, ids)| ids.len()) {
            largest.extend(strays);
            largest.sort();
        }
        groups.extend(apart);
    } else if !rest.is_empty() {
        groups.push((None, rest));
    }
    groups
        .into_iter()
        .enumerate()
        .map(|(at, (name, clusters))| Mesh {
            id: MeshId(at as u32),
            name,
            by_mesh_id: at >= told && name.is_some(),
            clusters,
        })
        .collect()
}
