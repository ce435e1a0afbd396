//! Pods as they are declared, against what the sidecar needs.

mod ports;

pub(super) mod port_protocols_conflict;
pub(super) mod reserved_uid;
pub(super) mod target_port_conflict;
