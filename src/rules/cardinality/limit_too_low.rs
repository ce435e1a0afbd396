use crate::fleet::monitoring::{cluster_jobs, selects};
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::monitoring::{Job, jobs};
use crate::resource::{Kind, series};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "cardinality/limit-too-low",
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

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let root = fleet.view(object);
    let is_server = matches!(object.kind, Kind::Prometheus | Kind::PrometheusAgent);
    let (samples, labels, jobs): (&str, &str, Vec<Job<'_>>) = if is_server {
        let taken = cluster_jobs(fleet, cluster)
            .filter(|(monitor, _)| selects(fleet, cluster, object, monitor))
            .map(|(_, job)| job);
        ("enforcedSampleLimit", "enforcedLabelLimit", taken.collect())
    } else {
        ("sampleLimit", "labelLimit", jobs(root, object.kind))
    };
    let jobs: Vec<Job<'_>> = jobs
        .into_iter()
        .filter(|j| j.scrapes_proxies() && !j.is_federation())
        .collect();
    let needed = jobs.iter().map(fewest_samples).max().unwrap_or(0);
    if let Some((view, set)) = limit(root, samples)
        && set < needed
    {
        let what =
            format!("a proxy that has answered a single request has at least {needed} series");
        report(fleet, cluster, object, (samples, view, set), &what, sink)
    }
    let needed = jobs.iter().filter_map(fewest_labels).max().unwrap_or(0);
    if let Some((view, set)) = limit(root, labels)
        && set < needed
        && !removes_tags(fleet, cluster)
    {
        let what = format!("a series of `istio_requests_total` has at least {needed} labels");
        report(fleet, cluster, object, (labels, view, set), &what, sink)
    }
}

/// A limit that is set; 0 is none.
fn limit<'a>(root: View<'a>, field: &str) -> Option<(View<'a>, u64)> {
    let view = root.at(&["spec", field])?;
    let set = u64::try_from(view.as_i64()?).ok()?;
    (set > 0).then_some((view, set))
}

/// The series that a proxy has after one HTTP request, as far as the job lets them through.
fn fewest_samples(job: &Job<'_>) -> u64 {
    let steps = job.metric_relabelings();
    let passes = |name: &str| steps.iter().all(|s| s.lets_through(name));
    let of_request = series::ISTIO
        .iter()
        .filter(|name| !name.contains("tcp") && !name.contains("messages") && passes(name))
        .map(|name| if name.ends_with("_bucket") { 20 } else { 1 })
        .sum();
    match steps.iter().any(|s| s.filters_names()) {
        true => of_request,
        false => of_request + series::IDLE_PROXY,
    }
}

/// The labels of a series of `istio_requests_total` behind the steps of a job; `None` when it does not come through,
/// or a step keeps some labels only.
fn fewest_labels(job: &Job<'_>) -> Option<u64> {
    let steps = job.metric_relabelings();
    let passes = steps.iter().all(|s| s.lets_through("istio_requests_total"));
    let keeps = steps.iter().any(|s| s.action() == "labelkeep");
    if !passes || keeps {
        return None;
    }
    // The name, the job and the instance are labels too.
    let stock = series::TAGS.iter().chain(&["__name__", "job", "instance"]);
    let left = stock
        .filter(|label| !steps.iter().any(|s| s.removes(label)))
        .count();
    u64::try_from(left).ok()
}

/// Whether Telemetry takes tags away, so that series have fewer labels than Istio gives them.
fn removes_tags(fleet: &Fleet, cluster: &Cluster) -> bool {
    let overrides = cluster
        .of_kind(Kind::Telemetry)
        .iter()
        .filter_map(|t| fleet.view(t).at(&["spec", "metrics"]))
        .flat_map(View::items)
        .flat_map(|m| m.get("overrides").into_iter().flat_map(View::items))
        .filter_map(|o| o.get("tagOverrides"));
    overrides
        .flat_map(View::entries)
        .filter_map(|(_, tag)| tag.get("operation")?.text())
        .any(|operation| operation == "REMOVE")
}

fn report(
    fleet: &Fleet,
    cluster: &Cluster,
    object: &Object,
    (field, view, set): (&str, View<'_>, u64),
    what: &str,
    sink: &mut Sink<'_>,
) {
    let clusters: Vec<&Cluster> = holders(fleet, object).collect();
    sink.report(
        object.place(view),
        format!(
            "{} {} in {}: scrapes of proxies fail, because `{field}` is {set}",
            object.kind_name,
            object.name,
            words::list(clusters.iter().map(|c| c.name))
        ),
    )
    .label(what)
    .about(cluster, object)
    .clusters(clusters)
    .subject(field)
    .help(format!(
        "raise `{field}` to about twice what the largest pod has; beyond a limit the whole scrape is lost"
    ));
}
