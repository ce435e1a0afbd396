//! The tags of Telemetry resources, judged by how many values they take.

use super::dimension::Dimension;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::cel::Class;
use crate::resource::telemetry::overrides;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::words;
use crate::yaml::Span;
use std::collections::BTreeMap;

/// Reports the tags of a Telemetry whose class is among those that are `wanted`, each once however many metrics
/// carry it.
pub(super) fn report(
    fleet: &Fleet,
    cluster: &Cluster,
    id: ObjectId,
    sink: &mut Sink<'_>,
    wanted: fn(Class) -> bool,
) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let mut found: Vec<Dimension<'_>> = Vec::new();
    let mut metrics: BTreeMap<Span, String> = BTreeMap::new();
    for entry in overrides(fleet.view(object)) {
        let metric = entry
            .metric()
            .map_or("all metrics".to_owned(), |m| format!("`{m}`"));
        for tag in entry.tags() {
            metrics.insert(tag.value.span(), metric.clone());
            found.extend(Dimension::read(&tag.name, tag.value, sink).filter(|d| wanted(d.class)));
        }
    }
    let metric = |d: &Dimension<'_>| metrics.get(&d.value.span()).map_or("", String::as_str);
    for group in Dimension::grouped(found) {
        let Some(first) = group.first() else { continue };
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let names = words::list(clusters.iter().map(|c| c.name));
        let mut draft = sink.report(
            first.place(object),
            format!(
                "Telemetry {} in {names}: tag `{}` takes {}",
                object.name,
                first.name,
                first.takes()
            ),
        );
        draft
            .label(format!(
                "a further set of series for each value, on {}",
                metric(first)
            ))
            .about(cluster, object)
            .clusters(clusters)
            .subject(format!("tag {}", first.name))
            .help(first.help());
        for other in group.iter().skip(1) {
            draft.also(other.place(object), format!("and on {}", metric(other)));
        }
    }
}
