//! How a cluster is entered: the pods that serve as gateways, the Services in front of them, the Gateways that tell
//! the pods what to listen for, and what other clusters dial by address.

use super::cluster::{Cluster, Files, Object, ObjectId};
use super::control_plane::{self, Role};
use super::network::LABEL;
use super::setting::{canonical_boolean, is_templated};
use super::workload::{ServiceRef, Workload};
use super::{Fleet, Mesh, mesh_networks};
use crate::resource::service::{self, Port, Target};
use crate::resource::{Kind, Labels, host, pod};
use crate::yaml::{NodeId, Place, View};
use std::collections::BTreeSet;
use ustr::Ustr;

/// The port that peers dial unless a label names another (Istio `DefaultNetworkGatewayPort`).
pub const DATA_PORT: i64 = 15443;
/// The same for ambient.
pub const HBONE_PORT: i64 = 15008;
/// Names another port than [`DATA_PORT`].
pub const PORT_LABEL: &str = "networking.istio.io/gatewayPort";
/// The `tls.mode` by which a gateway passes on what it is asked for by SNI, to every service that it knows.
pub const AUTO_PASSTHROUGH: &str = "AUTO_PASSTHROUGH";

/// What a cluster's objects say of its gateways, found once.
#[derive(Clone, Debug, Default)]
pub struct Gateways {
    /// The `networking.istio.io` Gateways, in the order of the cluster's objects.
    pub gateways: Vec<Gateway>,
    /// What ServiceEntries dial by address, in the order of the cluster's objects.
    pub dials: Vec<Dial>,
    /// Gateways only configure pods of their own namespace (istiod's `PILOT_SCOPE_GATEWAY_TO_NAMESPACE`).
    pub scoped: bool,
    entrances: Vec<EntranceIndex>,
}

/// A Gateway of `networking.istio.io`.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub object: ObjectId,
    pub namespace: Ustr,
    pub selector: Labels,
    pub servers: Vec<Server>,
    /// The pods of its own cluster that it configures, as indexes into [`Cluster::workloads`].
    workloads: Vec<usize>,
}

/// One port of a Gateway, with the hosts that it answers for.
#[derive(Clone, Debug)]
pub struct Server {
    pub node: NodeId,
    pub port: Option<i64>,
    /// In upper case, as Istio reads it.
    pub protocol: Ustr,
    /// `tls.mode`; empty where there is none.
    pub mode: Ustr,
    /// Without the namespace that they may be limited to.
    pub hosts: Vec<Ustr>,
}

impl Server {
    pub fn is_passthrough(&self) -> bool {
        self.mode == AUTO_PASSTHROUGH
    }

    /// Answers for everything that `host` stands for.
    pub fn covers(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| host::covers(own, host))
    }
}

/// An address and port that a ServiceEntry sends its requests to.
#[derive(Clone, Debug)]
pub struct Dial {
    pub object: ObjectId,
    pub address: Ustr,
    pub port: i64,
    /// Where the port is written.
    pub node: NodeId,
}

#[derive(Clone, Debug)]
struct EntranceIndex {
    /// Index into [`Cluster::services`].
    service: usize,
    /// Indexes into [`Cluster::workloads`].
    workloads: Vec<usize>,
    addresses: Vec<Ustr>,
}

/// A Service by which a cluster may be entered, with the pods behind it.
pub struct Entrance<'a> {
    pub service: &'a ServiceRef,
    /// The Service, or the entry in an IstioOperator.
    pub view: View<'a>,
    /// The label that makes it the gateway of a network: what peers look for.
    pub label: Option<View<'a>>,
    pub workloads: Vec<&'a Workload>,
    /// Addresses that the manifest states.
    pub addresses: &'a [Ustr],
}

impl<'a> Entrance<'a> {
    pub fn network(&self) -> Option<Ustr> {
        self.label.and_then(View::text).map(|t| Ustr::from(&t))
    }

