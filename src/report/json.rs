//! JSON, version 1: a contract. It holds no time and no machine, so equal input gives equal bytes.

use super::{ClusterNote, Coverage, Report, text};
use crate::finding::{self, Consequence, Finding, Fingerprint, Location, ResourceRef, Severity};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the contract. Fields may be added within a version; none is removed or changes its meaning.
pub const VERSION: u32 = 1;

/// What meshlint found.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "meshlint report, version 1")]
#[schemars(rename = "Report")]
struct Output<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u32,
    tool: Tool,
    clusters: &'a [ClusterNote],
    coverage: &'a Coverage,
    /// Sorted by file, place and rule.
    diagnostics: Vec<Diagnostic<'a>>,
    summary: Summary,
}

#[derive(Serialize, JsonSchema)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Diagnostic<'a> {
    /// `family/name`.
    rule: &'a str,
    /// Codes of the same rule in other tools.
    aliases: &'a [String],
    severity: Severity,
    message: &'a str,
    /// What to change.
    help: Option<&'a str>,
    /// The page of the rule.
    url: Option<&'a str>,
    /// The clusters that deviate and the one that they are compared with, sorted.
    clusters: Vec<&'a str>,
    /// The object that it is about.
    resource: Option<&'a ResourceRef>,
    /// The first is where a person would edit.
    locations: Vec<Site<'a>>,
    /// Findings that this one explains, which are not reported by themselves.
    consequences: &'a [Consequence],
    /// A machine-applicable edit; none exists yet.
    fix: Option<Fix>,
    /// 32 hex digits over rule, clusters, resource and subject: the same while the problem is, wherever it moves.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    fingerprint: String,
}

/// Holds the place of the edits to come.
#[derive(Serialize, JsonSchema)]
struct Fix {}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Location")]
struct Site<'a> {
    /// Relative to the working directory, with forward slashes.
    file: &'a str,
    /// From 1.
    #[schemars(range(min = 1))]
    line: u32,
    /// From 1, in characters.
    #[schemars(range(min = 1))]
    column: u32,
    #[schemars(range(min = 1))]
    end_line: u32,
    /// The column behind the last character.
    #[schemars(range(min = 1))]
    end_column: u32,
    byte_offset: u32,
    byte_length: u32,
    label: &'a str,
    primary: bool,
}

#[derive(Serialize, JsonSchema)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
    /// Findings that were silenced on purpose.
    suppressed: usize,
    files: usize,
    documents: usize,
    clusters: usize,
    rules: usize,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    write(&output(report), out)
}

/// Writes JSON that does nothing to a terminal: what hides or reorders text is escaped as well.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    // Outside of strings JSON has none of these characters, and in them an escape means the same.
    let is_hidden = |c: char| !c.is_ascii_control() && text::picture(c).is_some() || c == '\x7f';
    for piece in json.split_inclusive(is_hidden) {
        let Some(hidden) = piece.chars().next_back().filter(|c| is_hidden(*c)) else {
            out.write_all(piece.as_bytes())?;
            continue;
        };
        out.write_all(piece.strip_suffix(hidden).unwrap_or_default().as_bytes())?;
        for unit in hidden.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
    }
    writeln!(out)
}

/// The JSON Schema of this output, as in `schemas/report.v1.json`.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Output<'_>>()
        .to_value()
}

fn output<'a>(report: &'a Report<'a>) -> Output<'a> {
    let fingerprints = finding::fingerprints(report.findings);
    let number = |severity| {
        report
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    };
    let checked = &report.checked;
    Output {
        version: VERSION,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        clusters: report.clusters,
        coverage: &report.coverage,
        diagnostics: report
            .findings
            .iter()
            .zip(fingerprints)
            .map(|(finding, fingerprint)| diagnostic(report, finding, fingerprint))
            .collect(),
        summary: Summary {
            errors: number(Severity::Error),
            warnings: number(Severity::Warning),
            infos: number(Severity::Info),
            suppressed: checked.suppressed,
            files: checked.files,
            documents: checked.documents,
            clusters: checked.clusters,
            rules: checked.rules,
        },
    }
}

fn diagnostic<'a>(
    report: &Report<'a>,
    finding: &'a Finding,
    fingerprint: Fingerprint,
) -> Diagnostic<'a> {
    let rule = report.rule(finding.rule);
    let mut clusters: Vec<&str> = finding.clusters.iter().map(|c| c.as_str()).collect();
    clusters.sort_unstable();
    Diagnostic {
        rule: finding.rule,
        aliases: rule.map_or(&[], |r| r.aliases.as_slice()),
        severity: finding.severity,
        message: &finding.message,
        help: finding.help.as_deref(),
        url: rule.and_then(|r| r.url.as_deref()),
        clusters,
        resource: finding.resource.as_ref(),
        locations: finding
            .locations
            .iter()
            .filter_map(|l| site(report, l))
            .collect(),
        consequences: &finding.consequences,
        fix: None,
        fingerprint: fingerprint.to_string(),
    }
}

fn site<'a>(report: &Report<'a>, location: &'a Location) -> Option<Site<'a>> {
    let (file, span) = report.find(location.place)?;
    let (from, to) = (file.position(span.start), file.position(span.end));
    Some(Site {
        file: file.path(),
        line: from.line,
        column: from.column,
        end_line: to.line,
        end_column: to.column,
        byte_offset: span.start,
        byte_length: span.len(),
        label: &location.label,
        primary: location.primary,
    })
}
