use super::monitors;
use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::resource::monitoring::jobs;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!(
    "cardinality/labelmap-all-labels",
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

/// What discovery tells of a pod that others write.
const SETS: [(&str, &str); 4] = [
    ("__meta_kubernetes_pod_label_", "pod label"),
    ("__meta_kubernetes_pod_annotation_", "pod annotation"),
    ("__meta_kubernetes_node_label_", "node label"),
    ("__meta_kubernetes_node_annotation_", "node annotation"),
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    for (number, job) in jobs(fleet.view(object), object.kind)
        .into_iter()
        .enumerate()
    {
        let proxies = job.scrapes_proxies();
        if !proxies && !job.scrapes_annotated_pods() {
            continue;
        }
        let steps = job.relabelings();
        let later = job.metric_relabelings();
        // A list of wanted labels behind it mends it.
        if later
            .iter()
            .chain(&steps)
            .any(|s| s.action() == "labelkeep")
        {
            continue;
        }
        for step in &steps {
            let Some((_, what)) = SETS.iter().find(|(prefix, _)| step.maps_all(prefix)) else {
                continue;
            };
            let place = step.view.get("action").unwrap_or(step.view);
            let clusters: Vec<&Cluster> = holders(fleet, object).collect();
            let names = words::list(clusters.iter().map(|c| c.name));
            let drops_hash = steps
                .iter()
                .chain(&later)
                .any(|s| s.action() == "labeldrop" && s.removes("pod_template_hash"));
            let whose = if proxies {
                "every series of the proxies"
            } else {
                "every series of the pods, proxies included"
            };
            let mut draft = sink.report(
                object.place(place),
                format!(
                    "{} in {names}: every {what} becomes a label of {whose}",
                    monitors::name(object, &job)
                ),
            );
            draft
                .label(if drops_hash {
                    "takes whatever anybody writes on a pod"
                } else {
                    "brings hashes that change with every roll-out"
                })
                .about(cluster, object)
                .clusters(clusters)
                .subject(format!("job {number}: {what}"))
                .help(
                    "take over the labels that are needed by name, such as \
                     `regex: __meta_kubernetes_pod_label_(app|version)`, or remove the step",
                );
            if !proxies || drops_hash {
                draft.severity(Severity::Warning);
            }
            if let Some((regex, _)) = step.regex() {
                draft.related(object.place(regex), "matches every name");
            }
        }
    }
}
