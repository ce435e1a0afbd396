use super::selectors::{Selector, selectors};
use crate::fleet::monitoring::cluster_jobs;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!(
    "federation/everything",
    Check::Object(
        &[
            Kind::ConfigMap,
            Kind::PodMonitor,
            Kind::ScrapeConfig,
            Kind::Secret,
            Kind::ServiceMonitor,
        ],
        check
    )
);

/// Labels that say where a series comes from, and so narrow nothing within one source.
const IDENTITY: [&str; 4] = ["__name__", "cluster", "prometheus", "prometheus_replica"];
/// Jobs that scrape every pod of a cluster, as they are usually called.
const ALL_PODS: [&str; 5] = [
    "envoy-stats",
    "istio-mesh",
    "kubernetes-pods",
    "kubernetes-pods-istio-secure",
    "kubernetes-service-endpoints",
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    for selector in selectors(fleet.view(object), object.kind) {
        let Some(what) = takes(fleet, cluster, &selector) else {
            continue;
        };
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        sink.report(
            object.place(selector.view),
            format!(
                "{} {} in {}: federates {what}",
                object.kind_name,
                object.name,
                words::list(clusters.iter().map(|c| c.name)),
            ),
        )
        .label("copies series by the thousand with every scrape")
        .about(cluster, object)
        .clusters(clusters)
        .subject(selector.text)
        .help(
            "name the metrics that are read centrally, best those that rules record: \
             `{__name__=~\"federate:(.*)\"}`",
        );
    }
}

/// What a selector takes as a whole; `None` when it is narrow.
fn takes(fleet: &Fleet, cluster: &Cluster, selector: &Selector<'_>) -> Option<String> {
    if selector.names_metrics() {
        return None;
    }
    let mut narrowing = selector
        .matchers
        .iter()
        .filter(|m| !IDENTITY.contains(&m.label.as_str()))
        .peekable();
    if narrowing.peek().is_none() {
        return Some("every series of another Prometheus".to_owned());
    }
    // Of other labels, nobody knows how much they leave.
    let jobs: Vec<_> = narrowing.collect();
    if jobs.iter().any(|m| m.label != "job") {
        return None;
    }
    let own: Vec<String> = cluster_jobs(fleet, cluster)
        .filter(|(_, job)| job.scrapes_proxies() || job.scrapes_annotated_pods())
        .filter_map(|(object, job)| match object.kind {
            Kind::ConfigMap | Kind::Secret => job.name().map(|n| n.into_owned()),
            _ => Some(format!("{}/{}", object.effective_namespace(), object.name)),
        })
        .collect();
    let passes = |job: &str| jobs.iter().all(|m| m.passes(job));
    if passes("zz-any-job") {
        return Some("every series of another Prometheus".to_owned());
    }
    let job = ALL_PODS
        .into_iter()
        .chain(own.iter().map(String::as_str))
        .find(|job| passes(job))?;
    Some(format!(
        "every series of the job `{job}`, which scrapes all pods"
    ))
}
