//! `meshlint rules`: what can be checked.

use crate::finding::Severity;
use crate::report::Style;
use crate::rules::book::{self, Book, FrontMatter};
use clap::builder::styling::{AnsiColor, Style as Ansi};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Debug, clap::Args)]
pub struct RulesArgs {
    /// Only the rules of this family, such as dns
    pub family: Option<String>,
    /// How to print the list
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ListFormat::Human)]
    pub output: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ListFormat {
    Human,
    Json,
}

/// The JSON form of the list, version 1.
#[derive(Serialize)]
struct List<'a> {
    version: u32,
    rules: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    url: String,
    #[serde(flatten)]
    front: &'a FrontMatter,
}

/// Writes the rules, or those of one family, by id. Gives the exit code: 2, and a word on `err`, for an unknown family.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(
    args: &RulesArgs,
    book: &Book,
    out: &mut dyn Write,
    err: &mut dyn Write,
    style: &Style,
) -> io::Result<u8> {
    let wanted = |id: &str| {
        args.family
            .as_ref()
            .is_none_or(|family| book::family(id).eq_ignore_ascii_case(family))
    };
    let rules: Vec<_> = book
        .ids()
        .filter(|id| wanted(id))
        .filter_map(|id| Some((id, book.front(id)?)))
        .collect();
    if let (true, Some(family)) = (rules.is_empty(), &args.family) {
        writeln!(
            err,
            "error: no family of rules is called `{}`",
            family.escape_debug()
        )?;
        writeln!(err, "help: there are {}", book.families().join(", "))?;
        return Ok(2);
    }
    match args.output {
        ListFormat::Human => human(&rules, out, style)?,
        ListFormat::Json => {
            let rules = rules
                .into_iter()
                .map(|(id, front)| Entry {
                    id,
                    url: book::url(id),
                    front,
                })
                .collect();
            serde_json::to_writer_pretty(&mut *out, &List { version: 1, rules })?;
            writeln!(out)?;
        }
    }
    Ok(0)
}

fn human(rules: &[(&str, &FrontMatter)], out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let column = rules
        .iter()
        .map(|(id, _)| id.len())
        .max()
        .unwrap_or_default();
    for (id, front) in rules {
        let severity = front.severity.to_string();
        let ansi = if style.color {
            colour(front.severity)
        } else {
            Ansi::new()
        };
        write!(
            out,
            "{id:column$}  {ansi}{severity:7}{ansi:#}  {}",
            front.title
        )?;
        if !front.aliases.is_empty() {
            write!(out, " ({})", front.aliases.join(", "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn colour(severity: Severity) -> Ansi {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Info => AnsiColor::Blue.on_default().bold(),
    }
}
