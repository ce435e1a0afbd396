//! Reads the documents of a text one by one; one that breaks costs only itself.

use granit_parser::{ErrorKind, Event, Marker, Parser, ScanError, options};
use memchr::memmem;

use super::build::Builder;
use super::file::{Document, Limits, Problem, ProblemKind};
use super::lines::offset;
use super::span::Span;
use super::split::{self, Chunk};
use super::syntax::{self, Context, Explained};
use super::tabs;
use super::tree::{Node, NodeId};

/// Comments that contain this are kept.
const MARK: &[u8] = b"meshlint:";

/// How many quoted scalars of a document may be read the way of [`unfold`].
const MAX_UNFOLDED: usize = 16;

/// What there is to know about a text besides its nodes. All offsets count in that text.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) documents: Vec<Document>,
    pub(super) problems: Vec<Problem>,
    pub(super) comments: Vec<Span>,
    pub(super) templated: bool,
}

/// Reads all documents of a text and appends their nodes. Problems come in no particular order.
pub(super) fn read(text: &str, nodes: &mut Vec<Node>, limits: &Limits) -> Reading {
    nodes.reserve(text.len() / 24);
    let mut reader = Reader {
        text,
        depth: limits.max_depth as usize,
        builder: Builder::new(text, nodes, limits.max_nodes_expanded),
        reading: Reading::default(),
    };
    let has_mark = memmem::find(text.as_bytes(), MARK).is_some();
    for chunk in split::chunks(text) {
        let body = text.get(chunk.start..chunk.stop).unwrap_or_default();
        let comments = has_mark && memmem::find(body.as_bytes(), MARK).is_some();
        if comments || !split::is_empty(body) {
            reader.chunk(chunk, comments);
        }
    }
    reader.finish()
}

/// Why the parser stopped before the end.
enum Stop {
    /// A JSON value is complete, and another starts here.
    NextValue(usize),
    Error(ScanError),
    TooDeep,
}

struct Reader<'a> {
    text: &'a str,
    depth: usize,
    builder: Builder<'a>,
    reading: Reading,
}

