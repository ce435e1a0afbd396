//! Which cluster a file belongs to, told by its path.
//!
//! In order: what the user said, `clusters/<name>/…`, a name that files and directories carry as a suffix or
//! prefix (`istiod-east.yaml`, `federation-cluster-1/`), and last the cluster name that a file itself states.

use std::collections::{BTreeMap, BTreeSet};
use ustr::Ustr;

/// How the clusters of a run were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Named by the user, with `--cluster` or in the configuration.
    Given,
    /// A folder for each cluster; files outside of them belong to none.
    Folders,
    /// A cluster's name within the names of files and folders; files without one are shared by all.
    Names,
    /// Told by what the files state, no path says it.
    Content,
    /// Everything is one cluster.
    Single,
}

/// Who a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// These clusters, by index into [`Layout::clusters`].
    Clusters(Vec<usize>),
    /// All clusters.
    Shared,
    /// No cluster, unless something of a cluster refers to it.
    Outside,
}

#[derive(Clone, Debug)]
pub struct Layout {
    pub style: Style,
    /// Sorted names.
    pub clusters: Vec<Ustr>,
    owners: Vec<Owner>,
}

/// What is known of a file before its cluster is.
pub struct Seen<'a> {
    pub path: &'a str,
    /// Clusters that the user gave this file to.
    pub given: Vec<Ustr>,
    /// The cluster names that control planes in it state.
    pub stated: Vec<Ustr>,
}

/// Folders beside those of the clusters that hold what all of them share.
const SHARED_FOLDERS: [&str; 8] = [
    "base", "bases", "common", "shared", "all", "global", "_base", "_shared",
];

impl Layout {
    pub fn discover(files: &[Seen<'_>]) -> Layout {
        given(files)
            .or_else(|| folders(files))
            .or_else(|| names(files))
            .or_else(|| content(files))
            .unwrap_or_else(|| single(files))
    }

    pub fn owner(&self, file: usize) -> &Owner {
        self.owners.get(file).unwrap_or(&Owner::Shared)
    }
}

fn given(files: &[Seen<'_>]) -> Option<Layout> {
    let clusters = sorted(files.iter().flat_map(|f| f.given.iter().copied()));
    if clusters.is_empty() {
        return None;
    }
    let owners = files
        .iter()
        .map(|file| match file.given.as_slice() {
            [] => owner_by_name(file.path, &clusters).unwrap_or(Owner::Shared),
            given => Owner::Clusters(positions(&clusters, given)),
        })
        .collect();
    Some(Layout {
        style: Style::Given,
        clusters,
        owners,
    })
}

/// `clusters/<name>/…`, or any folder whose subfolders are called as the control planes in them say.
fn folders(files: &[Seen<'_>]) -> Option<Layout> {
    let depth = |path: &str| path.matches('/').count();
    let mut roots: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let parts: Vec<&str> = file.path.split('/').collect();
            // The folder of a cluster lies below, and the file below that.
            let at = parts
                .iter()
                .take(parts.len().saturating_sub(2))
                .position(|p| is_clusters(p))?;
            Some(parts.get(..=at)?.join("/"))
        })
        .collect();
    roots.sort();
    roots.dedup();
    if let Some(least) = roots.iter().map(|r| depth(r)).min() {
        roots.retain(|root| depth(root) == least);
    } else {
        roots = vec![folder_of_stated_names(files)?];
    }
    let child = |path: &str| -> Option<Ustr> {
        let rest = roots.iter().find_map(|root| below(path, root))?;
        rest.split_once('/').map(|(child, _)| Ustr::from(child))
    };
    let is_shared = |name: Ustr| SHARED_FOLDERS.contains(&name.as_str());
    let clusters = sorted(
        files
            .iter()
            .filter_map(|f| child(f.path))
            .filter(|n| !is_shared(*n)),
    );
    if clusters.is_empty() {
        return None;
    }
    let owners = files
        .iter()
        .map(|file| match child(file.path) {
            Some(name) if is_shared(name) => Owner::Shared,
            Some(name) => Owner::Clusters(positions(&clusters, &[name])),
            None => Owner::Outside,
        })
        .collect();
    Some(Layout {
        style: Style::Folders,
        clusters,
        owners,
    })
}

fn is_clusters(folder: &str) -> bool {
    matches!(folder, "clusters" | "cluster")
}

/// The part of `path` below the folder `root`, where `""` is the working directory.
fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    if root.is_empty() {
        return Some(path);
    }
    path.strip_prefix(root)?.strip_prefix('/')
}