    pub fn labels(&self) -> Option<View<'a>> {
        service_labels(self.service, self.view)
    }

    pub fn selector(&self) -> Option<View<'a>> {
        service_selector(self.service, self.view)
    }

    /// The part that a Service keeps in its `spec`.
    pub fn spec(&self) -> Option<View<'a>> {
        service_spec(self.service, self.view)
    }

    /// The path from [`Entrance::view`] to the ports.
    pub fn ports_path(&self) -> &'static [&'static str] {
        match self.service.by_operator {
            true => &["k8s", "service", "ports"],
            false => &["spec", "ports"],
        }
    }

    /// `None` where the profile of an IstioOperator decides.
    pub fn ports(&self) -> Option<Vec<Port<'a>>> {
        match self.service.by_operator {
            true => service::operator_ports(self.view),
            false => Some(service::ports(self.view)),
        }
    }

    /// The label that names another port than [`DATA_PORT`], and its number if it is one.
    pub fn port_label(&self) -> Option<(View<'a>, Option<i64>)> {
        let view = self.labels()?.get(PORT_LABEL)?;
        Some((view, view.text()?.parse().ok()))
    }

    /// The port that peers dial.
    pub fn data_port(&self) -> i64 {
        self.port_label()
            .and_then(|(_, port)| port)
            .unwrap_or(DATA_PORT)
    }

    /// Has a port of this number; `None` where that is not known.
    pub fn exposes(&self, port: i64) -> Option<bool> {
        Some(self.ports()?.iter().any(|p| p.number() == Some(port)))
    }

    pub fn place(&self, view: View<'a>) -> Place {
        Place {
            file: self.service.file,
            span: view.content_span(),
        }
    }

    /// Where its name is written.
    pub fn name_place(&self) -> Place {
        let name = match self.service.by_operator {
            true => self.view.get("name"),
            false => self.view.at(&["metadata", "name"]),
        };
        Place {
            file: self.service.file,
            span: name.map_or_else(|| self.view.closest(&[]).0, View::content_span),
        }
    }

    /// `type`; Kubernetes' default where nobody says it, that of the chart in an IstioOperator.
    pub fn kind(&self) -> Ustr {
        let stated = self.spec().and_then(|s| s.get("type")).and_then(View::text);
        let default = match self.service.by_operator {
            true => "LoadBalancer",
            false => "ClusterIP",
        };
        Ustr::from(stated.as_deref().unwrap_or(default))
    }

    /// Has, or will get, an address that can be reached from outside of the cluster.
    pub fn is_addressable(&self) -> bool {
        let has_external = || {
            let external = self.spec().and_then(|s| s.get("externalIPs"));
            external.is_some_and(|e| e.items().next().is_some())
        };
        matches!(self.kind().as_str(), "LoadBalancer" | "NodePort") || has_external()
    }

    /// Stands in front of gateway pods or is called so: the label is no accident, such as one that a tool gives to
    /// everything that it deploys.
    pub fn is_gateway(&self, fleet: &Fleet, cluster: &Cluster) -> bool {
        is_east_west_name(&self.service.name)
            || self.exposes(DATA_PORT) == Some(true)
            || self
                .workloads
                .iter()
                .any(|w| is_gateway_workload(fleet, cluster, w))
    }

    /// Whether somebody made it to let other networks in: it is called so, or it or its pods name a network.
    pub fn is_east_west(&self) -> bool {
        let says = |labels: &Labels| {
            labels.get(LABEL).is_some() || labels.iter().any(|(_, value)| is_east_west_name(&value))
        };
        is_east_west_name(&self.service.name)
            || says(&Labels::read(self.labels()))
            || says(&Labels::read(self.selector()))
            || self.workloads.iter().any(|w| w.labels.get(LABEL).is_some())
    }
}

fn is_east_west_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["eastwest", "east-west", "crossnetwork", "cross-network"]
        .iter()
        .any(|word| name.contains(word))
}

