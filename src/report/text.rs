//! Text from manifests is not to be trusted with a terminal, nor with the shape of a line.

use crate::finding::Severity;
use owo_colors::{OwoColorize, Style};
use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// What stands for a character that would move the cursor, hide or reorder text; `None` for all others.
pub(super) fn picture(c: char) -> Option<char> {
    match c {
        // U+2400 has a picture for each of them.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)),
        '\x7f' => Some('␡'),
        // C1 controls; marks, embeddings and isolates of writing direction; what has no width; line separators; tags
        // and other unassigned or private planes.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// One harmless line: line breaks and tabs become spaces, other controls their pictures.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| picture(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let spaced = text.trim_end_matches(['\r', '\n']).replace("\r\n", " ");
    let harmless = |c| match c {
        '\t' | '\r' | '\n' => ' ',
        c => picture(c).unwrap_or(c),
    };
    Cow::Owned(spaced.chars().map(harmless).collect())
}

/// The columns that a character takes after [`picture`]; a tab reaches to the next multiple of [`TAB`].
pub(super) fn columns(c: char, column: usize) -> usize {
    match c {
        '\t' => TAB - column % TAB,
        c => picture(c).unwrap_or(c).width().unwrap_or(0),
    }
}

pub(super) const TAB: usize = 4;

/// `1 error`, `2 errors`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

pub(super) fn paint(text: &str, style: Style, color: bool) -> String {
    if color {
        text.style(style).to_string()
    } else {
        text.to_owned()
    }
}

pub(super) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Error => Style::new().red().bold(),
        Severity::Warning => Style::new().yellow().bold(),
        Severity::Info => Style::new().cyan().bold(),
    }
}

/// A link for terminals that know OSC 8; `text` alone for the others, or when the address could break out of it.
pub(super) fn link(text: String, url: Option<&str>, links: bool) -> String {
    match url {
        Some(url) if links && url.chars().all(|c| c.is_ascii_graphic()) => {
            format!("\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\")
        }
        _ => text,
    }
}

/// Wraps at spaces to `width` columns, the indents included.
pub(super) fn wrap(text: &str, first: &str, rest: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        // An id, a host or a path is copied, so it must stay in one piece.
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_harmless_line() {
        assert_eq!(line("plain äöü 漢字"), "plain äöü 漢字");
        assert_eq!(line("a\r\nb\nc\td\n"), "a b c d");
        assert_eq!(line("\x1b[31mred\x07\x7f"), "␛[31mred␇␡");
        assert_eq!(
            line("\u{9b}31m \u{202e}txt\u{2028}"),
            "\u{fffd}31m \u{fffd}txt\u{fffd}"
        );
    }

    #[test]
    fn an_address_cannot_leave_its_link() {
        let safe = link("dns".into(), Some("https://a.example/b"), true);
        assert_eq!(safe, "\x1b]8;;https://a.example/b\x1b\\dns\x1b]8;;\x1b\\");
        assert_eq!(link("dns".into(), Some("https://a\x1b\\"), true), "dns");
        assert_eq!(
            link("dns".into(), Some("https://a.example/b"), false),
            "dns"
        );
    }
}
