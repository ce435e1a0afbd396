//! What Prometheus scrapes: the jobs of monitors and of raw scrape configurations, and how they relabel.
//!
//! Monitors and raw configurations say the same in two spellings (`metricRelabelings`, `metric_relabel_configs`).

use super::Kind;
use crate::yaml::View;
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The kinds that hold jobs.
pub const JOB_KINDS: [Kind; 5] = [
    Kind::ConfigMap,
    Kind::PodMonitor,
    Kind::ScrapeConfig,
    Kind::Secret,
    Kind::ServiceMonitor,
];

/// One endpoint of a monitor, or one job of a raw configuration.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    pub view: View<'a>,
    kind: Kind,
}

/// The jobs of an object; none for kinds that hold none.
pub fn jobs(root: View<'_>, kind: Kind) -> Vec<Job<'_>> {
    let job = |view| Job { view, kind };
    let list = |path: &[&str]| {
        let items = root.at(path).into_iter().flat_map(View::items);
        items.map(job).collect()
    };
    match kind {
        Kind::PodMonitor => list(&["spec", "podMetricsEndpoints"]),
        Kind::ServiceMonitor => list(&["spec", "endpoints"]),
        Kind::ScrapeConfig => root.get("spec").map(job).into_iter().collect(),
        Kind::ConfigMap | Kind::Secret => ["data", "stringData"]
            .iter()
            .filter_map(|key| root.get(key))
            .flat_map(View::entries)
            .filter_map(|(_, text)| text.embedded())
            .flat_map(|config| {
                let named = config.get("scrape_configs");
                named.unwrap_or(config).items().collect::<Vec<_>>()
            })
            .filter(|item| item.get("job_name").is_some())
            .map(job)
            .collect(),
        _ => Vec::new(),
    }
}

impl<'a> Job<'a> {
    fn is_raw(&self) -> bool {
        matches!(self.kind, Kind::ConfigMap | Kind::Secret)
    }

    /// A field by its two spellings.
    fn field(&self, camel: &str, snake: &str) -> Option<View<'a>> {
        self.view.get(if self.is_raw() { snake } else { camel })
    }

    /// The text of a field that is a scalar.
    fn text(&self, camel: &str, snake: &str) -> Option<Cow<'a, str>> {
        self.field(camel, snake)?.text()
    }

    /// What it is called in a message: the name of its job or of its port.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            Kind::ScrapeConfig => self.text("jobName", ""),
            _ if self.is_raw() => self.text("", "job_name"),
            _ => self.text("port", ""),
        }
    }

    pub fn path(&self) -> Cow<'a, str> {
        let path = match self.kind {
            Kind::ScrapeConfig => self.text("metricsPath", ""),
            _ => self.text("path", "metrics_path"),
        };
        path.unwrap_or(Cow::Borrowed("/metrics"))
    }

    /// Copies series from another Prometheus.
    pub fn is_federation(&self) -> bool {
        self.path().ends_with("/federate")
    }

    /// The selectors of a federation.
    pub fn selectors(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        self.view
            .at(&["params", "match[]"])
            .into_iter()
            .flat_map(View::items)
    }

    /// How targets become labels, in order.
    pub fn relabelings(&self) -> Vec<Relabel<'a>> {
        self.steps("relabelings", "relabel_configs")
    }

    /// How scraped series are changed, in order.
    pub fn metric_relabelings(&self) -> Vec<Relabel<'a>> {
        self.steps("metricRelabelings", "metric_relabel_configs")
    }

    fn steps(&self, camel: &str, snake: &str) -> Vec<Relabel<'a>> {
        let raw = self.is_raw();
        self.field(camel, snake)
            .into_iter()
            .flat_map(View::items)
            .map(|view| Relabel { view, raw })
            .collect()
    }

    /// Discovers pods, itself or behind Services.
    fn finds_pods(&self) -> bool {
        let discovery = match self.kind {
            Kind::PodMonitor | Kind::ServiceMonitor => return true,
            _ => self.field("kubernetesSDConfigs", "kubernetes_sd_configs"),
        };
        let mut roles = discovery
            .into_iter()
            .flat_map(View::items)
            .filter_map(|d| d.get("role")?.text());
        roles.any(|role| {
            matches!(
                role.to_ascii_lowercase().as_str(),
                "pod" | "endpoints" | "endpointslice"
            )
        })
    }

    /// Scrapes the proxies of the mesh, and says so.
    pub fn scrapes_proxies(&self) -> bool {
        let ports = ["port", "targetPort", "portNumber"];
        let on_proxy_port = ports.iter().any(|key| {
            let port = self.view.get(key).and_then(View::text);
            port.is_some_and(|p| matches!(p.as_ref(), "http-envoy-prom" | "15020" | "15090"))
        });
        self.path().ends_with("/stats/prometheus")
            || on_proxy_port
            || self.relabelings().iter().any(|step| {
                step.action() == "keep"
                    && step.sources().iter().any(|s| s.contains("container"))
                    && step
                        .regex()
                        .is_some_and(|(_, r)| r.contains("istio-proxy") || r.contains("envoy-prom"))
            })
    }

    /// Scrapes every pod that asks for it by annotation; those with a proxy give its metrics too.
    pub fn scrapes_annotated_pods(&self) -> bool {
        self.finds_pods()
            && self.relabelings().iter().any(|step| {
                step.action() == "keep"
                    && step.sources().iter().any(|s| {
                        s.contains("_pod_annotation") && s.ends_with("prometheus_io_scrape")
                    })
            })
    }

    /// The labels of its series that tell one pod, or one node, from another, each with where it is written.
    pub fn pod_labels(&self) -> BTreeMap<String, Level<'a>> {
        let level = |is_pod| Level {
            is_pod,
            view: self.view,
        };
        let mut labels: BTreeMap<String, Level<'a>> = META
            .iter()
            .map(|(name, is_pod)| ((*name).to_owned(), level(*is_pod)))
            .collect();
        labels.insert("instance".to_owned(), level(true));
        if !self.is_raw() && self.kind != Kind::ScrapeConfig {
            labels.insert("pod".to_owned(), level(true));
        }
        for step in self.relabelings().iter().chain(&self.metric_relabelings()) {
            step.apply(&mut labels);
        }
        labels.retain(|name, _| !name.starts_with("__"));
        labels
    }
}

