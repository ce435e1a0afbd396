pub(super) mod client_plaintext_server_strict;
pub(super) mod posture_drift;
