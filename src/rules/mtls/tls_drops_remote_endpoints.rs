use crate::finding::Severity;
use crate::fleet::traffic::{self, TlsSetting};
use crate::fleet::{Cluster, Fleet, Object, ObjectId, Setting};
use crate::resource::{Kind, host, service_entry};
use crate::rules::sink::{Sink, is_first_owner, owners};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;
use std::collections::BTreeSet;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!(
    "mtls/tls-drops-remote-endpoints",
    Check::Object(&[Kind::DestinationRule], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return;
    };
    if !is_first_owner(fleet, cluster, object.file) {
        return;
    }
    let Some(host) = traffic::destination_host(fleet, cluster, object) else {
        return;
    };
    let foreign = traffic::tls_settings(fleet.view(object))
        .into_iter()
        .filter(TlsSetting::is_foreign);
    for tls in foreign {
        match behind_gateway(fleet, object, &host) {
            Some((client, entry)) => {
                report_entry(fleet, (client, object), entry, &host, &tls, sink)
            }
            None => report(fleet, cluster, object, &host, &tls, sink),
        }
    }
}

/// A ServiceEntry for the host that leads to the gateway of another cluster.
fn behind_gateway<'a>(
    fleet: &'a Fleet,
    object: &Object,
    pattern: &str,
) -> Option<(&'a Cluster, &'a Object)> {
    owners(fleet, object.file).find_map(|client| {
        let mut entries = client.of_kind(Kind::ServiceEntry).iter();
        let entry = entries.find(|entry| {
            let view = fleet.view(entry);
            service_entry::is_internal(view)
                && service_entry::leads_to_gateway(view)
                && service_entry::hosts(view).any(|(_, h)| host::covers(pattern, &h))
        })?;
        Some((client, entry))
    })
}

fn report_entry(
    fleet: &Fleet,
    (client, object): (&Cluster, &Object),
    entry: &Object,
    host: &str,
    tls: &TlsSetting<'_>,
    sink: &mut Sink<'_>,
) {
    let whom = tls.whom(host);
    let entry_place = Place {
        file: entry.file,
        span: fleet.view(entry).closest(&["spec", "endpoints"]).0,
    };
    sink.report(
        object.place(tls.mode),
        format!(
            "DestinationRule {} sets TLS mode {} for {whom}, which {} reaches through the gateway of another cluster",
            object.name, tls.text, client.name
        ),
    )
    .label(PASSES)
    .about(client, object)
    .clusters(owners(fleet, object.file))
    .subject(whom)
    .help("set `mode: ISTIO_MUTUAL`")
    .related(entry_place, format!("ServiceEntry {} leads to a gateway", entry.name));
}

const PASSES: &str = "only Istio's own mTLS passes an east-west gateway";

fn report(
    fleet: &Fleet,
    cluster: &Cluster,
    object: &Object,
    host: &str,
    tls: &TlsSetting<'_>,
    sink: &mut Sink<'_>,
) {
    let mut clients: Vec<&Cluster> = Vec::new();
    let mut servers: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut apart = false;
    for client in owners(fleet, object.file) {
        for server in fleet.peers(client) {
            let Some(crosses) = crosses_networks(client, server) else {
                continue;
            };
            // On one network DISABLE is plaintext that a PERMISSIVE server takes.
            if !crosses && (apart || tls.text == "DISABLE") {
                continue;
            }
            if !reaches(fleet, client, server, object, host, tls) {
                continue;
            }
            if crosses && !apart {
                apart = true;
                clients.clear();
                servers.clear();
            }
            clients.push(client);
            let network = server.network().map_or("", |n| n.as_str());
            servers.insert((server.name.as_str(), network));
        }
    }
    clients.dedup_by_key(|c| c.id);
    let Some((one, _)) = servers.first() else {
        return;
    };
    let of_clients = words::list(clients.iter().map(|c| c.name.as_str()));
    let whom = tls.whom(host);
    let mode = &tls.text;
    let message = match apart {
        true => format!(
            "DestinationRule {} sets TLS mode {mode} for {whom}, so clients in {of_clients} lose the endpoints in {}",
            object.name,
            words::list(
                servers
                    .iter()
                    .map(|(name, network)| format!("{name} (network {network})"))
            ),
        ),
        false => format!(
            "DestinationRule {} sets TLS mode {mode} for {whom}, which the sidecars in {} do not speak",
            object.name,
            words::list(servers.iter().map(|(name, _)| name)),
        ),
    };
    let named: Vec<&Cluster> = fleet.named(one).into_iter().collect();
    let mut draft = sink.report(object.place(tls.mode), message);
    draft
        .label(match apart {
            true => PASSES,
            false => "not Istio's own mTLS",
        })
        .about(cluster, object)
        .clusters(clients)
        .clusters(named)
        .subject(whom)
        .help("remove `tls`, or set `mode: ISTIO_MUTUAL`; give a mode of its own to a subset of local pods where they need it");
    if !apart {
        draft.severity(Severity::Warning);
    }
}

/// `None` where a network is not known.
fn crosses_networks(client: &Cluster, server: &Cluster) -> Option<bool> {
    let network = |cluster: &Cluster| cluster.setting(Setting::Network)?.known();
    let (from, to) = (network(client)?, network(server)?);
    let both: [Ustr; 2] = [from, to];
    // A proxy or endpoint without a network is called directly.
    Some(from != to && both.iter().all(|n| !n.is_empty()))
}

fn reaches(
    fleet: &Fleet,
    client: &Cluster,
    server: &Cluster,
    object: &Object,
    host: &str,
    tls: &TlsSetting<'_>,
) -> bool {
    let mut services = traffic::services_of_host(server, host).into_iter();
    services.any(|(namespace, name)| {
        !traffic::is_cluster_local(fleet, client, namespace, name)
            && traffic::serves(fleet, server, namespace, name)
            && tls.subset.as_deref().is_none_or(|subset| {
                let view = fleet.view(object);
                traffic::subset_reaches(fleet, view, subset, server, (namespace, name))
            })
    })
}
