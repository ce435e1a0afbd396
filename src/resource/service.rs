//! A Service: its ports, and where its traffic goes.

use crate::yaml::View;
use std::borrow::Cow;

/// A port of a Service, with the places of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Port<'a> {
    pub view: View<'a>,
}

/// Where a Service's port leads in the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Number(i64),
    /// The name of a container's port.
    Name(String),
}

impl<'a> Port<'a> {
    pub fn number(&self) -> Option<i64> {
        self.view.get("port")?.as_i64()
    }

    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.view.get("name")?.text()
    }

    /// `targetPort`, or the port itself.
    pub fn target(&self) -> Option<Target> {
        let Some(target) = self.view.get("targetPort").filter(|t| !t.is_null()) else {
            return self.number().map(Target::Number);
        };
        match target.as_i64() {
            Some(number) => Some(Target::Number(number)),
            // A number in quotes names a container's port, as far as Kubernetes is concerned.
            None => Some(Target::Name(target.text()?.into_owned())),
        }
    }
}

/// The ports of a Service.
pub fn ports(service: View<'_>) -> Vec<Port<'_>> {
    list(service.at(&["spec", "ports"]))
}

/// The ports in the entry of a gateway of an IstioOperator; `None` when the profile decides.
pub fn operator_ports(entry: View<'_>) -> Option<Vec<Port<'_>>> {
    entry
        .at(&["k8s", "service", "ports"])
        .map(|ports| list(Some(ports)))
}

fn list(ports: Option<View<'_>>) -> Vec<Port<'_>> {
    ports
        .into_iter()
        .flat_map(View::items)
        .map(|view| Port { view })
        .collect()
}

/// Protocols that Istio knows by the beginning of a port's name (Istio `pkg/config/protocol/instance.go`).
const PROTOCOLS: [&str; 12] = [
    "tcp",
    "udp",
    "grpc",
    "grpc-web",
    "http",
    "http_proxy",
    "http2",
    "https",
    "tls",
    "mongo",
    "redis",
    "mysql",
];

impl Port<'_> {
    /// Whether Istio can tell the protocol without looking at the traffic: by `appProtocol`, by the name, or because
    /// the port is one where servers speak first.
    pub fn has_protocol(&self) -> bool {
        let text = |key| self.view.get(key).and_then(View::text).unwrap_or_default();
        if text("protocol") == "UDP" {
            return true;
        }
        let name = match text("appProtocol") {
            app if app.is_empty() => text("name"),
            app => app,
        };
        let name = name.to_ascii_lowercase();
        let first = name.split('-').next().unwrap_or_default();
        matches!(
            name.as_str(),
            "kubernetes.io/h2c" | "kubernetes.io/ws" | "kubernetes.io/wss"
        ) || name.starts_with("grpc-web")
            || PROTOCOLS.contains(&first)
            || self
                .number()
                .is_some_and(|n| [25, 53, 3306, 27017].contains(&n))
    }
}

/// Whether it belongs to Istio itself, which names the ports as it likes: a part of the control plane, or what Istio
/// makes of a Gateway API object.
pub fn is_of_istio(service: View<'_>) -> bool {
    let labels = service.at(&["metadata", "labels"]);
    let label = |key| labels.and_then(|l| l.get(key)).and_then(View::text);
    label("istio").is_some()
        || label("release").as_deref() == Some("istio")
        || matches!(
            label("gateway.istio.io/managed").as_deref(),
            Some(
                "istio.io-gateway-controller"
                    | "istio.io-mesh-controller"
                    | "istio.io-eastwest-controller"
            )
        )
}

/// Whether it stands for a name outside of the cluster.
pub fn is_external_name(service: View<'_>) -> bool {
    service
        .at(&["spec", "type"])
        .and_then(View::text)
        .as_deref()
        == Some("ExternalName")
}
