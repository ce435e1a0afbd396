//! Operations of EnvoyFilters that do not do what they say.

mod patch;

pub(super) mod ignored_add;
pub(super) mod ignored_remove;
pub(super) mod relative_operation;
pub(super) mod relative_to_version;
pub(super) mod wrong_replace;
