//! What of a repository is really applied: what kustomizations reach, and what they leave lying.
//!
//! Below a kustomization, only what it reaches is active; nothing is built here, the graph is read.

use super::delivery::{Delivery, Plan};
use super::layout::{Layout, Owner};
use crate::resource::kustomization::{self, Role};
use crate::resource::{Kind, Manifest};
use crate::yaml::{FileId, Place};
use std::collections::{BTreeMap, BTreeSet};
use ustr::Ustr;

/// One way in which a file reaches clusters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Activation {
    /// Indexes into [`Layout::clusters`].
    pub clusters: Vec<usize>,
    /// The namespace that the outermost kustomization puts everything in.
    pub namespace: Option<&'static str>,
    /// The namespace of objects that name none.
    pub fallback: Option<&'static str>,
    /// Contributes no objects by itself: a patch, or the input of a generator.
    pub patch: bool,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Belongs to one cluster, or to several by name.
    Read,
    /// Belongs to all clusters.
    Shared,
    /// Nothing that is applied reaches it.
    Inactive,
    /// A template, not YAML.
    Templated,
    /// Left out by an ignore file, an option or the layout.
    Ignored,
    /// Could not be read.
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Read => "read",
            State::Shared => "shared",
            State::Inactive => "inactive",
            State::Templated => "templated",
            State::Ignored => "ignored",
            State::Failed => "failed",
        }
    }
}

/// A kustomization that names what is not there.
#[derive(Clone, Debug)]
pub struct MissingEntry {
    pub place: Place,
    pub path: String,
    pub clusters: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Activity {
    pub states: Vec<(State, String)>,
    pub activations: Vec<Vec<Activation>>,
    pub missing: Vec<MissingEntry>,
}

/// Reads the graph. `exists` tells whether a path that was not read is there all the same.
pub fn trace(
    manifests: &[&Manifest],
    layout: &Layout,
    plan: &Plan,
    exists: &dyn Fn(&str) -> bool,
) -> Activity {
    let graph = Graph::new(manifests);
    let mut walk = Walk {
        graph: &graph,
        layout,
        exists,
        reached: vec![Vec::new(); manifests.len()],
        missing: BTreeMap::new(),
    };
    for root in graph.roots() {
        // What Argo CD manages is entered where its Applications say.
        let managed = match layout.owner(root) {
            Owner::Clusters(owners) => owners.iter().all(|c| plan.managed.contains(c)),
            Owner::Shared | Owner::Outside => false,
        };
        if !managed {
            walk.enter(Step {
                at: root,
                namespace: None,
                fallback: None,
                clusters: None,
            });
        }
    }
    for delivery in &plan.deliveries {
        walk.deliver(delivery);
    }
    let reached = walk.reached;
    let missing = walk.missing;
    let mut activity = Activity {
        states: Vec::with_capacity(manifests.len()),
        activations: Vec::with_capacity(manifests.len()),
        missing: missing
            .into_iter()
            .map(|((place, path), clusters)| MissingEntry {
                place,
                path,
                clusters: clusters.into_iter().collect(),
            })
            .collect(),
    };
    let judge = Judge {
        manifests,
        layout,
        plan,
        graph: &graph,
        entrances: entrances(manifests),
    };
    for (at, reached) in reached.into_iter().enumerate() {
        let (state, why, activations) = judge.file(at, reached);
        activity.states.push((state, why));
        activity.activations.push(activations);
    }
    activity
}

/// The folders of the Applications themselves, which somebody applies by hand.
fn entrances<'a>(manifests: &[&'a Manifest]) -> BTreeSet<&'a str> {
    let applies = |m: &&&Manifest| m.objects.iter().any(|h| h.kind == Kind::Application);
    manifests
        .iter()
        .filter(applies)
        .filter_map(|m| ancestors(m.file.path()).next())
        .collect()
}

struct Judge<'a> {
    manifests: &'a [&'a Manifest],
    layout: &'a Layout,
    plan: &'a Plan,
    graph: &'a Graph<'a>,
    entrances: BTreeSet<&'a str>,
}

