//! What the fleet comes to, in the words of a report.

use crate::fleet::{Alternatives, Cluster, Fleet, Setting, State};
use crate::report::{ClusterNote, Coverage, FileCounts, RuleNote, Unread};
use crate::rules::book;
use crate::rules::selection::BOOK;
use crate::source::{Failure, Walk};
use crate::yaml::{FileId, NodeId};
use std::collections::{BTreeMap, HashSet};

/// The rules that are named, by id.
pub(super) fn rules(ids: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, RuleNote> {
    let note = |id| {
        let front = BOOK.front(id)?;
        let note = RuleNote {
            aliases: front.aliases.clone(),
            title: front.title.clone(),
            why: front.why.clone(),
            url: Some(book::url(id)),
        };
        Some((id, note))
    };
    ids.filter_map(note).collect()
}

/// The clusters of a fleet, by their ids.
pub(super) fn clusters(fleet: &Fleet) -> Vec<ClusterNote> {
    let note = |cluster: &Cluster| {
        let known = |setting| Some(cluster.setting(setting)?.known()?.to_string());
        ClusterNote {
            name: cluster.name.to_string(),
            mesh: known(Setting::MeshId),
            network: cluster.network().map(|network| network.to_string()),
            version: known(Setting::Version),
            files: cluster.members.len(),
            objects: cluster.objects.len(),
            complete: cluster.complete,
        }
    };
    fleet.clusters.iter().map(|cluster| note(cluster)).collect()
}

/// What becomes of a file.
pub(super) struct Fate<'a> {
    pub(super) path: &'a str,
    pub(super) state: State,
    pub(super) why: &'a str,
    pub(super) clusters: Vec<&'static str>,
}

/// The fate of every file, sorted by path. Where there are alternatives, the one that makes the most of it counts.
pub(super) fn fates(fleets: &Alternatives) -> Vec<Fate<'_>> {
    let files = fleets.main.files.all();
    let mut fates = Vec::with_capacity(files.len());
    for (at, file) in files.iter().enumerate() {
        let states = fleets
            .all()
            .filter_map(|fleet| Some((fleet, fleet.states.get(at)?)));
        let Some((fleet, (state, why))) = states.min_by_key(|(_, (state, _))| *state) else {
            continue;
        };
        let owners = fleet.owners.get(at).into_iter().flatten();
        let clusters = owners
            .filter_map(|id| Some(fleet.cluster(*id)?.name.as_str()))
            .collect();
        fates.push(Fate {
            path: file.path(),
            state: *state,
            why,
            clusters,
        });
    }
    fates
}

pub(super) fn coverage(fleets: &Alternatives, walk: &Walk, failures: &[Failure]) -> Coverage {
    let fates = fates(fleets);
    let count = |state| fates.iter().filter(|fate| fate.state == state).count();
    let unread = |failure: &Failure| Unread {
        file: failure.path.clone(),
        why: failure.error.clone(),
    };
    let objects = fleets
        .main
        .clusters
        .iter()
        .flat_map(|cluster| &cluster.objects);
    // An object that several clusters share is one object.
    let objects: HashSet<(FileId, NodeId)> =
        objects.map(|object| (object.file, object.root)).collect();
    let files = fleets.main.files.all();
    Coverage {
        files: FileCounts {
            read: count(State::Read) + count(State::Shared),
            shared: fates.iter().filter(|fate| fate.clusters.len() > 1).count(),
            inactive: count(State::Inactive),
            templated: count(State::Templated),
            ignored: walk.ignored.len() + count(State::Ignored),
            failed: failures.len(),
        },
        documents: files.iter().map(|file| file.documents().len()).sum(),
        objects: objects.len(),
        unread: failures.iter().map(unread).collect(),
    }
}
