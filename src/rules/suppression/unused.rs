use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!("suppression/unused", Check::Judge);
