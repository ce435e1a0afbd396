//! The common shape of rules on one setting over all clusters: the odd ones out against an example.

use super::sink::{Draft, Sink};
use super::words;
use crate::fleet::setting::Effective;
use crate::fleet::vote::{Outcome, Voter, vote};
use crate::fleet::{Cluster, Fleet, Mesh, Object, Setting};
use crate::resource::Kind;
use crate::yaml::Place;
use std::collections::BTreeSet;

/// The control planes of a mesh that are to be compared, with their words on a setting: those of one revision, and
/// the only one of clusters that have another. A canary is not the odd one out of its own cluster.
fn contests<'a>(
    fleet: &'a Fleet,
    mesh: &'a Mesh,
    setting: Setting,
    votes: &'a dyn Fn(&Cluster) -> bool,
) -> impl Iterator<Item = Vec<Voter<'a>>> {
    let revisions: BTreeSet<&str> = fleet
        .clusters_of(mesh)
        .flat_map(|c| c.control_planes.iter().map(|p| p.revision.as_str()))
        .collect();
    revisions.into_iter().map(move |revision| {
        fleet
            .clusters_of(mesh)
            .filter(|cluster| votes(cluster))
            .filter_map(|cluster| {
                let same = cluster
                    .control_planes
                    .iter()
                    .find(|p| p.revision == revision);
                let only = match cluster.control_planes.as_slice() {
                    [only] => Some(only),
                    _ => None,
                };
                let setting = same.or(only)?.setting(setting)?;
                Some(Voter {
                    cluster: cluster.id,
                    setting,
                })
            })
            .collect()
    })
}

/// Where a person would edit a setting, and where it was rendered to, when that is another place.
pub(super) fn places(setting: &Effective) -> (Place, Option<Place>) {
    match setting.intent.first() {
        Some(intent) if intent.value == setting.value && intent.place != setting.place => {
            (intent.place, Some(setting.place))
        }
        _ => (setting.place, None),
    }
}

/// Reports the odd ones of a vote; `None` when all agree. The caller adds the edit that mends it.
pub(super) fn report<'s>(
    fleet: &Fleet,
    mesh: &Mesh,
    setting: Setting,
    sink: &'s mut Sink<'_>,
) -> Option<(Draft<'s>, String)> {
    report_among(fleet, mesh, setting, &|_| true, sink)
}

/// As [`report`], among the clusters that have a vote.
pub(super) fn report_among<'s>(
    fleet: &Fleet,
    mesh: &Mesh,
    setting: Setting,
    votes: &dyn Fn(&Cluster) -> bool,
    sink: &'s mut Sink<'_>,
) -> Option<(Draft<'s>, String)> {
    let outcome = contests(fleet, mesh, setting, votes).find_map(vote)?;
    let wanted = match outcome.example {
        Some(example) => example.setting.value.to_string(),
        None => String::new(),
    };
    Some((finding(fleet, setting, &outcome, sink)?, wanted))
}

fn finding<'s>(
    fleet: &Fleet,
    setting: Setting,
    outcome: &Outcome<'_>,
    sink: &'s mut Sink<'_>,
) -> Option<Draft<'s>> {
    let title = setting.title();
    let name = |voter: &Voter<'_>| fleet.cluster(voter.cluster).map_or("", |c| c.name.as_str());
    let first = outcome.odd.first()?;
    let says = |voter: &Voter<'_>| {
        format!(
            "{title} is {} in {}",
            words::value(voter.setting),
            name(voter)
        )
    };
    let names = |voters: &[Voter<'_>], like: &Voter<'_>| {
        let same = voters
            .iter()
            .filter(|v| v.setting.value == like.setting.value);
        let names: BTreeSet<&str> = same.map(name).collect();
        words::list(names)
    };
    let message = match outcome.example {
        Some(example) => format!(
            "{}: {title} is {}, but {} in {}",
            names(&outcome.odd, first),
            words::value(first.setting),
            words::value(example.setting),
            names(&outcome.even, &example),
        ),
        None => {
            let all: Vec<String> = outcome
                .odd
                .iter()
                .map(|v| format!("{} in {}", words::value(v.setting), name(v)))
                .collect();
            format!("{title} differs: {}", words::list(all))
        }
    };
    let (place, rendered) = places(first.setting);
    let clusters: Vec<&Cluster> = outcome
        .odd
        .iter()
        .chain(&outcome.example)
        .filter_map(|v| fleet.cluster(v.cluster))
        .collect();
    let mut draft = sink.report(place, message);
    draft.label(says(first)).clusters(clusters).subject(title);
    if let Some(rendered) = rendered {
        draft.related(rendered, "rendered here");
    }
    for voter in outcome.odd.iter().skip(1) {
        let (place, rendered) = places(voter.setting);
        draft.also(place, says(voter));
        if let Some(rendered) = rendered {
            draft.related(rendered, "rendered here");
        }
    }
    if let Some(example) = outcome.example {
        draft.related(places(example.setting).0, says(&example));
    }
    Some(draft)
}

/// Where an object would be looked for that is not there: at its namespace, else at the control plane.
pub(super) fn absence(fleet: &Fleet, cluster: &Cluster, namespace: &str) -> Option<Place> {
    let object: &Object = cluster
        .of_kind(Kind::Namespace)
        .iter()
        .find(|o| o.name.as_str() == namespace)
        .or_else(|| {
            let evidence = &cluster.control_plane()?.evidence;
            let id = evidence
                .operators
                .first()
                .copied()
                .or(evidence.mesh)
                .or(evidence.istiod)
                .or(evidence.injector)?;
            cluster.object(id)
        })?;
    let view = fleet.view(object);
    let span = view
        .at(&["metadata", "name"])
        .map_or_else(|| view.closest(&[]).0, |v| v.content_span());
    Some(Place {
        file: object.file,
        span,
    })
}
