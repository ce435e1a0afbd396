use crate::finding::Severity;
use crate::fleet::proxy_config::{self, Candidate, Layer, Trace};
use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, Object, ObjectId, Setting, traffic};
use crate::resource::{Kind, Selector, host, service_entry};
use crate::rules::sink::{Sink, is_first_owner, owners};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!(
    "dns/capture-overridden",
    Check::Object(
        &[
            Kind::ProxyConfig,
            Kind::Deployment,
            Kind::StatefulSet,
            Kind::DaemonSet,
            Kind::ReplicaSet,
            Kind::Pod,
            Kind::Job,
            Kind::CronJob,
            Kind::Prometheus,
            Kind::PrometheusAgent,
        ],
        check,
    )
);

const KEY: &str = "ISTIO_META_DNS_CAPTURE";

/// For whom a cluster overrides the setting of its mesh, and who is the same elsewhere and has it otherwise.
struct Override<'a> {
    cluster: &'a Cluster,
    by: Candidate<'a>,
    captures: bool,
    whom: String,
    /// Clusters where the same pods have it otherwise.
    others: Vec<&'a Cluster>,
    /// A host that only the mesh can resolve and that the pods name all the same.
    called: Option<(String, Place)>,
}

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id) else {
        return;
    };
    if !is_first_owner(fleet, cluster, object.file) || !speaks(fleet, object) {
        return;
    }
    let mut overrides: Vec<Override<'_>> = owners(fleet, object.file)
        .filter(|c| c.agreed(Setting::DnsCapture).is_some())
        .filter_map(|c| match object.kind {
            Kind::ProxyConfig => by_resource(fleet, c, object),
            _ => by_workload(fleet, c, object),
        })
        .collect();
    overrides.sort_by_key(|o| o.called.is_none());
    let Some(first) = overrides.first() else {
        return;
    };
    let clusters = overrides.iter().map(|o| o.cluster);
    let names = words::list(clusters.clone().map(|c| c.name.as_str()));
    let state = if first.captures { "on" } else { "off" };
    let whom = &first.whom;
    let message = match &first.called {
        Some((host, _)) => format!(
            "{whom} in {names} has DNS capture {state}, but calls {host}, which only the mesh can resolve"
        ),
        None => format!(
            "{whom} in {names} has DNS capture {state}, unlike in {}",
            words::list(first.others.iter().map(|c| c.name.as_str()))
        ),
    };
    let mut draft = sink.report(first.by.place, message);
    draft
        .label(match first.by.layer {
            Layer::Annotation | Layer::Container => "overrides the mesh's setting for these pods",
            _ => "overrides the mesh's setting",
        })
        .about(first.cluster, object)
        .clusters(clusters)
        .clusters(first.others.iter().copied())
        .subject(format!("DNS capture of {whom}"))
        .help("remove the override, or have it in every cluster; say in a comment why these pods need it");
    match &first.called {
        Some((host, place)) => draft
            .severity(Severity::Error)
            .related(*place, format!("calls {host}")),
        None => &mut draft,
    };
}

fn speaks(fleet: &Fleet, object: &Object) -> bool {
    let view = fleet.view(object);
    match object.kind {
        Kind::ProxyConfig => view.at(&["spec", "environmentVariables", KEY]).is_some(),
        _ => proxy_config::of_pod(view, object, KEY).next().is_some(),
    }
}

/// What an object comes to for one of those that it speaks of: itself, if it decides and that makes a difference.
fn deciding<'a>(trace: &Trace<'a>, object: &Object) -> Option<(Candidate<'a>, bool)> {
    let by = *trace.winner()?;
    let captures = trace.is_true()?;
    let is_own = by.object.file == object.file && by.object.root == object.root;
    let differs = trace.without_winner().is_true()? != captures;
    (is_own && differs).then_some((by, captures))
}

fn by_workload<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    object: &Object,
) -> Option<Override<'a>> {
    let mut own = cluster
        .workloads_in(&object.effective_namespace())
        .iter()
        .filter(|w| w.file == object.file && w.gateway_entry.is_none());
    let workload = own.find(|w| {
        cluster
            .object(w.object)
            .is_some_and(|o| o.root == object.root)
    })?;
    let trace = proxy_config::of_workload(fleet, cluster, workload, KEY);
    let (by, captures) = deciding(&trace, object)?;
    let called = match captures {
        false => called(fleet, cluster, workload),
        true => None,
    };
    let others = match is_explained(fleet, by.place) {
        true => Vec::new(),
        false => otherwise(fleet, cluster, workload, captures),
    };
    (called.is_some() || !others.is_empty()).then(|| Override {
        cluster,
        by,
        captures,
        whom: format!("workload {}", workload.name),
        others,
        called,
    })
}

