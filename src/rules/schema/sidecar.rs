use super::common::{self, Level, Report, judge};
use super::field::Field;
use super::tls;
use super::traffic_policy::connection_pool;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, validate};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const RULE: Rule = rule!("schema/sidecar", Check::Object(&[Kind::Sidecar], check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    judge(fleet, cluster, id, sink, Level::Rejected, validate);
}

pub(super) fn validate<'a>(object: Field<'a>, r: &mut Report<'a>) {
    let spec = object.get("spec");
    let selector = spec.get("workloadSelector");
    if !common::alpha_selector(selector, "it holds for all workloads of the namespace", r) {
        return;
    }
    let (ingress, egress) = (spec.get("ingress"), spec.get("egress"));
    let (outbound, pool) = (
        spec.get("outboundTrafficPolicy"),
        spec.get("inboundConnectionPool"),
    );
    if ingress.len() == 0 && egress.len() == 0 && !outbound.is_set() && !pool.is_set() {
        r.error(spec, "says nothing: neither `ingress` nor `egress`, `outboundTrafficPolicy` nor `inboundConnectionPool`")
            .help("the usual one is `egress: [{hosts: [./*, istio-system/*]}]`");
        return;
    }
    let mut numbers = BTreeSet::new();
    for listener in ingress.items() {
        ingress_listener(listener, r);
        let number = listener.at(&["port", "number"]);
        if let Some(port) = number.int().filter(|port| !numbers.insert(*port)) {
            r.error(
                number,
                format!("is {port}, as an earlier listener's is already"),
            );
        }
    }
    connection_pool(pool, r);
    egress_listeners(egress, r);
    outbound_policy(outbound, r);
}

fn ingress_listener<'a>(listener: Field<'a>, r: &mut Report<'a>) {
    let port = listener.get("port");
    if !port.is_set() {
        r.error(port, "is missing");
        return;
    }
    no_target(port, r);
    common::port_name(port.get("name"), r);
    let protocol = common::protocol(port.get("protocol"), r);
    common::port(port.get("number"), r);
    address(listener.get("bind"), r);
    default_endpoint(listener.get("defaultEndpoint"), r);
    let settings = listener.get("tls");
    if settings.is_set() {
        let useless = [
            "subjectAltNames",
            "httpsRedirect",
            "credentialName",
            "credentialNames",
            "tlsCertificates",
        ];
        for name in useless {
            if settings.get(name).has_content() {
                r.error(settings.get(name), "is set, but a sidecar does not support it")
                    .help("a sidecar reads `serverCertificate`, `privateKey` and `caCertificates` from files");
            }
        }
        let mode = settings.get("mode");
        if mode.is_any_of(&["ISTIO_MUTUAL", "AUTO_PASSTHROUGH"]) {
            r.error(
                mode,
                format!("is `{}`, which a sidecar does not support", mode.text()),
            )
            .help("for Istio's own TLS remove `tls`, and write a PeerAuthentication");
        } else {
            tls::server(settings, r);
        }
        if !protocol.is_tls() {
            r.error(
                settings,
                format!("is set, but the port speaks {}", spoken(port)),
            )
            .help("set `protocol: HTTPS` or `TLS`");
        }
    }
    let pool = listener.get("connectionPool");
    connection_pool(pool, r);
    if pool.get("http").is_set() && !protocol.is_http() && !port.get("protocol").is("") {
        r.warn(
            pool.get("http"),
            format!("has no effect, as the port speaks {}", spoken(port)),
        )
        .help("set `protocol: HTTP`, or use `tcp`");
    }
}

fn spoken(port: Field<'_>) -> String {
    match port.get("protocol").text().as_ref() {
        "" => "no protocol that is named".to_owned(),
        protocol => protocol.to_uppercase(),
    }
}

fn no_target<'a>(port: Field<'a>, r: &mut Report<'a>) {
    if port.get("targetPort").has_content() {
        r.error(
            port.get("targetPort"),
            "is set, but a listener of a Sidecar has no target port",
        )
        .help("remove it; `defaultEndpoint` says where an ingress listener leads");
    }
}

fn address<'a>(bind: Field<'a>, r: &mut Report<'a>) {
    if !bind.is("") {
        r.verdict(bind, validate::ip(&bind.text()));
    }
}

fn default_endpoint<'a>(endpoint: Field<'a>, r: &mut Report<'a>) {
    let text = endpoint.text();
    if text.is_empty() {
        return;
    }
    if let Some(path) = text.strip_prefix("unix://") {
        if let Err(why) = validate::unix_socket(path) {
            r.error(endpoint, format!("is `{text}`, {why}"));
        }
        return;
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        r.error(endpoint, format!("is `{text}`, which has no port"))
            .help("write `127.0.0.1:PORT`, or `unix:///path`");
        return;
    };
    if !["", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"].contains(&host) {
        r.error(
            endpoint,
            format!("is `{text}`, but a sidecar forwards to its own pod only"),
        )
        .help("use 127.0.0.1 or [::1], or 0.0.0.0 for the pod's own address");
    }
    match port.parse() {
        Ok(number) => {
            if let Err(why) = validate::port(number) {
                r.error(endpoint, format!("has port {number}, {why}"));
            }
        }
        Err(_) => drop(r.error(endpoint, format!("has port `{port}`, which is no number"))),
    }
}