impl Reader<'_> {
    fn finish(mut self) -> Reading {
        if let Some(template) = self.builder.template {
            self.template(template);
        }
        self.reading.problems.append(&mut self.builder.problems);
        self.reading
    }

    fn chunk(&mut self, chunk: Chunk, comments: bool) {
        let mut start = chunk.start;
        let mut unfolded: Vec<Unfolded> = Vec::new();
        loop {
            let body = match unfolded.last() {
                Some(unfolded) => unfolded.body.as_str(),
                None => self.text.get(start..chunk.stop).unwrap_or_default(),
            };
            let problems = self.builder.problems.len();
            let kept_comments = self.reading.comments.len();
            match self.parse(body, start, chunk, comments) {
                None => return,
                Some(Stop::NextValue(next)) => {
                    start = next;
                    unfolded.clear();
                }
                Some(Stop::Error(error)) => {
                    let at = offset(start + error.marker().byte_offset().unwrap_or_default());
                    let context = self.context(at, chunk);
                    let again = match unfolded.len() < MAX_UNFOLDED {
                        true => unfold(error.kind(), &context, body, start),
                        false => None,
                    };
                    if let Some(again) = again {
                        unfolded.push(again);
                        self.builder.drop_document();
                        self.builder.problems.truncate(problems);
                        self.reading.comments.truncate(kept_comments);
                        continue;
                    }
                    let (kind, explained) = match error.kind() {
                        ErrorKind::RecursionLimitExceeded => {
                            (ProblemKind::TooDeep, self.too_deep(at))
                        }
                        kind => match unfolded
                            .iter()
                            .find(|unfolded| unfolded.is_to_blame(at, self.text))
                        {
                            Some(unfolded) => {
                                (ProblemKind::Syntax, syntax::unclosed(unfolded.quote))
                            }
                            None => (ProblemKind::Syntax, syntax::explain(kind, &context)),
                        },
                    };
                    return self.give_up(kind, explained, start, chunk);
                }
                Some(Stop::TooDeep) => {
                    let explained = self.too_deep(self.builder.last().start);
                    return self.give_up(ProblemKind::TooDeep, explained, start, chunk);
                }
            }
        }
    }

    /// Parses `body`, which stands at `start`, to its end or to the first error.
    fn parse(&mut self, body: &str, start: usize, chunk: Chunk, comments: bool) -> Option<Stop> {
        let options = options! {
            emit_comments: comments,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: self.depth,
            block_nesting_limit: self.depth,
        };
        let place = |marker: &Marker| offset(start + marker.byte_offset().unwrap_or_default());
        self.builder.start_text(offset(start));
        let mut parser = Parser::new_from_str_with_options(body, options);
        while let Some(event) = parser.next_event() {
            let (event, range) = match event {
                Ok(event) => event,
                Err(error) => {
                    let next = place(error.marker());
                    return match self.is_next_value(error.kind(), next) {
                        true => Some(Stop::NextValue(next as usize)),
                        false => Some(Stop::Error(error)),
                    };
                }
            };
            let span = Span::new(place(&range.start), place(&range.end));
            match event {
                Event::DocumentStart(explicit, _) => {
                    self.builder
                        .start_document(if explicit { span.end } else { span.start });
                }
                Event::DocumentEnd => self.end_document(start, chunk),
                Event::Comment(text, _) => {
                    if memmem::find(text.as_bytes(), MARK).is_some() {
                        self.reading.comments.push(span);
                    }
                }
                event => {
                    self.builder.event(event, span);
                    if self.builder.depth() > self.depth {
                        return Some(Stop::TooDeep);
                    }
                }
            }
        }
        None
    }

    fn end_document(&mut self, start: usize, chunk: Chunk) {
        let Some(root) = self.builder.end_document() else {
            return;
        };
        let nodes = self.builder.nodes_from(root.0);
        if let Some(tab) = tabs::in_indentation(self.text, offset(start), offset(chunk.stop), nodes)
        {
            self.problem(ProblemKind::Syntax, syntax::tab(tab));
        }
        self.push_document(Some(root), start, chunk);
    }

    /// Whether the parser stopped at a second JSON value, as tools write them in a row.
    fn is_next_value(&mut self, kind: &ErrorKind, at: u32) -> bool {
        if self.builder.is_open() || *kind != ErrorKind::ExpectedDocumentStart {
            return false;
        }
        let Some(last) = self.reading.documents.last_mut() else {
            return false;
        };
        let root = last.root.and_then(|root| self.builder.node(root.0));
        let follows = matches!(self.text.as_bytes().get(at as usize), Some(b'{' | b'['));
        match root {
            Some(root) if follows && root.has(Node::FLOW) && root.end <= at => {
                last.span.end = root.end;
                true
            }
            _ => false,
        }
    }

    fn context(&self, at: u32, chunk: Chunk) -> Context<'_> {
        Context {
            text: self.text,
            at,
            last: self.builder.last(),
            limit: offset(chunk.stop),
            open: self.builder.innermost(),
        }
    }

    fn too_deep(&self, at: u32) -> Explained {
        let message = format!("collections are nested deeper than {} levels", self.depth);
        (syntax::token(self.text, at), None, message)
    }

    /// Drops what was read of the broken document.
    fn give_up(&mut self, kind: ProblemKind, explained: Explained, start: usize, chunk: Chunk) {
        let template = match kind {
            ProblemKind::Syntax => {
                let nodes = self.builder.open_nodes();
                syntax::template_near(
                    self.text,
                    offset(start),
                    explained.0.start,
                    offset(chunk.stop),
                    nodes,
                )
            }
            _ => None,
        };
        match template {
            Some(template) => self.template(template),
            None => self.problem(kind, explained),
        }
        let documents = &self.reading.documents;
        let complete = documents
            .last()
            .is_some_and(|document| document.span.start as usize >= start);
        if self.builder.drop_document() || !complete {
            self.push_document(None, start, chunk);
        }
    }

    fn problem(&mut self, kind: ProblemKind, (span, related, message): Explained) {
        self.reading.problems.push(Problem {
            kind,
            span,
            related,
            message,
        });
    }

    /// Once a file: one template says it all.
    fn template(&mut self, span: Span) {
        if std::mem::replace(&mut self.reading.templated, true) {
            return;
        }
        let message = "this is the source of a Go template, not YAML; check what it renders to";
        self.problem(ProblemKind::Templated, (span, None, message.to_owned()));
    }

    fn push_document(&mut self, root: Option<NodeId>, start: usize, chunk: Chunk) {
        let body = self.text.get(start..chunk.end).unwrap_or_default();
        let inner = body.strip_prefix("---").unwrap_or(body).trim_ascii_start();
        let start = start + body.len() - inner.len();
        let inner = inner.trim_ascii_end();
        let inner = inner
            .strip_suffix("\n...")
            .unwrap_or(inner)
            .trim_ascii_end();
        self.reading.documents.push(Document {
            root,
            span: Span::new(offset(start), offset(start + inner.len())),
            crd: chunk.crd,
        });
    }
}

/// A text in which a quoted scalar is written on one line.
struct Unfolded {
    body: String,
    quote: Span,
    /// Behind the closing quote.
    end: u32,
}

impl Unfolded {
    /// Whether an error at `at` shows that the quote was closed by accident.
    fn is_to_blame(&self, at: u32, text: &str) -> bool {
        let between = text.get(self.end as usize..at as usize);
        at >= self.quote.start && between.is_none_or(|between| !between.contains('\n'))
    }
}

/// Kubernetes takes a quoted scalar whose lines are not indented, the parser does not. With blanks for its line breaks it
/// does, and no offset changes.
fn unfold(kind: &ErrorKind, context: &Context<'_>, body: &str, start: usize) -> Option<Unfolded> {
    if !matches!(
        kind,
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation
    ) {
        return None;
    }
    let quote = context.opening_quote()?;
    let open = quote.end as usize - start;
    let len = quoted_len(body.get(open - 1..)?)?;
    let end = open - 1 + len;
    let scalar = body.get(open..end)?.replace(['\n', '\r'], " ");
    let body = [body.get(..open)?, &scalar, body.get(end..)?].concat();
    Some(Unfolded {
        body,
        quote,
        end: offset(start + end),
    })
}

/// The length of a quoted scalar, with its quotes.
fn quoted_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.first()?;
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