/// The clusters where the workload of the same name has it otherwise.
fn otherwise<'a>(
    fleet: &'a Fleet,
    cluster: &Cluster,
    workload: &Workload,
    captures: bool,
) -> Vec<&'a Cluster> {
    let differs = |peer: &&Cluster| {
        let mut twins = peer.workloads_in(&workload.namespace).iter();
        peer.agreed(Setting::DnsCapture).is_some()
            && twins.find(|w| w.name == workload.name).is_some_and(|twin| {
                proxy_config::of_workload(fleet, peer, twin, KEY).is_true() == Some(!captures)
            })
    };
    match fleet.named(&cluster.name) {
        Some(cluster) => fleet.peers(cluster).filter(differs).collect(),
        None => Vec::new(),
    }
}

fn by_resource<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    object: &Object,
) -> Option<Override<'a>> {
    let view = fleet.view(object);
    let value = view.at(&["spec", "environmentVariables", KEY])?;
    if is_explained(fleet, object.place(value)) {
        return None;
    }
    let namespace = object.effective_namespace();
    let selector = Selector::read(view.at(&["spec", "selector"]));
    let found = |by, captures, whom, others: Vec<&'a Cluster>| {
        (!others.is_empty()).then_some(Override {
            cluster,
            by,
            captures,
            whom,
            others,
            called: None,
        })
    };
    if !selector.is_empty() {
        return cluster
            .workloads_in(&namespace)
            .iter()
            .filter(|w| selector.matches(&w.labels))
            .find_map(|workload| {
                let trace = proxy_config::of_workload(fleet, cluster, workload, KEY);
                let (by, captures) = deciding(&trace, object)?;
                let others = otherwise(fleet, cluster, workload, captures);
                found(by, captures, format!("workload {}", workload.name), others)
            });
    }
    let is_root = namespace == cluster.root_namespace();
    let trace_in = |c: &'a Cluster| match is_root {
        true => proxy_config::of_mesh(fleet, c, KEY),
        false => proxy_config::of_namespace(fleet, c, namespace, KEY),
    };
    let (by, captures) = deciding(&trace_in(cluster), object)?;
    let has_it = |c: &Cluster| is_root || !c.workloads_in(&namespace).is_empty();
    let others = fleet
        .peers(cluster)
        .filter(|c| c.agreed(Setting::DnsCapture).is_some() && has_it(c))
        .filter(|c| trace_in(c).is_true() == Some(!captures))
        .collect();
    let whom = match is_root {
        true => "everything".to_owned(),
        false => format!("namespace {namespace}"),
    };
    found(by, captures, whom, others)
}

/// A host that the pods of a workload name and that a DNS server knows nothing of.
fn called(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> Option<(String, Place)> {
    let at = cluster
        .workloads
        .iter()
        .position(|w| w.object == workload.object && w.name == workload.name)?;
    let domain = cluster.domain();
    let mentions = cluster.mentions(&fleet.files).by_workload(at);
    mentions
        .filter(|(host, _)| match host::service_of(host, &domain) {
            Some((name, namespace)) => is_remote_only(fleet, cluster, namespace, name),
            None => is_made_up(fleet, cluster, host),
        })
        .map(|(host, mention)| (host.to_owned(), mention.place))
        .min_by_key(|(_, place)| *place)
}

fn is_remote_only(fleet: &Fleet, cluster: &Cluster, namespace: &str, name: &str) -> bool {
    let (namespace, name) = (Ustr::from(namespace), Ustr::from(name));
    cluster.knows(Kind::Service)
        && cluster.service(&namespace, &name).is_none()
        && !traffic::is_cluster_local(fleet, cluster, namespace, name)
        && fleet
            .peers(cluster)
            .any(|peer| traffic::is_offered(fleet, peer, namespace, name))
}

fn is_made_up(fleet: &Fleet, cluster: &Cluster, host: &str) -> bool {
    cluster.of_kind(Kind::ServiceEntry).iter().any(|object| {
        let view = fleet.view(object);
        service_entry::hosts(view).any(|(_, h)| h == host) && service_entry::is_made_up(view, host)
    })
}

/// Somebody wrote beside it why these pods are different: on the line, or above it, up to the key that holds it all.
fn is_explained(fleet: &Fleet, place: Place) -> bool {
    /// As far up as a comment may stand: above `proxy.istio.io/config` or `environmentVariables`.
    const LINES: u32 = 4;
    let Some(file) = fleet.files.get(place.file) else {
        return false;
    };
    let line = file.position(place.span.start).line;
    let text = |line: u32| file.line_span(line).map_or("", |span| file.slice(span));
    let is_comment = |line: &u32| text(*line).trim_start().starts_with('#');
    let above = (line.saturating_sub(LINES)..line).rev();
    let is_value = |line: &u32| {
        let text = text(*line).trim_start();
        text.starts_with('#') || text.trim_end().ends_with([':', '|', '-', '>'])
    };
    text(line).contains(" #") || above.take_while(is_value).any(|line| is_comment(&line))
}
