use crate::fleet::gateway;
use crate::fleet::{Cluster, Fleet};
use crate::resource::service::Port;
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
        if numbers.contains(&dial.port) || node_port || numbers.is_empty() {
            continue;
        }
        let Some(entry) = client.object(dial.object) else {
            continue;
        };
        let Some(service) = server
            .object(entrance.service.object)
            .filter(|o| !o.ambiguous)
        else {
            continue;
        };
        let name = entrance.service.name;
        let wanted = numbers.contains(&gateway::DATA_PORT);
        let help = match wanted {
            true => format!(
                "dial {}, where {name} lets other clusters in",
                gateway::DATA_PORT
            ),
            false => format!("dial a port of {name}, or add port {} to it", dial.port),
        };
        sink.report(
            entry.place(fleet.files.node(entry.file, dial.node)),
            format!(
                "ServiceEntry {} in {} dials port {} of {}, which {name} in {} does not expose",
                entry.name, client.name, dial.port, dial.address, server.name
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
            format!(
                "{name} in {} exposes {}",
                server.name,
                words::list(numbers.iter().map(i64::to_string))
            ),
        );
    }
}
