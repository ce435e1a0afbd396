//! What a run reports: owned, sortable, no lifetimes; places are byte ranges, lines exist only in `report`.

mod date;
mod fingerprint;
mod order;
mod suggest;
mod supersede;
pub mod suppress;

pub use date::Date;
pub use fingerprint::{Fingerprint, fingerprints};
pub use order::sort;
pub use suggest::closest;
pub use supersede::supersede;

use crate::yaml::Place;
use serde::{Deserialize, Serialize};
use std::fmt;
use ustr::Ustr;

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// The object that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRef {
    pub cluster: Option<String>,
    pub api_version: String,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
}

/// A place with what is to be seen there. Primary places are where a person would edit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    pub primary: bool,
    pub place: Place,
    pub label: String,
}

/// A finding that this one explains, so it is not reported by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Consequence {
    pub rule: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The id of the rule, `family/name`.
    pub rule: &'static str,
    pub severity: Severity,
    /// One sentence, the subject first, no URL.
    pub message: String,
    /// The concrete edit that mends it.
    pub help: Option<String>,
    /// The deviating clusters and the example's, sorted.
    pub clusters: Vec<Ustr>,
    pub resource: Option<ResourceRef>,
    /// What the finding is about besides its resource (a host, a setting, a port): part of the fingerprint.
    pub subject: String,
    /// Never empty; the first is primary.
    pub locations: Vec<Location>,
    pub consequences: Vec<Consequence>,
}

impl Finding {
    /// Where a person would edit. `None` only if a rule broke the promise of `locations`.
    pub fn primary(&self) -> Option<&Location> {
        self.locations.first()
    }
}

/// The part of a rule's id before the slash.
pub fn family(rule: &str) -> &str {
    rule.split_once('/').map_or(rule, |(family, _)| family)
}
