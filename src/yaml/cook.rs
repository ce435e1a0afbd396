//! From how a scalar is written to its text, and from its text back to where each byte is written.
//!
//! Follows libyaml, of which Kubernetes' reader is a port. Nothing is kept: text is made from the source when asked for.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

use super::lines::offset;
use super::scalar::Style;
use super::span::Span;
use super::tree::{Chomp, Node};

/// The text of a scalar that stands in `source`.
pub(super) fn text(source: &str, node: Node) -> Cow<'_, str> {
    if node.has(Node::VOID) {
        return Cow::Borrowed("");
    }
    if node.has(Node::RAW) {
        return Cow::Borrowed(source.get(node.content().range()).unwrap_or_default());
    }
    let mut text = String::with_capacity(node.content().len() as usize + 1);
    cook(source, node, &mut |_, piece| text.push_str(piece));
    Cow::Owned(text)
}

/// A run of text and the bytes it comes from. Equal lengths: byte by byte; otherwise an escape or a fold, as a whole.
#[derive(Clone, Copy, Debug)]
struct Piece {
    text: u32,
    text_len: u32,
    source: u32,
    source_len: u32,
}

impl Piece {
    fn is_verbatim(self) -> bool {
        self.text_len == self.source_len
    }
}

/// From offsets in a scalar's text to offsets in the text that the scalar stands in.
#[derive(Debug, Default)]
pub(super) struct Map {
    pieces: Vec<Piece>,
}

impl Map {
    pub(super) fn of(source: &str, node: Node) -> Self {
        let mut map = Self::default();
        if node.has(Node::VOID) {
            return map;
        }
        if node.has(Node::RAW) {
            let content = node.content();
            map.push(content, content.len());
            return map;
        }
        cook(source, node, &mut |range, piece| {
            map.push(
                Span::new(offset(range.start), offset(range.end)),
                offset(piece.len()),
            );
        });
        map
    }

    fn push(&mut self, source: Span, text_len: u32) {
        let next = Piece {
            text: self
                .pieces
                .last()
                .map_or(0, |last| last.text + last.text_len),
            text_len,
            source: source.start,
            source_len: source.len(),
        };
        match self.pieces.last_mut() {
            Some(last)
                if last.is_verbatim()
                    && next.is_verbatim()
                    && last.source + last.source_len == next.source =>
            {
                last.text_len += next.text_len;
                last.source_len += next.source_len;
            }
            _ if text_len > 0 => self.pieces.push(next),
            _ => {}
        }
    }

    /// Where the byte at this offset of the text comes from; the end of the last one at and behind the end.
    pub(super) fn start(&self, at: u32) -> Option<u32> {
        let index = self
            .pieces
            .partition_point(|piece| piece.text + piece.text_len <= at);
        match self.pieces.get(index) {
            Some(piece) if piece.is_verbatim() => Some(piece.source + (at - piece.text)),
            Some(piece) => Some(piece.source),
            None => self.pieces.last().map(|last| last.source + last.source_len),
        }
    }

    /// Behind where the byte before this offset of the text comes from.
    fn end(&self, at: u32) -> Option<u32> {
        let index = self
            .pieces
            .partition_point(|piece| piece.text + piece.text_len < at);
        match self.pieces.get(index) {
            Some(piece) if at > piece.text && piece.is_verbatim() => {
                Some(piece.source + (at - piece.text))
            }
            Some(piece) if at > piece.text => Some(piece.source + piece.source_len),
            Some(piece) => Some(piece.source),
            None => self.start(at),
        }
    }

    pub(super) fn span(&self, span: Span) -> Option<Span> {
        let start = self.start(span.start)?;
        match span.is_empty() {
            true => Some(Span::new(start, start)),
            false => Some(Span::new(start, self.end(span.end)?.max(start))),
        }
    }

