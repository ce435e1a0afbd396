//! What Istio has given up.

pub(super) mod field;
pub(super) mod lightstep;
pub(super) mod rbac_crd;