/// What a label tells apart, and where it is written.
#[derive(Clone, Copy, Debug)]
pub struct Level<'a> {
    /// One pod from another; else one node from another.
    pub is_pod: bool,
    /// The step that writes it, or the job that it comes with.
    pub view: View<'a>,
}

/// What discovery tells of a pod, and whether no other pod shares it; a node is shared.
const META: [(&str, bool); 7] = [
    ("__address__", true),
    ("__meta_kubernetes_endpoint_address_target_name", true),
    ("__meta_kubernetes_endpoint_node_name", false),
    ("__meta_kubernetes_pod_ip", true),
    ("__meta_kubernetes_pod_name", true),
    ("__meta_kubernetes_pod_node_name", false),
    ("__meta_kubernetes_pod_uid", true),
];

/// A step of relabeling.
#[derive(Clone, Copy, Debug)]
pub struct Relabel<'a> {
    pub view: View<'a>,
    raw: bool,
}

impl<'a> Relabel<'a> {
    /// A step as the Prometheus Operator spells it.
    pub fn of_operator(view: View<'a>) -> Relabel<'a> {
        Relabel { view, raw: false }
    }

    fn field(&self, camel: &str, snake: &str) -> Option<View<'a>> {
        self.view.get(if self.raw { snake } else { camel })
    }

    /// In lower case; `replace` when nothing is said.
    pub fn action(&self) -> String {
        let action = self.view.get("action").and_then(View::text);
        action.map_or("replace".to_owned(), |a| a.to_ascii_lowercase())
    }

