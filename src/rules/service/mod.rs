//! Services as Istio reads them.

pub(super) mod differs_across_clusters;
pub(super) mod external_name_port;
pub(super) mod port_name;
