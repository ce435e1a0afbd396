use super::dimension::Dimension;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::cel::Class;
use crate::resource::{Kind, telemetry};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "cardinality/unbounded-tag",
    Check::Object(&[Kind::Telemetry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id) else {
        return;
    };
    if !speaks_for(fleet, cluster, object) {
        return;
    }
    let view = fleet.view(object);
    let mut found: Vec<Vec<(Dimension<'_>, String)>> = Vec::new();
    for entry in telemetry::overrides(view) {
        let metric = entry
            .metric()
            .map_or("all metrics".to_owned(), |m| format!("`{m}`"));
        for tag in entry.tags() {
            let Some(read) =
                Dimension::read(&tag.name, tag.value, sink).filter(|d| d.class >= Class::Unbounded)
            else {
                continue;
            };
            // The same tag on several metrics is one mistake.
            let same = found.iter_mut().find(|group| {
                group.first().is_some_and(|(d, _)| {
                    d.name == read.name && d.culprit.attribute == read.culprit.attribute
                })
            });
            match same {
                Some(group) => group.push((read, metric.clone())),
                None => found.push(vec![(read, metric.clone())]),
            }
        }
    }
    for group in found {
        let Some((first, metric)) = group.first() else {
            continue;
        };
        let mut draft = sink.report(
            first.place(object),
            format!(
                "Telemetry {}: tag `{}` takes {}",
                object.name,
                first.name,
                first.takes()
            ),
        );
        draft
            .label(format!("each value is a new set of series, on {metric}"))
            .about(cluster, object)
            .clusters(holders(fleet, object))
            .subject(format!("tag {}", first.name))
            .help(first.help());
        for (other, metric) in group.iter().skip(1) {
            draft.also(other.place(object), format!("and on {metric}"));
        }
    }
}