    /// The same map for a source that itself is the text of another scalar, mapped by `outer`.
    pub(super) fn within(self, outer: &Map) -> Self {
        let mut map = Self::default();
        for piece in self.pieces {
            if !piece.is_verbatim() {
                let source = Span::new(piece.source, piece.source + piece.source_len);
                map.push(outer.span(source).unwrap_or_default(), piece.text_len);
                continue;
            }
            let (mut at, end) = (piece.source, piece.source + piece.source_len);
            let first = outer
                .pieces
                .partition_point(|piece| piece.text + piece.text_len <= at);
            for part in outer.pieces.iter().skip(first) {
                let stop = end.min(part.text + part.text_len);
                if at >= stop {
                    break;
                }
                let source = match part.is_verbatim() {
                    true => Span::new(
                        part.source + (at - part.text),
                        part.source + (stop - part.text),
                    ),
                    false => Span::new(part.source, part.source + part.source_len),
                };
                map.push(source, stop - at);
                at = stop;
            }
        }
        map
    }
}

/// Calls `put` with each run of the text and the range of the source that it comes from, in order.
fn cook(source: &str, node: Node, put: &mut dyn FnMut(Range<usize>, &str)) {
    match node.style() {
        Style::Plain | Style::Single | Style::Double => flow(source, node, put),
        Style::Literal | Style::Folded => block(source, node, put),
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The offset of the first byte from `at` that is not blank, at most `end`.
fn skip_blanks(bytes: &[u8], at: usize, end: usize) -> usize {
    let run = bytes.get(at..end).unwrap_or_default();
    at + run.iter().take_while(|byte| is_blank(**byte)).count()
}

/// The offset behind the line break at `at`, if there is one before `end`.
fn skip_break(bytes: &[u8], at: usize, end: usize) -> Option<usize> {
    match bytes.get(at..end)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\r' | b'\n', ..] => Some(at + 1),
        _ => None,
    }
}

/// Plain and quoted: escapes, and lines folded into one.
fn flow(source: &str, node: Node, put: &mut dyn FnMut(Range<usize>, &str)) {
    let bytes = source.as_bytes();
    let Range { start: mut at, end } = node.content().range();
    let escape = match node.style() {
        Style::Single => Some(b'\''),
        Style::Double => Some(b'\\'),
        _ => None,
    };
    while at < end {
        let rest = bytes.get(at..end).unwrap_or_default();
        let is_plain = |byte: &u8| !is_blank(*byte) && !is_break(*byte) && Some(*byte) != escape;
        let run = rest.iter().take_while(|byte| is_plain(byte)).count();
        let Some(&special) = rest.get(run) else {
            put(at..end, source.get(at..end).unwrap_or_default());
            return;
        };
        if run > 0 {
            put(at..at + run, source.get(at..at + run).unwrap_or_default());
            at += run;
        }
        if Some(special) == escape {
            at = unescape(source, at, end, special, put);
            continue;
        }
        let blanks_end = skip_blanks(bytes, at, end);
        match skip_break(bytes, blanks_end, end) {
            None => {
                put(
                    at..blanks_end,
                    source.get(at..blanks_end).unwrap_or_default(),
                );
                at = blanks_end;
            }
            Some(next) => {
                let (breaks, next) = skip_lines(bytes, next, end);
                match breaks {
                    0 => put(at..next, " "),
                    _ => put(at..next, &"\n".repeat(breaks)),
                }
                at = next;
            }
        }
    }
}

/// How many empty lines follow, and where the text goes on.
fn skip_lines(bytes: &[u8], at: usize, end: usize) -> (usize, usize) {
    let (mut breaks, mut at) = (0, skip_blanks(bytes, at, end));
    while let Some(next) = skip_break(bytes, at, end) {
        breaks += 1;
        at = skip_blanks(bytes, next, end);
    }
    (breaks, at)
}

/// Puts what the escape at `at` stands for, and returns the offset behind it.
fn unescape(
    source: &str,
    at: usize,
    end: usize,
    escape: u8,
    put: &mut dyn FnMut(Range<usize>, &str),
) -> usize {
    let bytes = source.as_bytes();
    if escape == b'\'' {
        put(at..(at + 2).min(end), "'");
        return at + 2;
    }
    if let Some(next) = skip_break(bytes, at + 1, end) {
        let (breaks, next) = skip_lines(bytes, next, end);
        put(at..next, &"\n".repeat(breaks));
        return next;
    }
    let Some(&code) = bytes.get(at + 1) else {
        return end;
    };
    let hex = |at: usize, len: usize| u32::from_str_radix(source.get(at..at + len)?, 16).ok();
    let (mut len, character) = match code {
        b'0' => (2, Some('\0')),
        b'a' => (2, Some('\x07')),
        b'b' => (2, Some('\x08')),
        b't' | b'\t' => (2, Some('\t')),
        b'n' => (2, Some('\n')),
        b'v' => (2, Some('\x0b')),
        b'f' => (2, Some('\x0c')),
        b'r' => (2, Some('\r')),
        b'e' => (2, Some('\x1b')),
        b'N' => (2, Some('\u{85}')),
        b'_' => (2, Some('\u{a0}')),
        b'L' => (2, Some('\u{2028}')),
        b'P' => (2, Some('\u{2029}')),
        b'x' => (4, hex(at + 2, 2).and_then(char::from_u32)),
        b'u' => (6, hex(at + 2, 4).and_then(char::from_u32)),
        b'U' => (10, hex(at + 2, 8).and_then(char::from_u32)),
        // Space, quote, slash, backslash: themselves. The parser has refused the others.
        _ => (2, Some(char::from(code))),
    };
    let character = character.or_else(|| {
        // A pair of surrogates, as JSON writes what lies beyond 16 bits.
        let (high, low) = (hex(at + 2, 4)?, hex(at + 8, 4)?);
        len = 12;
        char::decode_utf16([high as u16, low as u16]).next()?.ok()
    });
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    put(at..at + len, character.encode_utf8(&mut [0; 4]));
    at + len
}

/// Literal and folded. The node spans the content without its final break; `aux` is the width of the indentation.
fn block(source: &str, node: Node, put: &mut dyn FnMut(Range<usize>, &str)) {
    let bytes = source.as_bytes();
    let Range { start, end } = node.span().range();
    let indent = node.aux as usize;
    let literal = node.style() == Style::Literal;
    // An empty scalar stands behind its header; otherwise the header is the last thing before the content.
    let header_end = match start == end {
        true => start,
        false => source
            .get(..start)
            .map_or(0, |before| before.trim_ascii_end().len()),
    };
    let line_end = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        memchr2(b'\n', b'\r', rest).map_or(bytes.len(), |found| at + found)
    };
    let header_end = line_end(header_end);
    let mut at = skip_break(bytes, header_end, bytes.len()).unwrap_or(bytes.len());

    // As libyaml: the break behind a line is held back until it is known what follows.
    let mut last_break: Option<Range<usize>> = None;
    let mut empty_lines: Vec<Range<usize>> = Vec::new();
    let mut was_blank = false;
    while at < end {
        let content = at + indent_of(bytes, at, indent);
        let stop = line_end(content).min(end.max(content));
        let next = skip_break(bytes, stop, bytes.len()).unwrap_or(bytes.len());
        if content == stop {
            empty_lines.push(stop..next);
        } else {
            let blank = bytes.get(content).is_some_and(|byte| is_blank(*byte));
            if let Some(held) = last_break.take() {
                match literal || was_blank || blank {
                    true => put(held, "\n"),
                    false if empty_lines.is_empty() => put(held, " "),
                    false => {}
                }
            }
            for empty in empty_lines.drain(..) {
                put(empty, "\n");
            }
            put(content..stop, source.get(content..stop).unwrap_or_default());
            was_blank = blank;
            last_break = (next > stop).then_some(stop..next);
        }
        at = next;
    }
    if node.chomp() != Chomp::Strip
        && let Some(held) = last_break
    {
        put(held, "\n");
    }
    if node.chomp() == Chomp::Keep {
        while at < bytes.len() {
            let stop = at + indent_of(bytes, at, indent);
            let Some(next) = skip_break(bytes, stop, bytes.len()) else {
                break;
            };
            put(stop..next, "\n");
            at = next;
        }
    }
}

/// The number of spaces at `at`, up to the width of the indentation.
pub(super) fn indent_of(bytes: &[u8], at: usize, indent: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter()
        .take(indent)
        .take_while(|byte| **byte == b' ')
        .count()
}
