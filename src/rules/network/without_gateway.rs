use crate::fleet::network::{self, NetworkGateway};
use crate::fleet::{Cluster, Fleet, Mesh, mesh_networks};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, odd, rule, words};
use crate::yaml::{Place, View};
use std::collections::BTreeSet;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("network/without-gateway", Check::Network(check));

fn check(fleet: &Fleet, mesh: &Mesh, network: &Named, sink: &mut Sink<'_>) {
    let networks: BTreeSet<&str> = fleet
        .clusters_of(mesh)
        .filter_map(Cluster::network)
        .map(|n| n.as_str())
        .collect();
    if networks.len() < 2 {
        return;
    }
    let labels: BTreeSet<Ustr> = fleet
        .clusters_of(mesh)
        .flat_map(|c| gateway_networks(fleet, c))
        .collect();
    // Where no gateway is to be seen anywhere, they are kept elsewhere.
    let complete = fleet.clusters_of(mesh).all(|c| c.complete);
    if labels.contains(&network.name) || (labels.is_empty() && !complete) {
        return;
    }
    let members: Vec<&Cluster> = network
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
        .collect();
    let Some(first) = members.first() else { return };
    let near = labels
        .iter()
        .find(|label| !networks.contains(label.as_str()) && is_near(label, &network.name));
    let clusters = words::list(members.iter().map(|c| c.name.as_str()));
    let message = format!(
        "network {} has no gateway: other networks cannot reach {clusters}",
        network.name
    );
    let candidate = members
        .iter()
        .find_map(|c| Some((*c, candidate(fleet, c)?)));
    let stated = first
        .setting(crate::fleet::Setting::Network)
        .map(|s| odd::places(s).0);
    let (place, label) = match (&candidate, stated) {
        (Some((_, gateway)), _) => {
            let name = gateway
                .view
                .at(&["metadata", "name"])
                .or_else(|| gateway.view.get("name"));
            let span = name.map_or_else(|| gateway.view.closest(&[]).0, View::content_span);
            let label = format!(
                "no label `{}: {}` on this Service",
                network::LABEL,
                network.name
            );
            (
                Place {
                    file: gateway.service.file,
                    span,
                },
                label,
            )
        }
        (None, Some(stated)) => (stated, format!("{} is in {}", first.name, network.name)),
        (None, None) => return,
    };
    let mut draft = sink.report(place, message);
    draft.label(label);
    if let Some((cluster, gateway)) = &candidate {
        if let Some(object) = cluster.object(gateway.service.object) {
            draft.about(cluster, object);
        }
        if let Some(stated) = stated {
            draft.related(stated, format!("{} is in {}", first.name, network.name));
        }
    }
    let help = match near {
        Some(near) => format!(
            "a gateway is labelled `{near}`; did you mean `{}`?",
            network.name
        ),
        None => format!(
            "label the east-west gateway's Service with `{}: {}`",
            network::LABEL,
            network.name
        ),
    };
    draft.clusters(members).subject("network").help(help);
}

/// Almost the same: another case, other separators, or a slip of the finger.
fn is_near(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    plain(a) == plain(b) || strsim::damerau_levenshtein(a, b) <= 2
}

/// Every network that something in the cluster is a gateway of.
fn gateway_networks<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> Vec<Ustr> {
    let services = network::network_gateways(fleet, cluster)
        .into_iter()
        .filter_map(|g| g.network());
    let gateway_api = cluster
        .of_kind(Kind::K8sGateway)
        .iter()
        .filter_map(|object| {
            network::label(fleet.view(object))?
                .text()
                .map(|t| Ustr::from(&t))
        });
    let mesh_networks = cluster
        .control_planes
        .iter()
        .filter_map(|plane| mesh_networks::read(fleet, cluster, plane))
        .flat_map(|told| told.networks)
        .filter(|told| told.gateways().next().is_some())
        .map(|told| told.name);
    services.chain(gateway_api).chain(mesh_networks).collect()
}

/// A Service that looks like an east-west gateway without a network's label.
fn candidate<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> Option<NetworkGateway<'a>> {
    network::network_gateways(fleet, cluster)
        .into_iter()
        .find(|g| g.label.is_none())
}
