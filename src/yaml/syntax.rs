//! Syntax errors, told to people: what is wrong and where the hand must go.

use granit_parser::ErrorKind;

use super::lines::offset;
use super::scalar::Style;
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

pub(super) fn tab(span: Span) -> Explained {
    let message = "a tab is used for indentation; YAML takes only spaces";
    (span, None, message.to_owned())
}

pub(super) fn unclosed(quote: Span) -> Explained {
    (quote, None, "this quote is not closed".to_owned())
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

    /// The quote of the scalar at which the parser gave up.
    pub(super) fn opening_quote(&self) -> Option<Span> {
        let is_quote = |at: u32| matches!(self.slice(at, at + 1), "\"" | "'");
        if is_quote(self.at) && self.at >= self.last.end {
            return Some(self.character(self.at));
        }
        let mut at = self.last.end;
        loop {
            at = self
                .find(at, &['"', '\'', '#'])
                .filter(|&found| found <= self.at)?;
            if is_quote(at) {
                return Some(self.character(at));
            }
            // A comment may hold quotes too.
            at = self.find(at, &['\n', '\r'])?;
        }
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
    let at_character = |message: String| (context.character(context.at), None, message);
    match kind {
        E::MappingValueNotAllowed => colon(context),
        E::UnclosedQuotedScalar
        | E::InvalidQuotedScalarIndent
        | E::DocumentIndicatorInQuotedScalar => {
            unclosed(context.opening_quote().unwrap_or_else(|| context.token()))
        }
        E::UnclosedFlowCollection { open } => at_character(format!("this `{open}` is not closed")),
        E::MismatchedFlowCollectionEnd { open, close } => {
            at_character(format!("this `{open}` is closed by a `{close}`"))
        }
        E::MisplacedFlowCollectionEnd => at_token("this bracket closes nothing"),
        E::ExpectedFlowMappingSeparator => separator(context, '}'),
        E::ExpectedFlowSequenceSeparator => separator(context, ']'),
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabInPlainScalar
        | E::TabAtBlockScalarStart => {
            let next = || {
                context
                    .find(context.at, &['\t'])
                    .map(|at| context.character(at))
            };
            tab(context
                .leading_tab()
                .or_else(next)
                .unwrap_or_else(|| context.token()))
        }
        E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::InvalidIndentation
        | E::InvalidFlowScalarIndent => indentation(kind, context),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            (context.line(context.at), None, NO_COLON.to_owned())
        }
        E::UnexpectedCharacter { character } => at_character(format!(
            "a value cannot start with `{character}`; put it in quotes"
        )),
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => escape(context),
        kind => match sentence(kind) {
            Some(message) => at_token(message),
            None => {
                let message = kind.to_string();
                at_token(message.rsplit(", ").next().unwrap_or(&message))
            }
        },
    }
}

const NO_COLON: &str = "this line is no `key: value`: it has no `: `";

/// What there is to say about errors that stand where the parser says.
fn sentence(kind: &ErrorKind) -> Option<&'static str> {
    use ErrorKind as E;
    let sentence = match kind {
        E::InvalidBlockScalarIndent => {
            "this line is indented less than the block of text that it belongs to"
        }
        E::InvalidBlockScalarHeader => {
            "text behind `|` or `>`; the content starts on the next line"
        }
        E::BlockSequenceEntryNotAllowed => {
            "a list cannot start here; put its `-` on a line of its own"
        }
        E::BlockEntryInFlowCollection => "a `- ` cannot stand inside of brackets",
        E::InvalidTrailingDoubleQuotedScalar => {
            "text behind the closing quote; a `\"` inside of the quotes is written `\\\"`"
        }
        E::InvalidTrailingSingleQuotedScalar => {
            "text behind the closing quote; a `'` inside of the quotes is written `''`"
        }
        E::CommentNotSeparated => "a comment needs a space before its `#`",
        E::CommentInterceptedScalar => "this continues a value that a comment has ended",
        E::MappingKeyNotAllowed => "a mapping cannot start here",
        E::ExpectedDocumentStart => {
            "text behind the end of the document; a `---` starts the next one"
        }
        E::InvalidDocumentEnd => "text behind the end of the document",
        E::BomInsideDocument => {
            "a byte order mark inside of the document; remove this invisible character"
        }
        E::UndeclaredTagHandle => "this tag uses a handle that is not declared",
        E::ExpectedNodeContent => "a value is expected here",
        _ => return None,
    };
    Some(sentence)
}

