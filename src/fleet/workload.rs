//! What runs and what is reachable: pods by the labels that select them, Services by name.
//!
//! A gateway that an IstioOperator declares is a workload and a Service as well, unless its rendered manifests
//! are there.

use super::cluster::{Files, Object, ObjectId};
use crate::resource::{Kind, Labels, pod};
use crate::yaml::{FileId, NodeId, View};
use ustr::Ustr;

/// Pods of one kind, by the labels that select them.
#[derive(Clone, Debug)]
pub struct Workload {
    pub object: ObjectId,
    pub file: FileId,
    pub namespace: Ustr,
    pub name: Ustr,
    pub labels: Labels,
    /// Declared by an IstioOperator: the entry of its gateway.
    pub gateway_entry: Option<NodeId>,
}

/// A Service, or what an IstioOperator will make one of.
#[derive(Clone, Copy, Debug)]
pub struct ServiceRef {
    pub object: ObjectId,
    pub file: FileId,
    /// The Service, or the entry of the gateway.
    pub root: NodeId,
    pub namespace: Ustr,
    pub name: Ustr,
    pub by_operator: bool,
}

pub fn find(files: &Files, objects: &[Object]) -> (Vec<Workload>, Vec<ServiceRef>) {
    let mut workloads = Vec::new();
    let mut services = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let id = ObjectId(at as u32);
        let namespace = object.effective_namespace();
        if pod::makes_pods(object.kind) {
            workloads.push(Workload {
                object: id,
                file: object.file,
                namespace,
                name: object.name,
                labels: pod::labels(files.view(object), object.kind, object.name),
                gateway_entry: None,
            });
        } else if object.kind == Kind::Service {
            services.push(ServiceRef {
                object: id,
                file: object.file,
                root: object.root,
                namespace,
                name: object.name,
                by_operator: false,
            });
        }
    }
    for (at, object) in objects
        .iter()
        .enumerate()
        .filter(|(_, o)| o.kind == Kind::IstioOperator)
    {
        let id = ObjectId(at as u32);
        for gateway in operator_gateways(files.view(object)) {
            let is_rendered = workloads
                .iter()
                .any(|w| w.name == gateway.name && w.namespace == gateway.namespace)
                || services
                    .iter()
                    .any(|s| s.name == gateway.name && s.namespace == gateway.namespace);
            if is_rendered {
                continue;
            }
            workloads.push(Workload {
                object: id,
                file: object.file,
                namespace: gateway.namespace,
                name: gateway.name,
                labels: gateway.labels(),
                gateway_entry: Some(gateway.entry.id()),
            });
            services.push(ServiceRef {
                object: id,
                file: object.file,
                root: gateway.entry.id(),
                namespace: gateway.namespace,
                name: gateway.name,
                by_operator: true,
            });
        }
    }
    workloads.sort_by_key(|w| (w.namespace.as_str(), w.name.as_str(), w.object));
    services.sort_by_key(|s| (s.namespace.as_str(), s.name.as_str(), s.object));
    (workloads, services)
}

/// A gateway that an IstioOperator declares under `components.ingressGateways` or `egressGateways`.
pub struct OperatorGateway<'a> {
    pub entry: View<'a>,
    pub name: Ustr,
    pub namespace: Ustr,
    default_label: &'static str,
}

impl OperatorGateway<'_> {
    /// The name that its values go by: `istio-ingressgateway` or `istio-egressgateway`.
    pub fn chart(&self) -> &'static str {
        self.default_label
    }

    /// The labels of its pods: the chart's own, and those of the entry over them.
    pub fn labels(&self) -> Labels {
        let own = [
            ("app", self.default_label),
            ("istio", self.default_label.trim_start_matches("istio-")),
        ];
        let written = Labels::read(self.entry.get("label"));
        own.iter()
            .map(|(k, v)| (Ustr::from(k), Ustr::from(v)))
            .chain(written.iter())
            .collect()
    }
}

/// The enabled gateways of an IstioOperator.
pub fn operator_gateways(operator: View<'_>) -> Vec<OperatorGateway<'_>> {
    let components = operator.at(&["spec", "components"]);
    let default_namespace = operator
        .at(&["spec", "namespace"])
        .or_else(|| operator.at(&["spec", "values", "global", "istioNamespace"]))
        .and_then(View::text);
    [
        ("ingressGateways", "istio-ingressgateway"),
        ("egressGateways", "istio-egressgateway"),
    ]
    .into_iter()
    .flat_map(|(list, default_label)| {
        let entries = components
            .and_then(|c| c.get(list))
            .into_iter()
            .flat_map(View::items);
        entries.map(move |entry| (entry, default_label))
    })
    .filter(|(entry, _)| entry.get("enabled").and_then(View::as_bool) != Some(false))
    .filter_map(|(entry, default_label)| {
        let namespace = entry
            .get("namespace")
            .and_then(View::text)
            .or_else(|| default_namespace.clone());
        Some(OperatorGateway {
            entry,
            name: Ustr::from(&entry.get("name")?.text()?),
            namespace: Ustr::from(namespace.as_deref().unwrap_or("istio-system")),
            default_label,
        })
    })
    .collect()
}
