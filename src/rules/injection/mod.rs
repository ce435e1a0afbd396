//! Who gets a sidecar, and which.

pub(super) mod auto_image_in_pod;
pub(super) mod auto_image_unmatched;
pub(super) mod by_default;
pub(super) mod conflicting_labels;
pub(super) mod image_mismatch;
pub(super) mod missing_proxy;
pub(super) mod not_enabled;
