use super::selectors::{selectors, source_has_proxies};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, promql, series};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!(
    "federation/raw-series",
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

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let allowed: Vec<String> = sink.texts("allow").map(str::to_owned).collect();
    for selector in selectors(fleet.view(object), object.kind) {
        if !selector.names_metrics() || allowed.contains(&selector.text) {
            continue;
        }
        let raw: Vec<&str> = series::ISTIO
            .into_iter()
            // One series for each proxy, and no matter.
            .filter(|name| *name != "istio_build" && promql::picks(&selector.matchers, name))
            .collect();
        let Some(example) = raw.first() else { continue };
        let clusters: Vec<&Cluster> = holders(fleet, object)
            .filter(|c| source_has_proxies(fleet, c, object))
            .collect();
        if clusters.is_empty() {
            continue;
        }
        let more = match raw.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        sink.report(
            object.place(selector.view),
            format!(
                "{} {} in {}: federates `{example}`{more} as scraped, with a series for each pod",
                object.kind_name,
                object.name,
                words::list(clusters.iter().map(|c| c.name)),
            ),
        )
        .label("matches what proxies expose, not only what rules record")
        .about(cluster, object)
        .clusters(clusters)
        .subject(selector.text)
        .help(
            "record aggregates under a prefix of their own, and match that: `{__name__=~\"federate:(.*)\"}`",
        );
    }
}
