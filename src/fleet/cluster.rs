//! One cluster: its objects, sorted and indexed, and what they come to. A pure function of its files.

use super::authn::Authn;
use super::control_plane::{self, ControlPlane};
use super::definitions::Definitions;
use super::gateway::{self, Gateways};
use super::identity;
use super::mentions::Mentions;
use super::setting::Setting;
use super::workload::{self, ServiceRef, Workload};
use crate::resource::schema::Versions;
use crate::resource::{Kind, Labels, Manifest};
use crate::yaml::{File, FileId, Limits, NodeId, Place, View};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};
use ustr::Ustr;

/// What a place outside of every file shows: nothing.
static NOWHERE: LazyLock<File> =
    LazyLock::new(|| File::read(String::new(), Vec::new(), &Limits::default()));

/// The files of a run, by [`FileId`], sorted by path; those of an overlay come last.
#[derive(Clone, Debug, Default)]
pub struct Files(Vec<Arc<File>>);

impl Files {
    pub fn new(files: Vec<Arc<File>>) -> Files {
        Files(files)
    }

    pub fn push(&mut self, file: Arc<File>) -> FileId {
        self.0.push(file);
        FileId(self.0.len() as u32 - 1)
    }

    pub fn all(&self) -> &[Arc<File>] {
        &self.0
    }

    pub fn get(&self, id: FileId) -> Option<&File> {
        self.0.get(id.0 as usize).map(Arc::as_ref)
    }

    /// The root of an object.
    pub fn view(&self, object: &Object) -> View<'_> {
        self.node(object.file, object.root)
    }

    pub fn object_view<'a>(&'a self, objects: &[Object], id: ObjectId) -> Option<View<'a>> {
        objects.get(id.0 as usize).map(|object| self.view(object))
    }

    pub fn node(&self, file: FileId, node: NodeId) -> View<'_> {
        match self.0.get(file.0 as usize) {
            Some(file) => file.view(node),
            None => NOWHERE.view(node),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub u32);

/// An object of a cluster: an index into [`Cluster::objects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// An object as it is applied to one cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    pub file: FileId,
    pub root: NodeId,
    pub kind: Kind,
    pub api_version: Ustr,
    pub kind_name: Ustr,
    /// The namespace that it ends in; empty where nobody says so and for cluster-scoped kinds.
    pub namespace: Ustr,
    pub name: Ustr,
    /// Another file of the cluster defines the same object differently, so neither is sure.
    pub ambiguous: bool,
}

impl Object {
    pub fn place(&self, view: View<'_>) -> Place {
        Place {
            file: self.file,
            span: view.content_span(),
        }
    }

    /// `default` where no namespace is named: where `kubectl apply` would put it.
    pub fn effective_namespace(&self) -> Ustr {
        match self.namespace.as_str() {
            "" if !self.kind.is_cluster_scoped() => Ustr::from("default"),
            _ => self.namespace,
        }
    }

    pub(super) fn key(&self) -> (Kind, &'static str, &'static str, &'static str) {
        let kind_name = if self.kind == Kind::Other {
            self.kind_name.as_str()
        } else {
            ""
        };
        (
            self.kind,
            kind_name,
            self.effective_namespace().as_str(),
            self.name.as_str(),
        )
    }
}

/// A file of a cluster, and how it is applied there.
#[derive(Clone, Debug)]
pub struct Member {
    pub file: FileId,
    pub manifest: Arc<Manifest>,
    /// The namespace that a kustomization puts every object in.
    pub namespace: Option<Ustr>,
    /// The namespace of objects that name none.
    pub fallback: Option<Ustr>,
}

#[derive(Clone, Debug)]
pub struct Cluster {
    pub id: ClusterId,
    pub name: Ustr,
    /// The input is all that there is: what is not in it does not exist.
    pub complete: bool,
    pub members: Vec<Member>,
    /// Sorted by kind, namespace and name.
    pub objects: Vec<Object>,
    kinds: BTreeMap<Kind, Range<usize>>,
    pub control_planes: Vec<ControlPlane>,
    /// Sorted by namespace and name.
    pub workloads: Vec<Workload>,
    /// Sorted by namespace and name.
    pub services: Vec<ServiceRef>,
    /// Workloads whose manifest holds the container of a proxy.
    pub proxies: Vec<ObjectId>,
    pub authn: Authn,
    pub gateways: Gateways,
    /// Pairs of definitions of one object that disagree.
    pub conflicts: Vec<(ObjectId, ObjectId)>,
    definitions: OnceLock<Definitions>,
    /// Read when somebody asks.
    mentions: OnceLock<Mentions>,
}

