//! From parser events to the tree.

use granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, Span as Range, StrInput, StructureStyle, options,
};
use memchr::memmem;

use super::file::{Document, Limits, Problem, ProblemKind};
use super::lines::offset;
use super::scalar::Style;
use super::span::Span;
use super::split::{self, Chunk};
use super::syntax;
use super::tree::{Chomp, Node, NodeId, Shape, Tag};

/// Comments that contain this are kept.
const MARK: &str = "meshlint:";

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
    let mut reader = Reader {
        text,
        limits,
        nodes,
        reading: Reading::default(),
        frames: Vec::new(),
        keys: Vec::new(),
        anchors: Vec::new(),
        document: None,
        last: Span::default(),
        expanded: 0,
        over_budget: false,
    };
    if text.len() > 16 {
        reader.nodes.reserve(text.len() / 24);
    }
    let has_mark = memmem::find(text.as_bytes(), MARK.as_bytes()).is_some();
    for chunk in split::chunks(text) {
        let body = text.get(chunk.start..chunk.stop).unwrap_or_default();
        let comments = has_mark && memmem::find(body.as_bytes(), MARK.as_bytes()).is_some();
        if comments || !split::is_empty(body) {
            reader.chunk(chunk, comments);
        }
    }
    reader.reading
}

/// A collection that is still open.
#[derive(Debug)]
struct Frame {
    node: u32,
    is_mapping: bool,
    children: u32,
    /// Where its keys start in [`Reader::keys`].
    keys: usize,
    merges: bool,
    /// Nodes in it, with aliases counted as what they stand for.
    size: u64,
    /// 0 for none.
    anchor: usize,
}

#[derive(Debug)]
struct Anchor {
    id: usize,
    node: u32,
    /// None while the node is still open.
    size: Option<u64>,
}

struct Reader<'a> {
    text: &'a str,
    limits: &'a Limits,
    nodes: &'a mut Vec<Node>,
    reading: Reading,
    frames: Vec<Frame>,
    /// Hash and node of the scalar keys of all open mappings, the innermost last.
    keys: Vec<(u64, u32)>,
    anchors: Vec<Anchor>,
    /// The first node of the document that is being read.
    document: Option<u32>,
    /// The last token of content.
    last: Span,
    expanded: u64,
    over_budget: bool,
}

impl<'a> Reader<'a> {
    fn chunk(&mut self, chunk: Chunk, comments: bool) {
        let mut start = chunk.start;
        while let Some(next) = self.parse(start, chunk, comments) {
            start = next;
        }
    }

