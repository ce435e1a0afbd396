//! The common shape of rules that compare the mTLS modes of clusters.

use crate::fleet::Fleet;
use crate::fleet::authn::Scope;
use crate::fleet::posture::{Comparison, Posture};
use crate::rules::sink::{Draft, Sink};
use crate::rules::{odd, words};
use crate::yaml::Place;
use std::collections::BTreeMap;
use ustr::Ustr;

/// Reports those who differ in `key` from most others; everybody where no side is the larger. `None` when all agree.
pub(super) fn report<'s>(
    fleet: &Fleet,
    namespace: Ustr,
    comparison: &Comparison<'_>,
    key: &dyn Fn(&Posture<'_>) -> &'static str,
    sink: &'s mut Sink<'_>,
) -> Option<Draft<'s>> {
    let postures = &comparison.postures;
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for posture in postures {
        *votes.entry(key(posture)).or_default() += 1;
    }
    if votes.len() < 2 {
        return None;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    let mut leaders = votes.iter().filter(|(_, count)| **count == most);
    let majority = leaders
        .next()
        .map(|(key, _)| *key)
        .filter(|_| leaders.next().is_none());
    let (odd, even): (Vec<&Posture<'_>>, Vec<&Posture<'_>>) =
        postures.iter().partition(|p| Some(key(p)) != majority);
    let place_of = |p: &Posture<'_>| {
        p.place
            .or_else(|| odd::absence(fleet, p.cluster, namespace.as_str()))
    };
    // The loudest statement first: a policy that is there, rather than one that is not.
    let mut places: Vec<(bool, Place, String)> = odd
        .iter()
        .filter_map(|p| Some((p.place.is_none(), place_of(p)?, says(p))))
        .collect();
    places.sort_by_key(|(silent, place, _)| (*silent, *place));
    places.dedup_by_key(|(_, place, _)| *place);
    let mut places = places.into_iter();
    let (_, place, label) = places.next()?;
    let mut modes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for posture in postures {
        let names = modes.entry(posture.mode().name()).or_default();
        names.push(posture.cluster.name.as_str());
    }
    let modes = modes
        .iter()
        .map(|(mode, names)| format!("{mode} in {}", words::list(names)));
    let whom = &comparison.whom;
    let message = format!(
        "mTLS of {whom} differs: {}",
        words::list(modes.collect::<Vec<_>>())
    );
    let mut draft = sink.report(place, message);
    draft
        .label(label)
        .clusters(odd.iter().map(|p| p.cluster))
        .clusters(even.first().map(|p| p.cluster))
        .subject(match comparison.scope {
            Scope::Mesh | Scope::Namespace => format!("mtls {namespace}"),
            Scope::Workload => format!("mtls {whom}"),
        });
    let named = odd.iter().find(|p| p.place == Some(place));
    if let Some(posture) = named
        && let Some((id, _)) = posture.decision.by
        && let Some(object) = posture.cluster.object(id)
    {
        draft.about(posture.cluster, object);
    }
    for (_, place, label) in places {
        draft.also(place, label);
    }
    if let Some(example) = even.first()
        && let Some(place) = place_of(example)
    {
        draft.related(place, says(example));
    }
    Some(draft)
}

fn says(posture: &Posture<'_>) -> String {
    let (mode, cluster) = (posture.mode().name(), posture.cluster.name);
    match posture.decision.by {
        Some(_) => format!("{mode} in {cluster}"),
        None => format!("{mode} by default in {cluster}"),
    }
}
