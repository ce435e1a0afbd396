//! One file as the list of objects that it holds.

use super::{Kind, pod};
use crate::yaml::{File, Limits, NodeId, View};
use std::sync::Arc;
use ustr::Ustr;

/// A file, parsed once however many clusters share it, and its objects in order.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub file: Arc<File>,
    pub objects: Vec<Header>,
}

/// What an object is called, as its manifest says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub root: NodeId,
    pub kind: Kind,
    pub api_version: Ustr,
    /// As written, also for kinds that are [`Kind::Other`].
    pub kind_name: Ustr,
    /// Empty when the manifest names none.
    pub namespace: Ustr,
    pub name: Ustr,
}

impl Manifest {
    /// Reads a file, unpacks its lists, and reads what is embedded in known places.
    pub fn read(path: String, bytes: Vec<u8>, limits: &Limits) -> Manifest {
        let mut file = File::read(path, bytes, limits);
        let mut objects = Vec::with_capacity(file.documents().len());
        for document in file.documents() {
            if let Some(root) = document.root {
                collect(file.view(root), &mut objects);
            }
        }
        let carriers: Vec<NodeId> = objects
            .iter()
            .flat_map(|header| carriers(file.view(header.root), header))
            .collect();
        for carrier in carriers {
            file.embed(carrier);
        }
        Manifest {
            file: Arc::new(file),
            objects,
        }
    }
}

/// The object in `root`, or the objects of the list in it. A list within a list is legal and flattened.
fn collect(root: View<'_>, objects: &mut Vec<Header>) {
    let mut pending = vec![root];
    while let Some(view) = pending.pop() {
        let Some(header) = header(view) else { continue };
        let is_list = header.kind == Kind::Other
            && header.kind_name.ends_with("List")
            && view.get("items").is_some();
        if is_list {
            let at = pending.len();
            pending.extend(view.get("items").into_iter().flat_map(View::items));
            // A stack yields the last first; the objects are to stay in order.
            if let Some(items) = pending.get_mut(at..) {
                items.reverse();
            }
        } else {
            objects.push(header);
        }
    }
}

fn header(view: View<'_>) -> Option<Header> {
    let api_version = view.get("apiVersion").and_then(View::text);
    let kind_name = view.get("kind")?.text()?;
    let metadata = view.get("metadata");
    let field = |key| {
        let text = metadata.and_then(|m| m.get(key)).and_then(View::text);
        Ustr::from(text.as_deref().unwrap_or_default())
    };
    // A kustomization may leave out both; its file name says what it is.
    let api_version = api_version.as_deref().unwrap_or_default();
    let name = match field("name").as_str() {
        "" => field("generateName"),
        name => Ustr::from(name),
    };
    Some(Header {
        root: view.id(),
        kind: Kind::of(api_version, &kind_name),
        api_version: Ustr::from(api_version),
        kind_name: Ustr::from(&kind_name),
        namespace: field("namespace"),
        name,
    })
}

/// The scalars of an object that hold YAML or JSON which rules look into.
fn carriers(root: View<'_>, header: &Header) -> Vec<NodeId> {
    let mut found = Vec::new();
    match header.kind {
        Kind::ConfigMap => {
            let name = header.name.as_str();
            let keys: &[&str] = if name.starts_with("istio-sidecar-injector") {
                &["values"]
            } else if name.starts_with("istio") {
                &["mesh", "meshNetworks"]
            } else if name == "values" || name.starts_with("values-") {
                &["merged-values"]
            } else {
                &[]
            };
            let data = root.get("data");
            found.extend(keys.iter().filter_map(|key| Some(data?.get(key)?.id())));
            found.extend(scrape_configs(data));
        }
        Kind::Secret => found.extend(scrape_configs(root.get("stringData"))),
        Kind::Application => {
            let spec = root.get("spec");
            let single = spec.and_then(|s| s.get("source"));
            let several = spec
                .and_then(|s| s.get("sources"))
                .into_iter()
                .flat_map(View::items);
            let values = single
                .into_iter()
                .chain(several)
                .filter_map(|s| s.at(&["helm", "values"]));
            found.extend(values.map(View::id));
        }
        Kind::EnvoyFilter => found.extend(plugin_configurations(root)),
        Kind::IstioOperator => {
            for gateway in ["ingressGateways", "egressGateways"] {
                let entries = root.at(&["spec", "components", gateway]);
                for entry in entries.into_iter().flat_map(View::items) {
                    found.extend(proxy_settings(entry.at(&["k8s", "podAnnotations"])));
                }
            }
        }
        _ => found.extend(proxy_settings(pod::annotations(root, header.kind))),
    }
    found
}

/// The annotations of a pod that configure its proxy.
fn proxy_settings(annotations: Option<View<'_>>) -> impl Iterator<Item = NodeId> {
    let keys = [
        "proxy.istio.io/config",
        "sidecar.istio.io/statsHistogramBuckets",
    ];
    keys.into_iter()
        .filter_map(move |key| Some(annotations?.get(key)?.id()))
}

/// The texts that configure what Prometheus scrapes.
fn scrape_configs(data: Option<View<'_>>) -> impl Iterator<Item = NodeId> {
    let texts = data.into_iter().flat_map(View::entries);
    texts
        .filter(|(key, text)| {
            let is_yaml = key
                .text()
                .is_some_and(|k| k.ends_with(".yml") || k.ends_with(".yaml"));
            is_yaml && text.file().slice(text.span()).contains("job_name:")
        })
        .map(|(_, text)| text.id())
}

/// The JSON texts that an EnvoyFilter gives to plug-ins of the proxy.
fn plugin_configurations(root: View<'_>) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut pending: Vec<View<'_>> = root
        .at(&["spec", "configPatches"])
        .into_iter()
        .flat_map(View::items)
        .filter_map(|p| p.at(&["patch", "value"]))
        .collect();
    while let Some(view) = pending.pop() {
        for (key, value) in view.entries() {
            let is_json = || {
                value
                    .text()
                    .is_some_and(|t| t.trim_start().starts_with('{'))
            };
            let key = key.text();
            if matches!(key.as_deref(), Some("value" | "configuration")) && is_json() {
                found.push(value.id());
            } else {
                pending.push(value);
            }
        }
        pending.extend(view.items());
    }
    found
}