    /// Parses from `start` to the end of the chunk. Returns where to go on if another JSON value follows.
    fn parse(&mut self, start: usize, chunk: Chunk, comments: bool) -> Option<usize> {
        let text = self.text.get(start..chunk.stop)?;
        let depth = self.limits.max_depth as usize;
        let options = options! {
            emit_comments: comments,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: depth,
            block_nesting_limit: depth,
        };
        let base = offset(start);
        self.last = Span::new(base, base);
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, options);
        while let Some(event) = parser.next_event() {
            let problem = match event {
                Ok((event, range)) => {
                    self.event(event, place(&range, base), start, chunk);
                    if self.frames.len() <= depth {
                        continue;
                    }
                    let span = syntax::token(self.text, self.last.start);
                    (ProblemKind::TooDeep, span, None, syntax::too_deep(depth))
                }
                Err(error) => {
                    let at = base + offset(error.marker().byte_offset().unwrap_or_default());
                    if self.document.is_none() && *error.kind() == ErrorKind::ExpectedDocumentStart
                    {
                        if let Some(next) = self.next_value(at) {
                            return Some(next);
                        }
                    }
                    let context = syntax::Context {
                        text: self.text,
                        at,
                        last: self.last,
                        limit: offset(chunk.stop),
                        open: self
                            .frames
                            .last()
                            .and_then(|frame| self.nodes.get(frame.node as usize))
                            .copied(),
                    };
                    let (kind, (span, related, message)) = match error.kind() {
                        ErrorKind::RecursionLimitExceeded => (
                            ProblemKind::TooDeep,
                            (syntax::token(self.text, at), None, syntax::too_deep(depth)),
                        ),
                        kind => (ProblemKind::Syntax, syntax::explain(kind, &context)),
                    };
                    (kind, span, related, message)
                }
            };
            self.give_up(problem, start, chunk);
            return None;
        }
        None
    }

    /// Drops what was read of the broken document.
    fn give_up(
        &mut self,
        problem: (ProblemKind, Span, Option<Span>, String),
        start: usize,
        chunk: Chunk,
    ) {
        let (kind, span, related, message) = problem;
        let first = self.document.unwrap_or_else(|| offset(self.nodes.len()));
        let template = match kind {
            ProblemKind::Syntax => {
                let read = self.nodes.get(first as usize..).unwrap_or_default();
                syntax::template_near(
                    self.text,
                    offset(start),
                    span.start,
                    offset(chunk.stop),
                    read,
                )
            }
            _ => None,
        };
        match template {
            Some(template) => self.templated(template),
            None => self.problem(kind, span, related, message),
        }
        if self.document.take().is_some() || !self.reads_already(start) {
            self.nodes.truncate(first as usize);
            self.push_document(None, start, chunk);
        }
        self.frames.clear();
        self.keys.clear();
    }

    /// Whether a document of the chunk that starts here was completed.
    fn reads_already(&self, start: usize) -> bool {
        self.reading
            .documents
            .last()
            .is_some_and(|document| document.span.start as usize >= start)
    }

    /// Concatenated JSON: where the next value starts, if one does.
    fn next_value(&mut self, at: u32) -> Option<usize> {
        let last = self.reading.documents.last_mut()?;
        let root = self.nodes.get(last.root?.0 as usize)?;
        let follows = matches!(self.text.as_bytes().get(at as usize), Some(b'{' | b'['));
        if !follows || !root.has(Node::FLOW) || root.end > at {
            return None;
        }
        last.span.end = root.end;
        Some(at as usize)
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, related: Option<Span>, message: String) {
        self.reading.problems.push(Problem {
            kind,
            span,
            related,
            message,
        });
    }

    /// Once a file: one template says it all.
    fn templated(&mut self, span: Span) {
        if !self.reading.templated {
            self.reading.templated = true;
            let message = "this is the source of a Go template, not YAML; check what it renders to"
                .to_owned();
            self.problem(ProblemKind::Templated, span, None, message);
        }
    }

    fn push_document(&mut self, root: Option<NodeId>, start: usize, chunk: Chunk) {
        let body = self.text.get(start..chunk.end).unwrap_or_default();
        let inner = body.strip_prefix("---").unwrap_or(body).trim_ascii_start();
        let lead = start + body.len() - inner.len();
        let inner = inner.trim_ascii_end();
        let inner = inner
            .strip_suffix("\n...")
            .unwrap_or(inner)
            .trim_ascii_end();
        let span = Span::new(offset(lead), offset(lead + inner.len()));
        self.reading.documents.push(Document {
            root,
            span,
            crd: chunk.crd,
        });
    }

    fn event(&mut self, event: Event<'_>, span: Span, start: usize, chunk: Chunk) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, span, tag_of(tag.as_deref()));
                let id = self.push(node);
                self.add_anchor(anchor, id, Some(1));
                self.key(id, &text, style == ScalarStyle::Plain);
                self.finish(node.span(), 1);
            }
            Event::MappingStart(style, anchor, _) => {
                self.open(Shape::Mapping, style == StructureStyle::Flow, span, anchor);
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(Shape::Sequence, style == StructureStyle::Flow, span, anchor);
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(span),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                let message =
                    format!("no anchor `&{name}` stands before this alias in its document");
                self.problem(ProblemKind::UnknownAlias, span, None, message);
                self.push(Node::void(span));
                self.finish(span, 1);
            }
            Event::Comment(text, _) => {
                if memmem::find(text.as_bytes(), MARK.as_bytes()).is_some() {
                    self.reading.comments.push(span);
                }
            }
            Event::DocumentStart(explicit, _) => {
                self.document = Some(offset(self.nodes.len()));
                let at = if explicit { span.end } else { span.start };
                self.last = Span::new(at, at);
                self.anchors.clear();
                self.expanded = 0;
                self.over_budget = false;
            }
            Event::DocumentEnd => self.end_document(start, chunk),
            _ => {}
        }
    }

    fn end_document(&mut self, start: usize, chunk: Chunk) {
        let Some(first) = self.document.take() else {
            return;
        };
        let read = self.nodes.get_mut(first as usize..).unwrap_or_default();
        if self.over_budget {
            for node in read.iter_mut().filter(|node| node.shape() == Shape::Alias) {
                *node = Node::void(node.span());
            }
        }
        // A lone null that nobody has written is no document.
        match read {
            [] => {}
            [only] if only.shape() == Shape::Scalar && only.span().is_empty() => {
                self.nodes.truncate(first as usize)
            }
            _ => self.push_document(Some(NodeId(first)), start, chunk),
        }
    }

    fn push(&mut self, node: Node) -> u32 {
        let id = offset(self.nodes.len());
        self.nodes.push(node);
        id
    }

    /// Tells the innermost open collection that a child of this size is complete.
    fn finish(&mut self, span: Span, size: u64) {
        self.last = span;
        if let Some(frame) = self.frames.last_mut() {
            frame.children += 1;
            frame.size = frame.size.saturating_add(size);
        }
    }

    /// Remembers a scalar that is a key of the innermost mapping.
    fn key(&mut self, id: u32, text: &str, plain: bool) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if !frame.is_mapping || !frame.children.is_multiple_of(2) {
            return;
        }
        if plain && text == "<<" {
            frame.merges = true;
            if let Some(node) = self.nodes.get_mut(id as usize) {
                *node = node.with(Node::MERGE_KEY);
            }
        } else {
            self.keys.push((hash(text.as_bytes()), id));
        }
    }

    fn open(&mut self, shape: Shape, flow: bool, span: Span, anchor: usize) {
        let node = self.push(Node::collection(span.start, shape, flow));
        self.add_anchor(anchor, node, None);
        self.last = span;
        self.frames.push(Frame {
            node,
            is_mapping: shape == Shape::Mapping,
            children: 0,
            keys: self.keys.len(),
            merges: false,
            size: 1,
            anchor,
        });
    }

    /// `span` is the closing bracket; empty for block collections, which end with their last child.
    fn close(&mut self, span: Span) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if frame.is_mapping {
            self.duplicates(frame.keys);
        }
        let after = offset(self.nodes.len());
        let end = if span.is_empty() {
            self.last.end
        } else {
            span.end
        };
        let mut place = span;
        if let Some(node) = self.nodes.get_mut(frame.node as usize) {
            node.aux = after;
            node.end = end.max(node.start);
            place = node.span();
            if frame.merges {
                *node = node.with(Node::MERGES);
            }
        }
        if frame.anchor != 0
            && let Some(anchor) = self
                .anchors
                .iter_mut()
                .rfind(|anchor| anchor.id == frame.anchor)
        {
            anchor.size = Some(frame.size);
        }
        self.template(frame.node, place);
        self.finish(Span::new(end, end).to(place), frame.size);
    }

    /// `{{ .Values.x }}` parses as a mapping in a mapping, which nobody means: it is plain text.
    fn template(&mut self, id: u32, span: Span) {
        let text = self.text.get(span.range()).unwrap_or_default();
        if text.starts_with("{{") && text.ends_with("}}") {
            self.nodes.truncate(id as usize);
            self.push(Node::scalar(span, Style::Plain, Tag::Str).with(Node::RAW));
            self.anchors.retain(|anchor| anchor.node <= id);
            self.templated(span);
        }
    }

    fn add_anchor(&mut self, id: usize, node: u32, size: Option<u64>) {
        if id != 0 {
            self.anchors.push(Anchor { id, node, size });
        }
    }

    fn alias(&mut self, id: usize, span: Span) {
        let found = self.anchors.binary_search_by_key(&id, |anchor| anchor.id);
        let anchor = found.ok().and_then(|index| self.anchors.get(index));
        let (target, size) = anchor.map_or((0, None), |anchor| (anchor.node, anchor.size));
        self.expanded = self.expanded.saturating_add(size.unwrap_or_default());
        let max = self.limits.max_nodes_expanded;
        let trouble = match size {
            None => Some("this alias stands for a value that contains it".to_owned()),
            Some(_) if self.expanded > u64::from(max) => Some(format!(
                "the aliases of this document stand for more than {max} nodes; they are read as null"
            )),
            Some(_) => None,
        };
        if let Some(message) = trouble
            && !std::mem::replace(&mut self.over_budget, true)
        {
            self.problem(ProblemKind::AliasBudget, span, None, message);
        }
        self.push(Node::alias(span, target));
        self.finish(span, size.unwrap_or(1));
    }

    /// Reports repeated keys among those from `first`, the keys of the mapping that ends here.
    fn duplicates(&mut self, first: usize) {
        let keys = self.keys.get_mut(first..).unwrap_or_default();
        let found: Vec<(u32, u32)> = match keys.len() {
            0 | 1 => Vec::new(),
            2..=8 => {
                let pairs = keys.iter().enumerate().filter_map(|(index, (hash, id))| {
                    let earlier = keys.iter().take(index).rfind(|(other, _)| other == hash)?;
                    Some((earlier.1, *id))
                });
                pairs.collect()
            }
            _ => {
                keys.sort_unstable();
                let pairs = keys.windows(2).filter_map(|pair| match pair {
                    [(hash, earlier), (other, id)] if hash == other => Some((*earlier, *id)),
                    _ => None,
                });
                pairs.collect()
            }
        };
        self.keys.truncate(first);
        for (earlier, later) in found {
            self.duplicate(earlier, later);
        }
    }

    fn duplicate(&mut self, earlier: u32, later: u32) {
        let (Some(&first), Some(&second)) = (
            self.nodes.get(earlier as usize),
            self.nodes.get(later as usize),
        ) else {
            return;
        };
        let text = super::cook::text(self.text, second);
        if text != super::cook::text(self.text, first) {
            return;
        }
        if let Some(node) = self.nodes.get_mut(earlier as usize) {
            *node = node.with(Node::SHADOWED);
        }
        let message = format!("the key `{text}` is already set in this mapping");
        self.problem(
            ProblemKind::DuplicateKey,
            second.span(),
            Some(first.span()),
            message,
        );
    }

    fn scalar(&self, text: &str, style: ScalarStyle, span: Span, tag: Tag) -> Node {
        let style = match style {
            ScalarStyle::Plain if span.is_empty() => return self.null(span, tag),
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => return self.block(text, span, Style::Literal, tag),
            ScalarStyle::Folded => return self.block(text, span, Style::Folded, tag),
        };
        self.raw_if_verbatim(Node::scalar(span, style, tag), text)
    }

    /// Nothing where a value could be: placed behind the `:` or `-` that asks for it.
    fn null(&self, span: Span, tag: Tag) -> Node {
        let before = self.text.get(..span.start as usize).unwrap_or_default();
        let at = match self.text.as_bytes().get(span.start as usize) {
            Some(b':') => span.start + 1,
            _ => offset(before.trim_ascii_end().len()).max(self.last.end.min(span.start)),
        };
        Node::scalar(Span::new(at, at), Style::Plain, tag).with(Node::RAW)
    }

    fn raw_if_verbatim(&self, node: Node, text: &str) -> Node {
        match self.text.get(node.content().range()) {
            Some(raw) if raw == text => node.with(Node::RAW),
            _ => node,
        }
    }

    /// The parser tells only roughly where a block scalar stands: from its first content to the next token.
    fn block(&self, text: &str, span: Span, style: Style, tag: Tag) -> Node {
        let bytes = self.text.as_bytes();
        let (header_end, chomp) = self.block_header(span);
        if text.bytes().all(|byte| byte == b'\n') {
            return Node::scalar(Span::new(header_end, header_end), style, tag)
                .with_block(0, chomp);
        }
        let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let before = bytes.get(..span.start as usize).unwrap_or_default();
        let line_start = before.iter().rposition(is_break).map_or(0, |at| at + 1);
        let indent = before.len() - line_start;
        let mut end = span.end as usize;
        // Cut lines that hold nothing but indentation.
        while let Some(content) = bytes.get(span.start as usize..end) {
            let last_line = content.iter().rposition(is_break).map_or(0, |at| at + 1);
            let line = content.get(last_line..).unwrap_or_default();
            if last_line == 0 || line.len() > indent || line.iter().any(|byte| *byte != b' ') {
                break;
            }
            let cut = content.get(..last_line).unwrap_or_default();
            let cut = cut
                .strip_suffix(b"\r\n")
                .or(cut.strip_suffix(b"\n"))
                .or(cut.strip_suffix(b"\r"))
                .unwrap_or(cut);
            end = span.start as usize + cut.len();
        }
        let node = Node::scalar(Span::new(span.start, offset(end)), style, tag);
        self.raw_if_verbatim(node.with_block(offset(indent), chomp), text)
    }

    /// Behind the `|` or `>` and what belongs to it, found from the token before.
    fn block_header(&self, span: Span) -> (u32, Chomp) {
        let bytes = self.text.as_bytes();
        let mut at = self.last.end as usize;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            at += match rest.first() {
                Some(b'|' | b'>') => break,
                Some(b'#') => memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
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
}

fn place(range: &Range, base: u32) -> Span {
    let at =
        |marker: &granit_parser::Marker| base + offset(marker.byte_offset().unwrap_or_default());
    Span::new(at(&range.start), at(&range.end))
}

fn tag_of(tag: Option<&granit_parser::Tag>) -> Tag {
    let Some(tag) = tag else { return Tag::None };
    match tag.core_suffix() {
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        _ => Tag::Str,
    }
}

/// Good enough to tell keys apart; equal hashes are compared as text.
fn hash(bytes: &[u8]) -> u64 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| {
        mix(hash, u64::from_le_bytes(*word))
    });
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    mix(hash, u64::from_le_bytes(last))
}