/// Neither a comma nor the closing bracket.
fn separator(context: &Context<'_>, close: char) -> Explained {
    let at = context.character(context.at);
    let open = context.bracket();
    let message = match open {
        Some(open) => {
            let open = context.slice(open.start, open.end);
            format!("expected a `,` or the `{close}` that closes this `{open}`")
        }
        None => format!("expected a `,` or a `{close}`"),
    };
    (at, open, message)
}

/// A `: ` where no mapping can start.
fn colon(context: &Context<'_>) -> Explained {
    let value = context.slice(context.last.start, context.last.end);
    let first_line = value.lines().next().unwrap_or_default();
    if first_line.len() == value.len() {
        let message = "a `: ` inside of a value starts a mapping; put the value in quotes";
        return (context.character(context.at), None, message.to_owned());
    }
    // The value goes on to this line, which was meant to be a key.
    let start = context.last.start;
    let above = Span::new(start, start + offset(first_line.trim_ascii_end().len()));
    if context.open.is_none() {
        let message = match first_line.contains(':') {
            true => "a `:` needs a space behind it to make a `key: value`",
            false => NO_COLON,
        };
        return (above, None, message.to_owned());
    }
    let line_start = context.line_start(context.at);
    let line = context.slice(line_start, context.at);
    let indent = line.len() - line.trim_ascii_start().len();
    let key = Span::new(line_start + offset(indent), context.at);
    let message =
        "this key is indented deeper than the line above, so it continues the value there";
    (key, Some(above), message.to_owned())
}

/// A line that belongs to no block that is open.
fn indentation(kind: &ErrorKind, context: &Context<'_>) -> Explained {
    let column = |at: u32| context.slice(context.line_start(at), at).chars().count();
    // The parser may stop behind the `-` that is the trouble.
    let before = context.slice(context.line_start(context.at), context.at);
    let at = match before.trim_ascii() {
        "-" => context.at - offset(before.trim_ascii_start().len()),
        _ => context.at,
    };
    let here = token(context.text, at);
    let Some(open) = context.open.filter(|open| !open.has(Node::FLOW)) else {
        return (
            here,
            None,
            "the indentation of this line is wrong".to_owned(),
        );
    };
    let is_item = matches!(context.slice(here.start, here.end), "-");
    let (found, wanted) = (column(at), column(open.start));
    let message = match open.shape() {
        Shape::Mapping if is_item && found == wanted => {
            "a list item stands where a `key: value` is expected".to_owned()
        }
        Shape::Sequence if found == wanted && *kind == ErrorKind::ExpectedBlockSequenceEntry => {
            "a `- ` is expected here: this line stands in a list".to_owned()
        }
        _ => format!(
            "this line is indented by {found}, which fits no block around it; the innermost has {wanted}"
        ),
    };
    (here, Some(token(context.text, open.start)), message)
}

/// An escape that does not exist.
fn escape(context: &Context<'_>) -> Explained {
    let quote = context.opening_quote().unwrap_or_else(|| context.token());
    let mut at = quote.end;
    while let Some(found) = context
        .find(at, &['\\', '"'])
        .filter(|&found| context.slice(found, found + 1) == "\\")
    {
        let code = context.character(found + 1);
        let letter = context.slice(code.start, code.end);
        let digits = match letter {
            "x" => 2,
            "u" => 4,
            "U" => 8,
            _ => 0,
        };
        let end = code.end + digits;
        let value = u32::from_str_radix(context.slice(code.end, end), 16).ok();
        let is_surrogate = |value: u32| (0xd800..0xe000).contains(&value);
        let fits = match digits {
            0 => "0abtnvfre \"/\\N_LP\t\n\r".contains(letter),
            _ => value.is_some_and(|value| char::from_u32(value).is_some() || is_surrogate(value)),
        };
        if !fits {
            let message = match digits {
                0 => format!(
                    "there is no escape `\\{letter}`; write `\\\\{letter}`, or use single quotes"
                ),
                _ => format!("`\\{letter}` needs {digits} hexadecimal digits that are a character"),
            };
            return (Span::new(found, code.end), None, message);
        }
        at = end;
    }
    (
        quote,
        None,
        "this text holds half of a surrogate pair".to_owned(),
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
    // A template at the start of a plain scalar is the scalar.
    let inside = |node: &Node, at: u32| match node.style() {
        Style::Plain => node.start < at && at < node.end,
        _ => node.start <= at && at < node.end,
    };
    let in_scalar = |at: u32| {
        let last = read.iter().rfind(|node| node.start <= at);
        last.is_some_and(|node| node.shape() == Shape::Scalar && inside(node, at))
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
