//! Text to a compact tree in which every key and scalar keeps its place.
//!
//! [`File::read`] never fails: what cannot be read becomes a [`Problem`], and the documents around it are kept.

mod build;
mod cook;
mod embed;
mod file;
mod lines;
mod locate;
mod read;
mod scalar;
mod span;
mod split;
mod syntax;
mod tabs;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use file::{Document, File, Limits, Problem, ProblemKind};
pub use lines::Position;
pub use scalar::{Resolved, Style, resolve_plain};
pub use span::{FileId, Place, Span};
pub use tree::{NodeId, NodeKind, View};