impl Cluster {
    pub fn build(
        id: ClusterId,
        name: Ustr,
        complete: bool,
        members: Vec<Member>,
        files: &Files,
    ) -> Cluster {
        let mut objects: Vec<Object> = members.iter().flat_map(applied).collect();
        objects.sort_by_key(|o| (o.key(), o.file, o.root));
        let conflicts = merge_copies(&mut objects, files);
        let mut kinds = BTreeMap::new();
        let mut start = 0;
        for run in objects.chunk_by(|a, b| a.kind == b.kind) {
            if let Some(first) = run.first() {
                kinds.insert(first.kind, start..start + run.len());
            }
            start += run.len();
        }
        let control_planes = control_plane::find(files, &objects);
        let (workloads, services) = workload::find(files, &objects);
        let proxies = identity::proxies(files, &objects);
        let mut cluster = Cluster {
            id,
            name,
            complete,
            members,
            objects,
            kinds,
            control_planes,
            workloads,
            services,
            proxies,
            authn: Authn::default(),
            gateways: Gateways::default(),
            conflicts,
            definitions: OnceLock::new(),
            mentions: OnceLock::new(),
        };
        cluster.authn = Authn::read(&cluster, files);
        cluster.gateways = gateway::read(&cluster, files);
        cluster
    }

    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id.0 as usize)
    }

    /// The objects of a kind, sorted by namespace and name.
    pub fn of_kind(&self, kind: Kind) -> &[Object] {
        self.kinds
            .get(&kind)
            .and_then(|range| self.objects.get(range.clone()))
            .unwrap_or_default()
    }

    /// The kinds that it has objects of, sorted.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.keys().copied()
    }

    /// The objects of a kind with their ids.
    pub fn ids_of_kind(&self, kind: Kind) -> impl Iterator<Item = ObjectId> + use<> {
        self.kinds
            .get(&kind)
            .cloned()
            .unwrap_or_default()
            .map(|at| ObjectId(at as u32))
    }

    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Object> {
        let objects = self.of_kind(kind);
        let key = |o: &Object| (o.effective_namespace().as_str(), o.name.as_str());
        let at = objects.partition_point(|o| key(o) < (namespace, name));
        objects.get(at).filter(|o| key(o) == (namespace, name))
    }

    /// The control plane without a revision, or the only one there is.
    pub fn control_plane(&self) -> Option<&ControlPlane> {
        self.control_planes.first()
    }

    /// What a setting comes to in the cluster's first control plane.
    pub fn setting(&self, setting: Setting) -> Option<&super::Effective> {
        self.control_plane()?.setting(setting)
    }

    /// The value that a setting comes to in every one of its control planes; `None` where it is not known, or where
    /// they differ, as while a canary is tried.
    pub fn agreed(&self, setting: Setting) -> Option<Ustr> {
        let mut values = self
            .control_planes
            .iter()
            .map(|plane| plane.setting(setting)?.known());
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    }

    fn setting_or(&self, setting: Setting, otherwise: &str) -> Ustr {
        self.setting(setting)
            .and_then(|s| s.known())
            .filter(|v| !v.is_empty())
            .unwrap_or_else(|| Ustr::from(otherwise))
    }

    /// The suffix of the hosts of its Services.
    pub fn domain(&self) -> Ustr {
        self.setting_or(Setting::ClusterDomain, "cluster.local")
    }

    /// The namespace whose policies hold for the whole mesh.
    pub fn root_namespace(&self) -> Ustr {
        self.setting_or(Setting::RootNamespace, "istio-system")
    }

    /// Where istiod lives, and whose label names the network.
    pub fn system_namespace(&self) -> Ustr {
        self.control_plane()
            .map_or_else(|| Ustr::from("istio-system"), |p| p.namespace)
    }

    /// The network of its proxies, when it is known and not empty.
    pub fn network(&self) -> Option<Ustr> {
        self.setting(Setting::Network)?
            .known()
            .filter(|n| !n.is_empty())
    }

    pub fn workloads_in(&self, namespace: &str) -> &[Workload] {
        let start = self
            .workloads
            .partition_point(|w| w.namespace.as_str() < namespace);
        let end = self
            .workloads
            .partition_point(|w| w.namespace.as_str() <= namespace);
        self.workloads.get(start..end).unwrap_or_default()
    }

    /// The workloads of a namespace whose pods carry these labels.
    pub fn selected<'a>(
        &'a self,
        namespace: &str,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Workload> {
        self.workloads_in(namespace)
            .iter()
            .filter(|w| selector.are_within(&w.labels))
    }

    pub fn service(&self, namespace: &str, name: &str) -> Option<&ServiceRef> {
        let key = |s: &ServiceRef| (s.namespace.as_str(), s.name.as_str());
        let at = self
            .services
            .partition_point(|s| key(s) < (namespace, name));
        self.services
            .get(at)
            .filter(|s| key(s) == (namespace, name))
    }

    /// The kind as a CustomResourceDefinition of this cluster has it; read when it is asked for first.
    pub fn definition(&self, files: &Files, group: &str, kind: &str) -> Option<&Versions> {
        self.definitions
            .get_or_init(|| Definitions::read(self, files))
            .get(group, kind)
    }

    /// The Services that its manifests speak of as something to call.
    pub fn mentions(&self, files: &Files) -> &Mentions {
        self.mentions.get_or_init(|| Mentions::read(self, files))
    }

    /// Holds objects of this kind, or is complete: the absence of one means that it does not exist.
    pub fn knows(&self, kind: Kind) -> bool {
        self.complete || self.kinds.contains_key(&kind)
    }
}

