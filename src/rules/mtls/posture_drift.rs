use crate::fleet::authn::{Decision, Mode, PeerAuthentication, Scope};
use crate::fleet::{Cluster, Fleet, Mesh, Object};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;
use std::collections::BTreeMap;

pub(crate) const RULE: Rule = rule!("mtls/posture-drift", Check::Namespace(check));

/// What one cluster has in a namespace.
struct Posture<'a> {
    cluster: &'a Cluster,
    decision: Decision,
    /// The policy of this very scope that decides, when there is one.
    place: Option<Place>,
}

fn check(fleet: &Fleet, mesh: &Mesh, namespace: &Named, sink: &mut Sink<'_>) {
    // A kind that no cluster has is kept elsewhere.
    if !fleet
        .clusters_of(mesh)
        .any(|c| c.knows(Kind::PeerAuthentication))
    {
        return;
    }
    let clusters: Vec<&Cluster> = namespace
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
        .filter(|c| !c.control_planes.is_empty())
        .collect();
    let is_root = clusters
        .iter()
        .any(|c| c.root_namespace() == namespace.name);
    let scope = if is_root {
        Scope::Mesh
    } else {
        Scope::Namespace
    };
    let clusters = if is_root {
        fleet
            .clusters_of(mesh)
            .filter(|c| !c.control_planes.is_empty())
            .collect()
    } else {
        clusters
    };
    let postures: Vec<Posture<'_>> = clusters
        .iter()
        .map(|cluster| {
            let decision = match is_root {
                true => cluster.authn.mesh_mode(),
                false => cluster.authn.namespace_mode(namespace.name),
            };
            let place = decision
                .by
                .filter(|(id, _)| policy(cluster, *id).is_some_and(|p| p.scope == scope));
            Posture {
                cluster,
                decision,
                place: place.map(|(_, place)| place),
            }
        })
        .filter(|p| p.decision.sure)
        .collect();
    // What only follows from the mesh-wide policy is reported there, once.
    if postures.iter().all(|p| p.place.is_none()) {
        return;
    }
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for posture in &postures {
        *votes.entry(posture.decision.mode.name()).or_default() += 1;
    }
    if votes.len() < 2 {
        return;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    let mut leaders = votes
        .iter()
        .filter(|(_, count)| **count == most)
        .map(|(mode, _)| *mode);
    let majority = leaders.next().filter(|_| leaders.next().is_none());
    let (odd, even): (Vec<&Posture<'_>>, Vec<&Posture<'_>>) = postures
        .iter()
        .partition(|p| Some(p.decision.mode.name()) != majority);
    let what = if is_root {
        "the mesh-wide policy".to_owned()
    } else {
        format!("namespace {}", namespace.name)
    };
    let says = |p: &Posture<'_>| match p.decision.by {
        Some(_) => format!("{} in {}", p.decision.mode.name(), p.cluster.name),
        None => format!("PERMISSIVE by default in {}", p.cluster.name),
    };
    // The loudest statement first: a policy that is there, rather than one that is not.
    let mut places: Vec<(Place, String, bool)> = odd
        .iter()
        .filter_map(|p| {
            Some((
                p.place
                    .or_else(|| absence(fleet, p.cluster, namespace.name.as_str()))?,
                says(p),
                p.place.is_some(),
            ))
        })
        .collect();
    places.sort_by_key(|(place, _, stated)| (!stated, *place));
    let mut places = places.into_iter();
    let Some((place, label, _)) = places.next() else {
        return;
    };
    let groups: Vec<String> = votes
        .keys()
        .map(|mode| {
            let names = postures
                .iter()
                .filter(|p| p.decision.mode.name() == *mode)
                .map(|p| p.cluster.name.as_str());
            format!("{mode} in {}", words::list(names))
        })
        .collect();
    let disables = postures.iter().any(|p| p.decision.mode == Mode::Disable);
    let mut draft = sink.report(
        place,
        format!("mTLS of {what} differs: {}", words::list(groups)),
    );
    draft
        .label(label)
        .clusters(odd.iter().map(|p| p.cluster))
        .clusters(even.first().map(|p| p.cluster))
        .subject(format!("mtls {}", namespace.name))
        .help(match disables {
            true => "apply the same PeerAuthentication in every cluster; DISABLE makes remote clients fail",
            false => "apply the same PeerAuthentication in every cluster: it is read by the cluster's own istiod only",
        });
    for (place, label, _) in places {
        draft.also(place, label);
    }
    if let Some(example) = even.first()
        && let Some(place) = example
            .place
            .or_else(|| absence(fleet, example.cluster, namespace.name.as_str()))
    {
        draft.related(place, says(example));
    }
}

fn policy(cluster: &Cluster, id: crate::fleet::ObjectId) -> Option<&PeerAuthentication> {
    cluster.authn.policies.iter().find(|p| p.object == id)
}

/// Where a policy would be looked for that is not there: at the namespace, else at the control plane.
fn absence(fleet: &Fleet, cluster: &Cluster, namespace: &str) -> Option<Place> {
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
