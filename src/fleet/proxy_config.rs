//! The effective proxy metadata of a workload, and who had a say in it.
//!
//! From the weakest to the strongest: the mesh's `defaultConfig`, a ProxyConfig in the root namespace, one in the
//! namespace of the workload, the annotation of the pod, a ProxyConfig whose selector picks the pod
//! (Istio `pilot/pkg/model/proxy_config.go`), and the environment that the pod gives its proxy itself.

use super::cluster::{Cluster, Object};
use super::setting::{canonical_boolean, is_templated};
use super::workload::Workload;
use super::{Fleet, mesh_config};
use crate::resource::{Kind, Selector, pod};
use crate::yaml::{Place, View};
use ustr::Ustr;

/// Who says it, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// `defaultConfig` of the mesh configuration.
    Mesh,
    /// A ProxyConfig in the root namespace, without selector.
    Root,
    /// A ProxyConfig in the workload's namespace, without selector.
    Namespace,
    /// `proxy.istio.io/config` on the pod.
    Annotation,
    /// A ProxyConfig that selects the workload.
    Selector,
    /// The environment of a container `istio-proxy` in the pod's own manifest.
    Container,
}

/// One word on a key of the proxy metadata.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub layer: Layer,
    pub object: &'a Object,
    /// Booleans as Istio parses them, anything else as it is written.
    pub value: Ustr,
    pub place: Place,
}

/// All that was said on one key, the strongest first.
#[derive(Clone, Debug, Default)]
pub struct Trace<'a> {
    pub candidates: Vec<Candidate<'a>>,
    /// The control planes of the cluster say different things, and which of them a pod belongs to is not asked.
    split: bool,
}

impl<'a> Trace<'a> {
    fn sorted(mut self) -> Trace<'a> {
        self.candidates
            .sort_by_key(|c| (std::cmp::Reverse(c.layer), c.object.name.as_str()));
        self
    }

    pub fn winner(&self) -> Option<&Candidate<'a>> {
        self.candidates.first()
    }

    /// The effective value; `None` where it is not said, or not for sure: which of two ProxyConfigs in one place
    /// holds is decided by their age, which no manifest tells.
    pub fn value(&self) -> Option<Ustr> {
        let winner = self.winner()?;
        if self.split && winner.layer == Layer::Mesh {
            return None;
        }
        let disputed = self
            .candidates
            .iter()
            .any(|c| c.layer == winner.layer && c.value != winner.value);
        let unsure = disputed || winner.object.ambiguous || is_templated(&winner.value);
        (!unsure).then_some(winner.value)
    }

    /// What would hold if the winner were silent.
    pub fn without_winner(&self) -> Trace<'a> {
        let winner = self.winner().map(|w| w.place);
        let candidates = self.candidates.iter();
        Trace {
            candidates: candidates
                .filter(|c| Some(c.place) != winner)
                .copied()
                .collect(),
            split: self.split,
        }
    }

    /// Whether the key is known to be `true`, or to be something else or nothing: `None` where that is not sure.
    pub fn is_true(&self) -> Option<bool> {
        match self.winner() {
            None => (!self.split).then_some(false),
            Some(_) => self.value().map(|v| v == "true"),
        }
    }
}

/// What holds for all pods of the cluster that nobody says more about.
pub fn of_mesh<'a>(fleet: &'a Fleet, cluster: &'a Cluster, key: &str) -> Trace<'a> {
    mesh_wide(fleet, cluster, key).sorted()
}

/// What holds for the pods of a namespace that nobody says more about.
pub fn of_namespace<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    namespace: Ustr,
    key: &str,
) -> Trace<'a> {
    let mut trace = mesh_wide(fleet, cluster, key);
    let found = &mut trace.candidates;
    found.extend(
        resources(fleet, cluster, key).filter_map(|(selector, candidate)| {
            let of_namespace = selector.is_empty()
                && candidate.object.effective_namespace() == namespace
                && namespace != cluster.root_namespace();
            of_namespace.then_some(Candidate {
                layer: Layer::Namespace,
                ..candidate
            })
        }),
    );
    trace.sorted()
}

/// What holds for the pods of a workload.
pub fn of_workload<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    workload: &Workload,
    key: &str,
) -> Trace<'a> {
    let mut trace = of_namespace(fleet, cluster, workload.namespace, key);
    let found = &mut trace.candidates;
    found.extend(
        resources(fleet, cluster, key).filter_map(|(selector, candidate)| {
            let picked = !selector.is_empty()
                && candidate.object.effective_namespace() == workload.namespace
                && selector.matches(&workload.labels);
            picked.then_some(Candidate {
                layer: Layer::Selector,
                ..candidate
            })
        }),
    );
    if let Some(object) = cluster.object(workload.object)
        && workload.gateway_entry.is_none()
    {
        found.extend(of_pod(fleet.view(object), object, key));
    }
    trace.sorted()
}

/// What a workload's own manifest says.
pub fn of_pod<'a>(
    view: View<'a>,
    object: &'a Object,
    key: &str,
) -> impl Iterator<Item = Candidate<'a>> {
    let annotation = pod::annotations(view, object.kind)
        .and_then(|a| a.get("proxy.istio.io/config")?.embedded())
        .and_then(|config| config.at(&["proxyMetadata", key]))
        .and_then(|value| candidate(Layer::Annotation, object, value));
    let container = pod::containers(view, object.kind)
        .find(|c| c.get("name").and_then(View::text).as_deref() == Some("istio-proxy"))
        .and_then(|proxy| pod::env(proxy, key))
        .and_then(|(_, value)| candidate(Layer::Container, object, value));
    annotation.into_iter().chain(container)
}

