//! Where metrics go: which Prometheus runs a rule, and what leaves the cluster.

use super::{Cluster, Fleet, Object};
use crate::resource::monitoring::{JOB_KINDS, Job, Relabel, jobs};
use crate::resource::promql::{self, Labels};
use crate::resource::{Kind, Labels as ObjectLabels, Selector, series};
use crate::yaml::{FileId, NodeId, Place, View};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Every job of a cluster, with the object that holds it.
pub fn cluster_jobs<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
) -> impl Iterator<Item = (&'a Object, Job<'a>)> {
    JOB_KINDS
        .iter()
        .flat_map(|kind| cluster.of_kind(*kind))
        .flat_map(|object| {
            let found = jobs(fleet.view(object), object.kind);
            found.into_iter().map(move |job| (object, job))
        })
}

/// A label by which the scraped metrics of proxies tell one pod or node from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodLabel {
    /// Else only one node from another.
    pub is_pod: bool,
    /// What writes it.
    pub place: Place,
}

/// The pod labels that the jobs of a cluster which scrape proxies attach; empty where there is no such job.
pub fn pod_labels(fleet: &Fleet, cluster: &Cluster) -> BTreeMap<String, PodLabel> {
    let mut found = BTreeMap::new();
    for (object, job) in cluster_jobs(fleet, cluster) {
        if !job.scrapes_proxies() || job.is_federation() {
            continue;
        }
        for (name, level) in job.pod_labels() {
            let label = PodLabel {
                is_pod: level.is_pod,
                place: Place {
                    file: object.file,
                    span: level.view.closest(&[]).0,
                },
            };
            let known = found.entry(name).or_insert(label);
            known.is_pod |= label.is_pod;
        }
    }
    found
}

/// How a recorded metric leaves its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Federation,
    RemoteWrite,
    ObjectStorage,
}

impl Way {
    /// As it reads after "leaves the cluster".
    pub fn words(self) -> &'static str {
        match self {
            Way::Federation => "by federation",
            Way::RemoteWrite => "by remote write",
            Way::ObjectStorage => "through the Thanos sidecar",
        }
    }
}

/// The first way in which a metric that `rule` records leaves the cluster, and where that is written.
pub fn exported(
    fleet: &Fleet,
    cluster: &Cluster,
    rule: &Object,
    record: &str,
) -> Option<(Way, Place)> {
    let federated = cluster_jobs(fleet, cluster)
        .filter(|(_, job)| job.is_federation())
        .find_map(|(object, job)| {
            let picking = job.selectors().find(|view| {
                let matchers = view.text().and_then(|t| promql::selector(&t));
                matchers.is_some_and(|m| promql::picks(&m, record))
            })?;
            Some((Way::Federation, object.place(picking)))
        });
    federated.or_else(|| {
        servers(fleet, cluster, rule).find_map(|server| written(fleet.view(server), server, record))
    })
}

fn written(view: View<'_>, server: &Object, record: &str) -> Option<(Way, Place)> {
    let mut queues = view
        .at(&["spec", "remoteWrite"])
        .into_iter()
        .flat_map(View::items);
    let written = queues.find(|queue| {
        let steps = queue
            .get("writeRelabelConfigs")
            .into_iter()
            .flat_map(View::items);
        steps
            .map(Relabel::of_operator)
            .all(|s| s.lets_through(record))
    });
    if let Some(queue) = written {
        let place = queue
            .get("url")
            .map_or(queue.closest(&[]).0, View::content_span);
        let place = Place {
            file: server.file,
            span: place,
        };
        return Some((Way::RemoteWrite, place));
    }
    let storage = view.at(&["spec", "thanos", "objectStorageConfig"])?;
    let place = Place {
        file: server.file,
        span: storage.closest(&[]).0,
    };
    Some((Way::ObjectStorage, place))
}

/// The Prometheus objects of a cluster that evaluate a PrometheusRule.
pub fn servers<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    rule: &'a Object,
) -> impl Iterator<Item = &'a Object> {
    let all = cluster.of_kind(Kind::Prometheus).iter();
    all.filter(move |server| selects(fleet, cluster, server, rule))
}

/// Whether a Prometheus, or an agent, takes up a rule or a monitor.
pub fn selects(fleet: &Fleet, cluster: &Cluster, server: &Object, object: &Object) -> bool {
    let (by_labels, by_namespace) = match object.kind {
        Kind::PrometheusRule => ("ruleSelector", "ruleNamespaceSelector"),
        Kind::PodMonitor => ("podMonitorSelector", "podMonitorNamespaceSelector"),
        Kind::ServiceMonitor => ("serviceMonitorSelector", "serviceMonitorNamespaceSelector"),
        Kind::ScrapeConfig => ("scrapeConfigSelector", "scrapeConfigNamespaceSelector"),
        _ => return false,
    };
    let spec = |key| {
        let value = fleet.view(server).at(&["spec", key]);
        value.filter(|v| !v.is_null())
    };
    let labels_of = |o: &Object| ObjectLabels::read(fleet.view(o).at(&["metadata", "labels"]));
    // Without a selector a server picks nothing.
    let Some(selector) = spec(by_labels) else {
        return false;
    };
    let namespace = object.effective_namespace();
    Selector::read(Some(selector)).matches(&labels_of(object))
        && match spec(by_namespace) {
            None => server.effective_namespace() == namespace,
            Some(selector) => {
                // Of a namespace that is not given nobody knows the labels.
                let given = cluster.find(Kind::Namespace, "", &namespace);
                given.is_none_or(|n| Selector::read(Some(selector)).matches(&labels_of(n)))
            }
        }
}

