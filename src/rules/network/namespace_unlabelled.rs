use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, Mesh, Object, Setting, mesh_networks, network};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};
use crate::yaml::{Place, View};
use std::collections::BTreeSet;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("network/namespace-unlabelled", Check::Mesh(check));

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    let members: Vec<(&Cluster, Ustr)> = fleet
        .clusters_of(mesh)
        .filter_map(|c| Some((c, c.network()?)))
        .collect();
    let networks: BTreeSet<&str> = members.iter().map(|(_, n)| n.as_str()).collect();
    if networks.len() < 2 {
        return;
    }
    let is_labelled = |cluster: &Cluster| network::namespace(fleet, cluster).is_some();
    let labelled = members.iter().filter(|(c, _)| is_labelled(c)).count();
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    for (cluster, network) in &members {
        if is_labelled(cluster) || is_in_mesh_networks(fleet, cluster) {
            continue;
        }
        let namespace = cluster.find(Kind::Namespace, "", &cluster.system_namespace());
        let place = match namespace {
            Some(object) if object.ambiguous => None,
            Some(object) => Some(Place {
                file: object.file,
                span: fleet.view(object).closest(&["metadata", "labels"]).0,
            }),
            // Namespaces may be made elsewhere, unless most of the others are among the files.
            None if cluster.complete || labelled * 2 > members.len() => cluster
                .setting(Setting::Network)
                .map(|setting| odd::places(setting).0),
            None => None,
        };
        let Some(place) = place else { continue };
        // A manifest that clusters share is one gap.
        match gaps.iter_mut().find(|gap| gap.place == place) {
            Some(gap) => gap.clusters.push((cluster, *network)),
            None => gaps.push(Gap {
                place,
                namespace,
                clusters: vec![(cluster, *network)],
            }),
        }
    }
    for gap in gaps {
        report(fleet, &gap, labelled > 0, sink);
    }
}

/// A label that is missing.
struct Gap<'a> {
    place: Place,
    namespace: Option<&'a Object>,
    /// Never empty.
    clusters: Vec<(&'a Cluster, Ustr)>,
}

fn report(fleet: &Fleet, gap: &Gap<'_>, others_do: bool, sink: &mut Sink<'_>) {
    let Some((first, network)) = gap.clusters.first() else {
        return;
    };
    let system = first.system_namespace();
    let clusters = || gap.clusters.iter().map(|(c, _)| *c);
    let names = words::list(clusters().map(|c| c.name.as_str()));
    let networks: BTreeSet<String> = gap.clusters.iter().map(|(_, n)| format!("`{n}`")).collect();
    let is_one = networks.len() == 1;
    let message = format!(
        "{names}: namespace {system} does not say that the cluster is in {}",
        words::list(networks)
    );
    let mut draft = sink.report(gap.place, message);
    draft
        .label(match gap.namespace {
            Some(_) => format!("no label `{}`", network::LABEL),
            None => format!("in `{network}`, and no namespace {system} with that label"),
        })
        .clusters(clusters())
        .subject(Setting::Network.title())
        .help(match is_one {
            true => format!(
                "add the label `{}: {network}` to namespace {system}",
                network::LABEL
            ),
            false => format!(
                "give each cluster a manifest of namespace {system} with its own label `{}`",
                network::LABEL
            ),
        });
    if let Some(object) = gap.namespace {
        draft.about(first, object);
    }
    if !others_do && clusters().all(|c| !c.complete) {
        // Nobody does it in these files: a script may.
        draft.severity(Severity::Info);
    } else if clusters().any(|c| has_bare_endpoints(fleet, c)) {
        draft.severity(Severity::Error);
    }
}

/// Whether `meshNetworks` puts all endpoints of the cluster into a network.
fn is_in_mesh_networks(fleet: &Fleet, cluster: &Cluster) -> bool {
    let Some(own) = cluster.setting(Setting::ClusterName).map(|s| s.value) else {
        return false;
    };
    cluster
        .control_planes
        .iter()
        .filter_map(|plane| mesh_networks::read(fleet, cluster, plane))
        .any(|networks| mesh_networks::by_registry(&networks, &own).contains_key(own.as_str()))
}

/// Whether the cluster has endpoints that get their network from nowhere else: of ambient pods, and of
/// WorkloadEntries that do not name it.
fn has_bare_endpoints(fleet: &Fleet, cluster: &Cluster) -> bool {
    let is_ambient = |view: View<'_>| {
        view.at(&["metadata", "labels", "istio.io/dataplane-mode"])
            .and_then(View::text)
            .as_deref()
            == Some("ambient")
    };
    let is_bare =
        |view: View<'_>| view.at(&["spec", "network"]).is_none() && network::label(view).is_none();
    let mut namespaces = cluster.of_kind(Kind::Namespace).iter();
    let mut entries = cluster.of_kind(Kind::WorkloadEntry).iter();
    namespaces.any(|o| is_ambient(fleet.view(o))) || entries.any(|o| is_bare(fleet.view(o)))
}