fn mesh_wide<'a>(fleet: &'a Fleet, cluster: &'a Cluster, key: &str) -> Trace<'a> {
    let path = ["defaultConfig", "proxyMetadata", key];
    let defaults: Vec<Option<Candidate<'a>>> = cluster
        .control_planes
        .iter()
        .map(|plane| {
            let (object, value) = mesh_config::find(fleet, cluster, plane, &path)?;
            candidate(Layer::Mesh, object, value)
        })
        .collect();
    let value = |candidate: &Option<Candidate<'_>>| candidate.map(|c| c.value);
    let split = defaults
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if value(a) != value(b)));
    let root = cluster.root_namespace();
    let of_root = resources(fleet, cluster, key).filter_map(|(selector, candidate)| {
        let of_root = selector.is_empty() && candidate.object.effective_namespace() == root;
        of_root.then_some(Candidate {
            layer: Layer::Root,
            ..candidate
        })
    });
    Trace {
        candidates: defaults.into_iter().flatten().chain(of_root).collect(),
        split,
    }
}

/// The ProxyConfigs that speak of the key, each with its selector.
fn resources<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    key: &str,
) -> impl Iterator<Item = (Selector, Candidate<'a>)> {
    cluster
        .of_kind(Kind::ProxyConfig)
        .iter()
        .filter_map(move |object| {
            let spec = fleet.view(object).get("spec")?;
            let value = spec.at(&["environmentVariables", key])?;
            let selector = Selector::read(spec.get("selector"));
            Some((selector, candidate(Layer::Namespace, object, value)?))
        })
}

fn candidate<'a>(layer: Layer, object: &'a Object, value: View<'a>) -> Option<Candidate<'a>> {
    let text = value.text()?;
    Some(Candidate {
        layer,
        object,
        value: Ustr::from(canonical_boolean(&text)),
        place: object.place(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Given, Options};
    use crate::resource::Manifest;
    use crate::yaml::Limits;
    use std::sync::Arc;

    const KEY: &str = "ISTIO_META_DNS_CAPTURE";

    /// What holds for the workload `till`, and who says so, when these objects are put into a cluster.
    fn effective(objects: &[&str]) -> (Option<String>, Vec<Layer>) {
        let text = objects.join("\n---\n");
        let manifest = Manifest::read(
            "west/all.yaml".into(),
            text.into_bytes(),
            &Limits::default(),
        );
        let given = Given {
            manifest: Arc::new(manifest),
            clusters: vec![Ustr::from("west")],
        };
        let fleet = Fleet::assemble(vec![given], Options::default(), &|_| true).main;
        let cluster = &fleet.clusters[0];
        let till = cluster.workloads.iter().find(|w| w.name == "till").unwrap();
        let trace = of_workload(&fleet, cluster, till, KEY);
        let layers = trace.candidates.iter().map(|c| c.layer).collect();
        (trace.value().map(|v| v.to_string()), layers)
    }

    fn mesh(value: &str) -> String {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: |\n    \
             defaultConfig:\n      proxyMetadata:\n        {KEY}: \"{value}\"\n"
        )
    }

    fn resource(namespace: &str, name: &str, selector: &str, value: &str) -> String {
        format!(
            "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
             spec:\n  {selector}\n  environmentVariables: {{{KEY}: \"{value}\"}}\n"
        )
    }

    fn till(annotation: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: till, namespace: shop}}\nspec:\n  template:\n    \
             metadata:\n      labels: {{app: till}}\n      annotations:\n        proxy.istio.io/config: |\n          {annotation}\n"
        )
    }

    #[test]
    fn the_narrower_wins_and_a_selector_beats_the_annotation() {
        use Layer::{Annotation, Mesh, Namespace, Root, Selector};
        let annotation = till(&format!("proxyMetadata: {{{KEY}: \"1\"}}"));
        let silent = till("concurrency: 2");
        let picks = "selector: {matchLabels: {app: till}}";
        let off = mesh("false");
        let root = resource("istio-system", "all", "", "true");
        let shop = resource("shop", "all", "", "false");
        let picked = resource("shop", "till", picks, "false");
        let other = resource("kitchen", "all", "", "true");
        let says = |text: &str| Some(text.to_owned());
        assert_eq!(effective(&[&off, &silent]), (says("false"), vec![Mesh]));
        assert_eq!(
            effective(&[&off, &root, &silent, &other]),
            (says("true"), vec![Root, Mesh])
        );
        assert_eq!(
            effective(&[&off, &root, &shop, &silent]),
            (says("false"), vec![Namespace, Root, Mesh])
        );
        assert_eq!(
            effective(&[&off, &shop, &annotation]),
            (says("true"), vec![Annotation, Namespace, Mesh])
        );
        assert_eq!(
            effective(&[&off, &shop, &annotation, &picked]),
            (says("false"), vec![Selector, Annotation, Namespace, Mesh])
        );
    }

    #[test]
    fn two_of_one_rank_that_differ_are_not_sure() {
        let [on, off] = ["true", "false"].map(|v| resource("shop", v, "", v));
        let silent = till("concurrency: 2");
        assert_eq!(effective(&[&mesh("true"), &on, &off, &silent]).0, None);
    }
}
