use crate::fleet::authn::{Mode, PeerAuthentication, Scope};
use crate::fleet::{Cluster, Fleet, Object, ObjectId, traffic};
use crate::resource::{Kind, Labels};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;
use std::collections::BTreeMap;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!(
    "mtls/client-plaintext-server-strict",
    Check::Object(&[Kind::DestinationRule, Kind::PeerAuthentication], check)
);

fn check(fleet: &Fleet, client: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = client.object(id).filter(|o| !o.ambiguous) else {
        return;
    };
    if client.control_planes.is_empty() {
        return;
    }
    match object.kind {
        Kind::DestinationRule => destination_rule(fleet, client, object, sink),
        _ => {
            let policy = client.authn.policies.iter().find(|p| p.object == id);
            if let Some(policy) = policy {
                peer_authentication(fleet, client, object, policy, sink);
            }
        }
    }
}

/// A DestinationRule that turns mTLS off for a host whose pods elsewhere insist on it.
fn destination_rule(fleet: &Fleet, client: &Cluster, object: &Object, sink: &mut Sink<'_>) {
    let Some(host) = traffic::destination_host(fleet, client, object) else {
        return;
    };
    for tls in traffic::tls_settings(fleet.view(object)) {
        if tls.is_mesh() {
            continue;
        }
        let mut strict = Found::default();
        for server in fleet.peers(client) {
            for (namespace, name) in traffic::services_of_host(server, &host) {
                strict.look(fleet, server, namespace, Some(name), tls.port);
            }
        }
        let Some((server, by)) = strict.example() else {
            continue;
        };
        let whom = match (&tls.subset, tls.port) {
            (Some(subset), _) => format!("subset {subset} of {host}"),
            (None, Some(port)) => format!("port {port} of {host}"),
            (None, None) => host.clone(),
        };
        let mut draft = sink.report(
            object.place(tls.mode),
            format!(
                "DestinationRule {} in {} sends {} to {whom}, which is STRICT in {}",
                object.name,
                client.name,
                if tls.text == "DISABLE" {
                    "plaintext".to_owned()
                } else {
                    format!("{} TLS", tls.text)
                },
                strict.names(),
            ),
        );
        draft
            .label(format!("no Istio mTLS from {}", client.name))
            .about(client, object)
            .clusters([server])
            .subject(whom)
            .help("remove `tls`, so that Istio's mTLS is used where the other side speaks it, or set `mode: ISTIO_MUTUAL`");
        if let Some(by) = by {
            draft.related(by, format!("only mTLS is accepted in {}", server.name));
        }
    }
}

/// A PeerAuthentication that makes the client's istiod take pods for plaintext which elsewhere are STRICT.
fn peer_authentication(
    fleet: &Fleet,
    client: &Cluster,
    object: &Object,
    policy: &PeerAuthentication,
    sink: &mut Sink<'_>,
) {
    let whole = policy
        .mode
        .filter(|(mode, _)| *mode == Mode::Disable)
        .map(|(_, place)| (None, place));
    let ports = policy
        .ports
        .iter()
        .filter(|(_, m, _)| *m == Mode::Disable)
        .map(|(p, _, place)| (Some(*p), *place));
    for (port, place) in whole.into_iter().chain(ports) {
        let mut strict = Found::default();
        for server in fleet.peers(client) {
            for workload in &server.workloads {
                let in_reach = match policy.scope {
                    Scope::Mesh => true,
                    Scope::Namespace => workload.namespace == policy.namespace,
                    Scope::Workload => {
                        workload.namespace == policy.namespace
                            && policy.selector.matches(&workload.labels)
                    }
                };
                // Another policy of the client may say otherwise for these pods.
                let view = client
                    .authn
                    .mode(workload.namespace, &workload.labels, port);
                if in_reach
                    && view.mode == Mode::Disable
                    && view.by.is_some_and(|(_, p)| p == place)
                {
                    strict.workload(server, workload.namespace, &workload.labels, port);
                }
            }
        }
        let Some((server, by)) = strict.example() else {
            continue;
        };
        let mut draft = sink.report(
            place,
            format!(
                "PeerAuthentication {} makes {} send plaintext to pods that are STRICT in {}",
                object.name,
                client.name,
                strict.names()
            ),
        );
        draft
            .label(format!("proxies of {} take these pods for plaintext, wherever they run", client.name))
            .about(client, object)
            .clusters([server])
            .subject(port.map_or_else(|| "mode".to_owned(), |p| format!("port {p}")))
            .help("use the same mode in all clusters: istiod judges remote pods by the policies of its own cluster");
        if let Some(by) = by {
            draft.related(by, format!("only mTLS is accepted in {}", server.name));
        }
    }
}

/// The clusters in which the pods are STRICT, and who says so.
#[derive(Default)]
struct Found<'a> {
    by_cluster: BTreeMap<&'static str, (Option<&'a Cluster>, Option<Place>)>,
}

impl<'a> Found<'a> {
    fn look(
        &mut self,
        fleet: &Fleet,
        server: &'a Cluster,
        namespace: Ustr,
        service: Option<Ustr>,
        port: Option<i64>,
    ) {
        let service = service.and_then(|name| server.service(&namespace, &name));
        let selector = service
            .filter(|s| !s.by_operator)
            .and_then(|s| server.object(s.object))
            .map(|o| Labels::read(fleet.view(o).at(&["spec", "selector"])))
            .unwrap_or_default();
        let mut pods = server
            .selected(&namespace, &selector)
            .filter(|_| !selector.is_empty())
            .peekable();
        if pods.peek().is_none() {
            // The pods are not to be seen; the selector says what their labels are.
            self.workload(server, namespace, &selector, port);
        }
        for pod in pods {
            self.workload(server, namespace, &pod.labels, port);
        }
    }

    fn workload(
        &mut self,
        server: &'a Cluster,
        namespace: Ustr,
        labels: &Labels,
        port: Option<i64>,
    ) {
        let decision = server.authn.mode(namespace, labels, port);
        if decision.mode == Mode::Strict && decision.sure {
            self.by_cluster
                .entry(server.name.as_str())
                .or_insert((Some(server), decision.by.map(|(_, place)| place)));
        }
    }

    fn example(&self) -> Option<(&'a Cluster, Option<Place>)> {
        let (cluster, place) = self.by_cluster.values().next()?;
        Some(((*cluster)?, *place))
    }

    fn names(&self) -> String {
        words::list(self.by_cluster.keys())
    }
}