/// The Services by which a cluster may be entered: gateways of a network, Services with an address, and those in
/// front of pods that a Gateway configures.
pub fn entrances<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
) -> impl Iterator<Item = Entrance<'a>> + 'a {
    cluster
        .gateways
        .entrances
        .iter()
        .filter_map(move |entrance| open(fleet, cluster, entrance))
}

fn open<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    index: &'a EntranceIndex,
) -> Option<Entrance<'a>> {
    let service = cluster.services.get(index.service)?;
    let view = fleet.files.node(service.file, service.root);
    Some(Entrance {
        service,
        view,
        label: network_label(service, view),
        workloads: index
            .workloads
            .iter()
            .filter_map(|at| cluster.workloads.get(*at))
            .collect(),
        addresses: &index.addresses,
    })
}

/// The entrances that an object makes.
pub fn entrances_of<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    object: ObjectId,
) -> impl Iterator<Item = Entrance<'a>> + 'a {
    let of_object = move |index: &&EntranceIndex| {
        cluster
            .services
            .get(index.service)
            .is_some_and(|s| s.object == object)
    };
    cluster
        .gateways
        .entrances
        .iter()
        .filter(of_object)
        .filter_map(move |entrance| open(fleet, cluster, entrance))
}

/// The gateways of a cluster that carry a network's label, and those whose pods do.
pub fn network_gateways<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> Vec<Entrance<'a>> {
    entrances(fleet, cluster)
        .filter(|e| {
            let selects_network = || e.selector().is_some_and(|s| s.get(LABEL).is_some());
            e.label.is_some() || selects_network()
        })
        .collect()
}

/// The networks of a mesh: of its clusters, and of gateways that stand for another.
pub fn networks(fleet: &Fleet, mesh: &Mesh) -> BTreeSet<&'static str> {
    let mut networks = BTreeSet::new();
    for cluster in fleet.clusters_of(mesh) {
        networks.extend(cluster.network().map(|n| n.as_str()));
        let gateways = entrances(fleet, cluster).filter_map(|e| e.network());
        networks.extend(gateways.map(|n| n.as_str()));
    }
    networks
}

impl Gateways {
    pub fn find(&self, object: ObjectId) -> Option<&Gateway> {
        self.gateways.iter().find(|g| g.object == object)
    }
}

impl Gateway {
    /// The pods of its own cluster that it configures.
    pub fn workloads<'a>(&'a self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Workload> {
        self.workloads
            .iter()
            .filter_map(|at| cluster.workloads.get(*at))
    }

    /// Whether it configures these pods, wherever they run.
    pub fn selects(&self, scoped: bool, workload: &Workload) -> bool {
        self.selector.are_within(&workload.labels)
            && (!scoped || workload.namespace == self.namespace)
    }
}

/// The Gateways that configure the pods of a cluster, with the cluster whose istiod reads them: its own, or where
/// it has none those of the primaries of its mesh.
pub fn configuring<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> Vec<(&'a Cluster, &'a Gateway)> {
    let readers: Vec<&Cluster> = match is_remote(cluster) {
        true => fleet.peers(cluster).filter(|p| !is_remote(p)).collect(),
        false => vec![cluster],
    };
    readers
        .into_iter()
        .flat_map(|reader| reader.gateways.gateways.iter().map(move |g| (reader, g)))
        .collect()
}

/// Its proxies are served by an istiod elsewhere, which does not read the Istio objects in it.
pub fn is_remote(cluster: &Cluster) -> bool {
    cluster
        .control_plane()
        .is_some_and(|p| p.role == Role::Remote)
}

/// What one of the pods behind an entrance is told to listen for.
pub fn servers<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    entrance: &Entrance<'a>,
) -> Vec<(&'a Cluster, &'a Gateway, &'a Server)> {
    configuring(fleet, cluster)
        .into_iter()
        .filter(|(reader, gateway)| {
            entrance
                .workloads
                .iter()
                .any(|w| gateway.selects(reader.gateways.scoped, w))
        })
        .flat_map(|(reader, gateway)| gateway.servers.iter().map(move |s| (reader, gateway, s)))
        .collect()
}

