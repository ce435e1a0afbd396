//! What is said of suppressions themselves; found when findings are judged.

pub(super) mod expired;
pub(super) mod malformed;
pub(super) mod unknown_rule;
pub(super) mod unused;
