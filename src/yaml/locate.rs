//! Where exactly a scalar stands. The parser tells the place of tokens, but only roughly that of block scalars and of
//! values that are not there.

use granit_parser::ScalarStyle;
use memchr::memchr2;

use super::lines::offset;
use super::scalar::Style;
use super::span::Span;
use super::tree::{Chomp, Node, Tag};

/// The node of a scalar whose text is `cooked`. `before` is the end of the token before it.
pub(super) fn scalar(
    text: &str,
    before: u32,
    cooked: &str,
    style: ScalarStyle,
    span: Span,
    tag: Tag,
) -> Node {
    let style = match style {
        ScalarStyle::Plain if span.is_empty() => return null(text, before, span.start, tag),
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => return block(text, before, cooked, span, Style::Literal, tag),
        ScalarStyle::Folded => return block(text, before, cooked, span, Style::Folded, tag),
    };
    raw_if_verbatim(text, Node::scalar(span, style, tag), cooked)
}

/// Nothing where a value could be: behind the `:` or the `-` that asks for it.
fn null(text: &str, before: u32, at: u32, tag: Tag) -> Node {
    let at = match text.as_bytes().get(at as usize) {
        Some(b':') => at + 1,
        _ => {
            let written = text.get(..at as usize).unwrap_or_default().trim_ascii_end();
            offset(written.len()).max(before.min(at))
        }
    };
    Node::scalar(Span::new(at, at), Style::Plain, tag).with(Node::RAW)
}

fn raw_if_verbatim(text: &str, node: Node, cooked: &str) -> Node {
    match text.get(node.content().range()) {
        Some(raw) if raw == cooked => node.with(Node::RAW),
        _ => node,
    }
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// A block scalar, for which the parser's span goes from its first content to the next token.
fn block(text: &str, before: u32, cooked: &str, span: Span, style: Style, tag: Tag) -> Node {
    let bytes = text.as_bytes();
    let (header_end, chomp) = block_header(bytes, before, span);
    if cooked.bytes().all(|byte| byte == b'\n') {
        let place = Span::new(header_end, header_end);
        return Node::scalar(place, style, tag).with_block(0, chomp);
    }
    let start = span.start as usize;
    let lead = bytes.get(..start).unwrap_or_default();
    let indent = lead.iter().rev().take_while(|byte| !is_break(byte)).count();
    let mut content = bytes.get(span.range()).unwrap_or_default();
    // Cut the lines at the end that hold nothing but indentation.
    while let Some(last_break) = content.iter().rposition(is_break) {
        let last_line = content.get(last_break + 1..).unwrap_or_default();
        if last_line.len() > indent || last_line.iter().any(|byte| *byte != b' ') {
            break;
        }
        let crlf = content
            .get(..=last_break)
            .is_some_and(|cut| cut.ends_with(b"\r\n"));
        content = content
            .get(..last_break - usize::from(crlf))
            .unwrap_or_default();
    }
    let place = Span::new(span.start, span.start + offset(content.len()));
    let node = Node::scalar(place, style, tag).with_block(offset(indent), chomp);
    raw_if_verbatim(text, node, cooked)
}

/// Behind the `|` or `>` and what belongs to it, searched from the token before.
fn block_header(bytes: &[u8], before: u32, span: Span) -> (u32, Chomp) {
    let mut at = before as usize;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at += match rest.first() {
            Some(b'|' | b'>') => break,
            Some(b'#') => memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
            // A tag or an anchor.
            Some(b'!' | b'&') => rest
                .iter()
                .take_while(|byte| !byte.is_ascii_whitespace())
                .count(),
            Some(_) if at < span.end as usize => 1,
            _ => return (span.start, Chomp::Clip),
        };
    }
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let indicators = rest
        .iter()
        .take_while(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'));
    let (mut len, mut chomp) = (1, Chomp::Clip);
    for indicator in indicators {
        len += 1;
        match indicator {
            b'+' => chomp = Chomp::Keep,
            b'-' => chomp = Chomp::Strip,
            _ => {}
        }
    }
    (offset(at + len), chomp)
}