/// The entrances in front of a Gateway's pods, in the cluster of the pods.
pub fn fronts<'a>(
    fleet: &'a Fleet,
    reader: &'a Cluster,
    gateway: &'a Gateway,
) -> Vec<(&'a Cluster, Entrance<'a>)> {
    let remotes = fleet.peers(reader).filter(|peer| is_remote(peer));
    std::iter::once(reader)
        .filter(|own| !is_remote(own))
        .chain(remotes)
        .flat_map(|cluster| entrances(fleet, cluster).map(move |e| (cluster, e)))
        .filter(|(_, entrance)| {
            entrance
                .workloads
                .iter()
                .any(|w| gateway.selects(reader.gateways.scoped, w))
        })
        .collect()
}

/// Pods that Istio's gateway proxy runs in, as far as their manifest tells.
pub fn is_gateway_workload(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> bool {
    if workload.gateway_entry.is_some() {
        return true;
    }
    let Some(object) = cluster.object(workload.object) else {
        return false;
    };
    let view = fleet.view(object);
    let template = pod::annotations(view, object.kind)
        .and_then(|a| a.get(TEMPLATES))
        .and_then(View::text);
    if template.is_some_and(|t| t.contains("gateway")) {
        return true;
    }
    let mut containers = pod::containers(view, object.kind);
    let first = containers.next();
    let alone = containers.next().is_none();
    first.is_some_and(|c| {
        let is_proxy = c.get("name").and_then(View::text).as_deref() == Some("istio-proxy");
        let routes = c
            .get("args")
            .into_iter()
            .flat_map(View::items)
            .any(|a| a.text().as_deref() == Some("router"));
        (is_proxy && alone) || routes
    })
}

/// The pod annotation that names the injection templates.
pub const TEMPLATES: &str = "inject.istio.io/templates";

/// Labels of gateways that an IstioOperator installs without naming them: those of its profile.
pub fn implied_gateways(fleet: &Fleet, cluster: &Cluster) -> Vec<Labels> {
    let labels = |kind: &str| -> Labels {
        [
            (Ustr::from("app"), Ustr::from(&format!("istio-{kind}"))),
            (Ustr::from("istio"), Ustr::from(kind)),
        ]
        .into_iter()
        .collect()
    };
    let mut found = Vec::new();
    for object in cluster.of_kind(Kind::IstioOperator) {
        let view = fleet.view(object);
        let profile = view.at(&["spec", "profile"]).and_then(View::text);
        let implied: &[&str] = match profile.as_deref() {
            None | Some("default" | "preview") => &["ingressgateway"],
            Some("minimal" | "empty" | "remote" | "external" | "ambient") => &[],
            // `demo`, and what somebody made of one of them.
            Some(_) => &["ingressgateway", "egressgateway"],
        };
        found.extend(implied.iter().map(|kind| labels(kind)));
    }
    found
}

/// An entrance of `server` that stands at an address, if the address is of no other cluster of the mesh.
pub fn at_address<'a>(
    fleet: &'a Fleet,
    server: &'a Cluster,
    address: Ustr,
) -> Option<Entrance<'a>> {
    let mut own = server
        .gateways
        .entrances
        .iter()
        .filter(|e| e.addresses.contains(&address));
    let first = own.next()?;
    let shared = own.next().is_some()
        || fleet.peers(server).any(|peer| {
            peer.gateways
                .entrances
                .iter()
                .any(|e| e.addresses.contains(&address))
        });
    if shared {
        return None;
    }
    open(fleet, server, first)
}

/// Who of the other clusters dials an entrance by its address.
pub fn dials<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    entrance: &Entrance<'a>,
) -> Vec<(&'a Cluster, &'a Dial)> {
    if entrance.addresses.is_empty() {
        return Vec::new();
    }
    fleet
        .peers(cluster)
        .flat_map(|client| client.gateways.dials.iter().map(move |dial| (client, dial)))
        .filter(|(_, dial)| {
            entrance.addresses.contains(&dial.address)
                && at_address(fleet, cluster, dial.address).is_some()
        })
        .collect()
}

