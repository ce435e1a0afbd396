//! Syntax errors, told to people: what is wrong and where the hand must go.

use granit_parser::ErrorKind;

use super::lines::offset;
use super::span::Span;
use super::tree::{Node, Shape};

/// What is known where the parser gave up.
pub(super) struct Context<'a> {
    pub(super) text: &'a str,
    /// Where it gave up.
    pub(super) at: u32,
    /// The last token that it understood.
    pub(super) last: Span,
    /// The end of the document.
    pub(super) limit: u32,
    /// The innermost collection that was open.
    pub(super) open: Option<Node>,
}

/// The place of an error, a second place that explains it, and a sentence.
pub(super) type Explained = (Span, Option<Span>, String);

/// From `at` to the end of its word; never empty unless the text ends there.
pub(super) fn token(text: &str, at: u32) -> Span {
    let rest = text.get(at as usize..).unwrap_or_default();
    let word = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
    let first = rest
        .chars()
        .next()
        .filter(|c| !matches!(c, '\n' | '\r'))
        .map_or(0, char::len_utf8);
    Span::new(at, at + offset(word.max(first)))
}

pub(super) fn too_deep(depth: usize) -> String {
    format!("collections are nested deeper than {depth} levels")
}

impl Context<'_> {
    fn slice(&self, start: u32, end: u32) -> &str {
        self.text
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    fn token(&self) -> Span {
        token(self.text, self.at)
    }

    /// One character.
    fn character(&self, at: u32) -> Span {
        let len = self
            .slice(at, self.limit)
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        Span::new(at, at + offset(len))
    }

    /// From `at` to the end of its line, without blank space at the end.
    fn line(&self, at: u32) -> Span {
        let line = self
            .slice(at, self.limit)
            .lines()
            .next()
            .unwrap_or_default();
        Span::new(at, at + offset(line.trim_ascii_end().len()))
    }

    /// Where the line of a byte starts.
    fn line_start(&self, at: u32) -> u32 {
        let before = self.slice(0, at);
        offset(before.rfind(['\n', '\r']).map_or(0, |found| found + 1))
    }

    /// The first of these characters behind `from`.
    fn find(&self, from: u32, characters: &[char]) -> Option<u32> {
        let found = self.slice(from, self.limit).find(characters)?;
        Some(from + offset(found))
    }

    /// The quote that opens the scalar at which the parser gave up.
    fn opening_quote(&self) -> Span {
        let is_quote =
            |at: u32| matches!(self.text.as_bytes().get(at as usize), Some(b'"' | b'\''));
        let at = match is_quote(self.at) && self.at >= self.last.end {
            true => Some(self.at),
            false => self
                .find(self.last.end, &['"', '\''])
                .filter(|&quote| quote <= self.at),
        };
        self.character(at.unwrap_or(self.at))
    }

    /// A tab among the blank space that a line starts with, from the line of the last token on.
    fn leading_tab(&self) -> Option<Span> {
        let mut at = self.line_start(self.last.end.min(self.at));
        for line in self.slice(at, self.limit).split_inclusive('\n') {
            let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
            if let Some(tab) = line.get(..blank).and_then(|blank| blank.find('\t')) {
                let start = at + offset(tab);
                return Some(Span::new(start, at + offset(blank)));
            }
            if at > self.at {
                return None;
            }
            at += offset(line.len());
        }
        None
    }

    /// The bracket of the innermost collection, if it is written with one.
    fn bracket(&self) -> Option<Span> {
        let open = self.open.filter(|open| open.has(Node::FLOW))?;
        let span = self.character(open.start);
        matches!(self.slice(span.start, span.end), "[" | "{").then_some(span)
    }
}

