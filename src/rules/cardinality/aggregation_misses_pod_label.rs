use super::dimension::token;
use super::recorded::{grouped, outputs};
use crate::finding::Severity;
use crate::fleet::monitoring::{Record, exported, pod_labels, records};
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::promql::{self, Labels};
use crate::rules::sink::{Sink, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::{Place, Span};

pub(crate) const RULE: Rule = rule!(
    "cardinality/aggregation-misses-pod-label",
    Check::Object(&[Kind::PrometheusRule], check)
);

/// A record that still has a series for each pod.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Miss {
    /// Which record of the object.
    record: usize,
    /// The labels that `without` does not name.
    labels: Vec<String>,
}

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let records = records(fleet.view(object));
    // Most rules never say `without`, or are not about proxies.
    if !records.iter().any(|r| r.text.contains("without")) {
        return;
    }
    let allowed: Vec<String> = sink.texts("allow").map(str::to_owned).collect();
    let verdicts = outputs(fleet, object, &records)
        .into_iter()
        .map(|(cluster, outputs)| {
            let attached: Vec<String> = pod_labels(fleet, cluster)
                .into_iter()
                .filter(|(name, label)| label.is_pod && !allowed.contains(name))
                .map(|(name, _)| name)
                .collect();
            let misses: Vec<Miss> = outputs
                .iter()
                .enumerate()
                .filter_map(|(at, output)| {
                    let labels = missed(output.as_deref()?, &attached)?;
                    Some(Miss { record: at, labels })
                })
                .collect();
            (cluster, misses)
        });
    for (misses, clusters) in grouped(verdicts) {
        let mut by_labels: Vec<(Vec<String>, Vec<Miss>)> = Vec::new();
        for miss in misses {
            match by_labels.iter_mut().find(|(l, _)| *l == miss.labels) {
                Some((_, same)) => same.push(miss),
                None => by_labels.push((miss.labels.clone(), vec![miss])),
            }
        }
        for (labels, same) in by_labels {
            report(fleet, object, &records, &labels, &same, &clusters, sink);
        }
    }
}

/// The labels of single pods that an aggregation with `without` leaves.
fn missed(output: &[Labels], attached: &[String]) -> Option<Vec<String>> {
    output.iter().find_map(|labels| {
        let Labels::AllBut {
            dropped,
            aggregated: true,
            ..
        } = labels
        else {
            return None;
        };
        let left: Vec<String> = attached
            .iter()
            .filter(|l| !dropped.contains(*l))
            .cloned()
            .collect();
        (!left.is_empty()).then_some(left)
    })
}

fn report(
    fleet: &Fleet,
    object: &Object,
    records: &[Record<'_>],
    labels: &[String],
    misses: &[Miss],
    clusters: &[&Cluster],
    sink: &mut Sink<'_>,
) {
    let Some(first) = clusters.first() else {
        return;
    };
    // What leaves a cluster weighs more.
    let leaving = misses.iter().find_map(|miss| {
        let record = records.get(miss.record)?;
        clusters.iter().find_map(|cluster| {
            let (way, place) = exported(fleet, cluster, object, &record.name)?;
            Some((record, *cluster, way, place))
        })
    });
    let head = leaving.map(|(record, ..)| record);
    let head = head.or_else(|| misses.first().and_then(|m| records.get(m.record)));
    let Some(record) = head else { return };
    let quoted = words::list(labels.iter().map(|l| format!("`{l}`")));
    let names = words::list(clusters.iter().map(|c| c.name));
    let what = match misses.len() {
        1 => format!("`{}` still has", record.name),
        n => format!("`{}` and {} more records still have", record.name, n - 1),
    };
    let leaves = leaving.map_or(String::new(), |(_, cluster, way, _)| {
        format!(", and leaves {} {}", cluster.name, way.words())
    });
    let mut draft = sink.report(
        Place {
            file: object.file,
            span: without_span(record, labels),
        },
        format!(
            "PrometheusRule {} in {names}: {what} a series for each pod{leaves}",
            object.name
        ),
    );
    draft
        .label(format!("leaves {quoted}"))
        .about(first, object)
        .clusters(clusters.iter().copied())
        .subject(format!("without {}", labels.join(",")))
        .help(format!(
            "add {quoted} to `without (...)`, or name the labels to keep with `by (...)`"
        ));
    if leaving.is_none() {
        draft.severity(Severity::Warning);
    }
    let attached = pod_labels(fleet, first);
    for name in labels {
        if let Some(label) = attached.get(name) {
            draft.related(label.place, format!("comes with `{name}`"));
        }
    }
    if let Some((.., place)) = leaving {
        draft.related(place, "leaves the cluster here");
    }
}

/// The `without (...)` that is short of the labels.
fn without_span(record: &Record<'_>, labels: &[String]) -> Span {
    let groupings = promql::groupings(&record.text);
    let short = groupings.iter().find(|g| {
        !g.by
            && labels
                .iter()
                .any(|l| g.labels.iter().all(|(name, _)| name != l))
    });
    match short {
        Some(grouping) => token(record.expr, grouping.span.start, grouping.span.end),
        None => record.expr.content_span(),
    }
}
