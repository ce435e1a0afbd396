//! `path:line:col: severity[rule] message`, for editors, grep and logs.

use super::{Report, Style, text};
use std::io::{self, Write};

/// One line a finding and nothing else; the closing lines belong on stderr.
pub(super) fn render(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        if let Some((file, span)) = finding.primary().and_then(|l| report.find(l.place)) {
            let at = file.position(span.start);
            write!(
                out,
                "{}:{}:{}: ",
                text::line(file.path()),
                at.line,
                at.column
            )?;
        }
        let severity = text::paint(
            &finding.severity.to_string(),
            text::severity_style(finding.severity),
            style.color,
        );
        let url = report.rule(finding.rule).and_then(|r| r.url.as_deref());
        let rule = text::link(finding.rule.to_owned(), url, style.links);
        writeln!(out, "{severity}[{rule}] {}", text::line(&finding.message))?;
    }
    Ok(())
}
