use super::dimension::{Dimension, dimensions};
use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::resource::cel::Class;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "cardinality/envoyfilter-dimension",
    Check::Object(&[Kind::EnvoyFilter], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let patches = fleet.view(object).at(&["spec", "configPatches"]);
    let values = patches
        .into_iter()
        .flat_map(View::items)
        .filter_map(|p| p.at(&["patch", "value"]));
    let found: Vec<Dimension<'_>> = values
        .flat_map(|value| dimensions(value, sink))
        .filter(|d| d.class >= Class::Large)
        .collect();
    for group in Dimension::grouped(found) {
        let Some(first) = group.first() else { continue };
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let names = words::list(clusters.iter().map(|c| c.name));
        let mut draft = sink.report(
            first.place(object),
            format!(
                "EnvoyFilter {} in {names}: dimension `{}` takes {}",
                object.name,
                first.name,
                first.takes()
            ),
        );
        draft
            .label("a further set of series for each value")
            .about(cluster, object)
            .clusters(clusters)
            .subject(format!("dimension {}", first.name))
            .help(first.help());
        if first.class == Class::Large {
            draft.severity(Severity::Warning);
        }
        for other in group.iter().skip(1) {
            draft.also(other.place(object), "and here");
        }
    }
}
