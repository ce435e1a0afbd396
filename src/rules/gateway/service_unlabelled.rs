use crate::fleet::gateway::{self, Entrance};
use crate::fleet::network::LABEL;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!(
    "gateway/service-unlabelled",
    Check::Object(&[Kind::Service, Kind::IstioOperator], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    for entrance in gateway::entrances_of(fleet, cluster, id) {
        if let Some(network) = nameless(fleet, cluster, &entrance) {
            report(fleet, cluster, &entrance, network, sink);
        }
    }
}

/// The network that a Service lets others into, if nothing tells them so.
fn nameless(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>) -> Option<Ustr> {
    let object = cluster.object(entrance.service.object)?;
    let network = cluster.network()?;
    let takes_peers = entrance.label.is_none()
        && !object.ambiguous
        && entrance.is_addressable()
        && entrance.exposes(gateway::DATA_PORT)?;
    if !takes_peers || gateway::networks(fleet, fleet.mesh_of(cluster.id)?).len() < 2 {
        return None;
    }
    let whole = format!("*.{}", cluster.domain());
    let lets_in = gateway::servers(fleet, cluster, entrance)
        .iter()
        .any(|(_, _, s)| s.is_passthrough() && s.covers(&whole));
    let meant = entrance.is_east_west() || lets_in;
    let known_otherwise = || {
        gateway::entrances(fleet, cluster).any(|e| e.label.is_some())
            || gateway::labelled_k8s_gateways(fleet, cluster).next().is_some()
            || fleet
                .mesh_of(cluster.id)
                .into_iter()
                .flat_map(|mesh| fleet.clusters_of(mesh))
                .any(|c| gateway::static_networks(fleet, c).contains(&network))
            // Peers that come by address need no label.
            || !gateway::dials(fleet, cluster, entrance).is_empty()
    };
    (meant && !known_otherwise()).then_some(network)
}

fn report(
    fleet: &Fleet,
    cluster: &Cluster,
    entrance: &Entrance<'_>,
    network: Ustr,
    sink: &mut Sink<'_>,
) {
    let Some(object) = cluster.object(entrance.service.object) else {
        return;
    };
    let name = entrance.service.name;
    let mut draft = sink.report(
        entrance.name_place(),
        format!(
            "Service {name} in {} does not say that it is the gateway of network {network}",
            cluster.name
        ),
    );
    draft
        .label(format!("no label `{LABEL}`"))
        .about(cluster, object)
        .subject("network")
        .help(format!("label the Service `{LABEL}: {network}`"));
    if let Some(setting) = cluster.setting(crate::fleet::Setting::Network) {
        draft.related(
            crate::rules::odd::places(setting).0,
            format!("{} is in {network}", cluster.name),
        );
    }
    let example = fleet
        .peers(cluster)
        .flat_map(|peer| gateway::entrances(fleet, peer).map(move |e| (peer, e)))
        .find_map(|(peer, e)| Some((peer, e.place(e.label?))));
    if let Some((peer, place)) = example {
        draft.related(place, format!("so it is labelled in {}", peer.name));
    }
}