/// Says what is wrong and where.
pub(super) fn explain(kind: &ErrorKind, context: &Context<'_>) -> Explained {
    use ErrorKind as E;
    let at_token = |message: &str| (context.token(), None, message.to_owned());
    match kind {
        E::MappingValueNotAllowed => colon(context),
        E::UnclosedQuotedScalar
        | E::InvalidQuotedScalarIndent
        | E::DocumentIndicatorInQuotedScalar => (
            context.opening_quote(),
            None,
            "this quote is not closed".to_owned(),
        ),
        E::UnclosedFlowCollection { open } => (
            context.character(context.at),
            None,
            format!("this `{open}` is not closed"),
        ),
        E::MismatchedFlowCollectionEnd { open, close } => {
            let message = format!("this `{open}` is closed by a `{close}`");
            (context.character(context.at), None, message)
        }
        E::MisplacedFlowCollectionEnd => at_token("this bracket closes nothing"),
        E::ExpectedFlowMappingSeparator | E::ExpectedFlowSequenceSeparator => {
            let close = if *kind == E::ExpectedFlowMappingSeparator {
                '}'
            } else {
                ']'
            };
            let at = context.character(context.at);
            match context.bracket() {
                Some(open) => {
                    let message = format!(
                        "expected a `,` or the `{close}` that closes `{}`",
                        context.slice(open.start, open.end)
                    );
                    (at, Some(open), message)
                }
                None => (at, None, format!("expected a `,` or a `{close}`")),
            }
        }
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabInPlainScalar
        | E::TabAtBlockScalarStart => {
            let tab = context
                .leading_tab()
                .or_else(|| Some(context.character(context.find(context.at, &['\t'])?)));
            let message = "a tab is used for indentation; YAML takes only spaces".to_owned();
            (tab.unwrap_or_else(|| context.token()), None, message)
        }
        E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::InvalidIndentation
        | E::InvalidFlowScalarIndent => indentation(kind, context),
        E::InvalidBlockScalarIndent => {
            at_token("this line is indented less than the block of text that it belongs to")
        }
        E::BlockSequenceEntryNotAllowed => {
            at_token("a list cannot start here; put the `-` on a line of its own")
        }
        E::BlockEntryInFlowCollection => at_token("a `- ` cannot stand inside of brackets"),
        E::SimpleKeyExpected | E::InvalidSimpleKey => (
            context.line(context.at),
            None,
            "this line is no `key: value`: it has no `: `".to_owned(),
        ),
        E::InvalidTrailingDoubleQuotedScalar => {
            at_token("text behind the closing quote; a `\"` inside of the quotes is written `\\\"`")
        }
        E::InvalidTrailingSingleQuotedScalar => {
            at_token("text behind the closing quote; a `'` inside of the quotes is written `''`")
        }
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => escape(context),
        E::UnexpectedCharacter { character } => {
            let message = format!("a value cannot start with `{character}`; put it in quotes");
            (context.character(context.at), None, message)
        }
        E::CommentNotSeparated => at_token("a comment needs a space before its `#`"),
        E::CommentInterceptedScalar => at_token("this continues a value that a comment has ended"),
        E::MappingKeyNotAllowed => at_token("a mapping cannot start here"),
        E::InvalidBlockScalarHeader => {
            at_token("text behind `|` or `>`; the content starts on the next line")
        }
        E::ExpectedDocumentStart => {
            at_token("text behind the end of the document; a `---` starts the next one")
        }
        E::InvalidDocumentEnd => at_token("text behind the end of the document"),
        E::UndeclaredTagHandle => at_token("this tag uses a handle that is not declared"),
        kind => {
            let message = kind.to_string();
            let message = message.rsplit(", ").next().unwrap_or(&message);
            at_token(message)
        }
    }
}

/// A `: ` where no mapping can start.
fn colon(context: &Context<'_>) -> Explained {
    let value = context.slice(context.last.start, context.last.end);
    let colon = context.character(context.at);
    let Some(first_line) = value.lines().next().filter(|line| line.len() < value.len()) else {
        let message =
            "a `: ` inside of a value starts a mapping; put the value in quotes".to_owned();
        return (colon, None, message);
    };
    // The value goes on to this line, which was meant to be a key.
    let start = context.last.start;
    let first_line = Span::new(start, start + offset(first_line.trim_ascii_end().len()));
    let text = context.slice(first_line.start, first_line.end);
    if context.open.is_none() {
        let message = match text.contains(':') {
            true => "a `:` needs a space behind it to make a `key: value`",
            false => "this line is no `key: value`: it has no `: `",
        };
        return (first_line, None, message.to_owned());
    }
    let line_start = context.line_start(context.at);
    let indent = context
        .slice(line_start, context.at)
        .bytes()
        .take_while(u8::is_ascii_whitespace)
        .count();
    let key = Span::new(line_start + offset(indent), context.at);
    let message = "this key is indented deeper than the one above, so it continues the value there"
        .to_owned();
    (key, Some(first_line), message)
}

