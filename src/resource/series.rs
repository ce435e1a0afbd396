//! The series that proxies have: Istio's metrics, and Envoy's own statistics.

use regex::Regex;

/// The metrics that Istio's proxies expose (istio.io "Istio Standard Metrics").
pub const ISTIO: [&str; 17] = [
    "istio_requests_total",
    "istio_request_duration_milliseconds_bucket",
    "istio_request_duration_milliseconds_count",
    "istio_request_duration_milliseconds_sum",
    "istio_request_bytes_bucket",
    "istio_request_bytes_count",
    "istio_request_bytes_sum",
    "istio_response_bytes_bucket",
    "istio_response_bytes_count",
    "istio_response_bytes_sum",
    "istio_request_messages_total",
    "istio_response_messages_total",
    "istio_tcp_connections_opened_total",
    "istio_tcp_connections_closed_total",
    "istio_tcp_received_bytes_total",
    "istio_tcp_sent_bytes_total",
    "istio_build",
];

/// The tags that Istio gives to the metrics of HTTP requests (istio.io "Istio Standard Metrics").
pub const TAGS: [&str; 25] = [
    "reporter",
    "source_workload",
    "source_workload_namespace",
    "source_principal",
    "source_app",
    "source_version",
    "source_canonical_service",
    "source_canonical_revision",
    "source_cluster",
    "destination_workload",
    "destination_workload_namespace",
    "destination_principal",
    "destination_app",
    "destination_version",
    "destination_service",
    "destination_service_name",
    "destination_service_namespace",
    "destination_canonical_service",
    "destination_canonical_revision",
    "destination_cluster",
    "response_code",
    "response_flags",
    "grpc_response_status",
    "request_protocol",
    "connection_security_policy",
];

/// Series of an HTTP request for each combination of tags: one counter, and three histograms of 20 buckets with sum
/// and count.
pub const PER_HTTP_COMBINATION: u64 = 1 + 3 * 22;

/// Series that a proxy has at rest, from below: Envoy's with the default matchers, and the agent's.
pub const IDLE_PROXY: u64 = 160;

/// Statistics of one upstream cluster (Envoy, "Cluster manager statistics", abridged).
const CLUSTER: [&str; 56] = [
    "upstream_cx_total",
    "upstream_cx_active",
    "upstream_cx_http1_total",
    "upstream_cx_http2_total",
    "upstream_cx_connect_fail",
    "upstream_cx_connect_timeout",
    "upstream_cx_idle_timeout",
    "upstream_cx_connect_attempts_exceeded",
    "upstream_cx_overflow",
    "upstream_cx_connect_ms",
    "upstream_cx_length_ms",
    "upstream_cx_destroy",
    "upstream_cx_destroy_local",
    "upstream_cx_destroy_remote",
    "upstream_cx_destroy_with_active_rq",
    "upstream_cx_close_notify",
    "upstream_cx_rx_bytes_total",
    "upstream_cx_rx_bytes_buffered",
    "upstream_cx_tx_bytes_total",
    "upstream_cx_tx_bytes_buffered",
    "upstream_cx_pool_overflow",
    "upstream_cx_protocol_error",
    "upstream_cx_max_requests",
    "upstream_cx_none_healthy",
    "upstream_rq_total",
    "upstream_rq_active",
    "upstream_rq_completed",
    "upstream_rq_200",
    "upstream_rq_2xx",
    "upstream_rq_503",
    "upstream_rq_5xx",
    "upstream_rq_time",
    "upstream_rq_pending_total",
    "upstream_rq_pending_overflow",
    "upstream_rq_pending_failure_eject",
    "upstream_rq_pending_active",
    "upstream_rq_cancelled",
    "upstream_rq_timeout",
    "upstream_rq_per_try_timeout",
    "upstream_rq_rx_reset",
    "upstream_rq_tx_reset",
    "upstream_rq_retry",
    "upstream_rq_retry_success",
    "upstream_rq_retry_overflow",
    "upstream_flow_control_paused_reading_total",
    "membership_change",
    "membership_healthy",
    "membership_total",
    "outlier_detection.ejections_active",
    "outlier_detection.ejections_enforced_total",
    "outlier_detection.ejections_overflow",
    "circuit_breakers.default.cx_open",
    "circuit_breakers.default.rq_open",
    "lb_healthy_panic",
    "bind_errors",
    "max_host_weight",
];

