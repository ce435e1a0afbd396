use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::cel::is_volatile;
use crate::resource::monitoring::{Job, jobs};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "cardinality/volatile-target-label",
    Check::Object(
        &[
            Kind::ConfigMap,
            Kind::PodMonitor,
            Kind::Prometheus,
            Kind::PrometheusAgent,
            Kind::ScrapeConfig,
            Kind::Secret,
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
    let jobs = jobs(root, object.kind);
    let allowed: Vec<String> = sink.texts("allow").map(str::to_owned).collect();
    let mut found: Vec<(View<'_>, String)> = Vec::new();
    for field in ["targetLabels", "podTargetLabels"] {
        let labels = root
            .at(&["spec", field])
            .into_iter()
            .flat_map(View::items)
            .filter_map(|l| Some((l, l.text()?.into_owned())));
        found.extend(labels.filter(|(_, label)| !jobs.iter().any(|j| drops(j, label))));
    }
    for job in &jobs {
        for step in job.relabelings() {
            let Some((source, target)) = step.copies() else {
                continue;
            };
            let label = [
                "__meta_kubernetes_pod_label_",
                "__meta_kubernetes_pod_annotation_",
            ]
            .iter()
            .find_map(|prefix| source.strip_prefix(prefix))
            .or_else(|| source.ends_with("_pod_uid").then_some("uid"));
            let name = target.text().unwrap_or_default();
            if let Some(label) = label.filter(|_| !drops(job, &name)) {
                found.push((target, label.to_owned()));
            }
        }
    }
    for (place, label) in found {
        if is_volatile(&label) && !allowed.contains(&label) {
            report(fleet, cluster, object, place, &label, sink);
        }
    }
}

/// Whether a job removes the label again.
fn drops(job: &Job<'_>, label: &str) -> bool {
    let name: String = label
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let (targets, series) = (job.relabelings(), job.metric_relabelings());
    targets
        .iter()
        .chain(&series)
        .any(|step| step.action() != "replace" && step.removes(&name))
}

fn report(
    fleet: &Fleet,
    cluster: &Cluster,
    object: &Object,
    place: View<'_>,
    label: &str,
    sink: &mut Sink<'_>,
) {
    let clusters: Vec<&Cluster> = holders(fleet, object).collect();
    let names = words::list(clusters.iter().map(|c| c.name));
    sink.report(
        object.place(place),
        format!(
            "{} {} in {names}: every series gets `{label}`, which changes with each roll-out or pod",
            object.kind_name, object.name
        ),
    )
    .label("all series of a workload begin anew when it changes")
    .about(cluster, object)
    .clusters(clusters)
    .subject(format!("label {label}"))
    .help(format!(
        "remove `{label}`; workloads are told apart by labels that stay, such as `app` and `version`"
    ));
}