/// Whether a Prometheus scrapes proxies, as far as the manifests say; with raw configurations it may.
pub fn scrapes_proxies(fleet: &Fleet, cluster: &Cluster, server: &Object) -> bool {
    let raw = fleet
        .view(server)
        .at(&["spec", "additionalScrapeConfigs"])
        .is_some();
    raw || cluster_jobs(fleet, cluster).any(|(object, job)| {
        job.scrapes_proxies() && !job.is_federation() && selects(fleet, cluster, server, object)
    })
}

/// The Prometheus objects behind the Services that a ServiceMonitor finds.
pub fn sources<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    monitor: &'a Object,
) -> impl Iterator<Item = &'a Object> {
    let spec = fleet.view(monitor).get("spec");
    let selector = Selector::read(spec.and_then(|s| s.get("selector")));
    let namespaces = spec.and_then(|s| s.get("namespaceSelector"));
    let any = namespaces.and_then(|n| n.get("any")?.as_bool()) == Some(true);
    let named: Vec<String> = namespaces
        .and_then(|n| n.get("matchNames"))
        .into_iter()
        .flat_map(View::items)
        .filter_map(|n| n.text().map(|t| t.into_owned()))
        .collect();
    let is_watched = move |namespace: &str| match named.is_empty() {
        true => any || namespace == monitor.effective_namespace().as_str(),
        false => named.iter().any(|n| n == namespace),
    };
    cluster
        .of_kind(Kind::Service)
        .iter()
        .filter(move |service| {
            let labels = ObjectLabels::read(fleet.view(service).at(&["metadata", "labels"]));
            is_watched(&service.effective_namespace()) && selector.matches(&labels)
        })
        .flat_map(move |service| {
            let picks = ObjectLabels::read(fleet.view(service).at(&["spec", "selector"]));
            let namespace = service.effective_namespace();
            cluster
                .workloads_in(&namespace)
                .iter()
                .filter(move |w| !picks.is_empty() && picks.are_within(&w.labels))
                .filter_map(|w| cluster.object(w.object))
                .filter(|o| o.kind == Kind::Prometheus)
        })
}

/// A recording rule.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    pub name: String,
    pub expr: View<'a>,
    pub text: String,
}

/// The recording rules of a PrometheusRule, in order.
pub fn records(rule: View<'_>) -> Vec<Record<'_>> {
    recording(rule)
        .filter_map(|(name, expr)| {
            Some(Record {
                name: name.into_owned(),
                expr,
                text: expr.text()?.into_owned(),
            })
        })
        .collect()
}

/// The name and the expression of each recording rule.
fn recording(rule: View<'_>) -> impl Iterator<Item = (Cow<'_, str>, View<'_>)> {
    rule.at(&["spec", "groups"])
        .into_iter()
        .flat_map(View::items)
        .flat_map(|g| g.get("rules").into_iter().flat_map(View::items))
        .filter_map(|r| Some((r.get("record")?.text()?, r.get("expr")?)))
}

/// What the recorded metrics of a cluster are made of, by name; several rules may record one name.
#[derive(Debug)]
pub struct Recorded<'a>(BTreeMap<Cow<'a, str>, Vec<Definition<'a>>>);

/// An expression, and the file that it stands in.
#[derive(Clone, Copy, Debug)]
struct Definition<'a> {
    file: FileId,
    expr: View<'a>,
}

impl<'a> Recorded<'a> {
    pub fn read(fleet: &'a Fleet, cluster: &'a Cluster) -> Recorded<'a> {
        let mut found: BTreeMap<Cow<'a, str>, Vec<Definition<'a>>> = BTreeMap::new();
        for rule in cluster.of_kind(Kind::PrometheusRule) {
            for (name, expr) in recording(fleet.view(rule)) {
                found.entry(name).or_default().push(Definition {
                    file: rule.file,
                    expr,
                });
            }
        }
        Recorded(found)
    }

    /// Comes from the same places, so that every expression means the same.
    pub fn is_same(&self, other: &Recorded<'_>) -> bool {
        let places = |recorded: &Recorded<'_>| -> Vec<(FileId, NodeId)> {
            let all = recorded.0.values().flatten();
            all.map(|d| (d.file, d.expr.id())).collect()
        };
        places(self) == places(other)
    }

    /// The labels that an expression over the metrics of proxies leaves; `None` when it is made of anything else.
    pub fn labels(&self, expression: &str) -> Option<Vec<Labels>> {
        // As deep as rules build on one another; a cycle ends there too.
        self.follow(expression, 4)
    }

    fn follow(&self, expression: &str, depth: u8) -> Option<Vec<Labels>> {
        let metric = |name: &str| {
            if let Some(definitions) = self.0.get(name) {
                let deeper = depth.checked_sub(1)?;
                let mut found = Vec::new();
                for definition in definitions {
                    found.extend(self.follow(&definition.expr.text()?, deeper)?);
                }
                found.dedup();
                return Some(found);
            }
            series::ISTIO.contains(&name).then(|| {
                vec![Labels::AllBut {
                    metric: name.to_owned(),
                    dropped: BTreeSet::new(),
                    aggregated: false,
                }]
            })
        };
        promql::result(expression, &metric)
    }
}

/// How many pods the manifests of a cluster ask for.
pub fn pods(fleet: &Fleet, cluster: &Cluster) -> u64 {
    cluster
        .workloads
        .iter()
        .filter_map(|w| cluster.object(w.object))
        .map(|o| {
            let replicas = fleet.view(o).at(&["spec", "replicas"]);
            replicas
                .and_then(View::as_i64)
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(1)
        })
        .sum()
}