/// The shallowest folder with at least two subfolders that state their own name as a cluster's.
fn folder_of_stated_names(files: &[Seen<'_>]) -> Option<String> {
    let mut agreeing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        for name in &file.stated {
            let mut at = 0;
            for part in file.path.split('/') {
                if part == name.as_str() && file.path.len() > at + part.len() {
                    let root = file.path.get(..at.saturating_sub(1)).unwrap_or_default();
                    agreeing.entry(root).or_default().insert(part);
                }
                at += part.len() + 1;
            }
        }
    }
    agreeing
        .into_iter()
        .filter(|(_, names)| names.len() > 1)
        .min_by_key(|(root, _)| (root.matches('/').count(), *root))
        .map(|(root, _)| root.to_owned())
}

/// A family of names: siblings that differ in one part only, such as `istiod-east` and `istiod-west`.
type Family = BTreeSet<String>;

fn names(files: &[Seen<'_>]) -> Option<Layout> {
    let stated: BTreeSet<&str> = files
        .iter()
        .flat_map(|f| f.stated.iter())
        .map(Ustr::as_str)
        .collect();
    // One family a place where names vary; the same set of names at several places is what makes them clusters'.
    let mut places: BTreeMap<(String, String, bool), Family> = BTreeMap::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for file in files {
        let mut folder = String::new();
        for part in file.path.split('/') {
            if seen.insert((folder.clone(), part.to_owned())) {
                for (rest, token, leads) in splits(bare(part)) {
                    places
                        .entry((folder.clone(), rest, leads))
                        .or_default()
                        .insert(token);
                }
            }
            folder.push('/');
            folder.push_str(part);
        }
    }
    let mut votes: BTreeMap<Family, usize> = BTreeMap::new();
    for family in places
        .into_values()
        .filter(|f| f.len() > 1 && f.iter().all(|t| is_name(t)))
    {
        *votes.entry(family).or_default() += 1;
    }
    let stated_in = |family: &Family| {
        family
            .iter()
            .filter(|t| stated.contains(t.as_str()))
            .count()
    };
    let says_cluster = |family: &Family| family.iter().all(|t| t.contains("cluster"));
    let (best, _) = votes
        .iter()
        .filter(|(family, places)| {
            let stated = stated_in(family);
            stated > 1 || (**places > 1 && (stated > 0 || says_cluster(family)))
        })
        .max_by_key(|(family, places)| {
            (
                stated_in(family),
                **places,
                says_cluster(family),
                family.len(),
            )
        })?;
    // A place may know a cluster that the others do not: it counts when it knows two of them as well.
    let mut members = best.clone();
    for family in votes.keys() {
        if family.intersection(best).count() > 1 {
            // What is longer by a word of its own is a file of that cluster, not another cluster.
            let own = |name: &&String| !best.iter().any(|known| carries(name, known));
            members.extend(family.iter().filter(own).cloned());
        }
    }
    let clusters: Vec<Ustr> = members.iter().map(|n| Ustr::from(n)).collect();
    let owners = files
        .iter()
        .map(|file| owner_by_name(file.path, &clusters).unwrap_or(Owner::Shared))
        .collect();
    Some(Layout {
        style: Style::Names,
        clusters,
        owners,
    })
}

/// The cluster whose name the deepest part of the path carries.
fn owner_by_name(path: &str, clusters: &[Ustr]) -> Option<Owner> {
    path.rsplit('/').find_map(|part| {
        let part = bare(part);
        clusters
            .iter()
            .enumerate()
            .filter(|(_, name)| carries(part, name))
            .max_by_key(|(_, name)| name.len())
            .map(|(at, _)| Owner::Clusters(vec![at]))
    })
}

fn carries(part: &str, name: &str) -> bool {
    let is_edge = |rest: &str, edge: fn(&str) -> Option<char>| edge(rest).is_none_or(is_separator);
    part.strip_suffix(name)
        .is_some_and(|rest| is_edge(rest, |r| r.chars().next_back()))
        || part
            .strip_prefix(name)
            .is_some_and(|rest| is_edge(rest, |r| r.chars().next()))
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.')
}

/// A file or folder name without its extension and without the version of a tool at its end (`-v1.26`).
fn bare(part: &str) -> &str {
    let part = ["yaml", "yml", "json"]
        .iter()
        .find_map(|extension| part.strip_suffix(extension)?.strip_suffix('.'))
        .unwrap_or(part);
    match part.rsplit_once("-v") {
        Some((name, version)) if is_version(version) => name,
        _ => part,
    }
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || is_separator(c))
}

