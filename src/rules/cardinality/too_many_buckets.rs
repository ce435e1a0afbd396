use crate::fleet::workload::operator_gateways;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::buckets::{self, Buckets};
use crate::resource::{Kind, pod};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "cardinality/too-many-buckets",
    Check::Object(
        &[
            Kind::CronJob,
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::IstioOperator,
            Kind::Job,
            Kind::Pod,
            Kind::Prometheus,
            Kind::ReplicaSet,
            Kind::StatefulSet,
        ],
        check
    )
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let limit = sink.number("bounds").unwrap_or(25) as usize;
    let root = fleet.view(object);
    let annotations: Vec<View<'_>> = match object.kind {
        Kind::IstioOperator => operator_gateways(root)
            .iter()
            .filter_map(|g| g.entry.at(&["k8s", "podAnnotations"]))
            .collect(),
        kind => pod::annotations(root, kind).into_iter().collect(),
    };
    for Buckets { view, bounds } in annotations.into_iter().filter_map(buckets::buckets) {
        if bounds.len() <= limit {
            continue;
        }
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let names = words::list(clusters.iter().map(|c| c.name));
        sink.report(
            object.place(view),
            format!(
                "{} {} in {names}: its histograms have {} buckets instead of Istio's {}",
                object.kind_name,
                object.name,
                bounds.len() + 1,
                buckets::DEFAULT + 1
            ),
        )
        .label(format!(
            "{} series for each combination of tags, on three histograms",
            3 * (bounds.len() + 3)
        ))
        .about(cluster, object)
        .clusters(clusters)
        .subject("statsHistogramBuckets")
        .help("keep the bounds that alerts and dashboards compare with; ten to fifteen are plenty");
    }
}
