use super::dimension::{Dimension, dimensions};
use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::resource::cel::Class;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "cardinality/config-override-dimension",
    Check::Object(
        &[Kind::Application, Kind::ConfigMap, Kind::IstioOperator],
        check
    )
);

/// Where the values of the `istiod` chart keep it.
const OVERRIDE: [&str; 4] = ["telemetry", "v2", "prometheus", "configOverride"];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let found: Vec<Dimension<'_>> = values(fleet.view(object), object.kind)
        .into_iter()
        .filter_map(|values| values.at(&OVERRIDE))
        .flat_map(|config| dimensions(config, sink))
        .filter(|d| d.class >= Class::Large)
        .collect();
    for group in Dimension::grouped(found) {
        let Some(first) = group.first() else { continue };
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let names = words::list(clusters.iter().map(|c| c.name));
        let mut draft = sink.report(
            first.place(object),
            format!(
                "{} {} in {names}: dimension `{}` of every proxy's metrics takes {}",
                object.kind_name,
                object.name,
                first.name,
                first.takes()
            ),
        );
        draft
            .label("a further set of series for each value, in every proxy")
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

/// The values of the `istiod` chart that an object holds.
fn values<'a>(root: View<'a>, kind: Kind) -> Vec<View<'a>> {
    match kind {
        Kind::IstioOperator => root.at(&["spec", "values"]).into_iter().collect(),
        // What the chart was installed with, kept by newer versions.
        Kind::ConfigMap => root
            .at(&["data", "merged-values"])
            .and_then(View::embedded)
            .into_iter()
            .collect(),
        _ => {
            let spec = root.get("spec");
            let single = spec.and_then(|s| s.get("source"));
            let several = spec
                .and_then(|s| s.get("sources"))
                .into_iter()
                .flat_map(View::items);
            single
                .into_iter()
                .chain(several)
                .filter(|s| s.get("chart").and_then(View::text).as_deref() == Some("istiod"))
                .filter_map(|s| s.get("helm"))
                .flat_map(|helm| {
                    let text = helm.get("values").and_then(View::embedded);
                    [helm.get("valuesObject"), text]
                })
                .flatten()
                .collect()
        }
    }
}
