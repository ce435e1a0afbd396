pub(super) mod auto_allocation_mismatch;
pub(super) mod capture_mismatch;
pub(super) mod capture_overridden;
pub(super) mod dead_auto_allocation;
pub(super) mod remote_only_service;
pub(super) mod serviceentry_drift;
pub(super) mod serviceentry_without_address;
pub(super) mod tcp_serviceentry_without_address;
