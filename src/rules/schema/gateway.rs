use super::common::{self, Level, Report, judge};
use super::field::Field;
use super::tls;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::resource::validate::{self, Protocol};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!("schema/gateway", Check::Object(&[Kind::Gateway], check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    judge(fleet, cluster, id, sink, Level::Rejected, validate);
}

pub(super) fn validate<'a>(object: Field<'a>, r: &mut Report<'a>) {
    let name = object.at(&["metadata", "name"]);
    if name.is_set() {
        r.verdict(name, validate::dns_label(&name.text()));
    }
    let servers = object.at(&["spec", "servers"]);
    if servers.len() == 0 {
        r.error(servers, "is empty: a Gateway has at least one server")
            .help("say under `servers` which hosts and port it is for");
    }
    let mut names = BTreeSet::new();
    for entry in servers.items() {
        server(entry, r);
        let name = entry.at(&["port", "name"]);
        if !name.is("") && !names.insert(name.text()) {
            r.error(
                name,
                format!(
                    "is `{}`, as an earlier server's port is called already",
                    name.text()
                ),
            )
            .help("give every port of the Gateway a name of its own");
        }
    }
}

fn server<'a>(server: Field<'a>, r: &mut Report<'a>) {
    let hosts = server.get("hosts");
    if hosts.len() == 0 {
        r.error(hosts, "is empty: a server needs a host")
            .help("`*` stands for all hosts");
    }
    for host in hosts.items() {
        let text = host.text();
        let name = match text.split_once('/') {
            Some((namespace, name)) => {
                if namespace != "*" && namespace != "." && validate::dns_label(namespace).is_err() {
                    r.error(
                        host,
                        format!("is `{text}`, but `{namespace}` is no namespace"),
                    );
                }
                name
            }
            None => text.as_ref(),
        };
        common::namespaced_host(host, name, true, r);
    }
    let (port, bind) = (server.get("port"), server.get("bind"));
    let protocol = port_and_bind(port, bind, r);
    let tls = server.get("tls");
    tls::server(tls, r);
    if !port.is_set() {
        return;
    }
    if protocol.is_tls() && !tls.is_set() {
        r.error(
            tls,
            format!(
                "is missing, but the port speaks {}",
                port.get("protocol").text()
            ),
        )
        .help("say under `tls` which certificate to use, or `mode: PASSTHROUGH`");
    } else if tls.is_set() && protocol.is_http() {
        let certificates = ["caCertificates", "privateKey", "serverCertificate"];
        let any = certificates.iter().any(|name| tls.get(name).has_content());
        if !tls::is_passthrough(tls) || any {
            r.error(tls, "is set, but the port speaks plain HTTP")
                .help("set `protocol: HTTPS`, or remove `tls`");
        }
    } else if tls.is_set() && !protocol.is_tls() && protocol != Protocol::Unsupported {
        r.error(
            tls,
            format!(
                "is set, but the port speaks {}",
                port.get("protocol").text()
            ),
        )
        .help("set `protocol: TLS`, or remove `tls`");
    }
    let redirect = tls.get("httpsRedirect");
    if redirect.is_true() && !protocol.is_http() {
        r.warn(
            redirect,
            "is set on a port that does not speak HTTP, where there is nothing to redirect",
        )
        .help("set it on the server for plain HTTP");
    }
}

fn port_and_bind<'a>(port: Field<'a>, bind: Field<'a>, r: &mut Report<'a>) -> Protocol {
    if !port.is_set() {
        r.error(port, "is missing");
        return Protocol::Unsupported;
    }
    let protocol = port.get("protocol");
    let known = common::protocol(protocol, r);
    if protocol.is("") {
        r.error(protocol, "is missing")
            .help(format!("choose one of {}", Protocol::NAMES));
    }
    if port.get("name").is("") {
        r.error(port.get("name"), "is missing");
    }
    if port.get("targetPort").has_content() {
        r.error(
            port.get("targetPort"),
            "is set, but a Gateway has no target: the Service of its pods says that",
        )
        .help("remove `targetPort`");
    }
    let (number, address) = (port.get("number"), bind.text());
    match address.strip_prefix("unix://") {
        Some(path) => {
            if let Err(why) = validate::unix_socket(path) {
                r.error(bind, format!("is `{address}`, {why}"));
            }
            if number.int().is_some_and(|number| number != 0) {
                r.error(number, "is set, but a Unix socket has no port")
                    .help("set it to 0");
            }
        }
        None => {
            common::port(number, r);
            if !address.is_empty() {
                r.verdict(bind, validate::ip(&address));
            }
        }
    }
    known
}