/// The objects of a file as the cluster gets them.
fn applied(member: &Member) -> impl Iterator<Item = Object> + '_ {
    member
        .manifest
        .objects
        .iter()
        .filter(|h| !h.kind.is_build_input())
        .map(|header| {
            let namespace = match member.namespace {
                _ if header.kind.is_cluster_scoped() => Ustr::from(""),
                Some(namespace) => namespace,
                None if header.namespace.is_empty() => member.fallback.unwrap_or_default(),
                None => header.namespace,
            };
            Object {
                file: member.file,
                root: header.root,
                kind: header.kind,
                api_version: header.api_version,
                kind_name: header.kind_name,
                namespace,
                name: header.name,
                ambiguous: false,
            }
        })
}

/// Leaves one of several equal definitions of an object; marks those that differ.
fn merge_copies(objects: &mut Vec<Object>, files: &Files) -> Vec<(ObjectId, ObjectId)> {
    let mut kept: Vec<Object> = Vec::with_capacity(objects.len());
    let mut conflicts = Vec::new();
    let is_same = |a: &Object, b: &Object| a.key() == b.key() && !a.name.is_empty();
    for copies in objects.chunk_by(is_same) {
        let first = kept.len();
        let mut seen: HashMap<u64, Vec<Object>> = HashMap::new();
        for object in copies {
            if copies.len() > 1 {
                let view = files.view(object);
                let alike = seen.entry(digest(view)).or_default();
                if alike.iter().any(|o| equal(files.view(o), view)) {
                    continue;
                }
                alike.push(*object);
            }
            if kept.len() > first {
                conflicts.push((ObjectId(first as u32), ObjectId(kept.len() as u32)));
            }
            kept.push(*object);
        }
        let differing = kept.get_mut(first..).unwrap_or_default();
        if differing.len() > 1 {
            differing.iter_mut().for_each(|o| o.ambiguous = true);
        }
    }
    *objects = kept;
    conflicts
}

/// Equal for equal values.
fn digest(root: View<'_>) -> u64 {
    let mut sum = 0_u64;
    let mut pending = vec![(root, 0)];
    while let Some((view, place)) = pending.pop() {
        let kind = view.kind() as u8;
        sum = sum.wrapping_add(hash(&(place, kind, view.text())));
        let items = view.items().enumerate();
        pending.extend(items.map(|(at, item)| (item, hash(&(place, at)))));
        let entries = view.entries();
        pending.extend(entries.map(|(key, value)| (value, hash(&(place, key.text())))));
    }
    sum
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The same value, however it is written.
fn equal(a: View<'_>, b: View<'_>) -> bool {
    let mut pending = vec![(a, b)];
    while let Some((a, b)) = pending.pop() {
        if a.kind() != b.kind() || a.resolved() != b.resolved() || a.text() != b.text() {
            return false;
        }
        let items = (a.items().count(), b.items().count());
        let entries = (a.entries().count(), b.entries().count());
        if items.0 != items.1 || entries.0 != entries.1 {
            return false;
        }
        pending.extend(a.items().zip(b.items()));
        // A lookup in a view walks the mapping, of which there may be a great many keys.
        let others: HashMap<_, _> = b
            .entries()
            .filter_map(|(key, value)| Some((key.text()?, value)))
            .collect();
        for (key, value) in a.entries() {
            match key.text().and_then(|k| others.get(&k)) {
                Some(other) => pending.push((value, *other)),
                None => return false,
            }
        }
    }
    true
}
