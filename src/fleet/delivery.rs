//! What Argo CD applies to a cluster: the folders that its Applications name, by alternative.
//!
//! Applications of one name in one cluster are alternatives, of which one is installed: each makes a fleet of its
//! own. A chart of Applications is read as far as its values tell: the `apps:` list of folders.

use super::activity::join;
use super::layout::{Layout, Owner};
use crate::resource::argo::{self, Source};
use crate::resource::{Kind, Manifest};
use std::collections::{BTreeMap, BTreeSet};

/// A folder that is applied to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    /// Index into [`Layout::clusters`].
    pub cluster: usize,
    pub folder: String,
    pub recurse: bool,
    /// For objects that name none.
    pub namespace: Option<String>,
}

/// What is applied when one of the alternatives is chosen.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The values files, or the Application's file, that make the alternative; `None` where there is no choice.
    pub alternative: Option<String>,
    pub deliveries: Vec<Delivery>,
    /// Clusters whose folders are applied by Argo CD: what it does not reach there is inactive.
    pub managed: BTreeSet<usize>,
    /// Clusters of which some folders are known to a template only.
    pub templated: BTreeSet<usize>,
}

/// An Application with what it reaches.
struct Reach {
    cluster: usize,
    /// Applications of one key are alternatives.
    key: (String, String),
    label: String,
    deliveries: Vec<Delivery>,
    templated: bool,
}

/// The main plan and its alternatives. Without Applications it is an empty plan.
pub fn plans(manifests: &[&Manifest], layout: &Layout) -> (Plan, Vec<Plan>) {
    let tree = Tree::new(manifests);
    let mut reaches: Vec<Reach> = Vec::new();
    for (at, manifest) in manifests.iter().enumerate() {
        if manifest.file.templated() {
            continue;
        }
        let Owner::Clusters(clusters) = layout.owner(at) else {
            continue;
        };
        for header in manifest
            .objects
            .iter()
            .filter(|h| h.kind == Kind::Application)
        {
            let view = manifest.file.view(header.root);
            for cluster in clusters {
                reaches.push(reach(
                    &tree,
                    manifest.file.path(),
                    *cluster,
                    header.name.as_str(),
                    view,
                ));
            }
        }
    }
    let mut by_key: BTreeMap<(usize, (String, String)), Vec<Reach>> = BTreeMap::new();
    for reach in reaches {
        by_key
            .entry((reach.cluster, reach.key.clone()))
            .or_default()
            .push(reach);
    }
    // `values.yaml` is what a chart does when nobody says more: the main alternative.
    for alternatives in by_key.values_mut() {
        alternatives.sort_by_key(|r| (r.label != "values.yaml", r.label.clone()));
    }
    let labels: BTreeSet<(bool, String)> = by_key
        .values()
        .filter(|alternatives| alternatives.len() > 1)
        .flatten()
        .map(|r| (r.label != "values.yaml", r.label.clone()))
        .collect();
    let mut labels = labels.into_iter().map(|(_, label)| label);
    let main = plan(labels.next(), by_key.values());
    let mut others: Vec<Plan> = Vec::new();
    for label in labels {
        let other = plan(Some(label), by_key.values());
        // Alternatives may come to the same folders.
        let known = |p: &Plan| p.deliveries == other.deliveries;
        if !known(&main) && !others.iter().any(known) {
            others.push(other);
        }
    }
    (main, others)
}

fn plan<'a>(
    alternative: Option<String>,
    applications: impl Iterator<Item = &'a Vec<Reach>>,
) -> Plan {
    let mut plan = Plan {
        alternative,
        ..Plan::default()
    };
    for alternatives in applications {
        let chosen = alternatives
            .iter()
            .find(|r| Some(&r.label) == plan.alternative.as_ref())
            .or_else(|| alternatives.first());
        let Some(chosen) = chosen else { continue };
        plan.deliveries.extend(chosen.deliveries.iter().cloned());
        if !chosen.deliveries.is_empty() || chosen.templated {
            plan.managed.insert(chosen.cluster);
        }
        if chosen.templated {
            plan.templated.insert(chosen.cluster);
        }
    }
    plan.deliveries.sort();
    plan.deliveries.dedup();
    plan
}

fn reach(
    tree: &Tree<'_>,
    path: &str,
    cluster: usize,
    name: &str,
    application: crate::yaml::View<'_>,
) -> Reach {
    let namespace = argo::destination_namespace(application);
    let sources = argo::sources(application);
    let label = sources
        .iter()
        .flat_map(|s| s.value_files.iter().map(String::as_str))
        .next_back()
        .unwrap_or(path)
        .to_owned();
    let mut reach = Reach {
        cluster,
        key: (name.to_owned(), String::new()),
        label,
        deliveries: Vec::new(),
        templated: false,
    };
    for source in &sources {
        let Some(folder) = tree.folder(&source.path, path) else {
            continue;
        };
        if tree.has(&folder, "Chart.yaml") {
            chart(tree, &folder, source, &mut reach);
        } else {
            reach.deliveries.push(Delivery {
                cluster,
                folder,
                recurse: source.recurse,
                namespace: namespace.clone(),
            });
        }
    }
    reach
}

/// A chart of Applications: the last of its values files with an `apps:` list says what they are.
fn chart(tree: &Tree<'_>, folder: &str, source: &Source, reach: &mut Reach) {
    let files = source
        .value_files
        .iter()
        .rev()
        .map(String::as_str)
        .chain(["values.yaml"]);
    let apps = files
        .filter_map(|file| join(folder, file))
        .find_map(|file| {
            let manifest = tree.manifests.iter().find(|m| m.file.path() == file)?;
            let root = manifest.file.documents().first()?.root?;
            argo::apps(manifest.file.view(root))
        });
    let Some(apps) = apps else { return };
    for app in apps {
        let found = app.path.as_deref().and_then(|path| {
            // Such paths are often meant from the folder above the chart.
            let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            [parent, folder, ""]
                .into_iter()
                .filter_map(|base| join(base, path))
                .find(|f| tree.is_folder(f))
        });
        match found {
            Some(found) => reach.deliveries.push(Delivery {
                cluster: reach.cluster,
                folder: found,
                recurse: false,
                namespace: app.namespace,
            }),
            None => reach.templated = true,
        }
    }
}

/// The folders of the run.
struct Tree<'a> {
    manifests: &'a [&'a Manifest],
    folders: BTreeSet<&'a str>,
}

impl<'a> Tree<'a> {
    fn new(manifests: &'a [&'a Manifest]) -> Self {
        let folders = manifests
            .iter()
            .flat_map(|m| super::activity::ancestors(m.file.path()))
            .collect();
        Tree { manifests, folders }
    }

    fn is_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    fn has(&self, folder: &str, name: &str) -> bool {
        join(folder, name).is_some_and(|path| self.manifests.iter().any(|m| m.file.path() == path))
    }

    /// A path from the root of the repository, as seen from the working directory, which may lie below or above it.
    fn folder(&self, path: &str, application: &str) -> Option<String> {
        if self.is_folder(path) {
            return Some(path.to_owned());
        }
        let above = super::activity::ancestors(application)
            .filter_map(|base| join(base, path))
            .find(|f| self.is_folder(f));
        above.or_else(|| {
            path.match_indices('/')
                .filter_map(|(at, _)| path.get(at + 1..))
                .find(|p| self.is_folder(p))
                .map(str::to_owned)
        })
    }
}