/// A port that peers dial at the address of an entrance and rightly so: it is the usual one, or a Gateway lets other
/// clusters in by it. That the Service does not have it is the Service's fault then.
pub fn lacks_dialed_port(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>) -> Option<i64> {
    let open: Vec<i64> = entrance.ports()?.iter().filter_map(Port::number).collect();
    let listens = |port: i64| {
        servers(fleet, cluster, entrance)
            .iter()
            .any(|(_, _, s)| s.is_passthrough() && s.port == Some(port))
    };
    dials(fleet, cluster, entrance)
        .into_iter()
        .map(|(_, dial)| dial.port)
        .find(|port| !open.contains(port) && (*port == DATA_PORT || listens(*port)))
}

pub(super) fn read(cluster: &Cluster, files: &Files) -> Gateways {
    let scoped = is_scoped(cluster, files);
    let gateways: Vec<Gateway> = cluster
        .ids_of_kind(Kind::Gateway)
        .filter_map(|id| Some((id, cluster.object(id)?)))
        .map(|(id, object)| read_gateway(id, object, files.view(object), cluster, scoped))
        .collect();
    let configured: BTreeSet<usize> = gateways
        .iter()
        .filter(|g| !g.selector.is_empty())
        .flat_map(|g| g.workloads.iter().copied())
        .collect();
    let entrances = cluster
        .services
        .iter()
        .enumerate()
        .filter_map(|(at, service)| read_entrance(at, service, cluster, files, &configured))
        .collect();
    let dials = cluster
        .ids_of_kind(Kind::ServiceEntry)
        .filter_map(|id| Some((id, cluster.object(id)?)))
        .filter(|(_, object)| !object.ambiguous)
        .flat_map(|(id, object)| read_dials(id, files.view(object)))
        .collect();
    Gateways {
        gateways,
        dials,
        scoped,
        entrances,
    }
}

fn is_scoped(cluster: &Cluster, files: &Files) -> bool {
    const FLAG: &str = "PILOT_SCOPE_GATEWAY_TO_NAMESPACE";
    let is_true = |view: View<'_>| view.text().is_some_and(|t| canonical_boolean(&t) == "true");
    cluster.control_planes.iter().any(|plane| {
        let open = |id: ObjectId| files.object_view(&cluster.objects, id);
        match plane.evidence.istiod.and_then(open) {
            Some(istiod) => control_plane::discovery(istiod)
                .and_then(|c| pod::env(c, FLAG))
                .is_some_and(|(_, value)| is_true(value)),
            None => plane
                .evidence
                .operators
                .iter()
                .filter_map(|id| open(*id))
                .any(|operator| {
                    let value = operator.at(&["spec", "values", "pilot", "env", FLAG]);
                    let pilot = operator.at(&["spec", "components", "pilot", "k8s"]);
                    let env = pilot.and_then(|k8s| pod::env(k8s, FLAG)).map(|(_, v)| v);
                    env.or(value).is_some_and(is_true)
                }),
        }
    })
}

fn read_gateway(
    id: ObjectId,
    object: &Object,
    view: View<'_>,
    cluster: &Cluster,
    scoped: bool,
) -> Gateway {
    let spec = view.get("spec");
    let selector = Labels::read(spec.and_then(|s| s.get("selector")));
    let servers = spec
        .and_then(|s| s.get("servers"))
        .into_iter()
        .flat_map(View::items)
        .map(read_server)
        .collect();
    let mut gateway = Gateway {
        object: id,
        namespace: object.effective_namespace(),
        selector,
        servers,
        workloads: Vec::new(),
    };
    gateway.workloads = cluster
        .workloads
        .iter()
        .enumerate()
        .filter(|(_, workload)| gateway.selects(scoped, workload))
        .map(|(at, _)| at)
        .collect();
    gateway
}

