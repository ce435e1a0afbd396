use crate::fleet::gateway::{self, Entrance};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!(
    "gateway/services-not-exposed",
    Check::Object(&[Kind::Service, Kind::IstioOperator], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    for entrance in gateway::entrances_of(fleet, cluster, id) {
        judge(fleet, cluster, &entrance, sink);
    }
}

fn judge(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>, sink: &mut Sink<'_>) {
    let (Some(network), Some(mesh)) = (entrance.network(), fleet.mesh_of(cluster.id)) else {
        return;
    };
    let Some(object) = cluster
        .object(entrance.service.object)
        .filter(|o| !o.ambiguous)
    else {
        return;
    };
    let port = entrance.data_port();
    let is_gateway = entrance.exposes(port) == Some(true) && !entrance.workloads.is_empty();
    if !is_gateway
        || gateway::networks(fleet, mesh).len() < 2
        || is_exposed(fleet, cluster, entrance)
    {
        return;
    }
    let example = fleet
        .peers(cluster)
        .filter(|peer| !gateway::is_remote(peer))
        .find_map(|peer| {
            let gateway = peer
                .gateways
                .gateways
                .iter()
                .find(|g| g.servers.iter().any(|s| s.is_passthrough()))?;
            Some((peer, peer.object(gateway.object)?))
        });
    let owner = match gateway::is_remote(cluster) {
        true => "the cluster that serves it",
        false => cluster.name.as_str(),
    };
    // Where nobody exposes anything, it is done by other means than these manifests.
    if example.is_none() && !cluster.complete {
        return;
    }
    let shown = entrance
        .ports()
        .unwrap_or_default()
        .into_iter()
        .find(|p| p.number() == Some(port))
        .and_then(|p| p.view.get("port"));
    let place = match shown {
        Some(shown) => entrance.place(shown),
        None => Place {
            file: entrance.service.file,
            span: entrance.view.closest(entrance.ports_path()).0,
        },
    };
    let name = entrance.service.name;
    let selector = entrance
        .workloads
        .iter()
        .find_map(|w| Some(format!("istio: {}", w.labels.get("istio")?)))
        .unwrap_or_else(|| "the labels of its pods".to_owned());
    let mut draft = sink.report(
        place,
        format!(
            "Service {name} in {} is the gateway of network {network}, but no Gateway makes its pods listen on {port}",
            cluster.name
        ),
    );
    draft
        .label("connections to this port are refused")
        .about(cluster, object)
        .subject(format!("port {port}"))
        .help(format!(
            "add a Gateway to {owner} that selects `{selector}` and serves port {port}, `protocol: TLS`, with \
             `mode: AUTO_PASSTHROUGH` and the host `*.{}`",
            cluster.domain()
        ));
    if let Some((peer, object)) = example {
        let name = fleet.view(object).at(&["metadata", "name"]);
        draft.clusters([peer]);
        if let Some(name) = name {
            draft.related(
                object.place(name),
                format!(
                    "{} does it by this Gateway",
                    words::list([peer.name.as_str()])
                ),
            );
        }
    }
}

/// Some Gateway opens the port, or tries to and is reported for what is wrong with it.
fn is_exposed(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>) -> bool {
    let port = entrance.data_port();
    let servers = gateway::servers(fleet, cluster, entrance);
    let opens = servers.iter().any(|(_, _, s)| s.port == Some(port));
    let open = gateway::reachable_ports(fleet, cluster, entrance).unwrap_or_default();
    let elsewhere = servers.iter().any(|(_, _, s)| {
        s.is_passthrough() && s.port.is_some_and(|number| !open.contains(&number))
    });
    let misses = gateway::configuring(fleet, cluster)
        .iter()
        .any(|(reader, gateway)| {
            gateway.servers.iter().any(|s| s.is_passthrough())
                && (gateway.workloads(reader).next().is_none() || gateway.selector.is_empty())
        });
    let by_gateway_api = gateway::labelled_k8s_gateways(fleet, cluster)
        .next()
        .is_some();
    opens || elsewhere || misses || by_gateway_api
}