fn egress_listeners<'a>(egress: Field<'a>, r: &mut Report<'a>) {
    let last = egress.len().saturating_sub(1);
    let (mut numbers, mut sockets) = (BTreeSet::new(), BTreeSet::new());
    for (at, listener) in egress.items().enumerate() {
        let (port, bind) = (listener.get("port"), listener.get("bind"));
        if !port.is_set() {
            if at < last {
                r.error(
                    listener,
                    "has no port, so it takes all ports, and those behind it get nothing",
                )
                .help("move it to the end, and have only one of its sort");
            }
        } else {
            no_target(port, r);
            common::protocol(port.get("protocol"), r);
            egress_port(listener, r);
            let number = port.get("number");
            let taken = match number.int() {
                Some(0) => bind.text().starts_with("unix://") && !sockets.insert(bind.text()),
                Some(port) => !numbers.insert(port),
                None => false,
            };
            if taken {
                let field = if number.int() == Some(0) {
                    bind
                } else {
                    number
                };
                r.error(
                    field,
                    format!("is `{}`, as an earlier listener's is already", field.text()),
                );
            }
        }
        egress_hosts(listener.get("hosts"), r);
    }
}

fn egress_port<'a>(listener: Field<'a>, r: &mut Report<'a>) {
    let (number, bind) = (listener.at(&["port", "number"]), listener.get("bind"));
    if number.int() != Some(0) && number.is_set() {
        common::port(number, r);
        address(bind, r);
        return;
    }
    match bind.text().strip_prefix("unix://") {
        Some(path) => {
            if let Err(why) = validate::unix_socket(path) {
                r.error(bind, format!("is `{}`, {why}", bind.text()));
            }
        }
        None => {
            r.error(number, "is 0, which only a Unix socket in `bind` may have")
                .help("set the port, or `bind: unix:///path`");
        }
    }
    let capture = listener.get("captureMode");
    if !capture.is_any_of(&["", "DEFAULT", "NONE"]) {
        r.error(
            capture,
            format!(
                "is `{}`, but nothing redirects to a Unix socket",
                capture.text()
            ),
        )
        .help("remove it");
    }
}

fn egress_hosts<'a>(hosts: Field<'a>, r: &mut Report<'a>) {
    if hosts.len() == 0 {
        r.error(hosts, "is empty: a listener needs a host")
            .help("`*/*` stands for all hosts of all namespaces");
    }
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut everything = None;
    for host in hosts.items() {
        let text = host.text();
        let Some((namespace, name)) = text.split_once('/') else {
            r.error(host, format!("is `{text}`, but has to be NAMESPACE/HOST"))
                .help(format!(
                    "write `*/{text}`, or `./{text}` for this namespace"
                ));
            continue;
        };
        let plain = namespace.strip_prefix('~').unwrap_or(namespace);
        let excluded = plain.len() < namespace.len();
        let any = ["*", "."].contains(&plain) || excluded && plain.is_empty();
        if !any && validate::dns_label(plain).is_err() {
            r.error(
                host,
                format!("is `{text}`, but `{namespace}` is no namespace"),
            );
        }
        common::namespaced_host(host, name, false, r);
        if excluded {
            continue;
        }
        if text == "*/*" {
            everything = Some(host);
        }
        let own = r.namespace.to_string();
        let names = seen
            .entry(if plain == "." { own } else { plain.to_owned() })
            .or_default();
        let covered = names.contains("*") || name == "*" && !names.is_empty();
        if !names.insert(name.to_owned()) || covered {
            r.warn(
                host,
                format!("is `{text}`, of which other entries of the list have a part or all"),
            )
            .help("keep the wider one");
        }
    }
    if let Some(host) = everything.filter(|_| seen.len() > 1) {
        r.warn(host, "is `*/*`, which makes all other entries needless")
            .help("remove it, or the others");
    }
}

fn outbound_policy<'a>(policy: Field<'a>, r: &mut Report<'a>) {
    let (mode, proxy) = (policy.get("mode"), policy.get("egressProxy"));
    if mode.is("ALLOW_ANY_DYNAMIC_DNS") {
        r.error(
            mode,
            "is `ALLOW_ANY_DYNAMIC_DNS`, which a Sidecar does not support",
        );
    }
    if !proxy.is_set() {
        return;
    }
    if !mode.is("ALLOW_ANY") {
        r.error(
            proxy,
            "is set, but only `mode: ALLOW_ANY` sends unknown traffic to it",
        )
        .help("set `mode: ALLOW_ANY`");
    }
    let (host, subset) = (proxy.get("host"), proxy.get("subset"));
    r.verdict(host, validate::fqdn(&host.text()));
    if !subset.is("") {
        r.verdict(subset, validate::dns_label(&subset.text()));
    }
    match proxy.get("port").is_set() {
        true => common::port(proxy.at(&["port", "number"]), r),
        false => drop(r.error(proxy.get("port"), "is missing")),
    }
}