/// Whether a varying part can be a cluster's name: versions and bare numbers are not.
fn is_name(token: &str) -> bool {
    !is_version(token.trim_start_matches(['v', 'V'])) && token.chars().any(char::is_alphabetic)
}

/// Every way to take a name of up to three words off the end or the front: `(rest, name, at the front)`.
fn splits(part: &str) -> Vec<(String, String, bool)> {
    const WORDS: usize = 3;
    let cuts: Vec<usize> = part
        .char_indices()
        .filter(|(_, c)| is_separator(*c))
        .map(|(i, _)| i)
        .collect();
    let pieces = |at: usize| Some((part.get(..at)?, part.get(at + 1..)?));
    let tails = cuts.iter().rev().take(WORDS).filter_map(|cut| pieces(*cut));
    let heads = cuts.iter().take(WORDS).filter_map(|cut| pieces(*cut));
    tails
        .map(|(rest, name)| (rest.to_owned(), name.to_owned(), false))
        .chain(heads.map(|(name, rest)| (rest.to_owned(), name.to_owned(), true)))
        .filter(|(rest, name, _)| !rest.is_empty() && !name.is_empty())
        .collect()
}

/// No path names a cluster, but the files state two or more: each file goes to the cluster that it states.
fn content(files: &[Seen<'_>]) -> Option<Layout> {
    let clusters = sorted(files.iter().flat_map(|f| f.stated.iter().copied()));
    if clusters.len() < 2 {
        return None;
    }
    let owners = files
        .iter()
        .map(|file| match file.stated.as_slice() {
            [] => Owner::Shared,
            stated => Owner::Clusters(positions(&clusters, stated)),
        })
        .collect();
    Some(Layout {
        style: Style::Content,
        clusters,
        owners,
    })
}

fn single(files: &[Seen<'_>]) -> Layout {
    let stated = sorted(files.iter().flat_map(|f| f.stated.iter().copied()));
    let name = stated
        .first()
        .copied()
        .unwrap_or_else(|| Ustr::from("default"));
    Layout {
        style: Style::Single,
        clusters: vec![name],
        owners: files.iter().map(|_| Owner::Clusters(vec![0])).collect(),
    }
}

fn sorted(names: impl Iterator<Item = Ustr>) -> Vec<Ustr> {
    let names: BTreeSet<&'static str> = names.map(|n| n.as_str()).collect();
    names.into_iter().map(Ustr::from).collect()
}

fn positions(clusters: &[Ustr], names: &[Ustr]) -> Vec<usize> {
    let mut found: Vec<usize> = names
        .iter()
        .filter_map(|name| clusters.iter().position(|c| c == name))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(files: &[(&str, &[&str])]) -> Layout {
        let seen: Vec<Seen<'_>> = files
            .iter()
            .map(|(path, stated)| Seen {
                path,
                given: Vec::new(),
                stated: stated.iter().map(|s| Ustr::from(s)).collect(),
            })
            .collect();
        Layout::discover(&seen)
    }

    fn clusters(layout: &Layout) -> Vec<&str> {
        layout.clusters.iter().map(Ustr::as_str).collect()
    }

    #[test]
    fn a_suffix_that_several_components_share_names_the_clusters() {
        let found = layout(&[
            ("istio/iop-istiod-cluster-1.yaml", &["cluster-1"]),
            ("istio/iop-istiod-cluster-2.yaml", &["cluster-2"]),
            ("istio/iop-istiod-cluster-3.yaml", &["cluster-2"]),
            ("prometheus/federation-cluster-1/kustomization.yaml", &[]),
            ("prometheus/federation-cluster-2/kustomization.yaml", &[]),
            ("prometheus/federation-cluster-3/kustomization.yaml", &[]),
            ("kind/cluster-1-v1.26.yaml", &[]),
            ("kind/cluster-2-v1.26.yaml", &[]),
            ("kind/cluster-3-v1.26.yaml", &[]),
            ("usage/gateway.yaml", &[]),
        ]);
        assert_eq!(found.style, Style::Names);
        assert_eq!(clusters(&found), ["cluster-1", "cluster-2", "cluster-3"]);
        assert_eq!(
            *found.owner(2),
            Owner::Clusters(vec![2]),
            "the path decides, not what the file states"
        );
        assert_eq!(*found.owner(5), Owner::Clusters(vec![2]));
        assert_eq!(*found.owner(6), Owner::Clusters(vec![0]));
        assert_eq!(*found.owner(9), Owner::Shared);
    }

    #[test]
    fn a_word_before_the_name_makes_no_other_cluster() {
        let found = layout(&[
            ("istio/istiod-cluster-1.yaml", &["cluster-1"]),
            ("istio/istiod-cluster-2.yaml", &["cluster-2"]),
            ("apps/cart-cluster-1.yaml", &[]),
            ("apps/cart-cluster-2.yaml", &[]),
            ("apps/cart-mesh-cluster-1.yaml", &[]),
            ("apps/cart-mesh-cluster-2.yaml", &[]),
        ]);
        assert_eq!(clusters(&found), ["cluster-1", "cluster-2"]);
        assert_eq!(*found.owner(5), Owner::Clusters(vec![1]));
    }

    #[test]
    fn names_need_not_say_cluster_when_the_files_state_them() {
        let found = layout(&[
            ("istiod-eu-west-1.yaml", &["eu-west-1"]),
            ("istiod-us-east-1.yaml", &["us-east-1"]),
            ("gateways-eu-west-1.yaml", &[]),
            ("gateways-us-east-1.yaml", &[]),
        ]);
        assert_eq!(clusters(&found), ["eu-west-1", "us-east-1"]);
    }

    #[test]
    fn versions_and_stages_are_no_clusters() {
        let found = layout(&[
            ("istio/install-1.8.5.yaml", &[]),
            ("istio/install-1.9.5.yaml", &[]),
            ("base/crds-1.8.5.yaml", &[]),
            ("base/crds-1.9.5.yaml", &[]),
            ("a/values-dev.yaml", &[]),
            ("a/values-prod.yaml", &[]),
            ("b/values-dev.yaml", &[]),
            ("b/values-prod.yaml", &[]),
        ]);
        assert_eq!(found.style, Style::Single);
    }

    #[test]
    fn a_clusters_folder_leaves_the_rest_out() {
        let found = layout(&[
            ("clusters/east/istio/mesh.yaml", &["east"]),
            ("clusters/west/istio/mesh.yaml", &["east"]),
            ("clusters/base/policy.yaml", &[]),
            ("archive/clusters/old/mesh.yaml", &["old"]),
            ("tools/pool.yaml", &[]),
        ]);
        assert_eq!(found.style, Style::Folders);
        assert_eq!(clusters(&found), ["east", "west"]);
        assert_eq!(*found.owner(1), Owner::Clusters(vec![1]));
        assert_eq!(*found.owner(2), Owner::Shared);
        assert_eq!(*found.owner(3), Owner::Outside);
        assert_eq!(*found.owner(4), Owner::Outside);
    }

    #[test]
    fn folders_called_as_their_control_planes_are_clusters() {
        let found = layout(&[
            ("east/mesh.yaml", &["east"]),
            ("west/mesh.yaml", &["west"]),
            ("north/apps.yaml", &[]),
        ]);
        assert_eq!(clusters(&found), ["east", "north", "west"]);
    }

    #[test]
    fn without_any_path_the_files_say_it_themselves() {
        let found = layout(&[
            ("a.yaml", &["east"]),
            ("b.yaml", &["west"]),
            ("c.yaml", &[]),
        ]);
        assert_eq!(found.style, Style::Content);
        assert_eq!(*found.owner(0), Owner::Clusters(vec![0]));
        assert_eq!(*found.owner(2), Owner::Shared);
    }
}
