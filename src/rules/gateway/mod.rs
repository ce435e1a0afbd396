pub(super) mod port_missing;