impl Judge<'_> {
    /// What becomes of a file, why, and how it reaches clusters.
    fn file(&self, at: usize, mut reached: Vec<Activation>) -> (State, String, Vec<Activation>) {
        let Some(manifest) = self.manifests.get(at) else {
            return (State::Failed, String::new(), Vec::new());
        };
        let owner = self.layout.owner(at);
        if manifest.file.templated() {
            return (
                State::Templated,
                "a template, rendered elsewhere".to_owned(),
                Vec::new(),
            );
        }
        let all: Vec<usize> = (0..self.layout.clusters.len()).collect();
        let path = manifest.file.path();
        let by_kustomization = self.graph.is_governed(path);
        if reached.is_empty() {
            if by_kustomization {
                let why = match self.graph.kustomization_above(path) {
                    Some(above) => format!("not reached from {above}"),
                    None => "not reached from any kustomization".to_owned(),
                };
                return (State::Inactive, why, Vec::new());
            }
            let clusters = match owner {
                Owner::Outside => {
                    let why = "outside of the clusters' folders".to_owned();
                    return (State::Ignored, why, Vec::new());
                }
                Owner::Shared => all.clone(),
                Owner::Clusters(clusters) => clusters.clone(),
            };
            let is_managed = clusters.iter().all(|c| self.plan.managed.contains(c))
                && *owner != Owner::Shared
                && ancestors(path)
                    .next()
                    .is_none_or(|folder| !self.entrances.contains(folder));
            if is_managed {
                let is_templated = clusters.iter().any(|c| self.plan.templated.contains(c));
                return match is_templated {
                    true => {
                        let why = "only a template tells whether Argo CD applies it".to_owned();
                        (State::Templated, why, Vec::new())
                    }
                    false => {
                        let why = "no Argo CD Application names its folder".to_owned();
                        (State::Inactive, why, Vec::new())
                    }
                };
            }
            reached.push(Activation {
                clusters,
                namespace: None,
                fallback: None,
                patch: false,
            });
        }
        reached.sort();
        reached.dedup();
        let clusters: BTreeSet<usize> = reached
            .iter()
            .flat_map(|a| a.clusters.iter().copied())
            .collect();
        let shared = clusters.len() == all.len() && *owner == Owner::Shared && all.len() > 1;
        let state = if shared { State::Shared } else { State::Read };
        let why = if reached.iter().all(|a| a.patch) {
            "a patch or an input of a kustomization"
        } else if by_kustomization {
            "reached from a kustomization"
        } else if reached.iter().any(|a| a.fallback.is_some()) {
            "named by an Argo CD Application"
        } else if shared {
            "its path names no cluster"
        } else {
            "its path names the cluster"
        };
        (state, why.to_owned(), reached)
    }
}

/// What kustomizations name that is not among the files: paths that may be files or folders with a kustomization.
pub fn unread(manifests: &[&Manifest]) -> BTreeSet<String> {
    let graph = Graph::new(manifests);
    graph
        .by_folder
        .iter()
        .flat_map(|(folder, at)| {
            graph
                .entries(*at)
                .into_iter()
                .filter_map(|entry| match entry.role {
                    // What a generator takes in is no manifest.
                    Role::Input => None,
                    _ if kustomization::is_remote(&entry.path) => None,
                    _ => join(folder, &entry.path),
                })
        })
        .filter(|path| {
            !graph.by_path.contains_key(path.as_str())
                && !graph.by_folder.contains_key(path.as_str())
        })
        .collect()
}

/// The kustomizations of the run by folder.
struct Graph<'a> {
    manifests: &'a [&'a Manifest],
    by_path: BTreeMap<&'a str, usize>,
    by_folder: BTreeMap<&'a str, usize>,
}