fn read_server(view: View<'_>) -> Server {
    let text = |path: &[&str]| view.at(path).and_then(View::text).unwrap_or_default();
    let hosts = view.get("hosts").into_iter().flat_map(View::items);
    Server {
        node: view.id(),
        port: view.at(&["port", "number"]).and_then(View::as_i64),
        protocol: Ustr::from(&text(&["port", "protocol"]).to_ascii_uppercase()),
        mode: Ustr::from(&text(&["tls", "mode"])),
        hosts: hosts
            .filter_map(View::text)
            .map(|host| Ustr::from(host.rsplit('/').next().unwrap_or(&host)))
            .collect(),
    }
}

fn read_entrance(
    at: usize,
    service: &ServiceRef,
    cluster: &Cluster,
    files: &Files,
    configured: &BTreeSet<usize>,
) -> Option<EntranceIndex> {
    let view = files.node(service.file, service.root);
    let selector = Labels::read(service_selector(service, view));
    let start = cluster
        .workloads
        .partition_point(|w| w.namespace.as_str() < service.namespace.as_str());
    let selects = |w: &Workload| match service.by_operator {
        true => w.gateway_entry == Some(service.root) && w.file == service.file,
        false => !selector.is_empty() && selector.are_within(&w.labels),
    };
    let workloads: Vec<usize> = cluster
        .workloads_in(&service.namespace)
        .iter()
        .zip(start..)
        .filter(|(workload, _)| selects(workload))
        .map(|(_, at)| at)
        .collect();
    let addresses = addresses(service, view);
    let counts = network_label(service, view).is_some()
        || selector.get(LABEL).is_some()
        || !addresses.is_empty()
        || is_east_west_name(&service.name)
        || workloads.iter().any(|at| configured.contains(at));
    counts.then_some(EntranceIndex {
        service: at,
        workloads,
        addresses,
    })
}

/// Annotations by which load balancers are told their address, or that give them a name.
const ADDRESS_ANNOTATIONS: [&str; 3] = [
    "metallb.universe.tf/loadBalancerIPs",
    "metallb.io/loadBalancerIPs",
    "external-dns.alpha.kubernetes.io/hostname",
];

fn addresses(service: &ServiceRef, view: View<'_>) -> Vec<Ustr> {
    let spec = service_spec(service, view);
    let annotations = match service.by_operator {
        true => view.at(&["k8s", "serviceAnnotations"]),
        false => view.at(&["metadata", "annotations"]),
    };
    let listed = spec
        .and_then(|s| s.get("externalIPs"))
        .into_iter()
        .flat_map(View::items);
    let live = view
        .at(&["status", "loadBalancer", "ingress"])
        .into_iter()
        .flat_map(View::items)
        .filter_map(|i| i.get("ip").or_else(|| i.get("hostname")));
    let wanted = spec.and_then(|s| s.get("loadBalancerIP"));
    let annotated = ADDRESS_ANNOTATIONS
        .iter()
        .filter_map(|name| annotations?.get(name));
    let mut found: Vec<Ustr> = wanted
        .into_iter()
        .chain(listed)
        .chain(live)
        .chain(annotated)
        .filter_map(View::text)
        .flat_map(|text| {
            let parts = text.split(',').map(|part| Ustr::from(part.trim()));
            parts.collect::<Vec<_>>()
        })
        .filter(|address| !address.is_empty() && !is_templated(address))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn read_dials(object: ObjectId, view: View<'_>) -> Vec<Dial> {
    let Some(spec) = view.get("spec") else {
        return Vec::new();
    };
    let ports: Vec<View<'_>> = spec
        .get("ports")
        .into_iter()
        .flat_map(View::items)
        .collect();
    let endpoints = spec.get("endpoints").into_iter().flat_map(View::items);
    let mut found = Vec::new();
    for endpoint in endpoints {
        let Some(address) = endpoint.get("address").and_then(View::text) else {
            continue;
        };
        for port in &ports {
            let name = port.get("name").and_then(View::text);
            let own = endpoint.get("ports").and_then(|p| p.get(&name?));
            let view = own.or(port.get("targetPort")).or(port.get("number"));
            if let Some(view) = view
                && let Some(number) = view.as_i64()
            {
                found.push(Dial {
                    object,
                    address: Ustr::from(&address),
                    port: number,
                    node: view.id(),
                });
            }
        }
    }
    found
}

fn service_labels<'a>(service: &ServiceRef, view: View<'a>) -> Option<View<'a>> {
    match service.by_operator {
        true => view.get("label"),
        false => view.at(&["metadata", "labels"]),
    }
}