/// A line that belongs to no block that is open.
fn indentation(kind: &ErrorKind, context: &Context<'_>) -> Explained {
    let column = |at: u32| context.slice(context.line_start(at), at).chars().count();
    let token = context.token();
    let rest = context.slice(context.at, context.limit);
    let is_item = rest.starts_with("- ") || rest.starts_with("-\n");
    let open = context.open.filter(|open| !open.has(Node::FLOW));
    let at = column(context.at);
    let Some(open) = open else {
        return (
            token,
            None,
            "the indentation of this line is wrong".to_owned(),
        );
    };
    let related = Some(token_of(context, open));
    let outer = column(open.start);
    let message = match (open.shape(), is_item) {
        (Shape::Mapping, true) if at == outer => {
            "a list item stands where a `key: value` is expected".to_owned()
        }
        (Shape::Sequence, false)
            if at == outer && *kind == ErrorKind::ExpectedBlockSequenceEntry =>
        {
            "a list item is expected here: this line needs a `- `, or less indentation".to_owned()
        }
        _ => format!(
            "the indentation of this line is wrong: {at} spaces, where the block around it has {outer}"
        ),
    };
    (token, related, message)
}

fn token_of(context: &Context<'_>, node: Node) -> Span {
    token(context.text, node.start)
}

/// An escape that does not exist.
fn escape(context: &Context<'_>) -> Explained {
    let quote = context.opening_quote();
    let from = quote.end.max(if context.at > quote.end {
        context.at
    } else {
        quote.end
    });
    let mut rest = context.slice(from, context.limit).char_indices();
    while let Some((at, c)) = rest.next() {
        if c != '\\' {
            continue;
        }
        let start = from + offset(at);
        match rest.next() {
            Some((_, code)) if !"0abtnvfre \"/\\N_LP\t\n\r".contains(code) => {
                let hex = matches!(code, 'x' | 'u' | 'U');
                let end = start + 1 + offset(code.len_utf8());
                let message = match hex {
                    true => "this escape is no character".to_owned(),
                    false => format!(
                        "there is no escape `\\{code}`; write `\\\\{code}`, or use single quotes"
                    ),
                };
                return (Span::new(start, end), None, message);
            }
            _ => {}
        }
    }
    (
        quote,
        None,
        "this text holds an escape that does not exist".to_owned(),
    )
}

/// A Go template that explains why the parser gave up at `at`: on a line of its own before it, or on the same line.
pub(super) fn template_near(
    text: &str,
    start: u32,
    at: u32,
    stop: u32,
    read: &[Node],
) -> Option<Span> {
    let body = text.get(start as usize..stop as usize)?;
    let in_scalar = |at: u32| {
        let inside =
            |node: &&Node| node.shape() == Shape::Scalar && node.start <= at && at < node.end;
        read.iter()
            .rfind(|node| node.start <= at)
            .filter(inside)
            .is_some()
    };
    let mut line_start = start;
    let mut lines_left = 2;
    for line in body.split_inclusive('\n') {
        let line_end = line_start + offset(line.len());
        let near = line_end + 1 >= at;
        for (found, _) in line.match_indices("{{") {
            let place = line_start + offset(found);
            let before = line.get(..found).unwrap_or_default();
            if (before.trim_ascii().is_empty() || near) && !is_quiet(before) && !in_scalar(place) {
                let rest = line.get(found..).unwrap_or_default();
                let len = rest
                    .find("}}")
                    .map_or(rest.trim_ascii_end().len(), |end| end + 2);
                return Some(Span::new(place, place + offset(len)));
            }
        }
        if line_start > at {
            lines_left -= 1;
            if lines_left == 0 {
                return None;
            }
        }
        line_start = line_end;
    }
    None
}

/// Whether what follows this beginning of a line is in a comment or in quotes.
fn is_quiet(before: &str) -> bool {
    let open = |quote: char| before.matches(quote).count() % 2 == 1;
    let comment = before.trim_ascii_start().starts_with('#') || before.contains(" #");
    comment || open('"') || open('\'')
}
