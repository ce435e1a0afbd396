use crate::fleet::gateway::{self, Entrance};
use crate::fleet::{Cluster, Fleet, Object, traffic};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};

/// Where a remote cluster's proxies ask for configuration and certificates.
const XDS: i64 = 15012;
/// Where its API server asks for injection.
const WEBHOOK: i64 = 15017;

pub(crate) const RULE: Rule = rule!("gateway/istiod-not-exposed", Check::Pair(check));

fn check(fleet: &Fleet, client: &Cluster, server: &Cluster, sink: &mut Sink<'_>) {
    if !gateway::is_remote(client) || gateway::is_remote(server) {
        return;
    }
    for operator in client.of_kind(Kind::IstioOperator) {
        let values = fleet.view(operator).at(&["spec", "values"]);
        let address = values.and_then(|v| v.at(&["global", "remotePilotAddress"]));
        let Some(address) = address else { continue };
        let Some(text) = address.text() else { continue };
        // An address that is not of this gateway is of another way to istiod, which is not known.
        let Some(entrance) = gateway::at_address(fleet, server, text.as_ref().into()) else {
            continue;
        };
        let remote = values.and_then(|v| v.get("istiodRemote"));
        let injects_itself = remote.is_some_and(|r| {
            let local = r.get("enabledLocalInjectorIstiod").and_then(View::as_bool);
            local == Some(true)
                || r.get("injectionURL")
                    .and_then(View::text)
                    .is_some_and(|u| !u.is_empty())
        });
        let ports: &[i64] = if injects_itself {
            &[XDS]
        } else {
            &[XDS, WEBHOOK]
        };
        let fault = ports
            .iter()
            .find_map(|port| Some((*port, fault(fleet, server, &entrance, *port)?)));
        if let Some((port, fault)) = fault {
            let place = operator.place(address);
            report(server, client, &entrance, port, fault, place, sink);
        }
    }
}

enum Fault {
    /// The Service does not have the port.
    Closed,
    /// No Gateway makes the pods listen on it.
    Silent,
    /// A Gateway does, and nothing routes what comes in.
    Unrouted(Place, String),
}

fn fault(fleet: &Fleet, server: &Cluster, entrance: &Entrance<'_>, port: i64) -> Option<Fault> {
    if !entrance.exposes(port)? {
        return Some(Fault::Closed);
    }
    let gateways: Vec<(&Object, Place)> = gateway::servers(fleet, server, entrance)
        .into_iter()
        .filter(|(reader, _, s)| s.port == Some(port) && reader.id == server.id)
        .filter_map(|(_, gateway, s)| {
            let object = server.object(gateway.object)?;
            let view = fleet.files.node(object.file, s.node);
            let number = view.at(&["port", "number"])?;
            Some((object, object.place(number)))
        })
        .collect();
    let Some((first, place)) = gateways.first() else {
        // Where no Gateway is known at all, they are kept elsewhere.
        return server.knows(Kind::Gateway).then_some(Fault::Silent);
    };
    let is_routed = gateways.iter().any(|(object, _)| {
        server
            .of_kind(Kind::VirtualService)
            .iter()
            .any(|route| traffic::is_bound(fleet, route, object))
    });
    (!is_routed && server.knows(Kind::VirtualService))
        .then(|| Fault::Unrouted(*place, first.name.to_string()))
}

fn report(
    server: &Cluster,
    client: &Cluster,
    entrance: &Entrance<'_>,
    port: i64,
    fault: Fault,
    address: Place,
    sink: &mut Sink<'_>,
) {
    let Some(object) = server
        .object(entrance.service.object)
        .filter(|o| !o.ambiguous)
    else {
        return;
    };
    let name = entrance.service.name;
    let ports = Place {
        file: object.file,
        span: entrance.view.closest(entrance.ports_path()).0,
    };
    let (place, what, label, help) = match fault {
        Fault::Closed => (
            ports,
            format!(
                "Service {name} in {} does not expose port {port}",
                server.name
            ),
            format!("no port {port}"),
            format!("add port {port} to the Service"),
        ),
        Fault::Silent => (
            ports,
            format!(
                "no Gateway in {} makes the pods of {name} listen on port {port}",
                server.name
            ),
            "connections to this port are refused".to_owned(),
            format!(
                "add a Gateway for port {port} with `mode: PASSTHROUGH`, and a VirtualService that routes it to istiod"
            ),
        ),
        Fault::Unrouted(place, gateway) => (
            place,
            format!(
                "Gateway {gateway} in {} has no VirtualService for port {port}",
                server.name
            ),
            "what comes in here goes nowhere".to_owned(),
            format!("add a VirtualService for the Gateway that routes port {port} to istiod"),
        ),
    };
    sink.report(
        place,
        format!("{what}, by which {} reaches its control plane", client.name),
    )
    .label(label)
    .about(server, object)
    .clusters([client])
    .subject(format!("istiod for {}", client.name))
    .help(help)
    .related(
        address,
        format!("{} looks for its control plane here", client.name),
    );
}
