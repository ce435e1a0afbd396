use crate::fleet::authn::{Mode, PeerAuthentication, Scope};
use crate::fleet::{Cluster, Fleet, Object, ObjectId, injection, traffic};
use crate::resource::{Kind, Labels, service};
use crate::rules::sink::{Sink, is_first_owner, owners};
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
    if client.control_planes.is_empty() || !is_first_owner(fleet, client, object.file) {
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
fn destination_rule(fleet: &Fleet, cluster: &Cluster, object: &Object, sink: &mut Sink<'_>) {
    let Some(host) = traffic::destination_host(fleet, cluster, object) else {
        return;
    };
    let view = fleet.view(object);
    for tls in traffic::tls_settings(view)
        .iter()
        .filter(|t| t.is_foreign())
    {
        let (clients, strict) = among_owners(fleet, object, |client| {
            let mut strict = Found::default();
            for server in fleet.peers(client) {
                for (namespace, name) in traffic::services_of_host(server, &host) {
                    let is_reached = tls.subset.as_deref().is_none_or(|subset| {
                        traffic::subset_reaches(fleet, view, subset, server, (namespace, name))
                    });
                    if is_reached && !traffic::is_cluster_local(fleet, client, namespace, name) {
                        strict.look(fleet, server, namespace, name, tls.port);
                    }
                }
            }
            strict
        });
        let Some((server, by)) = strict.example() else {
            continue;
        };
        let whom = tls.whom(&host);
        let mut draft = sink.report(
            object.place(tls.mode),
            format!(
                "DestinationRule {} in {} sends {} to {whom}, which is STRICT in {}",
                object.name,
                words::list(clients.iter().map(|c| c.name.as_str())),
                if tls.text == "DISABLE" {
                    "plaintext".to_owned()
                } else {
                    format!("{} TLS", tls.text)
                },
                strict.names(),
            ),
        );
        draft
            .label("no Istio mTLS from here")
            .about(cluster, object)
            .clusters(clients)
            .clusters([server])
            .subject(whom)
            .help("remove `tls`, so that Istio's mTLS is used where the other side speaks it, or set `mode: ISTIO_MUTUAL`");
        if let Some(by) = by {
            draft.related(by, format!("only mTLS is accepted in {}", server.name));
        }
    }
}

/// The clusters that run the object's file and for which something is found, and what, taken together.
fn among_owners<'a>(
    fleet: &'a Fleet,
    object: &Object,
    find: impl Fn(&'a Cluster) -> Found<'a>,
) -> (Vec<&'a Cluster>, Found<'a>) {
    let mut clients = Vec::new();
    let mut all = Found::default();
    for client in owners(fleet, object.file) {
        let found = find(client);
        if !found.by_cluster.is_empty() {
            clients.push(client);
            all.by_cluster.extend(found.by_cluster);
        }
    }
    (clients, all)
}

/// A PeerAuthentication that makes the client's istiod take pods for plaintext which elsewhere are STRICT.
fn peer_authentication(
    fleet: &Fleet,
    cluster: &Cluster,
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
        let (clients, strict) = among_owners(fleet, object, |client| {
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
                        && view.sure
                        && view.by.is_some_and(|(_, p)| p == place)
                        && injection::is_injected(fleet, server, workload) != Some(false)
                    {
                        strict.workload(server, workload.namespace, &workload.labels, port);
                    }
                }
            }
            strict
        });
        let Some((server, by)) = strict.example() else {
            continue;
        };
        let mut draft = sink.report(
            place,
            format!(
                "PeerAuthentication {} makes {} send plaintext to pods that are STRICT in {}",
                object.name,
                words::list(clients.iter().map(|c| c.name.as_str())),
                strict.names()
            ),
        );
        draft
            .label("the proxies here take these pods for plaintext, wherever they run")
            .about(cluster, object)
            .clusters(clients)
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
    /// `port` is the Service's.
    fn look(
        &mut self,
        fleet: &Fleet,
        server: &'a Cluster,
        namespace: Ustr,
        name: Ustr,
        port: Option<i64>,
    ) {
        let Some(service) = server
            .service(&namespace, &name)
            .filter(|s| !s.by_operator)
            .and_then(|s| server.object(s.object))
            .map(|o| fleet.view(o))
        else {
            return;
        };
        // PeerAuthentications speak of the ports of pods.
        let target = service::ports(service)
            .into_iter()
            .find(|p| port.is_some() && p.number() == port)
            .and_then(|p| p.target());
        let port = match target {
            Some(service::Target::Number(number)) => Some(number),
            _ => port,
        };
        let pods = traffic::pods_of_service(fleet, server, namespace, name);
        if pods.is_empty() {
            // The pods are not to be seen; the selector says what their labels are.
            let selector = Labels::read(service.at(&["spec", "selector"]));
            self.workload(server, namespace, &selector, port);
        }
        for pod in pods {
            if injection::is_injected(fleet, server, pod) != Some(false) {
                self.workload(server, namespace, &pod.labels, port);
            }
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
