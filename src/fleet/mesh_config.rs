//! Fields of the mesh configuration that are not compared as a [`super::Setting`].

use super::control_plane::ControlPlane;
use super::{Cluster, Fleet, Object};
use crate::yaml::View;

/// What a control plane's mesh configuration says at a path: the rendered one where it is there, else what an
/// IstioOperator asks for, of which `values.meshConfig` has the last word.
pub fn find<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    plane: &ControlPlane,
    path: &[&str],
) -> Option<(&'a Object, View<'a>)> {
    if let Some(object) = plane.evidence.mesh.and_then(|id| cluster.object(id)) {
        let config = fleet.view(object).at(&["data", "mesh"])?.embedded()?;
        return Some((object, config.at(path)?));
    }
    plane.evidence.operators.iter().find_map(|id| {
        let object = cluster.object(*id)?;
        let spec = fleet.view(object).get("spec")?;
        let view = spec
            .at(&["values", "meshConfig"])
            .and_then(|config| config.at(path))
            .or_else(|| spec.get("meshConfig")?.at(path))?;
        Some((object, view))
    })
}
