use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, ObjectId, Setting, allocation, proxy_config};
use crate::resource::{Kind, service_entry};
use crate::rules::sink::{Sink, is_first_owner, owners};
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "dns/tcp-serviceentry-without-address",
    Check::Object(&[Kind::ServiceEntry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id) else {
        return;
    };
    let view = fleet.view(object);
    if service_entry::has_address(view) || !is_first_owner(fleet, cluster, object.file) {
        return;
    }
    let mut ports = service_entry::ports(view).filter(|p| p.is_tcp());
    let Some(first) = ports.next() else { return };
    let clusters: Vec<&Cluster> = owners(fleet, object.file)
        .filter(|c| !gives_addresses(fleet, c))
        .collect();
    if clusters.is_empty() {
        return;
    }
    let place = |port: service_entry::Port<'_>| {
        let number = port.view.get("number").unwrap_or(port.view);
        object.place(port.view.get("protocol").unwrap_or(number))
    };
    let label = |port: service_entry::Port<'_>| match port.protocol().as_str() {
        "" => "no protocol, so plain TCP",
        _ => "plain TCP",
    };
    let host = service_entry::hosts(view).next();
    let host = host.map_or_else(|| object.name.to_string(), |(_, host)| host.into_owned());
    let mut draft = sink.report(
        place(first),
        format!(
            "ServiceEntry {} has TCP ports and no address, so its traffic is told from others' by the port alone",
            object.name
        ),
    );
    draft
        .label(label(first))
        .about(cluster, object)
        .clusters(clusters.iter().copied())
        .subject("addresses")
        .help("add `addresses`, name the protocol of the port, or let addresses be allocated (with DNS capture)");
    for port in ports {
        draft.also(place(port), label(port));
    }
    let is_lost = clusters
        .iter()
        .any(|c| c.agreed(Setting::DnsCapture).is_some_and(|v| v == "true"))
        && service_entry::is_made_up(view, &host);
    if is_lost {
        draft.severity(Severity::Error);
    }
}

/// As `istioctl analyze` has it, an allocation by the agent or by istiod that the proxy metadata names; beyond that
/// the default of a known version.
fn gives_addresses(fleet: &Fleet, cluster: &Cluster) -> bool {
    let says = |key| proxy_config::of_mesh(fleet, cluster, key).is_true() == Some(true);
    let captures = says("ISTIO_META_DNS_CAPTURE");
    let by_istiod = || {
        let plane = cluster.control_plane();
        plane.is_some_and(|p| allocation::by_istiod(fleet, cluster, p).on == Some(true))
    };
    captures && (says(allocation::AGENT_KEY) || says(allocation::ISTIOD_KEY) || by_istiod())
}
