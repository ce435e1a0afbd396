//! Who gives an address to hosts that have none: the agent in the pod (`ISTIO_META_DNS_AUTO_ALLOCATE`), or istiod
//! (`PILOT_ENABLE_IP_AUTOALLOCATE`: known since 1.23, on since 1.25).

use super::control_plane::{self, ControlPlane};
use super::proxy_config;
use super::setting::{canonical_boolean, is_templated};
use super::{Cluster, Fleet};
use crate::resource::pod;
use crate::yaml::{Place, View};

pub const AGENT_KEY: &str = "ISTIO_META_DNS_AUTO_ALLOCATE";
pub const ISTIOD_KEY: &str = "PILOT_ENABLE_IP_AUTOALLOCATE";

/// Whether istiod allocates, and where that is said.
#[derive(Clone, Copy, Debug)]
pub struct ByIstiod {
    /// `None` where it is not to be told, as of an unknown version.
    pub on: Option<bool>,
    /// The value; `None` where it is the default of the version.
    pub place: Option<Place>,
}

pub fn by_istiod(fleet: &Fleet, cluster: &Cluster, plane: &ControlPlane) -> ByIstiod {
    let Some((text, place)) = stated(fleet, cluster, plane) else {
        return ByIstiod {
            on: plane.minor().map(|minor| minor >= 25),
            place: None,
        };
    };
    ByIstiod {
        on: match canonical_boolean(&text) {
            _ if is_templated(&text) => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        place: Some(place),
    }
}

/// Whether a host without address gets one that sidecars answer with; `None` where that is not to be told.
pub fn is_on(fleet: &Fleet, cluster: &Cluster) -> Option<bool> {
    let plane = cluster.control_plane()?;
    let by_agent = proxy_config::of_mesh(fleet, cluster, AGENT_KEY).is_true();
    match (by_agent, by_istiod(fleet, cluster, plane).on) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// What istiod's environment says, rendered or as an IstioOperator asks for it.
fn stated(fleet: &Fleet, cluster: &Cluster, plane: &ControlPlane) -> Option<(String, Place)> {
    let found = |object: &super::Object, value: View<'_>| {
        Some((value.text()?.into_owned(), object.place(value)))
    };
    if let Some(istiod) = plane.evidence.istiod.and_then(|id| cluster.object(id)) {
        let container = control_plane::discovery(fleet.view(istiod))?;
        let (_, value) = pod::env(container, ISTIOD_KEY)?;
        return found(istiod, value);
    }
    plane.evidence.operators.iter().find_map(|id| {
        let object = cluster.object(*id)?;
        let spec = fleet.view(object).get("spec")?;
        // What is patched into the Deployment beats what the chart renders.
        let patched = spec
            .at(&["components", "pilot", "k8s"])
            .and_then(|k8s| pod::env(k8s, ISTIOD_KEY))
            .map(|(_, value)| value);
        let value = patched
            .or_else(|| spec.at(&["values", "pilot", "env", ISTIOD_KEY]))
            .or_else(|| spec.at(&["values", "env", ISTIOD_KEY]))?;
        found(object, value)
    })
}
