use super::nothing::check;
use crate::resource::Kind;
use crate::rules::{Check, Rule, rule};

const KINDS: &[Kind] = &[
    Kind::AuthorizationPolicy,
    Kind::DestinationRule,
    Kind::EnvoyFilter,
    Kind::PeerAuthentication,
    Kind::ProxyConfig,
    Kind::RequestAuthentication,
    Kind::WasmPlugin,
];

pub(crate) const RULE: Rule = rule!("policy/selects-nothing", Check::Object(KINDS, check));