/// Of one listener, or of the connection managers in it (Envoy, "Listener" and "HTTP connection manager", abridged).
const LISTENER: [&str; 20] = [
    "downstream_cx_total",
    "downstream_cx_destroy",
    "downstream_cx_active",
    "downstream_cx_length_ms",
    "downstream_cx_overflow",
    "downstream_cx_rx_bytes_total",
    "downstream_cx_tx_bytes_total",
    "downstream_cx_http1_total",
    "downstream_cx_http2_total",
    "downstream_cx_protocol_error",
    "downstream_pre_cx_timeout",
    "downstream_rq_total",
    "downstream_rq_active",
    "downstream_rq_2xx",
    "downstream_rq_5xx",
    "downstream_rq_time",
    "downstream_rq_timeout",
    "downstream_rq_rx_reset",
    "no_filter_chain_match",
    "no_route",
];

/// Two of each family: what matches one of them only names a single destination.
const FAMILIES: [(&str, [&str; 2], &[&str]); 3] = [
    (
        "destination",
        [
            "cluster.outbound|8080||shop.sales.svc.cluster.local.",
            "cluster.outbound|9090|v2|cart.store.svc.cluster.local.",
        ],
        &CLUSTER,
    ),
    (
        "listener",
        ["listener.0.0.0.0_15006.", "listener.10.0.0.7_8080."],
        &LISTENER,
    ),
    (
        "connection manager",
        ["http.outbound_0.0.0.0_80;.", "http.inbound_10.0.0.7_8080;."],
        &LISTENER,
    ),
];

/// A pattern of `proxyStatsMatcher`.
pub enum Inclusion {
    Prefix(String),
    Suffix(String),
    Pattern(Regex),
}

impl Inclusion {
    fn matches(&self, name: &str) -> bool {
        match self {
            Inclusion::Prefix(prefix) => name.starts_with(prefix),
            Inclusion::Suffix(suffix) => name.ends_with(suffix),
            Inclusion::Pattern(pattern) => pattern.is_match(name),
        }
    }

    /// How many statistics it takes of every member of a family, such as of every upstream cluster; the family with
    /// the most, and how many there are of it in the catalogue above.
    pub fn breadth(&self) -> (&'static str, usize, usize) {
        FAMILIES
            .iter()
            .map(|(family, members, leaves)| {
                let taken = leaves
                    .iter()
                    .filter(|leaf| members.iter().all(|m| self.matches(&format!("{m}{leaf}"))))
                    .count();
                (*family, taken, leaves.len())
            })
            .max_by_key(|(family, taken, _)| (*taken, *family == "destination"))
            .unwrap_or(("destination", 0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::monitoring::anchored;
    use super::*;

    #[test]
    fn a_pattern_is_as_broad_as_what_it_takes_of_every_cluster() {
        let pattern = |text: &str| Inclusion::Pattern(anchored(text).unwrap()).breadth().1;
        assert_eq!(pattern(".*"), CLUSTER.len());
        assert_eq!(pattern("cluster\\..*"), CLUSTER.len());
        assert_eq!(pattern("listener.*"), LISTENER.len());
        assert!(pattern(".*upstream_cx_.*") > 20);
        assert_eq!(pattern(".*outlier_detection.*"), 3);
        assert_eq!(pattern("upstream_rq_total"), 0);
        assert_eq!(pattern("cluster\\.outbound\\|8080\\|\\|shop.*"), 0);
        let prefix = |text: &str| Inclusion::Prefix(text.to_owned()).breadth().1;
        assert_eq!(prefix("cluster"), CLUSTER.len());
        assert_eq!(prefix("cluster.xds-grpc"), 0);
        assert_eq!(prefix("upstream_"), 0);
        let suffix = |text: &str| Inclusion::Suffix(text.to_owned()).breadth().1;
        assert_eq!(suffix("upstream_rq_active"), 1);
        assert_eq!(suffix(""), CLUSTER.len());
    }
}