impl<'a> Graph<'a> {
    fn new(manifests: &'a [&'a Manifest]) -> Self {
        let by_path: BTreeMap<&str, usize> = manifests
            .iter()
            .enumerate()
            .map(|(at, m)| (m.file.path(), at))
            .collect();
        let by_folder = by_path
            .iter()
            .filter_map(|(path, at)| {
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                kustomization::FILE_NAMES
                    .contains(&name)
                    .then_some((folder, *at))
            })
            .collect();
        Graph {
            manifests,
            by_path,
            by_folder,
        }
    }

    fn path(&self, at: usize) -> &'a str {
        self.manifests.get(at).map_or("", |m| m.file.path())
    }

    /// The outermost kustomization above a path, its own folder included.
    fn kustomization_above(&self, path: &str) -> Option<&'a str> {
        ancestors(path)
            .filter_map(|folder| self.by_folder.get(folder))
            .last()
            .map(|at| self.path(*at))
    }

    fn is_governed(&self, path: &str) -> bool {
        ancestors(path).any(|folder| self.by_folder.contains_key(folder))
    }

    /// What is applied by itself: no folder above has a kustomization, and no other kustomization names it.
    fn roots(&self) -> Vec<usize> {
        let named: BTreeSet<usize> = self
            .by_folder
            .values()
            .flat_map(|at| self.names(*at))
            .collect();
        let (named, mut roots): (Vec<usize>, Vec<usize>) = self
            .by_folder
            .iter()
            .filter(|(folder, at)| {
                let above = ancestors(folder).any(|f| self.by_folder.contains_key(f));
                let is_component = self.manifests.get(**at).is_some_and(|m| {
                    m.objects
                        .first()
                        .is_some_and(|o| o.kind == Kind::KustomizeComponent)
                });
                !above && !is_component
            })
            .map(|(_, at)| *at)
            .partition(|at| named.contains(at));
        // A circle has no beginning; what is in it is not to be lost for that.
        let mut reached = self.reach(roots.iter().copied());
        for at in named {
            if !reached.contains(&at) {
                let within = self.reach(self.names(at));
                if within.contains(&at) {
                    reached.extend(within);
                    roots.push(at);
                }
            }
        }
        roots
    }

    /// The kustomizations that one names.
    fn names(&self, at: usize) -> Vec<usize> {
        let path = self.path(at);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.entries(at)
            .into_iter()
            .filter_map(|e| self.by_folder.get(join(folder, &e.path)?.as_str()).copied())
            .collect()
    }

    /// These kustomizations and all that they lead to.
    fn reach(&self, from: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut pending: Vec<usize> = from.into_iter().collect();
        let mut reached = BTreeSet::new();
        while let Some(at) = pending.pop() {
            if reached.insert(at) {
                pending.extend(self.names(at));
            }
        }
        reached
    }

    fn entries(&self, at: usize) -> Vec<Entry> {
        let Some(manifest) = self.manifests.get(at) else {
            return Vec::new();
        };
        let Some(root) = manifest.file.documents().first().and_then(|d| d.root) else {
            return Vec::new();
        };
        kustomization::entries(manifest.file.view(root))
            .into_iter()
            .filter_map(|entry| {
                let place = Place {
                    file: FileId(at as u32),
                    span: entry.path.content_span(),
                };
                Some(Entry {
                    role: entry.role,
                    path: entry.path.text()?.into_owned(),
                    place,
                })
            })
            .collect()
    }

    fn namespace(&self, at: usize) -> Option<Ustr> {
        let manifest = self.manifests.get(at)?;
        let root = manifest.file.documents().first()?.root?;
        let namespace = manifest.file.view(root).get("namespace")?.text()?;
        (!namespace.is_empty()).then(|| Ustr::from(&namespace))
    }
}

struct Entry {
    role: Role,
    path: String,
    place: Place,
}

/// A walk from the roots down to the files.
struct Walk<'a> {
    graph: &'a Graph<'a>,
    layout: &'a Layout,
    exists: &'a dyn Fn(&str) -> bool,
    reached: Vec<Vec<Activation>>,
    missing: BTreeMap<(Place, String), BTreeSet<usize>>,
}

/// One kustomization on the way: its position, the namespace and the clusters that hold below it.
struct Step {
    at: usize,
    namespace: Option<Ustr>,
    fallback: Option<Ustr>,
    clusters: Option<Vec<usize>>,
}

