//! Definitions of custom resources.

pub(super) mod gateway_api_too_old;
