//! The few lines of each file that a finding shows, cut and made harmless, for miette to draw.
//!
//! miette takes one source a diagnostic and scans it from its start. It is given a made-up one: the windows of all files
//! behind each other, each answering for its own range of offsets with its own path and line numbers. A range over two
//! windows is out of bounds, so miette draws each window by itself.

use super::{Report, text};
use crate::finding::Finding;
use crate::yaml::{File, FileId, Span};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;

/// Lines shown before and behind the marked ones.
const BEFORE: u32 = 2;
const BEHIND: u32 = 1;
/// Marks with at most this many lines between them share a window.
const NEAR: u32 = 6;
/// Lines of a longer value that are shown.
const VALUE_LINES: u32 = 3;
/// Places that are shown; of a finding over a hundred clusters the first ones say it all.
const MARKS: usize = 8;

/// What miette draws for one finding.
#[derive(Debug, Default)]
pub(super) struct Snippets {
    windows: Vec<Window>,
    /// Locations beyond [`MARKS`].
    pub(super) left_out: usize,
}

/// Consecutive lines of one file, as shown, each ended by a line feed.
#[derive(Debug)]
struct Window {
    /// The offset of `text` in the made-up source.
    base: usize,
    path: String,
    /// From 1.
    first_line: u32,
    lines: usize,
    text: String,
    marks: Vec<Shown>,
}

/// A mark in the text of a window.
#[derive(Debug)]
struct Shown {
    range: Range<usize>,
    /// In the file, from 1.
    line: u32,
    column: u32,
    pub(super) label: String,
    pub(super) primary: bool,
}

/// A mark for miette, in the offsets of the made-up source.
pub(super) struct Mark<'a> {
    pub(super) start: usize,
    pub(super) length: usize,
    /// Columns from the start of the line to the mark.
    pub(super) indent: usize,
    pub(super) label: &'a str,
    pub(super) primary: bool,
}

/// A place in a file, in lines.
#[derive(Clone, Debug)]
struct Spot {
    /// The order in which the finding names it.
    nth: usize,
    span: Span,
    first: u32,
    last: u32,
    column: u32,
    /// The value goes on below `last`.
    more: bool,
    label: String,
    primary: bool,
}

impl Snippets {
    /// `width`: the columns that a line of a file may take.
    pub(super) fn of(report: &Report<'_>, finding: &Finding, width: usize) -> Self {
        let mut files: Vec<(FileId, &File, Vec<Spot>)> = Vec::new();
        for (nth, location) in finding.locations.iter().enumerate().take(MARKS) {
            let Some((file, span)) = report.find(location.place) else {
                continue;
            };
            let id = location.place.file;
            let spot = Spot::of(file, nth, span, &location.label, location.primary);
            match files.iter_mut().find(|(other, ..)| *other == id) {
                Some((.., spots)) => add(spots, spot),
                None => files.push((id, file, vec![spot])),
            }
        }
        let mut snippets = Self {
            windows: Vec::new(),
            left_out: finding.locations.len().saturating_sub(MARKS),
        };
        let mut base = 0;
        for (_, file, spots) in files {
            for group in groups(spots, width) {
                let window = Window::of(file, &group, base, width);
                // A gap, so that no range is in two windows.
                base += window.text.len() + 1;
                snippets.windows.push(window);
            }
        }
        snippets
    }

    pub(super) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The marks by offset, which is the order in which miette takes them.
    pub(super) fn marks(&self) -> impl Iterator<Item = Mark<'_>> {
        self.windows.iter().flat_map(|window| {
            window.marks.iter().map(|mark| {
                let before = window.text.get(..mark.range.start).unwrap_or_default();
                let line = before.rsplit('\n').next().unwrap_or_default();
                Mark {
                    start: window.base + mark.range.start,
                    length: mark.range.len(),
                    indent: line.chars().fold(0, |at, c| at + text::columns(c, at)),
                    label: &mark.label,
                    primary: mark.primary,
                }
            })
        })
    }

    /// The columns that line numbers take.
    pub(super) fn number_width(&self) -> usize {
        let last = |w: &Window| w.first_line as usize + w.lines;
        self.windows
            .iter()
            .map(last)
            .max()
            .unwrap_or(0)
            .to_string()
            .len()
    }
}

