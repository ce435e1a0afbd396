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

/// How often a document may be read again with a [`Patch`].
const MAX_PATCHES: usize = 16;

/// How many JSON values in a row may end where [`value_len`] does not see it.
const MAX_MISJUDGED: usize = 16;

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
    nodes.reserve(text.len() / 16);
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

    /// Reads a chunk, which is one document, unless it is JSON values in a row.
    fn chunk(&mut self, chunk: Chunk, comments: bool) {
        let mut part = chunk;
        let mut misjudged = 0;
        loop {
            let next = self.document(part, comments);
            let start = match next {
                Some(next) => next,
                None if part.stop < chunk.stop => part.stop,
                None => match self.behind_broken(part) {
                    Some(behind) => behind,
                    None => return,
                },
            };
            let rest = self
                .text
                .get(start..chunk.stop)
                .unwrap_or_default()
                .trim_ascii_start();
            if rest.is_empty() {
                return;
            }
            let start = chunk.stop - rest.len();
            misjudged += usize::from(next.is_some());
            if !rest.starts_with(['{', '[']) || misjudged > MAX_MISJUDGED {
                let context = self.context(offset(start), chunk);
                let explained = syntax::explain(&ErrorKind::ExpectedDocumentStart, &context);
                return self.problem(ProblemKind::Syntax, explained);
            }
            let stop = start + value_len(rest).unwrap_or(rest.len());
            part = Chunk {
                start,
                end: stop,
                stop,
                crd: false,
            };
        }
    }

    /// Where the next of several JSON values starts, if the first is broken: that one ends where its brackets do.
    fn behind_broken(&mut self, chunk: Chunk) -> Option<usize> {
        let last = self.reading.documents.last_mut();
        let broken =
            last.filter(|last| last.root.is_none() && last.span.start >= offset(chunk.start))?;
        let start = broken.span.start as usize;
        let value = self.text.get(start..chunk.stop)?;
        let end = start + value_len(value).filter(|_| value.starts_with(['{', '[']))?;
        let rest = self.text.get(end..chunk.stop)?.trim_ascii_start();
        rest.starts_with(['{', '[']).then(|| {
            broken.span.end = offset(end);
            chunk.stop - rest.len()
        })
    }

    /// Reads the document of a chunk. Returns where the next JSON value starts, if one follows.
    fn document(&mut self, chunk: Chunk, comments: bool) -> Option<usize> {
        let problems = self.builder.problems.len();
        let comments_before = self.reading.comments.len();
        let documents = self.reading.documents.len();
        let mut patches: Vec<Patch> = Vec::new();
        loop {
            let body = match patches.last() {
                Some(patch) => patch.body.as_str(),
                None => self.text.get(chunk.start..chunk.stop)?,
            };
            let error = match self.parse(body, chunk, comments)? {
                Stop::NextValue(next) => return Some(next),
                Stop::Error(error) => error,
                Stop::TooDeep => {
                    let explained = self.too_deep(self.builder.last().start);
                    self.give_up(ProblemKind::TooDeep, explained, chunk);
                    return None;
                }
            };
            let at = offset(chunk.start + error.marker().byte_offset().unwrap_or_default());
            let context = self.context(at, chunk);
            let again = match patches.len() < MAX_PATCHES {
                true => patch(error.kind(), &context, body, chunk.start),
                false => None,
            };
            if let Some(again) = again {
                if let Some(outdated) = patches.last_mut() {
                    outdated.body = String::new();
                }
                patches.push(again);
                self.builder.drop_document();
                self.builder.problems.truncate(problems);
                self.reading.comments.truncate(comments_before);
                self.reading.documents.truncate(documents);
                continue;
            }
            let to_blame = patches
                .iter()
                .find_map(|patch| patch.to_blame(at, self.text));
            let (kind, explained) = match (error.kind(), to_blame) {
                (ErrorKind::RecursionLimitExceeded, _) => (ProblemKind::TooDeep, self.too_deep(at)),
                (_, Some(quote)) => (ProblemKind::Syntax, syntax::unclosed(quote)),
                (kind, None) => (ProblemKind::Syntax, syntax::explain(kind, &context)),
            };
            self.give_up(kind, explained, chunk);
            return None;
        }
    }

    /// Parses `body`, which stands where the chunk starts, to its end or to the first error.
    fn parse(&mut self, body: &str, chunk: Chunk, comments: bool) -> Option<Stop> {
        let options = options! {
            emit_comments: comments,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: self.depth,
            block_nesting_limit: self.depth,
        };
        let place =
            |marker: &Marker| offset(chunk.start + marker.byte_offset().unwrap_or_default());
        self.builder.start_text(offset(chunk.start));
        let mut parser = Parser::new_from_str_with_options(body, options);
        while let Some(event) = parser.next_event() {
            let (event, range) = match &event {
                Ok((event, range)) => (event, range),
                Err(error) => {
                    let next = place(error.marker());
                    return match self.is_next_value(error.kind(), next) {
                        true => Some(Stop::NextValue(next as usize)),
                        false => Some(Stop::Error(error.clone())),
                    };
                }
            };
            let span = Span::new(place(&range.start), place(&range.end));
            match event {
                Event::DocumentStart(explicit, _) => {
                    self.builder
                        .start_document(if *explicit { span.end } else { span.start });
                }
                Event::DocumentEnd => self.end_document(chunk),
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

    fn end_document(&mut self, chunk: Chunk) {
        let Some(root) = self.builder.end_document() else {
            return;
        };
        let nodes = self.builder.nodes_from(root.0);
        if let Some(tab) =
            tabs::in_indentation(self.text, offset(chunk.start), offset(chunk.stop), nodes)
        {
            self.problem(ProblemKind::Syntax, syntax::tab(tab));
        }
        self.push_document(Some(root), chunk);
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
    fn give_up(&mut self, kind: ProblemKind, explained: Explained, chunk: Chunk) {
        let (start, stop) = (offset(chunk.start), offset(chunk.stop));
        let template = match kind {
            ProblemKind::Syntax => syntax::template_near(
                self.text,
                start,
                explained.0.start,
                stop,
                self.builder.open_nodes(),
            ),
            _ => None,
        };
        match template {
            Some(template) => self.template(template),
            None => self.problem(kind, explained),
        }
        let was_open = self.builder.drop_document();
        let complete = self
            .reading
            .documents
            .last_mut()
            .filter(|last| last.span.start >= start);
        match complete {
            Some(last) if template.is_some() => last.root = None,
            Some(_) if !was_open => {}
            _ => self.push_document(None, chunk),
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

    fn push_document(&mut self, root: Option<NodeId>, chunk: Chunk) {
        let body = self.text.get(chunk.start..chunk.end).unwrap_or_default();
        let inner = body.strip_prefix("---").unwrap_or(body).trim_ascii_start();
        let start = chunk.start + body.len() - inner.len();
        let inner = inner.trim_ascii_end();
        let inner = inner
            .strip_suffix("\n...")
            .unwrap_or(inner)
            .trim_ascii_end();
        let mut span = Span::new(offset(start), offset(start + inner.len()));
        // Behind a lone carriage return the parser sees a marker where no line starts: two documents in one chunk.
        if let Some(last) = self.reading.documents.last_mut()
            && last.span.end > span.start
        {
            let root = last.root.and_then(|root| self.builder.node(root.0));
            let end = root.map_or(last.span.start, |root| root.end);
            last.span.end = end.clamp(last.span.start, last.span.end);
            span.start = last.span.end.min(span.end);
        }
        self.reading.documents.push(Document {
            root,
            span,
            crd: chunk.crd,
        });
    }
}

/// A text that means the same to Kubernetes, written the way that the parser takes it. No offset changes.
struct Patch {
    body: String,
    /// The opening quote, and the end of the scalar, if it is one.
    quoted: Option<(Span, u32)>,
}

impl Patch {
    /// The quote that was closed by accident, as an error at `at` shows.
    fn to_blame(&self, at: u32, text: &str) -> Option<Span> {
        let (quote, end) = self.quoted?;
        let between = text.get(end as usize..at as usize);
        let close = at >= quote.start && between.is_none_or(|between| !between.contains('\n'));
        close.then_some(quote)
    }
}

/// Kubernetes takes quoted scalars whose lines are not indented, and tabs inside of brackets; the parser does not.
fn patch(kind: &ErrorKind, context: &Context<'_>, body: &str, start: usize) -> Option<Patch> {
    use ErrorKind as E;
    match kind {
        E::InvalidQuotedScalarIndent => unfold(context, body, start),
        E::TabInIndentation | E::TabInBlockIndentation | E::TabNotAllowed => {
            unfold(context, body, start).or_else(|| untab(context, body, start))
        }
        _ => None,
    }
}

/// Blanks for the line breaks of a quoted scalar.
fn unfold(context: &Context<'_>, body: &str, start: usize) -> Option<Patch> {
    let quote = context.opening_quote()?;
    let open = quote.start as usize - start;
    let end = open + quoted_len(body.get(open..)?)?;
    let scalar = body.get(open..end)?.replace(['\n', '\r'], " ");
    Some(Patch {
        body: [body.get(..open)?, &scalar, body.get(end..)?].concat(),
        quoted: Some((quote, offset(start + end))),
    })
}

/// Blanks for the tabs that lines in brackets start with.
fn untab(context: &Context<'_>, body: &str, start: usize) -> Option<Patch> {
    let open = context.open.filter(|open| open.has(Node::FLOW))?.start as usize - start;
    let rest = body.get(open..)?;
    let end = open + value_len(rest).unwrap_or(rest.len());
    let untabbed = |line: &str| {
        let content = line.trim_start_matches([' ', '\t']);
        " ".repeat(line.len() - content.len()) + content
    };
    let value: String = body
        .get(open..end)?
        .split_inclusive('\n')
        .map(untabbed)
        .collect();
    let patched = [body.get(..open)?, &value, body.get(end..)?].concat();
    (patched != body).then_some(Patch {
        body: patched,
        quoted: None,
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

/// The length of a JSON value in brackets.
fn value_len(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if in_string => drop(bytes.next()),
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
