//! What the fleet comes to, in the words of a report.

use crate::fleet::{Cluster, Fleet, Setting, State};
use crate::report::{ClusterNote, Coverage, FileCounts, RuleNote, Unread};
use crate::rules::book;
use crate::rules::selection::BOOK;
use crate::source::{Failure, Walk};
use std::collections::BTreeMap;

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

pub(super) fn coverage(fleet: &Fleet, walk: &Walk, failures: &[Failure]) -> Coverage {
    let count = |state| {
        fleet
            .states
            .iter()
            .filter(|(known, _)| *known == state)
            .count()
    };
    let unread = |failure: &Failure| Unread {
        file: failure.path.clone(),
        why: failure.error.clone(),
    };
    // An object that several clusters share counts once, for the first of them.
    let own = |cluster: &Cluster| {
        let first = |file: usize| {
            fleet.owners.get(file).and_then(|owners| owners.first()) == Some(&cluster.id)
        };
        cluster
            .objects
            .iter()
            .filter(|object| first(object.file.0 as usize))
            .count()
    };
    Coverage {
        files: FileCounts {
            read: count(State::Read) + count(State::Shared),
            shared: fleet
                .owners
                .iter()
                .filter(|owners| owners.len() > 1)
                .count(),
            inactive: count(State::Inactive),
            templated: count(State::Templated),
            ignored: walk.ignored.len() + count(State::Ignored),
            failed: failures.len(),
        },
        documents: fleet
            .files
            .all()
            .iter()
            .map(|file| file.documents().len())
            .sum(),
        objects: fleet.clusters.iter().map(|cluster| own(cluster)).sum(),
        unread: failures.iter().map(unread).collect(),
    }
}
