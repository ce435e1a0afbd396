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
    let (prose, examples) = page
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

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"---
title: A headline
severity: warning
subject: setting
aliases: [IST0999]
since: "0.1"
istio: ">=1.27"
why: because
supersedes: [a/c]
references: [istio/istio#1]
options:
  limit: {default: 3, doc: How many.}
---
# a/b

What is wrong.

## Why

Because.

## How to fix

Mend it.

## When not to worry

Never.

## Examples

### Bad: x

```yaml west/a.yaml
x: 1 # <- bad
```
"#;

    fn explain(rule: &str, style: &Style) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let book = Book::new([("a/b", PAGE)]);
        let args = ExplainArgs { rule: rule.into() };
        let code = run(&args, &book, &mut out, &mut err, style).unwrap();
        let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
        (code, out, err)
    }

    #[test]
    fn prints_the_page_in_reading_order() {
        let (code, out, err) = explain("a/b", &Style::default());
        assert_eq!((code, err.as_str()), (0, ""));
        let headings: Vec<&str> = out.lines().filter(|line| line.starts_with('#')).collect();
        let expected = [
            "# a/b: A headline",
            "## Why",
            "## How to fix",
            "## When not to worry",
            "## Options",
            "## Examples",
            "### Bad: x",
            "## Read on",
        ];
        assert_eq!(headings, expected);
        for part in [
            "**warning** · since 0.1 · Istio >=1.27 · also called IST0999",
            "What is wrong.",
            "- `limit` (default `3`): How many.",
            "x: 1 # <- bad",
            "- `a/c`: explained by this rule",
            "https://github.com/istio/istio/issues/1",
            "/rules/a/b.md",
        ] {
            assert!(out.contains(part), "{part} is not in:\n{out}");
        }
    }

    #[test]
    fn an_alias_and_colour_give_the_same_page() {
        let plain = explain("A/B", &Style::default()).1;
        assert_eq!(explain("ist0999", &Style::default()).1, plain);
        let colour = explain(
            "a/b",
            &Style {
                color: true,
                ..Style::default()
            },
        )
        .1;
        assert!(!plain.contains('\x1b') && colour.contains('\x1b'));
    }

    #[test]
    fn an_unknown_name_is_a_wrong_usage() {
        let cases = [
            (
                "a/bb",
                "error: no rule is called `a/bb`\nhelp: did you mean `a/b`?\n",
            ),
            (
                "a",
                "error: no rule is called `a`\nhelp: `meshlint rules a` lists the rules of this family\n",
            ),
            (
                "nonsense\x1b",
                "error: no rule is called `nonsense\\u{1b}`\nhelp: `meshlint rules` lists all rules\n",
            ),
        ];
        for (name, expected) in cases {
            assert_eq!(
                explain(name, &Style::default()),
                (2, String::new(), expected.into())
            );
        }
    }
}
