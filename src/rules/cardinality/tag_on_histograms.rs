use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::cel::{self, Class};
use crate::resource::telemetry::{Override, overrides};
use crate::resource::{Kind, series};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::{Place, View};

pub(crate) const RULE: Rule = rule!(
    "cardinality/tag-on-histograms",
    Check::Object(&[Kind::Telemetry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let clusters: Vec<&Cluster> = holders(fleet, object).collect();
    for (number, entry) in overrides(fleet.view(object)).enumerate() {
        if entry.metric().is_some() {
            continue;
        }
        let idle: Vec<(String, View<'_>)> = multiplying(&entry, sink)
            .filter(|(name, _)| !is_read(fleet, &clusters, name))
            .collect();
        let Some((_, first)) = idle.first() else {
            continue;
        };
        let (first, rest) = (*first, idle.iter().skip(1));
        let names = words::list(idle.iter().map(|(name, _)| format!("`{name}`")));
        let tags = if idle.len() == 1 { "tag" } else { "tags" };
        // Where no rules are given, nobody can tell what reads the histograms.
        let knows_readers = clusters.iter().any(|c| c.knows(Kind::PrometheusRule));
        let place = match entry.view.at(&["match", "metric"]) {
            Some(metric) => object.place(metric),
            None => key_place(object, first),
        };
        let mut draft = sink.report(
            place,
            format!(
                "Telemetry {} in {}: {tags} {names} {} set on all metrics, histograms included",
                object.name,
                words::list(clusters.iter().map(|c| c.name)),
                words::is_are(idle.len()),
            ),
        );
        draft
            .label(format!(
                "{} series for each value of a tag; the counter alone would be 1",
                series::PER_HTTP_COMBINATION
            ))
            .about(cluster, object)
            .clusters(clusters.iter().copied())
            .subject(format!("override {number}"))
            .help("put `match: {metric: REQUEST_COUNT}` into the override");
        if !knows_readers {
            draft.severity(Severity::Info);
        }
        for (_, key) in rest {
            draft.related(key_place(object, *key), "set here too");
        }
    }
}

fn key_place(object: &Object, key: View<'_>) -> Place {
    object.place(key)
}

/// The tags of an override that take several values, few enough that no other rule speaks of them; with their keys.
fn multiplying<'a>(
    entry: &Override<'a>,
    sink: &Sink<'_>,
) -> impl Iterator<Item = (String, View<'a>)> {
    let allowed: Vec<String> = sink.texts("allow").map(str::to_owned).collect();
    entry.tags().filter_map(move |tag| {
        let reading = cel::classify(&tag.value.str()?, &|_| true)?;
        let several = matches!(
            reading.class,
            Class::Literals | Class::Small | Class::Configured
        );
        // Also what only an exception for a header makes small.
        let plainly = cel::classify(&tag.value.str()?, &|_| false)?.class < Class::Large;
        let name = tag.name.into_owned();
        (several && plainly && !allowed.contains(&name)).then_some((name, tag.key))
    })
}

/// Whether a rule reads one of the histograms by this label.
fn is_read(fleet: &Fleet, clusters: &[&Cluster], label: &str) -> bool {
    let histograms = |text: &str| {
        [
            "_milliseconds",
            "istio_request_bytes",
            "istio_response_bytes",
        ]
        .iter()
        .any(|name| text.contains(name))
    };
    let mut texts = clusters
        .iter()
        .flat_map(|c| c.of_kind(Kind::PrometheusRule))
        .flat_map(|rule| {
            let alerts = fleet
                .view(rule)
                .at(&["spec", "groups"])
                .into_iter()
                .flat_map(View::items)
                .flat_map(|g| g.get("rules").into_iter().flat_map(View::items))
                .filter_map(|r| Some(r.get("expr")?.text()?.into_owned()));
            alerts.collect::<Vec<_>>()
        });
    texts.any(|text| histograms(&text) && text.contains(label))
}
