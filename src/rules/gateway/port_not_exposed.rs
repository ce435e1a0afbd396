use crate::finding::Severity;
use crate::fleet::gateway::{self, Entrance, Gateway, Server};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::service::Port;
use crate::resource::{Kind, pod};
use crate::rules::shared::sharing;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "gateway/port-not-exposed",
    Check::Object(&[Kind::Gateway], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(gateway) = cluster.gateways.find(id) else {
        return;
    };
    for (at, server) in gateway.servers.iter().enumerate() {
        let is_wrong = |owner: &Cluster, id| {
            owner
                .gateways
                .find(id)
                .and_then(|g| closed(fleet, owner, g, g.servers.get(at)?))
                .is_some()
        };
        let Some(sharing) = sharing(fleet, cluster, id, &is_wrong) else {
            continue;
        };
        let Some(object) = cluster.object(id) else {
            continue;
        };
        let Some((port, entrance)) = closed(fleet, cluster, gateway, server) else {
            continue;
        };
        let Some(number) = fleet
            .files
            .node(object.file, server.node)
            .at(&["port", "number"])
        else {
            continue;
        };
        let open: Vec<i64> = entrance
            .ports()
            .unwrap_or_default()
            .iter()
            .filter_map(Port::number)
            .collect();
        let name = entrance.service.name;
        let mut draft = sink.report(
            object.place(number),
            format!(
                "Gateway {} listens on port {port}, which Service {name} does not expose in {}",
                object.name,
                words::list(sharing.wrong.iter().map(|c| c.name.as_str()))
            ),
        );
        let help =
            if server.is_passthrough() && entrance.exposes(entrance.data_port()) == Some(true) {
                format!("listen on {}, which peers dial", entrance.data_port())
            } else {
                format!("listen on a port of Service {name}, or add port {port} to it")
            };
        draft
            .label("nobody can reach this port")
            .about(cluster, object)
            .clusters(sharing.wrong.iter().copied())
            .subject(format!("port {port}"))
            .help(help)
            .related(
                crate::yaml::Place {
                    file: entrance.service.file,
                    span: entrance.view.closest(entrance.ports_path()).0,
                },
                format!(
                    "Service {name} exposes {}",
                    words::list(open.iter().map(i64::to_string))
                ),
            );
        if !server.is_passthrough() {
            draft.severity(Severity::Warning);
        }
    }
}

/// The port of a server, and a Service in front of its pods, if none of these Services leads to the port.
fn closed<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    gateway: &'a Gateway,
    server: &Server,
) -> Option<(i64, Entrance<'a>)> {
    let port = server.port?;
    if cluster.object(gateway.object)?.ambiguous || gateway.selector.is_empty() {
        return None;
    }
    let fronts = gateway::fronts(fleet, cluster, gateway);
    for (owner, entrance) in &fronts {
        let ambiguous = owner.object(entrance.service.object)?.ambiguous;
        let open = gateway::reachable_ports(fleet, owner, entrance)?;
        let by_host = entrance
            .workloads
            .iter()
            .filter_map(|w| owner.object(w.object))
            .any(|o| is_on_the_host(fleet.view(o), o.kind, port));
        // A gateway without the port that peers dial is at fault itself (`gateway/port-missing`).
        let lacks_own = (entrance.label.is_some() && entrance.data_port() == port)
            || gateway::lacks_dialed_port(fleet, owner, entrance) == Some(port);
        if ambiguous || open.contains(&port) || by_host || lacks_own {
            return None;
        }
    }
    // Of several Services the one that is meant is most likely the one that is a gateway to others.
    let mut entrances = fronts.into_iter().map(|(_, entrance)| entrance);
    let first = entrances.next()?;
    let meant = match first.label {
        Some(_) => None,
        None => entrances.find(|e| e.label.is_some()),
    };
    Some((port, meant.unwrap_or(first)))
}

/// Its pods take the port on their node, so that no Service is needed.
fn is_on_the_host(root: View<'_>, kind: Kind, port: i64) -> bool {
    let host_network = pod::template(root, kind)
        .and_then(|t| t.at(&["spec", "hostNetwork"]))
        .and_then(View::as_bool);
    host_network == Some(true)
        || pod::containers(root, kind)
            .flat_map(|c| c.get("ports").into_iter().flat_map(View::items))
            .any(|p| {
                let number = |key| p.get(key).and_then(View::as_i64);
                number("hostPort").is_some() && number("containerPort") == Some(port)
            })
}
