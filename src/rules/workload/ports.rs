//! The ports of the Services that lead to one workload.

use crate::fleet::injection;
use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::service::{self, Port, Target};
use crate::resource::{Kind, Labels};
use crate::yaml::View;

/// A port of a Service that selects the workload.
pub(super) struct Leading<'a> {
    pub(super) service: &'a Object,
    pub(super) port: Port<'a>,
    pub(super) number: i64,
}

impl Leading<'_> {
    pub(super) fn protocol(&self) -> String {
        let protocol = self.port.view.get("protocol").and_then(View::text);
        protocol.map_or_else(|| "TCP".to_owned(), |p| p.into_owned())
    }

    pub(super) fn target(&self) -> String {
        match self.port.target() {
            Some(Target::Name(name)) => name,
            Some(Target::Number(0)) | None => self.number.to_string(),
            Some(Target::Number(number)) => number.to_string(),
        }
    }
}

/// The ports of all Services that lead to a Deployment in the mesh; none to what is not.
pub(super) fn leading<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    id: ObjectId,
) -> Vec<Leading<'a>> {
    let Some(workload) = cluster.workloads.iter().find(|w| w.object == id) else {
        return Vec::new();
    };
    if !is_judged(fleet, cluster, workload) {
        return Vec::new();
    }
    let services = cluster.of_kind(Kind::Service).iter();
    services
        .filter(|s| s.effective_namespace() == workload.namespace && !s.ambiguous)
        .filter(|s| {
            let selector = Labels::read(fleet.view(s).at(&["spec", "selector"]));
            !selector.is_empty() && selector.are_within(&workload.labels)
        })
        .flat_map(|service| {
            let ports = service::ports(fleet.view(service)).into_iter();
            ports.filter_map(move |port| {
                Some(Leading {
                    service,
                    port,
                    number: port.number()?,
                })
            })
        })
        .collect()
}

/// In the mesh, and no proxy that Istio itself makes of a waypoint.
fn is_judged(fleet: &Fleet, cluster: &Cluster, workload: &Workload) -> bool {
    let managed = cluster
        .object(workload.object)
        .and_then(|o| {
            fleet
                .view(o)
                .at(&["metadata", "labels", "gateway.istio.io/managed"])
        })
        .and_then(View::text);
    injection::is_injected(fleet, cluster, workload) == Some(true)
        && managed.as_deref() != Some("istio.io-mesh-controller")
}