fn service_selector<'a>(service: &ServiceRef, view: View<'a>) -> Option<View<'a>> {
    match service.by_operator {
        true => view.get("label"),
        false => view.at(&["spec", "selector"]),
    }
}

fn service_spec<'a>(service: &ServiceRef, view: View<'a>) -> Option<View<'a>> {
    match service.by_operator {
        true => view.at(&["k8s", "service"]),
        false => view.get("spec"),
    }
}

fn network_label<'a>(service: &ServiceRef, view: View<'a>) -> Option<View<'a>> {
    service_labels(service, view)?.get(LABEL)
}

/// The numbers of the ports that lead to pods and can be asked for on a Service: its ports, and where they lead.
pub fn reachable_ports(
    fleet: &Fleet,
    cluster: &Cluster,
    entrance: &Entrance<'_>,
) -> Option<Vec<i64>> {
    let mut numbers = Vec::new();
    for port in entrance.ports()? {
        numbers.extend(port.number());
        match port.target() {
            Some(Target::Number(number)) => numbers.push(number),
            Some(Target::Name(name)) => numbers.extend(
                entrance
                    .workloads
                    .iter()
                    .filter_map(|w| cluster.object(w.object))
                    .flat_map(|o| named_ports(fleet, o, &name)),
            ),
            None => {}
        }
    }
    Some(numbers)
}

/// The numbers of the container ports of this name.
fn named_ports(fleet: &Fleet, object: &Object, name: &str) -> Vec<i64> {
    pod::containers(fleet.view(object), object.kind)
        .flat_map(|c| c.get("ports").into_iter().flat_map(View::items))
        .filter(|p| p.get("name").and_then(View::text).as_deref() == Some(name))
        .filter_map(|p| p.get("containerPort")?.as_i64())
        .collect()
}

/// The labels of the pods that Istio makes of a Gateway API object.
pub fn labels_of_k8s_gateway(fleet: &Fleet, object: &Object) -> Labels {
    let view = fleet.view(object);
    let named = [
        "gateway.networking.k8s.io/gateway-name",
        "istio.io/gateway-name",
    ];
    let infrastructure = Labels::read(view.at(&["spec", "infrastructure", "labels"]));
    let own = Labels::read(view.at(&["metadata", "labels"]));
    own.iter()
        .chain(infrastructure.iter())
        .chain(named.iter().map(|key| (Ustr::from(key), object.name)))
        .collect()
}

/// The networks that Gateway API gateways of a cluster are labelled with.
pub fn labelled_k8s_gateways<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
) -> impl Iterator<Item = Ustr> + 'a {
    cluster
        .of_kind(Kind::K8sGateway)
        .iter()
        .filter_map(|object| super::network::label(fleet.view(object))?.text())
        .map(|text| Ustr::from(&text))
}

/// The networks that a cluster's `meshNetworks` gives gateways for.
pub fn static_networks(fleet: &Fleet, cluster: &Cluster) -> Vec<Ustr> {
    cluster
        .control_planes
        .iter()
        .filter_map(|plane| mesh_networks::read(fleet, cluster, plane))
        .flat_map(|config| config.networks)
        .filter(|network| network.gateways().next().is_some())
        .map(|network| network.name)
        .collect()
}