impl SourceCode for Snippets {
    /// With context the whole window is given, whatever its size; without, the place of the span's start.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _behind: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let window = self
            .windows
            .iter()
            .find(|w| (w.base..w.base + w.text.len()).contains(&start))
            .filter(|w| end <= w.base + w.text.len())
            .ok_or(MietteError::OutOfBounds)?;
        let (data, at, line, column) = if before == 0 {
            let inner = start - window.base..end - window.base;
            let mark = window.marks.iter().find(|m| m.range == inner);
            let (line, column) = mark.map_or((window.first_line, 1), |m| (m.line, m.column));
            (
                window.text.get(inner).unwrap_or_default(),
                *span,
                line,
                column,
            )
        } else {
            let whole = SourceSpan::from((window.base, window.text.len()));
            (window.text.as_str(), whole, window.first_line, 1)
        };
        Ok(Box::new(MietteSpanContents::new_named(
            window.path.clone(),
            data.as_bytes(),
            at,
            line.saturating_sub(1) as usize,
            column.saturating_sub(1) as usize,
            window.lines,
        )))
    }
}

/// Two things to say about the same bytes are said under one mark.
fn add(spots: &mut Vec<Spot>, spot: Spot) {
    let Some(same) = spots.iter_mut().find(|s| s.span == spot.span) else {
        spots.push(spot);
        return;
    };
    same.primary |= spot.primary;
    if same.label.is_empty() {
        same.label = spot.label;
    } else if !spot.label.is_empty() && same.label != spot.label {
        same.label = format!("{}; {}", same.label, spot.label);
    }
}

/// Spots that share a window, the window with the first-named spot first.
fn groups(mut spots: Vec<Spot>, width: usize) -> Vec<Vec<Spot>> {
    spots.sort_by_key(|s| (s.span, s.nth));
    let mut groups: Vec<Vec<Spot>> = Vec::new();
    for spot in spots {
        match groups.last_mut() {
            Some(group) if fits(group, &spot, width) => group.push(spot),
            _ => groups.push(vec![spot]),
        }
    }
    groups.sort_by_key(|group| group.iter().map(|s| s.nth).min());
    groups
}

/// Whether the spot is near enough to the others, also along a very long line.
fn fits(group: &[Spot], spot: &Spot, width: usize) -> bool {
    // miette would draw one of two nested underlines at a wrong place; around a value of several lines it draws a bracket.
    let nested = group
        .iter()
        .any(|s| s.first == s.last && spot.first == spot.last && spot.span.start < s.span.end);
    let lowest = group.iter().map(|s| s.last).max().unwrap_or(0);
    let leftmost = group
        .iter()
        .filter(|s| s.first == spot.first)
        .map(|s| s.span.start)
        .min();
    let reach = leftmost.map_or(0, |left| spot.span.end.saturating_sub(left) as usize);
    !nested
        && spot.first <= lowest + NEAR + 1
        && (reach <= width / 2 || spot.column as usize <= width / 2)
}

impl Spot {
    fn of(file: &File, nth: usize, span: Span, label: &str, primary: bool) -> Self {
        let start = span.start;
        // What ends in a line break ends in the line before it.
        let end = start + file.slice(span).trim_end().len() as u32;
        let from = file.position(start);
        let last = file.position(end).line;
        let shown = last.min(from.line + VALUE_LINES - 1);
        let more = shown < last;
        let end = match file.line_span(shown) {
            Some(line) if more => start.max(line.start + bare(file.slice(line)).len() as u32),
            _ => end,
        };
        Self {
            nth,
            span: Span::new(start, end),
            first: from.line,
            last: shown,
            column: from.column,
            more,
            label: text::line(label).into_owned(),
            primary,
        }
    }
}

