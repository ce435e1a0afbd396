//! What a run found, for people and for programs: one renderer a file.
//!
//! Lines and columns exist only here. Everything is written through the given [`Write`]; an error of it is handed back, and
//! the caller treats `BrokenPipe` as a normal end.

mod closing;
mod concise;
mod human;
mod json;
mod snippet;
mod text;

pub use closing::render_closing;
pub use json::{VERSION, schema, write as write_json};

use crate::finding::Finding;
use crate::yaml::{File, Place, Span};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

/// Everything that a renderer may say.
pub struct Report<'a> {
    /// Indexed by `FileId`.
    pub files: &'a [Arc<File>],
    /// In the order of [`crate::finding::sort`].
    pub findings: &'a [Finding],
    /// At least the rules of `findings`; one that is missing is shown by its id alone.
    pub rules: &'a BTreeMap<&'static str, RuleNote>,
    pub clusters: &'a [ClusterNote],
    pub coverage: Coverage,
    pub checked: Checked,
}

/// What a rule's page says, as far as a report repeats it.
#[derive(Clone, Debug, Default)]
pub struct RuleNote {
    pub aliases: Vec<String>,
    pub title: String,
    /// One line: mechanism, then the symptom.
    pub why: String,
    /// The page on the web.
    pub url: Option<String>,
}

/// A cluster as it was understood.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "Cluster")]
pub struct ClusterNote {
    pub name: String,
    /// The mesh id; null when it is not known.
    pub mesh: Option<String>,
    pub network: Option<String>,
    /// The Istio version.
    pub version: Option<String>,
    pub files: usize,
    pub objects: usize,
    /// The input is all there is of this cluster.
    pub complete: bool,
}

/// How much of the input took part.
#[derive(Clone, Debug, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Coverage {
    pub files: FileCounts,
    pub documents: usize,
    pub objects: usize,
    /// The files that were to be read and could not be, or not wholly.
    pub unread: Vec<Unread>,
}

/// Files by what became of them.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, schemars::JsonSchema)]
pub struct FileCounts {
    /// Read as manifests.
    pub read: usize,
    /// Of these, those that belong to several clusters.
    pub shared: usize,
    /// Manifests that nothing puts into a cluster.
    pub inactive: usize,
    /// Templates that only rendering makes readable.
    pub templated: usize,
    /// Left out by a rule of the walk or of the configuration.
    pub ignored: usize,
    pub failed: usize,
}

#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Unread {
    pub file: String,
    pub why: String,
}

/// The size of the run, for the closing line.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    pub files: usize,
    pub documents: usize,
    pub clusters: usize,
    pub rules: usize,
    /// Findings that were silenced on purpose.
    pub suppressed: usize,
    /// Shown to people only; `None` leaves it out, which makes that output the same on every run too.
    pub elapsed: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Format {
    /// With the lines of the files, why it matters and what to do
    Human,
    /// One line a finding
    Concise,
    /// For programs, as schemas/report.v1.json says
    Json,
}

/// How the terminal (or what stands in for it) wants its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// In columns.
    pub width: usize,
    /// It understands hyperlinks (OSC 8).
    pub links: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            links: false,
        }
    }
}

/// Writes the whole report. Human output ends in the closing lines, see [`render_closing`]; concise output is findings
/// alone, one a line, and the caller prints the closing lines on stderr; JSON holds the same figures in `summary`.
pub fn render(
    report: &Report<'_>,
    format: Format,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::render(report, style, out),
        Format::Concise => concise::render(report, style, out),
        Format::Json => json::render(report, out),
    }
}

/// Whether a character moves the cursor, hides or reorders text, so that it must not reach a terminal.
pub fn is_hidden(c: char) -> bool {
    text::picture(c).is_some()
}

impl<'a> Report<'a> {
    /// The file of a place and the bytes of it that exist, widened to whole characters. `None` for a file that is not
    /// there.
    fn find(&self, place: Place) -> Option<(&'a File, Span)> {
        let file = self.files.get(place.file.0 as usize)?;
        let text = file.text();
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let whole = |at: &u32| text.is_char_boundary(*at as usize);
        let start = place.span.start.min(size);
        let end = place.span.end.clamp(start, size);
        let start = (0..=start).rev().find(whole).unwrap_or(0);
        let end = (end..=size).find(whole).unwrap_or(size);
        Some((file, Span::new(start, end)))
    }

    fn rule(&self, id: &str) -> Option<&'a RuleNote> {
        self.rules.get(id)
    }
}

#[cfg(test)]
mod tests;
