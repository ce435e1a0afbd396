use crate::fleet::gateway::{self, AUTO_PASSTHROUGH, Entrance, Gateway, Server};
use crate::fleet::{Cluster, Fleet, ObjectId, traffic};
use crate::resource::{Kind, host};
use crate::rules::shared::sharing;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "gateway/wrong-tls-mode",
    Check::Object(&[Kind::Gateway], check)
);

/// A server that peers need, and why it cannot do what they need.
struct Fault<'a> {
    entrance: Entrance<'a>,
    port: i64,
    /// Who says that peers come in here, in words.
    because: String,
    /// What the mode does to their requests.
    effect: &'static str,
}

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(gateway) = cluster.gateways.find(id) else {
        return;
    };
    for (at, server) in gateway.servers.iter().enumerate() {
        let is_wrong = |owner: &Cluster, id| {
            owner
                .gateways
                .find(id)
                .and_then(|g| fault(fleet, owner, g, g.servers.get(at)?))
                .is_some()
        };
        let Some(sharing) = sharing(fleet, cluster, id, &is_wrong) else {
            continue;
        };
        let Some(object) = cluster.object(id) else {
            continue;
        };
        let Some(fault) = fault(fleet, cluster, gateway, server) else {
            continue;
        };
        let view = fleet.files.node(object.file, server.node);
        let clusters = words::list(sharing.wrong.iter().map(|c| c.name.as_str()));
        let (place, message, help) = if server.is_passthrough() {
            let protocol = view.at(&["port", "protocol"]);
            (
                protocol.map(|p| object.place(p)),
                format!(
                    "Gateway {} takes port {} for {} in {clusters}, so `{AUTO_PASSTHROUGH}` has no effect there",
                    object.name, fault.port, server.protocol
                ),
                "set `protocol: TLS`",
            )
        } else {
            let mode = match server.mode.as_str() {
                "" => "without a `tls.mode`".to_owned(),
                mode => format!("with `mode: {mode}`"),
            };
            (
                view.at(&["tls", "mode"]).map(|m| object.place(m)),
                format!(
                    "Gateway {} serves port {} {mode} in {clusters}, where other clusters come in",
                    object.name, fault.port
                ),
                "set `tls.mode: AUTO_PASSTHROUGH` and `port.protocol: TLS`",
            )
        };
        let place = place.unwrap_or_else(|| crate::yaml::Place {
            file: object.file,
            span: view.closest(&["tls"]).0,
        });
        let mut draft = sink.report(place, message);
        draft
            .label(fault.effect)
            .about(cluster, object)
            .clusters(sharing.wrong.iter().copied())
            .subject(format!("port {}", fault.port))
            .help(help);
        let why = fault.entrance.label.map(|l| fault.entrance.place(l));
        draft.related(
            why.unwrap_or_else(|| fault.entrance.name_place()),
            fault.because,
        );
    }
}

fn fault<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    gateway: &'a Gateway,
    server: &Server,
) -> Option<Fault<'a>> {
    let port = server.port?;
    let object = cluster.object(gateway.object)?;
    let works = |s: &Server| s.is_passthrough() && matches!(s.protocol.as_str(), "TLS" | "HTTPS");
    if object.ambiguous || gateway.selector.is_empty() || works(server) {
        return None;
    }
    gateway::fronts(fleet, cluster, gateway)
        .into_iter()
        .find_map(|(owner, entrance)| {
            let servers = gateway::servers(fleet, owner, &entrance);
            let on_port = || servers.iter().filter(|(_, _, s)| s.port == Some(port));
            // Another server on the same port may let the peers in; this one is for somebody else then.
            if on_port().any(|(_, _, s)| works(s)) {
                return None;
            }
            if entrance.label.is_some() {
                let is_first = on_port()
                    .next()
                    .is_some_and(|(_, g, s)| g.object == gateway.object && s.node == server.node);
                let serves = entrance.data_port() == port && entrance.exposes(port)? && is_first;
                return serves.then(|| Fault {
                    because: format!(
                        "{} is entered here",
                        entrance.network().unwrap_or(owner.name)
                    ),
                    entrance,
                    port,
                    effect: effect(server),
                });
            }
            let (client, host) = caller(fleet, owner, &entrance, server, |host| {
                match server.mode.as_str() {
                    "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL" => true,
                    // These work when somebody routes what comes out of them.
                    _ => !is_routed(fleet, cluster, gateway, server, host),
                }
            })?;
            Some(Fault {
                because: format!("{} sends requests for {host} here", client.name),
                entrance,
                port,
                effect: effect(server),
            })
        })
}

fn effect(server: &Server) -> &'static str {
    match server.mode.as_str() {
        "PASSTHROUGH" => "needs routes by SNI, and knows no names such as `outbound_.80_._.shop`",
        "ISTIO_MUTUAL" => "ends the mTLS of the caller, who expects the identity of the service",
        AUTO_PASSTHROUGH => "is not TLS",
        "" => "does not look at the name that the caller asks for",
        _ => "ends the mTLS of the caller with a certificate of its own",
    }
}

/// A peer that dials this port of the entrance with Istio's mTLS, and a host that it asks for and is refused.
fn caller<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    entrance: &Entrance<'a>,
    server: &Server,
    is_refused: impl Fn(&str) -> bool,
) -> Option<(&'a Cluster, String)> {
    gateway::dials(fleet, cluster, entrance)
        .into_iter()
        .filter(|(_, dial)| Some(dial.port) == server.port)
        .find_map(|(client, dial)| {
            let entry = client.object(dial.object)?;
            let hosts = fleet.view(entry).at(&["spec", "hosts"])?;
            let host = hosts
                .items()
                .filter_map(View::text)
                .find(|host| traffic::forces_mesh_mtls(fleet, client, host) && is_refused(host))?;
            Some((client, host.into_owned()))
        })
}

/// Whether a VirtualService routes what comes in by the server for a host.
fn is_routed(
    fleet: &Fleet,
    cluster: &Cluster,
    gateway: &Gateway,
    server: &Server,
    host: &str,
) -> bool {
    let Some(object) = cluster.object(gateway.object) else {
        return true;
    };
    // What stays encrypted can only be routed by its SNI.
    let protocols: &[&str] = match server.mode.as_str() {
        "PASSTHROUGH" => &["tls"],
        _ => &["http", "tcp", "tls"],
    };
    cluster
        .of_kind(Kind::VirtualService)
        .iter()
        .filter(|route| traffic::is_bound(fleet, route, object))
        .any(|route| {
            let spec = fleet.view(route).get("spec");
            let routes = protocols
                .iter()
                .any(|protocol| spec.is_some_and(|s| s.get(protocol).is_some()));
            let hosts = spec.and_then(|s| s.get("hosts"));
            let mut hosts = hosts
                .into_iter()
                .flat_map(View::items)
                .filter_map(View::text);
            // The SNI of a call within the mesh ends in the host.
            routes && hosts.any(|own| host::covers(&own, host) || own.ends_with(host))
        })
}
