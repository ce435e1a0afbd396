use crate::finding::Severity;
use crate::fleet::monitoring::selects;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::monitoring::jobs;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::{Place, View};

pub(crate) const RULE: Rule = rule!(
    "cardinality/missing-scrape-limit",
    Check::Object(
        &[
            Kind::PodMonitor,
            Kind::Prometheus,
            Kind::PrometheusAgent,
            Kind::ScrapeConfig,
            Kind::ServiceMonitor,
        ],
        check
    )
);

const LIMITS: [&str; 6] = [
    "sampleLimit",
    "targetLimit",
    "labelLimit",
    "enforcedSampleLimit",
    "enforcedTargetLimit",
    "enforcedLabelLimit",
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster
        .object(id)
        .filter(|o| speaks_for(fleet, cluster, o) && !o.ambiguous)
    else {
        return;
    };
    if !against_peers(fleet, cluster, object, sink) {
        unlimited(fleet, cluster, object, sink);
    }
}

/// The limit that an object sets; 0 is none.
fn limit<'a>(fleet: &'a Fleet, object: &Object, field: &str) -> Option<View<'a>> {
    let value = fleet.view(object).at(&["spec", field])?;
    (value.as_i64() != Some(0) && !value.is_null()).then_some(value)
}

fn spec_place(fleet: &Fleet, object: &Object) -> Place {
    Place {
        file: object.file,
        span: fleet.view(object).closest(&["spec"]).0,
    }
}

/// Limits that most peers set on the object of the same name, and this one does not.
fn against_peers(fleet: &Fleet, cluster: &Cluster, object: &Object, sink: &mut Sink<'_>) -> bool {
    let own: Vec<&Cluster> = holders(fleet, object).collect();
    let twins: Vec<(&Cluster, &Object)> = fleet
        .peers(cluster)
        .filter(|peer| own.iter().all(|c| c.id != peer.id))
        .filter_map(|peer| {
            let twin = peer.find(object.kind, &object.effective_namespace(), &object.name)?;
            Some((peer, twin)).filter(|(_, twin)| !twin.ambiguous)
        })
        .collect();
    let missing: Vec<&str> = LIMITS
        .into_iter()
        .filter(|field| {
            let setting = twins
                .iter()
                .filter(|(_, twin)| limit(fleet, twin, field).is_some())
                .count();
            limit(fleet, object, field).is_none() && setting > 0 && setting * 2 > twins.len()
        })
        .collect();
    let example = missing.first().and_then(|field| {
        twins.iter().find_map(|(peer, twin)| {
            let value = limit(fleet, twin, field)?;
            Some((*peer, *twin, value))
        })
    });
    let Some((peer, twin, value)) = example else {
        return false;
    };
    let fields = words::list(missing.iter().map(|f| format!("`{f}`")));
    sink.report(
        spec_place(fleet, object),
        format!(
            "{} {} in {}: {fields} {} missing, which {} sets",
            object.kind_name,
            object.name,
            words::list(own.iter().map(|c| c.name)),
            words::is_are(missing.len()),
            peer.name
        ),
    )
    .label("one bad release can fill this cluster's Prometheus")
    .about(cluster, object)
    .clusters(own.iter().copied().chain([peer]))
    .subject("peers")
    .related(
        twin.place(value),
        format!("{} in {}", value.text().unwrap_or_default(), peer.name),
    )
    .help(format!(
        "set {fields} as {} does, in a file that all clusters share",
        peer.name
    ));
    true
}

/// A monitor of proxies that nothing limits.
fn unlimited(fleet: &Fleet, cluster: &Cluster, object: &Object, sink: &mut Sink<'_>) {
    let of_proxies = jobs(fleet.view(object), object.kind)
        .iter()
        .any(|j| j.scrapes_proxies() && !j.is_federation());
    if !of_proxies || limit(fleet, object, "sampleLimit").is_some() {
        return;
    }
    let is_open = |cluster: &&Cluster| {
        let servers = [Kind::Prometheus, Kind::PrometheusAgent]
            .into_iter()
            .flat_map(|kind| cluster.of_kind(kind));
        let mut limits = servers
            .filter(|server| selects(fleet, cluster, server, object))
            .map(|server| {
                let any = ["enforcedSampleLimit", "sampleLimit"]
                    .iter()
                    .find_map(|field| limit(fleet, server, field));
                any.is_some()
            })
            .peekable();
        limits.peek().is_none() || limits.any(|limited| !limited)
    };
    let clusters: Vec<&Cluster> = holders(fleet, object).filter(is_open).collect();
    if clusters.is_empty() {
        return;
    }
    sink.report(
        spec_place(fleet, object),
        format!(
            "{} {} in {}: nothing limits how many series a proxy may bring",
            object.kind_name,
            object.name,
            words::list(clusters.iter().map(|c| c.name))
        ),
    )
    .label("neither here nor on the Prometheus that takes it up")
    .about(cluster, object)
    .clusters(clusters)
    .subject("sampleLimit")
    .severity(Severity::Info)
    .help("set `sampleLimit` to about twice what the largest pod has, and `labelLimit` to 48");
}
