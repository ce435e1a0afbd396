//! For people: the finding, the lines it is about, why it matters and what to do.
//!
//! ```text
//! error[dns/capture-mismatch (IST9999)]: west: DNS capture is off, east captures
//!    ╭─[west/mesh.yaml:9:32]
//!  8 │       proxyMetadata:
//!  9 │         ISTIO_META_DNS_CAPTURE: "false"
//!    ·                                 ───┬───
//!    ·                                    ╰── off
//!    ╰────
//!    why: ...
//!   help: ...
//! ```

use super::{Report, Style, closing, snippet::Snippets, text};
use crate::finding::{Finding, Severity};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use owo_colors::Style as Paint;
use std::{
    fmt,
    io::{self, Write},
};

/// Below this nothing can be laid out; the terminal may wrap.
const NARROWEST: usize = 40;
/// A label that would get less room than this runs over the edge instead.
const NARROWEST_LABEL: usize = 24;

pub(super) fn render(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let style = Style {
        width: style.width.max(NARROWEST),
        ..*style
    };
    for finding in report.findings {
        header(report, finding, &style, out)?;
        snippets(report, finding, &style, out)?;
        footer(report, finding, &style, out)?;
        writeln!(out)?;
    }
    closing::render_closing(report, &style, out)
}

fn header(
    report: &Report<'_>,
    finding: &Finding,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let note = report.rule(finding.rule);
    let aliases = note.map_or(&[][..], |n| n.aliases.as_slice());
    let name = if aliases.is_empty() {
        finding.rule.to_owned()
    } else {
        format!("{} ({})", finding.rule, aliases.join(", "))
    };
    let plain = format!("{}[{name}]: ", finding.severity);
    let message = text::line(&finding.message);
    // Wrapped with the plain prefix, which takes the columns that the painted one takes too.
    let wrapped = text::wrap(&format!("{plain}{message}"), "", "  ", style.width);
    let rest = wrapped.strip_prefix(plain.trim_end()).map(str::to_owned);
    let rest = rest.unwrap_or_else(|| format!(" {message}"));
    let severity = text::severity_style(finding.severity);
    let linked = text::link(name, note.and_then(|n| n.url.as_deref()), style.links);
    let head = if style.color {
        let open = text::paint(&format!("{}[", finding.severity), severity, true);
        let inner = text::paint(&linked, severity, true);
        let close = text::paint("]:", severity, true);
        format!("{open}{inner}{close}")
    } else {
        format!("{}[{linked}]:", finding.severity)
    };
    writeln!(out, "{head}{}", bold_lines(&rest, style.color))
}

/// A message stands out; each line is painted by itself, so that a pager that cuts lines shows no stray colour.
fn bold_lines(lines: &str, color: bool) -> String {
    let lines: Vec<String> = lines
        .split('\n')
        .map(|line| text::paint(line, Paint::new().bold(), color))
        .collect();
    lines.join("\n")
}

fn footer(
    report: &Report<'_>,
    finding: &Finding,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cyan = Paint::new().cyan().bold();
    let mut item = |key: &str, value: &str| {
        let indent = " ".repeat(6_usize.saturating_sub(key.len()));
        let lines = value.trim_end().lines().map(text::line).collect::<Vec<_>>();
        let mut first = true;
        for line in lines {
            let wrapped = text::wrap(&line, "        ", "        ", style.width);
            let body = wrapped.get(8..).unwrap_or_default();
            if first {
                let key = text::paint(&format!("{key}:"), cyan, style.color);
                writeln!(out, "{indent}{key} {body}")?;
            } else {
                writeln!(out, "{wrapped}")?;
            }
            first = false;
        }
        Ok::<(), io::Error>(())
    };
    if let Some(note) = report.rule(finding.rule).filter(|n| !n.why.is_empty()) {
        item("why", &note.why)?;
    }
    if let Some(help) = &finding.help {
        item("help", help)?;
    }
    let key = text::paint("also explains:", cyan, style.color);
    for consequence in &finding.consequences {
        let body = format!(
            "{}: {}",
            text::line(&consequence.rule),
            text::line(&consequence.message)
        );
        let wrapped = text::wrap(&body, &" ".repeat(17), "        ", style.width);
        writeln!(out, "  {key} {}", wrapped.trim_start())?;
    }
    Ok(())
}

fn snippets(
    report: &Report<'_>,
    finding: &Finding,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    // The gutter: a space, the number, a space, the bar, a space; numbers rarely have more than four digits.
    let snippets = Snippets::of(report, finding, style.width.saturating_sub(8));
    if snippets.is_empty() {
        return Ok(());
    }
    let gutter = snippets.number_width() + 4;
    let labels = snippets
        .marks()
        .map(|mark| {
            let room = style
                .width
                .saturating_sub(gutter + mark.indent + mark.length / 2 + 4);
            let label = text::wrap(mark.label, "", "", room.max(NARROWEST_LABEL));
            let label = (!label.is_empty()).then_some(label);
            let span = (mark.start, mark.length);
            if mark.primary {
                LabeledSpan::new_primary_with_span(label, span)
            } else {
                LabeledSpan::new_with_span(label, span)
            }
        })
        .collect();
    let drawing = Drawing { snippets, labels };
    let theme = theme(finding.severity, &drawing.labels, style.color);
    let mut drawn = String::new();
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_context_lines(1)
        .without_syntax_highlighting()
        .render_report(&mut drawn, &drawing)
        .map_err(|_| io::Error::other("a snippet cannot be drawn"))?;
    // miette begins with the line of the message, which stands above already.
    let (_, boxes) = drawn.split_once('\n').unwrap_or_default();
    for line in boxes.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    if drawing.snippets.left_out > 0 {
        let more = text::count(drawing.snippets.left_out, "more place");
        writeln!(out, "   … and {more} (`--output json` lists all)")?;
    }
    Ok(())
}

/// Primary marks in the colour of the severity, the others in blue: miette takes a style for each label in turn.
fn theme(severity: Severity, labels: &[LabeledSpan], color: bool) -> GraphicalTheme {
    let mut styles = ThemeStyles::none();
    if color {
        styles.link = Paint::new().cyan();
        styles.linum = Paint::new().dimmed();
        styles.highlights = labels
            .iter()
            .map(|label| {
                if label.primary() {
                    text::severity_style(severity)
                } else {
                    Paint::new().blue().bold()
                }
            })
            .collect();
    }
    GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles,
    }
}

/// The snippets of one finding, as miette wants them.
#[derive(Debug)]
struct Drawing {
    snippets: Snippets,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Drawing {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippets)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
