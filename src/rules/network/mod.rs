pub(super) mod duplicate_cluster_name;
pub(super) mod sources_disagree;
pub(super) mod without_gateway;
