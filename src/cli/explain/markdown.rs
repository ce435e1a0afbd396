//! The Markdown of rule pages, laid out for a terminal: headings and code in colour, paragraphs filled to the width.

use clap::builder::styling::{AnsiColor, Style};

const HEADING: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
const PATH: Style = AnsiColor::Blue.on_default().bold();
const MARK: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Renders headings, paragraphs, lists, tables and fences. `width` is the terminal's, in columns.
pub(super) fn render(markdown: &str, width: usize) -> String {
    let width = width.clamp(20, WIDEST);
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut fence = None;
    for line in markdown.lines() {
        if let Some(ticks) = fence {
            if closes(line, ticks) {
                fence = None;
            } else {
                code_line(&mut out, line);
            }
            continue;
        }
        let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
        let bullet = [
            "- ", "* ", "1. ", "2. ", "3. ", "4. ", "5. ", "6. ", "7. ", "8. ", "9. ",
        ];
        let starts_item = bullet
            .iter()
            .any(|bullet| line.trim_start().starts_with(bullet));
        if ticks >= 3 || starts_item || line.trim().is_empty() || line.starts_with(['#', '|']) {
            fill(&mut out, &std::mem::take(&mut paragraph), width);
        }
        if ticks >= 3 {
            fence = Some(ticks);
            let path = line.split_whitespace().nth(1);
            path.into_iter()
                .for_each(|path| out.push_str(&format!("    {PATH}{path}{PATH:#}\n")));
        } else if line.trim().is_empty() {
            // One blank line is enough.
            if !out.is_empty() && !out.ends_with("\n\n") {
                out.push('\n');
            }
        } else if line.starts_with('#') {
            heading(&mut out, line.trim_start_matches('#').trim());
        } else if line.starts_with('|') {
            out.push_str(line);
            out.push('\n');
        } else {
            // The indentation of an item's first line is the item's; a line that continues it brings none.
            if paragraph.is_empty() {
                paragraph.push_str(line.trim_end());
            } else {
                paragraph.push(' ');
                paragraph.push_str(line.trim());
            }
        }
    }
    fill(&mut out, &paragraph, width);
    out
}

fn closes(line: &str, ticks: usize) -> bool {
    line.len() >= ticks && line.trim_end().bytes().all(|byte| byte == b'`')
}

fn heading(out: &mut String, title: &str) {
    let style = match title.split_once(": ").map(|(word, _)| word) {
        Some("Bad") => MARK,
        Some("Good") => GOOD,
        _ => HEADING,
    };
    out.push_str(&format!("{style}{title}{style:#}\n"));
}

/// A line of code, indented; the mark of an expected finding in colour.
fn code_line(out: &mut String, line: &str) {
    let line = match line.rsplit_once("# <- bad") {
        Some((code, rest)) => format!("    {code}{MARK}# <- bad{rest}{MARK:#}"),
        None => format!("    {line}"),
    };
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Writes a paragraph or list item, broken between words; what continues an item is indented below its first word.
fn fill(out: &mut String, text: &str, width: usize) {
    let trimmed = text.trim_start();
    if trimmed.is_empty() {
        return;
    }
    let indent = text.len() - trimmed.len();
    let bullet = trimmed.split_once(' ').map_or(0, |(first, _)| {
        let numbered = first
            .strip_suffix('.')
            .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
        if first == "-" || first == "*" || numbered {
            first.len() + 1
        } else {
            0
        }
    });
    let (mut column, mut first) = (0, true);
    for word in words(trimmed) {
        if !first && column + 1 + word.width > width {
            out.push('\n');
            (column, first) = (0, true);
            out.push_str(&" ".repeat(indent + bullet));
            column += indent + bullet;
        } else if first && column == 0 {
            out.push_str(&" ".repeat(indent));
            column += indent;
        }
        if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word.text);
        column += word.width;
        first = false;
    }
    out.push('\n');
}

/// A word as it is written, with the columns that it takes.
struct Word {
    text: String,
    width: usize,
}

/// The words of a paragraph; `code` and **strong** turned into colour that ends and begins again with each word.
fn words(text: &str) -> Vec<Word> {
    let (mut code, mut strong) = (false, false);
    text.split_whitespace()
        .map(|raw| {
            let mut word = Word {
                text: String::new(),
                width: 0,
            };
            let open = |code: bool, strong: bool| match (code, strong) {
                (true, _) => CODE,
                (_, true) => HEADING,
                _ => Style::new(),
            };
            let mut style = open(code, strong);
            word.text.push_str(&style.render().to_string());
            let mut chars = raw.chars().peekable();
            while let Some(c) = chars.next() {
                if c == '`' {
                    code = !code;
                } else if c == '*' && !code && chars.next_if_eq(&'*').is_some() {
                    strong = !strong;
                } else {
                    word.text.push(c);
                    word.width += 1;
                    continue;
                }
                word.text.push_str(&style.render_reset().to_string());
                style = open(code, strong);
                word.text.push_str(&style.render().to_string());
            }
            word.text.push_str(&style.render_reset().to_string());
            word
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text without colour.
    fn plain(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\x1b') {
            out.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        out + rest
    }

    #[test]
    fn fills_paragraphs_and_items() {
        let text = "one two `three four` five\nsix seven\n\n- an item that **goes on** and on\n  to a second line\n- b\n";
        let expected = "one two three four\nfive six seven\n\n- an item that goes\n  on and on to a\n  second line\n- b\n";
        assert_eq!(plain(&render(text, 20)), expected);
    }

    #[test]
    fn keeps_code_as_it_is() {
        let text = "## Bad\n\ntext\n\n```yaml west/a.yaml\na:   1 # <- bad\n\n  b: `x` ** long long long long long\n```\nafter\n";
        let expected = "Bad\n\ntext\n\n    west/a.yaml\n    a:   1 # <- bad\n\n      b: `x` ** long long long long long\nafter\n";
        assert_eq!(plain(&render(text, 20)), expected);
    }

    #[test]
    fn colour_marks_code_and_ends_with_it() {
        let rendered = render("a `b c` d\n", 80);
        assert_eq!(rendered, "a \x1b[36mb\x1b[0m \x1b[36mc\x1b[0m d\n");
    }

    #[test]
    fn a_word_wider_than_the_terminal_stands_alone() {
        let text = "see https://example.com/a/very/long/address for more\n";
        assert_eq!(
            plain(&render(text, 20)),
            "see\nhttps://example.com/a/very/long/address\nfor more\n"
        );
    }
}
