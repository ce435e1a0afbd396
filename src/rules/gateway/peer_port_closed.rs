use crate::fleet::gateway::{self, Entrance};
use crate::fleet::{Cluster, Fleet};
use crate::resource::service::{Port, Target};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!("gateway/peer-port-closed", Check::Pair(check));

fn check(fleet: &Fleet, client: &Cluster, server: &Cluster, sink: &mut Sink<'_>) {
    for dial in &client.gateways.dials {
        let Some(entrance) = gateway::at_address(fleet, server, dial.address) else {
            continue;
        };
        let Some(open) = entrance.ports() else {
            continue;
        };
        let numbers: Vec<i64> = open.iter().filter_map(Port::number).collect();
        let node_port = open
            .iter()
            .filter_map(|p| p.view.get("nodePort")?.as_i64())
            .any(|p| p == dial.port);
        let known = [
            client.object(dial.object),
            server.object(entrance.service.object),
        ];
        let [Some(entry), Some(service)] = known else {
            continue;
        };
        if node_port || numbers.is_empty() || entry.ambiguous || service.ambiguous {
            continue;
        }
        let name = entrance.service.name;
        let (what, label, help) = if !numbers.contains(&dial.port) {
            // Where the port is the right one, the Service is at fault (`gateway/port-missing`).
            if gateway::lacks_dialed_port(fleet, server, &entrance) == Some(dial.port) {
                continue;
            }
            let help = match numbers.contains(&gateway::DATA_PORT) {
                true => format!(
                    "dial {}, where {name} lets other clusters in",
                    gateway::DATA_PORT
                ),
                false => format!("dial a port of {name}, or add port {} to it", dial.port),
            };
            (
                format!("which {name} in {} does not expose", server.name),
                format!(
                    "{name} in {} exposes {}",
                    server.name,
                    words::list(numbers.iter().map(i64::to_string))
                ),
                help,
            )
        } else {
            let Some(other) = listens_instead(fleet, server, &entrance, dial.port) else {
                continue;
            };
            let address = other.addresses.first().copied().unwrap_or_default();
            let other = other.service.name;
            (
                format!("where no Gateway in {} makes {name} listen", server.name),
                format!("{name} in {} opens this port for nobody", server.name),
                format!(
                    "dial {address}, the address of {other}, which listens on {}",
                    dial.port
                ),
            )
        };
        sink.report(
            entry.place(fleet.files.node(entry.file, dial.node)),
            format!(
                "ServiceEntry {} in {} dials port {} of {}, {what}",
                entry.name, client.name, dial.port, dial.address
            ),
        )
        .label("nobody listens there")
        .about(client, entry)
        .clusters([client, server])
        .subject(format!("{}:{}", dial.address, dial.port))
        .help(help)
        .related(
            Place {
                file: service.file,
                span: entrance.view.closest(entrance.ports_path()).0,
            },
            label,
        );
    }
}

/// Another way into the cluster whose pods listen on the port, when those of this one do not.
fn listens_instead<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    entrance: &Entrance<'a>,
    port: i64,
) -> Option<Entrance<'a>> {
    let listens = |entrance: &Entrance<'a>| {
        let leads_to = entrance
            .ports()
            .unwrap_or_default()
            .iter()
            .find(|p| p.number() == Some(port))
            .and_then(Port::target);
        gateway::servers(fleet, cluster, entrance)
            .iter()
            .filter_map(|(_, _, server)| server.port)
            .any(|own| own == port || leads_to == Some(Target::Number(own)))
    };
    let by_gateways = !entrance.workloads.is_empty()
        && entrance
            .workloads
            .iter()
            .all(|w| gateway::is_gateway_workload(fleet, cluster, w));
    if !by_gateways || listens(entrance) {
        return None;
    }
    gateway::entrances(fleet, cluster).find(|other| !other.addresses.is_empty() && listens(other))
}
