//! Ignoring findings on purpose, next to where they arise, and saying so when that has no effect.
//!
//! `# meshlint: ignore[dns/capture-mismatch, IST0101] reason until=2026-01-31`
//!
//! - behind something on its line: covers that line;
//! - alone on its line: covers the next line with content, or the whole document if that is the document's first;
//! - `ignore-file[...]` above all content: covers the file;
//! - annotation `meshlint.dev/ignore: "dns/capture-mismatch, IST0101: reason"`: covers what the caller says.
//!
//! What objects say to the analyzers of others (`galley.istio.io/analyze-suppress`, `kiali.io/ignore-validations`) holds for
//! the same codes here, see [`foreign`].
//!
//! Between the brackets stand rules, families (`dns`) and aliases, in any case. Until the end of the day `until` (UTC) a
//! suppression holds. A finding is covered when any of its locations starts there.

mod comment;
pub mod foreign;
mod judge;

pub use comment::{from_comments, parse_annotation};
pub use judge::{Judged, KnownRule, apply};

use super::Date;
use crate::yaml::{Place, Span};

/// A suppression names something that it covers, but nothing of that sort was found there.
pub const UNUSED: &str = "suppression/unused";
/// A suppression names no rule, family or alias.
pub const UNKNOWN_RULE: &str = "suppression/unknown-rule";
/// A suppression has ended, and what it silenced speaks again.
pub const EXPIRED: &str = "suppression/expired";
/// A comment or an annotation that is meant to be a suppression and cannot be read as one.
pub const MALFORMED: &str = "suppression/malformed";

/// What someone wants to hear nothing of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The comment or the annotation's value.
    pub place: Place,
    /// The bytes of the same file that it speaks for, both ends included.
    pub covers: Span,
    pub ids: Vec<IgnoredId>,
    /// Empty when none is given.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// A rule, a family or an alias, as someone wrote it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredId {
    pub text: String,
    pub span: Span,
}

/// A suppression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub place: Place,
    /// What is wrong with it, as a sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

#[cfg(test)]
mod tests;