impl Walk<'_> {
    fn enter(&mut self, root: Step) {
        let mut pending = vec![root];
        let mut entered = BTreeSet::new();
        while let Some(step) = pending.pop() {
            let clusters = self.clusters(step.at, step.clusters.as_deref());
            // A cycle of kustomizations ends where it closes.
            if !entered.insert((
                step.at,
                step.namespace.map(|n| n.as_str()),
                clusters.clone(),
            )) {
                continue;
            }
            let namespace = step.namespace.or_else(|| self.graph.namespace(step.at));
            self.reach(step.at, clusters.clone(), (namespace, step.fallback), true);
            let path = self.graph.path(step.at);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for entry in self.graph.entries(step.at) {
                if kustomization::is_remote(&entry.path) {
                    continue;
                }
                // `key=path` in a generator names the key first.
                let named = match entry.role {
                    Role::Input => entry.path.rsplit('=').next().unwrap_or(&entry.path),
                    _ => &entry.path,
                };
                let Some(target) = join(folder, named) else {
                    continue;
                };
                if let Some(file) = self.graph.by_path.get(target.as_str()) {
                    let patch = matches!(entry.role, Role::Patch | Role::Input);
                    let clusters = self.clusters(*file, clusters.as_deref());
                    self.reach(*file, clusters, (namespace, step.fallback), patch);
                } else if let Some(nested) = self.graph.by_folder.get(target.as_str()) {
                    pending.push(Step {
                        at: *nested,
                        namespace,
                        fallback: step.fallback,
                        clusters: clusters.clone(),
                    });
                } else if !(self.exists)(&target) {
                    let clusters = self.all_or(clusters.as_deref());
                    self.missing
                        .entry((entry.place, entry.path.clone()))
                        .or_default()
                        .extend(clusters);
                }
            }
        }
    }

    /// A folder that Argo CD applies: its kustomization, or the manifests in it.
    fn deliver(&mut self, delivery: &Delivery) {
        let fallback = Some(Ustr::from(
            delivery.namespace.as_deref().unwrap_or("default"),
        ));
        let clusters = Some(vec![delivery.cluster]);
        if let Some(root) = self.graph.by_folder.get(delivery.folder.as_str()) {
            self.enter(Step {
                at: *root,
                namespace: None,
                fallback,
                clusters,
            });
            return;
        }
        let within: Vec<usize> = self
            .graph
            .by_path
            .iter()
            .filter(|(path, _)| {
                let mut above = ancestors(path);
                match delivery.recurse {
                    true => above.any(|folder| folder == delivery.folder),
                    false => above.next() == Some(delivery.folder.as_str()),
                }
            })
            .map(|(_, at)| *at)
            .collect();
        for at in within {
            self.reach(at, clusters.clone(), (None, fallback), false);
        }
    }

    /// The clusters of a file: those of its path, else those of what reaches it.
    fn clusters(&self, at: usize, inherited: Option<&[usize]>) -> Option<Vec<usize>> {
        match self.layout.owner(at) {
            Owner::Clusters(own) => Some(own.clone()),
            Owner::Shared | Owner::Outside => inherited.map(<[usize]>::to_vec),
        }
    }

    fn all_or(&self, clusters: Option<&[usize]>) -> Vec<usize> {
        clusters.map_or_else(
            || (0..self.layout.clusters.len()).collect(),
            <[usize]>::to_vec,
        )
    }

    fn reach(
        &mut self,
        at: usize,
        clusters: Option<Vec<usize>>,
        (namespace, fallback): (Option<Ustr>, Option<Ustr>),
        patch: bool,
    ) {
        if clusters.is_none() && *self.layout.owner(at) == Owner::Outside {
            return;
        }
        let clusters = self.all_or(clusters.as_deref());
        if let Some(reached) = self.reached.get_mut(at) {
            reached.push(Activation {
                clusters,
                namespace: namespace.map(|n| n.as_str()),
                fallback: fallback.map(|n| n.as_str()),
                patch,
            });
        }
    }
}

/// The folders above a path, the nearest first; `""` is the working directory.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let current = rest?;
        if current.is_empty() {
            return None;
        }
        let folder = current.rsplit_once('/').map_or("", |(folder, _)| folder);
        rest = Some(folder);
        Some(folder)
    })
}

/// `path` as seen from `folder`, without `.`, and with `..` only where it leaves the working directory, which is also
/// what `/` stands for.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if path.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|p| !p.is_empty()).collect()
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_touching_the_disk() {
        assert_eq!(join("a/b", "../c.yaml").as_deref(), Some("a/c.yaml"));
        assert_eq!(join("", "./c").as_deref(), Some("c"));
        assert_eq!(join("../x", "../../c").as_deref(), Some("../../c"));
    }

    #[test]
    fn ancestors_end_at_the_working_directory() {
        assert_eq!(
            ancestors("a/b/c.yaml").collect::<Vec<_>>(),
            ["a/b", "a", ""]
        );
        assert_eq!(ancestors("c.yaml").collect::<Vec<_>>(), [""]);
    }
}
