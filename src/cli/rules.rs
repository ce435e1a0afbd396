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

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str =
        "---\ntitle: One\nseverity: error\nsubject: pair\nsince: '0.1'\nwhy: w\n---\n";
    const INFO: &str = "---\ntitle: Two\nseverity: info\nsubject: pair\nsince: '0.1'\nwhy: w\naliases: [IST0999]\n---\n";

    fn list(family: Option<&str>, output: ListFormat, style: &Style) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let book = Book::new([("ab/long-name", ERROR), ("c/d", INFO)]);
        let args = RulesArgs {
            family: family.map(str::to_owned),
            output,
        };
        let code = run(&args, &book, &mut out, &mut err, style).unwrap();
        let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
        (code, out, err)
    }

    #[test]
    fn lists_in_columns() {
        let (code, out, _) = list(None, ListFormat::Human, &Style::default());
        assert_eq!(code, 0);
        assert_eq!(
            out,
            "ab/long-name  error    One\nc/d           info     Two (IST0999)\n"
        );
        let colour = list(
            None,
            ListFormat::Human,
            &Style {
                color: true,
                ..Style::default()
            },
        )
        .1;
        assert!(colour.contains("\x1b[31merror  \x1b[0m  One"), "{colour:?}");
    }

    #[test]
    fn lists_one_family_in_json() {
        let (code, out, _) = list(Some("C"), ListFormat::Json, &Style::default());
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, json["version"].as_u64()), (0, Some(1)));
        let rules = json["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(
            (rules[0]["id"].as_str(), rules[0]["severity"].as_str()),
            (Some("c/d"), Some("info"))
        );
    }

    #[test]
    fn an_unknown_family_is_a_wrong_usage() {
        let (code, out, err) = list(Some("x"), ListFormat::Human, &Style::default());
        assert_eq!((code, out.as_str()), (2, ""));
        assert_eq!(
            err,
            "error: no family of rules is called `x`\nhelp: there are ab, c\n"
        );
    }
}
