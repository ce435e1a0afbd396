use crate::finding::Severity;
use crate::fleet::mentions::Mention;
use crate::fleet::{Cluster, ClusterId, Fleet, Mesh, Setting, injection, proxy_config, traffic};
use crate::resource::Kind;
use crate::rules::sink::{Sink, owners};
use crate::rules::subject::Host;
use crate::rules::{Check, Rule, odd, rule, words};
use crate::yaml::{Place, View};

pub(crate) const RULE: Rule = rule!("dns/remote-only-service", Check::Host(check));

const KEY: &str = "ISTIO_META_DNS_CAPTURE";

/// A cluster whose pods cannot look the host up.
struct Client<'a> {
    cluster: &'a Cluster,
    place: Place,
    mention: Option<Mention>,
    severity: Severity,
}

fn check(fleet: &Fleet, mesh: &Mesh, host: &Host, sink: &mut Sink<'_>) {
    let deaf: Vec<&Cluster> = fleet
        .clusters_of(mesh)
        .filter(|c| !host.clusters.contains(&c.id) && c.knows(Kind::Service))
        .filter(|c| captures(c) == Some(false))
        .collect();
    if deaf.is_empty() {
        return;
    }
    let servers: Vec<&Cluster> = host
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
        .filter(|c| traffic::is_offered(fleet, c, host.namespace, host.name))
        .collect();
    let Some(server) = servers.first() else {
        return;
    };
    // That the clusters differ is one cause, and said by another rule, unless somebody plainly calls the host.
    let is_mixed = fleet.clusters_of(mesh).any(|c| captures(c) == Some(true));
    let is_edge = servers.iter().any(|c| is_load_balancer(fleet, c, host));
    let mut clients: Vec<Client<'_>> = deaf
        .into_iter()
        .filter(|c| !traffic::is_cluster_local(fleet, c, host.namespace, host.name))
        .filter_map(|c| {
            referring(fleet, c, host)
                .or_else(|| sharing(fleet, c, host).filter(|_| !is_mixed && !is_edge))
        })
        .collect();
    clients.sort_by_key(|c| (std::cmp::Reverse(c.severity), c.cluster.name.as_str()));
    let Some(first) = clients.first() else {
        return;
    };
    let name = format!("{}.{}", host.name, host.namespace);
    let of_clients = clients.iter().map(|c| c.cluster);
    let message = format!(
        "Service {name} exists only in {}, so pods in {} cannot look it up: DNS capture is off there",
        words::list(servers.iter().map(|c| c.name.as_str())),
        words::list(of_clients.clone().map(|c| c.name.as_str())),
    );
    let label = |client: &Client<'_>| match client.mention {
        Some(_) => format!("named in {}", client.cluster.name),
        None => format!("DNS capture is off in {}", client.cluster.name),
    };
    let mut draft = sink.report(first.place, message);
    draft
        .label(label(first))
        .severity(first.severity)
        .clusters(of_clients)
        .clusters([*server])
        .subject(format!("host {name}"))
        .help(format!(
            "set `meshConfig.defaultConfig.proxyMetadata.{KEY}` to \"true\", or add a Service {} with the same ports \
             and no selector to namespace {} there",
            host.name, host.namespace
        ));
    if let Some(object) = first.mention.and_then(|m| first.cluster.object(m.object)) {
        draft.about(first.cluster, object);
    }
    for client in clients.iter().skip(1) {
        draft.also(client.place, label(client));
    }
    if let Some(service) = server.service(&host.namespace, &host.name)
        && let Some(object) = server.object(service.object)
    {
        let view = fleet.view(object);
        let view = view.at(&["metadata", "name"]).unwrap_or(view);
        draft.related(
            object.place(view),
            format!("the Service in {}", server.name),
        );
    }
}

fn captures(cluster: &Cluster) -> Option<bool> {
    Some(cluster.agreed(Setting::DnsCapture)? == "true")
}

/// A cluster whose own manifests name the host.
fn referring<'a>(fleet: &Fleet, cluster: &'a Cluster, host: &Host) -> Option<Client<'a>> {
    let full = format!("{}.{}.svc.{}", host.name, host.namespace, cluster.domain());
    let mentions = cluster.mentions(&fleet.files).of(&full);
    let clients = mentions.iter().filter_map(|mention| {
        let object = cluster.object(mention.object)?;
        let severity = match mention.workload {
            Some(at) => {
                let workload = cluster.workloads.get(at)?;
                let trace = proxy_config::of_workload(fleet, cluster, workload, KEY);
                let is_client = trace.is_true() == Some(false)
                    && injection::is_injected(fleet, cluster, workload) != Some(false)
                    && !is_ambient(fleet, cluster, workload.namespace.as_str());
                is_client.then_some(Severity::Error)?
            }
            // Configuration that the servers have too says little about who calls.
            None if is_shared(fleet, object.file, &host.clusters) => Severity::Warning,
            None => Severity::Error,
        };
        Some(Client {
            cluster,
            place: mention.place,
            mention: Some(*mention),
            severity,
        })
    });
    clients.min_by_key(|c| (std::cmp::Reverse(c.severity), c.place))
}

fn is_shared(fleet: &Fleet, file: crate::yaml::FileId, servers: &[ClusterId]) -> bool {
    owners(fleet, file).any(|owner| servers.contains(&owner.id))
}

/// A cluster that runs something else in the namespace.
fn sharing<'a>(fleet: &Fleet, cluster: &'a Cluster, host: &Host) -> Option<Client<'a>> {
    let mut pods = cluster.workloads_in(&host.namespace).iter();
    let has_client = pods.any(|w| {
        w.gateway_entry.is_none()
            && injection::is_injected(fleet, cluster, w) != Some(false)
            && proxy_config::of_workload(fleet, cluster, w, KEY).is_true() == Some(false)
    });
    if !has_client || is_ambient(fleet, cluster, &host.namespace) {
        return None;
    }
    let setting = cluster.setting(Setting::DnsCapture)?;
    Some(Client {
        cluster,
        place: odd::places(setting).0,
        mention: None,
        severity: Severity::Warning,
    })
}

/// What stands at the edge is mostly called from outside.
fn is_load_balancer(fleet: &Fleet, cluster: &Cluster, host: &Host) -> bool {
    cluster
        .service(&host.namespace, &host.name)
        .and_then(|service| cluster.object(service.object))
        .and_then(|object| fleet.view(object).at(&["spec", "type"]))
        .and_then(View::text)
        .as_deref()
        == Some("LoadBalancer")
}

/// Names are answered by ztunnel there.
fn is_ambient(fleet: &Fleet, cluster: &Cluster, namespace: &str) -> bool {
    let object = cluster.find(Kind::Namespace, "", namespace);
    object
        .and_then(|o| {
            fleet
                .view(o)
                .at(&["metadata", "labels", "istio.io/dataplane-mode"])
        })
        .and_then(View::text)
        .as_deref()
        == Some("ambient")
}