    pub fn sources(&self) -> Vec<Cow<'a, str>> {
        self.field("sourceLabels", "source_labels")
            .into_iter()
            .flat_map(View::items)
            .filter_map(View::text)
            .collect()
    }

    pub fn target(&self) -> Option<(View<'a>, Cow<'a, str>)> {
        let view = self.field("targetLabel", "target_label")?;
        Some((view, view.text()?))
    }

    pub fn regex(&self) -> Option<(View<'a>, Cow<'a, str>)> {
        let view = self.view.get("regex")?;
        Some((view, view.text()?))
    }

    /// Whether it removes the label of this name.
    pub fn removes(&self, label: &str) -> bool {
        let matched = || self.pattern().is_some_and(|p| p.is_match(label));
        match self.action().as_str() {
            "labeldrop" => matched(),
            "labelkeep" => !matched(),
            _ => false,
        }
    }

    /// The label that it copies as a whole, and where to: the source, and the target that is written.
    pub fn copies(&self) -> Option<(Cow<'a, str>, View<'a>)> {
        let (view, target) = self.target()?;
        let is_copy = self.action() == "replace" && self.replacement().contains('$');
        let mut sources = self.sources().into_iter();
        let (source, None) = (sources.next()?, sources.next()) else {
            return None;
        };
        (is_copy && !target.starts_with("__")).then_some((source, view))
    }

    fn replacement(&self) -> Cow<'a, str> {
        let text = self.view.get("replacement").and_then(View::text);
        text.unwrap_or(Cow::Borrowed("$1"))
    }

    /// The step's regular expression; `None` when Prometheus would refuse it.
    fn pattern(&self) -> Option<Regex> {
        anchored(&self.regex().map_or(Cow::Borrowed("(.*)"), |(_, text)| text))
    }

    /// Takes whole values, not a part of them.
    fn is_whole(&self) -> bool {
        self.regex().is_none_or(|(_, text)| {
            matches!(
                text.as_ref(),
                "" | "(.*)" | "(.+)" | ".*" | ".+" | "^(.*)$" | "^(.+)$"
            )
        })
    }

    fn writes(&self, level: Level<'a>) -> Level<'a> {
        Level {
            view: self.view,
            ..level
        }
    }

    /// What becomes of the labels that are told apart. What cannot be told leaves them as they are.
    fn apply(&self, labels: &mut BTreeMap<String, Level<'a>>) {
        match self.action().as_str() {
            "replace" | "lowercase" | "uppercase" => {
                let Some((_, target)) = self.target() else {
                    return;
                };
                if !self.is_whole() {
                    return;
                }
                let level = self
                    .sources()
                    .iter()
                    .find_map(|s| labels.get(s.as_ref()).copied());
                match level.filter(|_| self.replacement().contains('$')) {
                    Some(level) => labels.insert(target.into_owned(), self.writes(level)),
                    None => labels.remove(target.as_ref()),
                };
            }
            "labelmap" => {
                let Some(pattern) = self.pattern() else {
                    return;
                };
                let replacement = self.replacement();
                let mapped: Vec<(String, Level<'a>)> = labels
                    .iter()
                    .filter_map(|(name, level)| {
                        let captures = pattern.captures(name)?;
                        let mut target = String::new();
                        captures.expand(&replacement, &mut target);
                        Some((target, self.writes(*level)))
                    })
                    .collect();
                labels.extend(mapped);
            }
            "labeldrop" => {
                if let Some(pattern) = self.pattern() {
                    labels.retain(|name, _| !pattern.is_match(name));
                }
            }
            "labelkeep" => {
                if let Some(pattern) = self.pattern() {
                    labels.retain(|name, _| name.starts_with("__") || pattern.is_match(name));
                }
            }
            _ => {}
        }
    }

    /// Keeps or drops series by their names.
    pub fn filters_names(&self) -> bool {
        matches!(self.action().as_str(), "keep" | "drop")
            && self.sources().iter().any(|s| s == "__name__")
    }

    /// Whether a series of this name survives a step that looks at names alone.
    pub fn lets_through(&self, name: &str) -> bool {
        if !self.filters_names() || self.sources().len() != 1 {
            return true;
        }
        let matched = self.pattern().is_some_and(|p| p.is_match(name));
        matched == (self.action() == "keep")
    }

    /// Whether a `labelmap` takes over labels that match everything below `prefix`.
    pub fn maps_all(&self, prefix: &str) -> bool {
        // Names that no list of wanted labels would hold.
        const SAMPLES: [&str; 3] = ["pod_template_hash", "zz_any_label", "x"];
        self.action() == "labelmap"
            && self.pattern().is_some_and(|pattern| {
                SAMPLES
                    .iter()
                    .all(|sample| pattern.is_match(&format!("{prefix}{sample}")))
            })
    }
}

/// A regular expression as Prometheus reads it: it has to match the whole text.
pub fn anchored(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?s:{pattern})$")).ok()
}
