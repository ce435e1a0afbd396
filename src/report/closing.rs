//! The last lines: what was checked, how it ended, and what weakens the answer.

use super::{Report, Style, text};
use crate::finding::Severity;
use std::io::{self, Write};

/// Writes the notes and the closing line, which is there also when all is well. It is the end of human output and goes to
/// stderr beside concise output.
pub fn render_closing(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let note = text::paint("note:", owo_colors::Style::new().cyan().bold(), style.color);
    for line in notes(report) {
        let wrapped = text::wrap(&line, "      ", "      ", style.width);
        writeln!(out, "{note} {}", wrapped.trim_start())?;
    }
    writeln!(out, "{}: {}", scope(report), verdict(report, style))?;
    if let Some(worst) = report.findings.iter().rev().max_by_key(|f| f.severity) {
        writeln!(out, "`meshlint explain {}` tells more", worst.rule)?;
    }
    Ok(())
}

/// "checked 48 files (312 documents) of 3 clusters with 12 rules in 0.2 s"
fn scope(report: &Report<'_>) -> String {
    let checked = &report.checked;
    let mut scope = format!(
        "checked {} ({}) of {} with {}",
        text::count(checked.files, "file"),
        text::count(checked.documents, "document"),
        text::count(checked.clusters, "cluster"),
        text::count(checked.rules, "rule"),
    );
    if let Some(elapsed) = checked.elapsed {
        let seconds = elapsed.as_secs_f64();
        if seconds < 0.1 {
            scope.push_str(&format!(" in {:.0} ms", seconds * 1000.0));
        } else {
            scope.push_str(&format!(" in {seconds:.1} s"));
        }
    }
    scope
}

/// "1 error, 2 warnings (3 suppressed)"
fn verdict(report: &Report<'_>, style: &Style) -> String {
    let mut parts = Vec::new();
    for (severity, noun) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "info"),
    ] {
        let number = report
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        if number > 0 {
            let part = text::count(number, noun);
            parts.push(text::paint(
                &part,
                text::severity_style(severity),
                style.color,
            ));
        }
    }
    let mut verdict = if !parts.is_empty() {
        parts.join(", ")
    } else if report.checked.documents == 0 {
        "nothing to check".to_owned()
    } else {
        let green = owo_colors::Style::new().green().bold();
        text::paint("no problems found", green, style.color)
    };
    if report.checked.suppressed > 0 {
        verdict.push_str(&format!(" ({} suppressed)", report.checked.suppressed));
    }
    verdict
}

/// What makes the verdict worth less than it looks.
fn notes(report: &Report<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let files = &report.coverage.files;
    if report.checked.documents == 0 {
        notes.push(
            "no manifest was read; `meshlint files` says what became of each file".to_owned(),
        );
    } else {
        match report.checked.clusters {
            0 => notes.push(
                "no cluster was recognised, so nothing was compared between clusters; \
                 `--cluster` names them"
                    .to_owned(),
            ),
            1 => notes.push(
                "only one cluster was recognised, so nothing was compared between clusters; \
                 `meshlint fleet` shows it, `--cluster` names more"
                    .to_owned(),
            ),
            _ => {}
        }
    }
    let unseen: Vec<String> = [
        (files.failed, "unreadable"),
        (files.templated, "templated"),
        (files.inactive, "in no cluster"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
    if !unseen.is_empty() {
        notes.push(format!(
            "files not checked: {} (`meshlint files` lists them)",
            unseen.join(", ")
        ));
    }
    notes
}
