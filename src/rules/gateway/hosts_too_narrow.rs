use crate::finding::Severity;
use crate::fleet::gateway::{self, Entrance, Gateway, Server};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, host};
use crate::rules::shared::{Sharing, sharing};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::{Place, View};

pub(crate) const RULE: Rule = rule!(
    "gateway/hosts-too-narrow",
    Check::Object(&[Kind::Gateway], check)
);

/// What is asked for at a server and not answered.
enum Refused<'a> {
    /// No service of the network can be reached, whose hosts end in this domain.
    All(String),
    /// These Services, which other networks have as well and so send requests for.
    Some(Vec<String>),
    /// What a peer dials by address: who, the ServiceEntry, its host.
    Dialed(Vec<(&'a Cluster, Place, String)>),
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
                .and_then(|g| refused(fleet, owner, g, g.servers.get(at)?))
                .is_some()
        };
        let Some(sharing) = sharing(fleet, cluster, id, &is_wrong) else {
            continue;
        };
        if let Some(refused) = refused(fleet, cluster, gateway, server) {
            report(fleet, cluster, gateway, server, &sharing, refused, sink);
        }
    }
}

fn report(
    fleet: &Fleet,
    cluster: &Cluster,
    gateway: &Gateway,
    server: &Server,
    sharing: &Sharing<'_>,
    refused: Refused<'_>,
    sink: &mut Sink<'_>,
) {
    let Some(object) = cluster.object(gateway.object) else {
        return;
    };
    let view = fleet.files.node(object.file, server.node);
    let first = view.get("hosts").and_then(|h| h.items().next());
    let place = match first {
        Some(host) => object.place(host),
        None => Place {
            file: object.file,
            span: view.closest(&["hosts"]).0,
        },
    };
    let name = object.name;
    let hosts = words::list(server.hosts.iter().map(|h| format!("`{h}`")));
    let wrong = words::list(sharing.wrong.iter().map(|c| c.name.as_str()));
    let message = match &refused {
        Refused::All(domain) => {
            format!(
                "Gateway {name} in {wrong} lets in {hosts}, which no service of {domain} is called"
            )
        }
        Refused::Some(services) => format!(
            "Gateway {name} in {wrong} does not let in requests for {}, which other networks have as well",
            words::list(services)
        ),
        Refused::Dialed(calls) => {
            let mut hosts: Vec<&str> = calls.iter().map(|(_, _, host)| host.as_str()).collect();
            hosts.sort_unstable();
            hosts.dedup();
            let mut clients: Vec<&str> = calls.iter().map(|(c, _, _)| c.name.as_str()).collect();
            clients.dedup();
            format!(
                "Gateway {name} in {wrong} does not let in {}, which {} asks for",
                words::list(hosts),
                words::list(clients)
            )
        }
    };
    let mut draft = sink.report(place, message);
    draft
        .label(format!("lets in {hosts} only"))
        .about(cluster, object)
        .clusters(sharing.wrong.iter().copied())
        .subject(format!("hosts on port {}", server.port.unwrap_or_default()));
    match refused {
        Refused::All(domain) => {
            draft.help(format!("add `*.{domain}`"));
        }
        Refused::Some(_) => {
            draft.severity(Severity::Info).help(format!(
                "add `*.{}`, or keep these Services out of the other networks",
                cluster.domain()
            ));
        }
        Refused::Dialed(calls) => {
            let mut hosts: Vec<String> = calls
                .iter()
                .map(|(_, _, host)| format!("`{host}`"))
                .collect();
            hosts.sort();
            hosts.dedup();
            draft.help(format!(
                "add {}, or a wildcard that covers them",
                words::list(hosts)
            ));
            for (client, place, host) in calls {
                draft.clusters([client]);
                draft.related(place, format!("{} asks for {host}", client.name));
            }
        }
    }
}

/// `None` also where another server on the same port answers.
fn refused<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    gateway: &'a Gateway,
    server: &Server,
) -> Option<Refused<'a>> {
    let port = server.port?;
    let object = cluster.object(gateway.object)?;
    if object.ambiguous || server.mode.is_empty() || gateway.selector.is_empty() {
        return None;
    }
    gateway::fronts(fleet, cluster, gateway)
        .into_iter()
        .find_map(|(owner, entrance)| {
            let servers: Vec<&Server> = gateway::servers(fleet, owner, &entrance)
                .into_iter()
                .map(|(_, _, s)| s)
                .filter(|s| s.port == Some(port) && !s.mode.is_empty())
                .collect();
            // What all servers of the port leave out is said of the first.
            if servers
                .first()
                .is_none_or(|s| s.node != server.node || s.hosts != server.hosts)
            {
                return None;
            }
            let calls = dialed(fleet, owner, &entrance, port, &servers);
            if !calls.is_empty() {
                return Some(Refused::Dialed(calls));
            }
            if entrance.label.is_none() || entrance.data_port() != port {
                return None;
            }
            of_network(fleet, owner, &entrance, &servers)
        })
}

/// What peers dial here by address, and nobody answers.
fn dialed<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    entrance: &Entrance<'a>,
    port: i64,
    servers: &[&Server],
) -> Vec<(&'a Cluster, Place, String)> {
    let mut calls = Vec::new();
    for (client, dial) in gateway::dials(fleet, cluster, entrance) {
        if dial.port != port {
            continue;
        }
        let Some(entry) = client.object(dial.object) else {
            continue;
        };
        let hosts = fleet.view(entry).at(&["spec", "hosts"]);
        for view in hosts.into_iter().flat_map(View::items) {
            let Some(host) = view.text() else { continue };
            if !servers.iter().any(|s| s.covers(&host)) {
                calls.push((client, entry.place(view), host.into_owned()));
            }
        }
    }
    calls.sort_by(|a, b| (a.0.id, a.1, &a.2).cmp(&(b.0.id, b.1, &b.2)));
    calls.dedup_by(|a, b| a.1 == b.1 && a.2 == b.2);
    calls
}

/// What other networks find by themselves, and nobody answers.
fn of_network<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    entrance: &Entrance<'a>,
    servers: &[&Server],
) -> Option<Refused<'a>> {
    let open: Vec<&&Server> = servers.iter().filter(|s| s.is_passthrough()).collect();
    let domain = cluster.domain();
    let whole = format!("*.{domain}");
    if open.is_empty() || open.iter().any(|s| s.covers(&whole)) {
        return None;
    }
    // Peers that come by address ask for other names; then the label is of no use to them.
    if !gateway::dials(fleet, cluster, entrance).is_empty() {
        return None;
    }
    let some = open
        .iter()
        .flat_map(|s| s.hosts.iter())
        .any(|h| host::covers(&whole, h));
    if !some {
        return Some(Refused::All(domain.to_string()));
    }
    let elsewhere = |namespace: &str, name: &str| {
        fleet
            .peers(cluster)
            .filter(|peer| peer.network().is_some() && peer.network() != cluster.network())
            .any(|peer| peer.service(namespace, name).is_some())
    };
    let system = cluster.system_namespace();
    let refused: Vec<String> = cluster
        .services
        .iter()
        .filter(|s| s.namespace != system && s.namespace != "kube-system")
        .filter(|s| {
            let host = format!("{}.{}.svc.{domain}", s.name, s.namespace);
            !open.iter().any(|server| server.covers(&host)) && elsewhere(&s.namespace, &s.name)
        })
        .map(|s| format!("{}.{}", s.name, s.namespace))
        .collect();
    (!refused.is_empty()).then_some(Refused::Some(refused))
}
