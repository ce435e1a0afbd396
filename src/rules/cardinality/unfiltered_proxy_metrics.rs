use super::monitors;
use crate::finding::Severity;
use crate::fleet::monitoring::pods;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::monitoring::jobs;
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!(
    "cardinality/unfiltered-proxy-metrics",
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
    for (number, job) in jobs(fleet.view(object), object.kind)
        .into_iter()
        .enumerate()
    {
        let filters = job.metric_relabelings().iter().any(|s| s.filters_names());
        if !job.scrapes_proxies() || job.is_federation() || filters {
            continue;
        }
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let names = words::list(clusters.iter().map(|c| c.name));
        let most = clusters.iter().map(|c| pods(fleet, c)).max().unwrap_or(0);
        let peer = filtering_twin(fleet, cluster, object, &clusters);
        let is_large = sink.number("pods").is_some_and(|limit| most >= limit);
        let mut draft = sink.report(
            Place {
                file: object.file,
                span: job.view.closest(&[]).0,
            },
            format!(
                "{} in {names}: all metrics of the proxies are stored, though few are read",
                monitors::name(object, &job)
            ),
        );
        draft
            .label("some 150 series of Envoy and its agent for each pod, beside Istio's own")
            .about(cluster, object)
            .clusters(clusters)
            .subject(format!("job {number}"))
            .help(
                "keep what is read: `metricRelabelings` with `action: keep`, `sourceLabels: [__name__]` and \
                 `regex: istio_.*`, plus the names of Envoy that dashboards show",
            );
        match peer {
            Some((peer, place)) => {
                draft
                    .clusters([peer])
                    .related(place, format!("{} keeps or drops by name", peer.name));
            }
            None if !is_large => {
                draft.severity(Severity::Info);
            }
            None => {}
        }
    }
}

/// The object of the same name in another cluster, where that filters by name: then somebody forgot it here.
fn filtering_twin<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    object: &Object,
    own: &[&Cluster],
) -> Option<(&'a Cluster, Place)> {
    let namespace = object.effective_namespace();
    fleet
        .peers(cluster)
        .filter(|peer| own.iter().all(|c| c.id != peer.id))
        .find_map(|peer| {
            let twin = peer.find(object.kind, &namespace, &object.name)?;
            let steps = jobs(fleet.view(twin), twin.kind)
                .into_iter()
                .filter(|j| j.scrapes_proxies())
                .flat_map(|j| j.metric_relabelings());
            let filter = steps.into_iter().find(|s| s.filters_names())?;
            let place = Place {
                file: twin.file,
                span: filter.view.closest(&[]).0,
            };
            Some((peer, place))
        })
}
