//! The webhooks that inject sidecars and check what is applied.

mod url;

pub(super) mod bad_address;
pub(super) mod ip_address;
pub(super) mod overlaps;
pub(super) mod service_missing;
