use super::dimension::{Dimension, token};
use super::recorded::{grouped, outputs};
use crate::fleet::monitoring::{Record, Way, exported, pod_labels, records};
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::cel::Class;
use crate::resource::promql::{self, Labels};
use crate::resource::telemetry::overrides;
use crate::rules::sink::{Sink, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!(
    "cardinality/aggregate-keeps-costly-label",
    Check::Object(&[Kind::PrometheusRule], check)
);

/// What these labels are usually called; for clusters whose scraping is configured elsewhere.
const USUAL: [&str; 6] = [
    "instance",
    "kubernetes_pod_name",
    "node",
    "pod",
    "pod_ip",
    "pod_name",
];

/// A record that leaves its cluster with labels of single pods.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Costly {
    record: usize,
    /// Empty when the record does not aggregate at all.
    labels: Vec<String>,
    way: Way,
}

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let records = records(fleet.view(object));
    let allowed: Vec<String> = sink.texts("allow").map(str::to_owned).collect();
    let mut verdicts: Vec<(&Cluster, Vec<Costly>)> = Vec::new();
    for (cluster, outputs) in outputs(fleet, object, &records) {
        let costly: BTreeSet<String> = costly_labels(fleet, cluster, sink)
            .into_iter()
            .filter(|l| !allowed.contains(l))
            .collect();
        let mut found = Vec::new();
        for (at, output) in outputs.iter().enumerate() {
            let labels = output.as_deref().and_then(|o| kept(o, &costly));
            if let Some(labels) = labels
                && let Some(record) = records.get(at)
                && let Some((way, _)) = exported(fleet, cluster, object, &record.name)
            {
                found.push(Costly {
                    record: at,
                    labels,
                    way,
                });
            }
        }
        verdicts.push((cluster, found));
    }
    for (found, clusters) in grouped(verdicts) {
        for costly in found {
            if let Some(record) = records.get(costly.record) {
                report(fleet, object, record, &costly, &clusters, sink);
            }
        }
    }
}

/// The labels of a cluster's proxy metrics that tell pods and nodes apart, and the tags with many values.
fn costly_labels(fleet: &Fleet, cluster: &Cluster, sink: &Sink<'_>) -> BTreeSet<String> {
    let attached = pod_labels(fleet, cluster);
    let mut labels: BTreeSet<String> = match attached.is_empty() {
        true => USUAL.iter().map(|l| (*l).to_owned()).collect(),
        false => attached.into_keys().collect(),
    };
    let tags = cluster
        .of_kind(Kind::Telemetry)
        .iter()
        .flat_map(|t| overrides(fleet.view(t)))
        .flat_map(|o| o.tags().collect::<Vec<_>>());
    labels.extend(tags.filter_map(|tag| {
        let read = Dimension::read(&tag.name, tag.value, sink)?;
        (read.class >= Class::Large).then_some(read.name)
    }));
    labels
}

/// The costly labels that a record keeps by name, or none by name when it keeps everything; `None` when it is fine.
/// What `without` leaves is for another rule.
fn kept(output: &[Labels], costly: &BTreeSet<String>) -> Option<Vec<String>> {
    output.iter().find_map(|labels| match labels {
        Labels::Only(has) => {
            let kept: Vec<String> = has.intersection(costly).cloned().collect();
            (!kept.is_empty()).then_some(kept)
        }
        Labels::AllBut {
            aggregated: false, ..
        } => Some(Vec::new()),
        Labels::AllBut { .. } => None,
    })
}

fn report(
    fleet: &Fleet,
    object: &Object,
    record: &Record<'_>,
    costly: &Costly,
    clusters: &[&Cluster],
    sink: &mut Sink<'_>,
) {
    let Some(cluster) = clusters.first() else {
        return;
    };
    let quoted = words::list(costly.labels.iter().map(|l| format!("`{l}`")));
    let groupings = promql::groupings(&record.text);
    let mut places = costly.labels.iter().filter_map(|label| {
        let by = groupings.iter().filter(|g| g.by);
        let (_, bytes) = by.flat_map(|g| &g.labels).find(|(name, _)| name == label)?;
        Some(Place {
            file: object.file,
            span: token(record.expr, bytes.start, bytes.end),
        })
    });
    let place = places.next().unwrap_or_else(|| object.place(record.expr));
    let names = words::list(clusters.iter().map(|c| c.name));
    let (what, help) = if costly.labels.is_empty() {
        (
            "is not aggregated".to_owned(),
            "aggregate with `sum by (...)` over the labels that are read centrally".to_owned(),
        )
    } else {
        (
            format!("keeps {quoted}"),
            format!("remove {quoted} from `by (...)`"),
        )
    };
    let mut draft = sink.report(
        place,
        format!(
            "PrometheusRule {} in {names}: `{}` {what}, and leaves the cluster {}",
            object.name,
            record.name,
            costly.way.words()
        ),
    );
    draft
        .label("a series for each pod, in the store of all clusters")
        .about(cluster, object)
        .clusters(clusters.iter().copied())
        .subject(match costly.labels.as_slice() {
            // As the rules on tags call it, which explain it where the label is a tag.
            [label] => format!("tag {label}"),
            _ => format!("record {}", record.name),
        })
        .help(help);
    for place in places {
        draft.also(place, "and for each of these");
    }
    if let Some((_, place)) = exported(fleet, cluster, object, &record.name) {
        draft.related(place, "leaves the cluster here");
    }
}
