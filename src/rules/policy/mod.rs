//! Policies, and the pods that they are for.

mod nothing;

pub(super) mod configures_nothing;
pub(super) mod no_telemetry_provider;
pub(super) mod outside_mesh;
mod rivalry;
pub(super) mod selector_on_k8s_gateway;
pub(super) mod selects_nothing;
pub(super) mod several_default_sidecars;
pub(super) mod several_default_telemetries;
pub(super) mod sidecar_in_ambient;
pub(super) mod sidecars_share_pods;
pub(super) mod telemetries_share_pods;
pub(super) mod unknown_namespace;
pub(super) mod unrestricted_jwks;