fn bare(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

impl Window {
    fn of(file: &File, spots: &[Spot], base: usize, width: usize) -> Self {
        let first_spot = spots.iter().map(|s| s.first).min().unwrap_or(1);
        let last_spot = spots.iter().map(|s| s.last).max().unwrap_or(1);
        let (first, behind) = around(file, first_spot, last_spot);
        // Behind the first lines of a value comes more of it, which the ellipsis stands for.
        let cut_off = spots.iter().any(|s| s.more && s.last == last_spot);
        let last = if cut_off { last_spot } else { behind };
        let mut window = Self {
            base,
            path: text::line(file.path()).into_owned(),
            first_line: first,
            lines: 0,
            text: String::new(),
            marks: spots
                .iter()
                .map(|spot| Shown {
                    range: 0..0,
                    line: spot.first,
                    column: spot.column,
                    label: spot.label.clone(),
                    primary: spot.primary,
                })
                .collect(),
        };
        for number in first..=last {
            let span = file.line_span(number).unwrap_or_default();
            let raw = bare(file.slice(span));
            // A byte order mark is no character of the first line.
            let text = raw.trim_start_matches('\u{feff}');
            let start = span.start + (raw.len() - text.len()) as u32;
            window.push_line(number, text, start, spots, width);
        }
        window
    }

    /// Adds a line as it is shown, and finds the marks that start or end in it.
    fn push_line(&mut self, number: u32, raw: &str, start: u32, spots: &[Spot], width: usize) {
        let inside = |offset: u32| (offset.saturating_sub(start) as usize).min(raw.len());
        let starts = spots.iter().filter(|s| s.first == number);
        let ends = spots.iter().filter(|s| s.last == number);
        let from = starts.clone().map(|s| inside(s.span.start)).min();
        let to = ends.clone().map(|s| inside(s.span.end)).max();
        let focus = match (from, to) {
            (Some(from), Some(to)) => from..to.max(from),
            // A value that goes on below: its first words are of interest.
            (Some(from), None) => from..from,
            (None, _) => 0..0,
        };
        let cut = cut(raw, focus, width);
        let line_at = self.text.len();
        if cut.start > 0 {
            self.text.push('…');
        }
        let lead = self.text.len();
        let shown = raw.get(cut.clone()).unwrap_or_default();
        push_shown(&mut self.text, shown);
        let tail = self.text.len();
        let place = |offset: u32| {
            let offset = inside(offset);
            if offset < cut.start {
                return line_at;
            }
            let mut before = String::new();
            push_shown(&mut before, raw.get(cut.start..offset).unwrap_or(shown));
            (lead + before.len()).min(tail)
        };
        for (spot, mark) in spots.iter().zip(&mut self.marks) {
            if spot.first == number {
                mark.range.start = place(spot.span.start);
            }
            if spot.last == number {
                mark.range.end = place(spot.span.end).max(mark.range.start);
            }
        }
        let goes_on = spots.iter().any(|s| s.more && s.last == number);
        if cut.end < raw.len() {
            self.text.push('…');
        } else if goes_on {
            self.text.push_str(" …");
        }
        self.text.push('\n');
        self.lines += 1;
    }
}

/// The lines around the marked ones, without blank ones at the ends and without other documents.
fn around(file: &File, first: u32, last: u32) -> (u32, u32) {
    let line = |number| file.line_span(number).map(|span| bare(file.slice(span)));
    let foreign =
        |number: &u32| line(*number).is_none_or(|l| l.starts_with("---") || l.starts_with("..."));
    let blank = |number: &u32| line(*number).is_none_or(|l| l.trim().is_empty());
    let above: Vec<u32> = (first.saturating_sub(BEFORE).max(1)..first)
        .rev()
        .take_while(|number| !foreign(number))
        .collect();
    let below: Vec<u32> = (last + 1..=last + BEHIND)
        .take_while(|number| !foreign(number))
        .collect();
    let top = above.into_iter().rev().find(|number| !blank(number));
    let bottom = below.into_iter().rev().find(|number| !blank(number));
    (top.unwrap_or(first), bottom.unwrap_or(last))
}

/// The bytes of a long line to show: from its start if the focus is in reach, else the focus with some text around it.
/// Never looks at more of the line than it shows.
fn cut(raw: &str, focus: Range<usize>, width: usize) -> Range<usize> {
    let room = width.saturating_sub(2).max(1);
    let mut start = 0;
    if forward(raw, 0, room) < focus.end {
        let size = raw
            .get(focus.clone())
            .unwrap_or_default()
            .chars()
            .take(room)
            .fold(0, |at, c| at + text::columns(c, at));
        let before = raw.get(..focus.start).unwrap_or_default();
        let mut spare = room.saturating_sub(size) / 2;
        start = focus.start;
        for (at, c) in before.char_indices().rev() {
            let columns = text::columns(c, 0);
            if columns > spare {
                break;
            }
            spare -= columns;
            start = at;
        }
    }
    // A line that just fits needs no room for an ellipsis.
    let end = forward(raw, start, room);
    if start == 0 && forward(raw, 0, width) == raw.len() {
        return 0..raw.len();
    }
    start..end
}

/// How far `width` columns reach from `start`.
fn forward(raw: &str, start: usize, width: usize) -> usize {
    let rest = raw.get(start..).unwrap_or_default();
    let mut column = 0;
    for (at, c) in rest.char_indices() {
        column += text::columns(c, column);
        if column > width {
            return start + at;
        }
    }
    raw.len()
}

/// Adds text with tabs as spaces and controls as pictures. The text is the start of what is shown of its line.
fn push_shown(out: &mut String, raw: &str) {
    let mut column = 0;
    for c in raw.chars() {
        let columns = text::columns(c, column);
        match c {
            '\t' => out.extend(std::iter::repeat_n(' ', columns)),
            c => out.push(text::picture(c).unwrap_or(c)),
        }
        column += columns;
    }
}
