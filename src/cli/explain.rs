//! `meshlint explain RULE`: the page of a rule, in the terminal.

mod markdown;

use crate::report::Style;
use crate::rules::book::{self, Book, Page};
use std::fmt::Write as _;
use std::io::{self, Write};

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The rule: its id, such as dns/capture-mismatch, or an alias
    pub rule: String,
}

/// Writes the page of the rule: laid out for a terminal when `style` has colour, else as the Markdown that it is. Gives
/// the exit code: 2, and a word on `err`, for a name that no rule goes by.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(
    args: &ExplainArgs,
    book: &Book,
    out: &mut dyn Write,
    err: &mut dyn Write,
    style: &Style,
) -> io::Result<u8> {
    let Some((id, text)) = book
        .find(&args.rule)
        .and_then(|id| Some((id, book.text(id)?)))
    else {
        writeln!(
            err,
            "error: no rule is called `{}`",
            args.rule.escape_debug()
        )?;
        match book.suggest(&args.rule) {
            Some(near) if book.find(near).is_some() => {
                writeln!(err, "help: did you mean `{near}`?")?
            }
            Some(family) => writeln!(
                err,
                "help: `meshlint rules {family}` lists the rules of this family"
            )?,
            None => writeln!(err, "help: `meshlint rules` lists all rules")?,
        }
        return Ok(2);
    };
    let page = Page::parse(id, text).map_err(io::Error::other)?;
    let markdown = document(&page);
    if style.color {
        out.write_all(markdown::render(&markdown, style.width).as_bytes())?;
    } else {
        out.write_all(markdown.as_bytes())?;
    }
    Ok(0)
}

/// The page with what its front matter says to a reader: facts below the heading, options and references at the end.
fn document(page: &Page<'_>) -> String {
    let front = &page.front;
    let mut text = format!("# {}: {}\n\n", page.id, front.title);
    let mut facts = vec![
        format!("**{}**", front.severity),
        format!("since {}", front.since),
    ];
    facts.extend(front.istio.as_ref().map(|range| format!("Istio {range}")));
    if !front.aliases.is_empty() {
        facts.push(format!("also called {}", front.aliases.join(", ")));
    }
    let _ = writeln!(text, "{}\n\n{}", facts.join(" · "), page.intro);
    let (examples, prose) = page
        .sections
        .split_at(page.sections.len().saturating_sub(1));
    for section in prose {
        let _ = write!(text, "\n## {}\n\n{}\n", section.title, section.text);
    }
    if !front.options.is_empty() {
        text.push_str("\n## Options\n\n");
        for (name, option) in &front.options {
            let _ = writeln!(
                text,
                "- `{name}` (default `{}`): {}",
                option.default, option.doc
            );
        }
    }
    for section in examples {
        let _ = write!(text, "\n## {}\n\n{}\n", section.title, section.text);
    }
    text.push_str("\n## Read on\n\n");
    for id in &front.supersedes {
        let _ = writeln!(
            text,
            "- `{id}`: explained by this rule when both find the same fault"
        );
    }
    for reference in front
        .references
        .iter()
        .filter_map(|reference| book::reference_url(reference))
    {
        let _ = writeln!(text, "- {reference}");
    }
    let _ = writeln!(text, "- {}", book::url(page.id));
    text
}
