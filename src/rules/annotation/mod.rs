//! Annotations of Istio on Kubernetes objects.

pub(super) mod alpha;
pub(super) mod deprecated;
pub(super) mod invalid_value;
pub(super) mod misplaced;
pub(super) mod unknown;
