use super::common::{self, Level, Report, judge};
use super::endpoint::endpoint;
use super::field::Field;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::resource::validate::{self, Protocol};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!(
    "schema/service-entry",
    Check::Object(&[Kind::ServiceEntry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    judge(fleet, cluster, id, sink, Level::Rejected, validate);
}

pub(super) fn validate<'a>(object: Field<'a>, r: &mut Report<'a>) {
    let spec = object.get("spec");
    let (selector, endpoints) = (spec.get("workloadSelector"), spec.get("endpoints"));
    if !common::alpha_selector(
        selector,
        "every workload of the namespace is an endpoint",
        r,
    ) {
        return;
    }
    if selector.is_set() && endpoints.len() > 0 {
        r.error(
            endpoints,
            "is set beside `workloadSelector`, which brings the endpoints",
        )
        .help("keep one of them");
    }
    let resolution = spec.get("resolution").text();
    let resolution = if resolution.is_empty() {
        "NONE"
    } else {
        resolution.as_ref()
    };
    hosts(spec.get("hosts"), resolution, r);
    let addresses = spec.get("addresses");
    for address in addresses.items() {
        let text = address.text();
        r.verdict(address, validate::subnet(&text));
        if text.contains('/') && !["NONE", "STATIC"].contains(&resolution) {
            r.error(
                address,
                format!(
                    "is `{text}`, a range, but with `resolution: {resolution}` an address is needed"
                ),
            )
            .help("name single addresses, or set `resolution: NONE`");
        }
    }
    let protocols = ports(spec, resolution, r);
    match resolution {
        "NONE" => {
            if endpoints.len() > 0 && !selector.is_set() {
                r.error(
                    endpoints,
                    "is set, but without `resolution` Istio does not use it",
                )
                .help("set `resolution: STATIC` for addresses, `DNS` for names");
            }
            if selector.is_set() {
                r.warn(
                    selector,
                    "is set, but without `resolution` Istio does not use it",
                )
                .help("set `resolution: STATIC`");
            }
        }
        "STATIC" => statics(endpoints, spec.get("ports"), r),
        "DNS" | "DNS_ROUND_ROBIN" => dns(spec, resolution, &protocols, r),
        "DYNAMIC_DNS" => dynamic(spec, &protocols, r),
        _ => {}
    }
    if spec.get("hosts").len() > 1 && resolution != "NONE" {
        let told_apart = |p: Protocol| p.is_http() || p.is_tls();
        for (port, protocol) in protocols.iter().filter(|(_, p)| !told_apart(*p)) {
            // A protocol that Istio does not know is said already.
            if *protocol == Protocol::Unsupported && !port.get("protocol").is("") {
                continue;
            }
            r.error(*port, "tells nothing of the host, but there are several")
                .help("write a ServiceEntry for each host, or set a protocol that names the host: HTTP or TLS");
        }
    }
    common::export_to(spec.get("exportTo"), true, r);
}

fn is_wildcard(host: &str) -> bool {
    host.contains('*')
}

fn hosts<'a>(hosts: Field<'a>, resolution: &str, r: &mut Report<'a>) {
    if hosts.len() == 0 {
        r.error(hosts, "is empty: a ServiceEntry is about at least one host");
    }
    for host in hosts.items() {
        let text = host.text();
        if text == "*" {
            r.error(host, "is `*`, which would be every host there is")
                .help("name a domain: `*.example.com`");
            continue;
        }
        r.verdict(host, validate::wildcard_domain(&text));
        let partial = text.starts_with('*') && !text.starts_with("*.");
        if partial && resolution != "DYNAMIC_DNS" {
            r.warn(host, format!("is `{text}`, whose wildcard is part of a label: TLS connections do not match it"))
                .help("a wildcard stands for whole labels: `*.example.com`");
        }
    }
}

