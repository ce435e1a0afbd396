//! Line numbers, worked out only when somebody asks for one.

use memchr::memchr_iter;

use super::span::Span;

/// A place as people count: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// The byte offsets at which the lines of a text start.
#[derive(Debug)]
pub(super) struct Lines(Vec<u32>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let breaks = memchr_iter(b'\n', text.as_bytes()).map(|at| offset(at + 1));
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// How many lines there are; the emptiness behind the last line break is none.
    pub(super) fn count(&self, text: &str) -> u32 {
        let open = self
            .0
            .last()
            .is_some_and(|&start| start as usize == text.len());
        offset(self.0.len()) - u32::from(open && self.0.len() > 1)
    }

    /// Bytes of a line, counted from 1, without its line break.
    pub(super) fn span(&self, text: &str, line: u32) -> Option<Span> {
        let index = line.checked_sub(1)? as usize;
        let start = *self.0.get(index)?;
        let end = match self.0.get(index + 1) {
            Some(&next) => next - 1,
            None if line > self.count(text) => return None,
            None => offset(text.len()),
        };
        let content = text.get(start as usize..end as usize)?;
        let content = content.strip_suffix('\r').unwrap_or(content);
        Some(Span::new(start, start + offset(content.len())))
    }

    /// The byte order mark takes no column: editors do not show it.
    pub(super) fn position(&self, text: &str, at: u32) -> Position {
        let at = (at as usize).min(text.len());
        let line = self.0.partition_point(|&start| start as usize <= at);
        let start = self
            .0
            .get(line.saturating_sub(1))
            .map_or(0, |&start| start as usize);
        let before = (start..=at)
            .rev()
            .find_map(|end| text.get(start..end))
            .unwrap_or_default();
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        Position {
            line: offset(line.max(1)),
            column: offset(before.chars().count() + 1),
        }
    }
}

/// Offsets fit: a text of 4 GiB or more is refused before anything counts in it.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: u32) -> (u32, u32) {
        let place = Lines::new(text).position(text, offset);
        (place.line, place.column)
    }

    #[test]
    fn columns_count_characters() {
        let text = "a: ä€x\nb: 1";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, 3), (1, 4));
        assert_eq!(at(text, 8), (1, 6));
        assert_eq!(at(text, 4), (1, 4), "inside of a character");
        assert_eq!(at(text, 10), (2, 1));
        assert_eq!(at(text, 999), (2, 5));
        assert_eq!(at("\u{feff}a", 3), (1, 1));
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("a\n", 2), (2, 1));
    }

    #[test]
    fn lines_leave_their_breaks_out() {
        let text = "a\r\nbc\n\nd";
        let lines = Lines::new(text);
        assert_eq!(lines.count(text), 4);
        assert_eq!(lines.span(text, 1), Some(Span::new(0, 1)));
        assert_eq!(lines.span(text, 2), Some(Span::new(3, 5)));
        assert_eq!(lines.span(text, 3), Some(Span::new(6, 6)));
        assert_eq!(lines.span(text, 4), Some(Span::new(7, 8)));
        assert_eq!(lines.span(text, 5), None);
        assert_eq!(lines.span(text, 0), None);
    }

    #[test]
    fn a_final_line_break_opens_no_line() {
        assert_eq!(Lines::new("a\n").count("a\n"), 1);
        assert_eq!(Lines::new("a\n").span("a\n", 2), None);
        assert_eq!(Lines::new("").count(""), 1);
        assert_eq!(Lines::new("").span("", 1), Some(Span::new(0, 0)));
        assert_eq!(Lines::new("\n").count("\n"), 1);
    }
}
