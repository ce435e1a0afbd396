use super::nothing::check;
use crate::resource::Kind;
use crate::rules::{Check, Rule, rule};

const KINDS: &[Kind] = &[Kind::Sidecar, Kind::Telemetry];

pub(crate) const RULE: Rule = rule!("policy/configures-nothing", Check::Object(KINDS, check));
