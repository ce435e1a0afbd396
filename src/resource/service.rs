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