/// The ports, with their protocols.
fn ports<'a>(spec: Field<'a>, resolution: &str, r: &mut Report<'a>) -> Vec<(Field<'a>, Protocol)> {
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    let unaddressed = resolution == "NONE" && spec.get("addresses").len() == 0;
    for port in spec.get("ports").items() {
        let (name, number) = (port.get("name"), port.get("number"));
        common::port_name(name, r);
        if !name.is("") && !names.insert(name.text()) {
            r.error(
                name,
                format!("is `{}`, as an earlier port is called already", name.text()),
            );
        }
        common::port(number, r);
        if let Some(number_given) = number.int().filter(|number| !numbers.insert(*number)) {
            r.error(
                number,
                format!("is {number_given}, as an earlier port is already"),
            );
        }
        common::optional_port(port.get("targetPort"), r);
        let protocol = port.get("protocol");
        found.push((port, common::protocol(protocol, r)));
        if unaddressed && protocol.is_any_of(&["", "TCP"]) {
            r.warn(port, "catches whatever goes to this port: TCP does not name its host, and there are no `addresses`")
                .help("add `addresses`, or set `resolution: DNS`, or a protocol that names the host: HTTP or TLS");
        }
    }
    found
}

/// The ports of an endpoint have to be ports of the service.
fn known_ports<'a>(endpoint: Field<'a>, ports: Field<'a>, r: &mut Report<'a>) {
    for (name, port) in endpoint.get("ports").entries() {
        if !ports.items().any(|port| port.get("name").is(&name)) {
            r.error_in_key(
                port,
                format!("is for a port `{name}`, which the ServiceEntry does not have"),
            );
        }
    }
}

fn statics<'a>(endpoints: Field<'a>, ports: Field<'a>, r: &mut Report<'a>) {
    for entry in endpoints.items() {
        endpoint(entry, false, r);
        known_ports(entry, ports, r);
        let address = entry.get("address");
        if address.text().starts_with("unix://") && ports.len() != 1 {
            r.error(
                address,
                "is a Unix socket, but the ServiceEntry does not have exactly one port",
            );
        }
    }
}

fn dns<'a>(
    spec: Field<'a>,
    resolution: &str,
    protocols: &[(Field<'a>, Protocol)],
    r: &mut Report<'a>,
) {
    let (hosts, endpoints) = (spec.get("hosts"), spec.get("endpoints"));
    if endpoints.len() == 0 {
        let no_name = |host: &Field<'_>| {
            let text = host.text();
            text != "*"
                && validate::wildcard_domain(&text).is_ok()
                && validate::fqdn(&text).is_err()
        };
        if let Some(host) = hosts.items().find(no_name) {
            r.error(host, format!("is `{}`, which DNS cannot resolve, and there are no endpoints", host.text()))
                .help("name the hosts to resolve as `endpoints`, or set `resolution: NONE` or `DYNAMIC_DNS`");
        }
    }
    if resolution == "DNS_ROUND_ROBIN" && endpoints.len() > 1 {
        r.error(
            endpoints,
            "has more than one entry, but round robin takes one name",
        )
        .help("set `resolution: DNS`");
    }
    for entry in endpoints.items() {
        let address = entry.get("address");
        let text = address.text();
        if text.is_empty() {
            if entry.get("network").is("") {
                r.error(address, "is missing");
            }
        } else {
            r.verdict(address, validate::ip_or_fqdn(&text));
        }
        common::labels(entry.get("labels"), r);
        for (_, port) in entry.get("ports").entries() {
            common::port(port, r);
        }
        known_ports(entry, spec.get("ports"), r);
    }
    let addresses = spec.get("addresses");
    if addresses.len() > 0 && hosts.len() > 1 && protocols.iter().any(|(_, p)| p.is_tcp()) {
        r.warn(
            addresses,
            "stands for several hosts: on a TCP port the first of them gets all connections",
        )
        .help("write a ServiceEntry for each host");
    }
}

fn dynamic<'a>(spec: Field<'a>, protocols: &[(Field<'a>, Protocol)], r: &mut Report<'a>) {
    for host in spec
        .get("hosts")
        .items()
        .filter(|host| !is_wildcard(&host.text()))
    {
        r.error(
            host,
            format!("is `{}`, but `DYNAMIC_DNS` is for wildcards", host.text()),
        )
        .help("set `resolution: DNS`");
    }
    for name in ["addresses", "endpoints"] {
        if spec.get(name).len() > 0 {
            r.error(
                spec.get(name),
                "is set, but `DYNAMIC_DNS` resolves the hosts as they come",
            )
            .help("remove it");
        }
    }
    for (port, protocol) in protocols {
        let fits = matches!(
            protocol,
            Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::Tls
        );
        if !fits {
            let name = port.get("protocol");
            r.error(
                name,
                format!(
                    "is `{}`, but `DYNAMIC_DNS` needs one that names the host",
                    name.text()
                ),
            )
            .help("use HTTP, HTTP2, GRPC or TLS");
        }
    }
}
