pub(super) mod auto_mtls_off;
pub(super) mod client_plaintext_server_strict;
pub(super) mod disabled_across_networks;
mod odd_posture;
pub(super) mod posture_drift;
pub(super) mod root_namespace_selector;
pub(super) mod server_plaintext_client_mtls;
pub(super) mod tls_drops_remote_endpoints;
