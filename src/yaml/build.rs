//! From parser events to nodes, with what only shows while building: repeated keys, and what aliases stand for.

use granit_parser::{Event, ScalarStyle, StructureStyle};

use super::cook;
use super::file::{Problem, ProblemKind};
use super::lines::offset;
use super::locate;
use super::scalar::Style;
use super::span::Span;
use super::tree::{Node, NodeId, Shape, Tag};

/// A collection that is still open.
#[derive(Debug)]
struct Frame {
    node: u32,
    is_mapping: bool,
    children: u32,
    /// Where its keys start in [`Builder::keys`].
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

/// Appends the nodes of one document after the other.
pub(super) struct Builder<'a> {
    text: &'a str,
    nodes: &'a mut Vec<Node>,
    /// How many nodes the aliases of a document may stand for.
    budget: u32,
    frames: Vec<Frame>,
    /// Hash and node of the scalar keys of all open mappings, the innermost last.
    keys: Vec<(u64, u32)>,
    anchors: Vec<Anchor>,
    /// The first node of the open document.
    first: Option<u32>,
    last: Span,
    expanded: u64,
    over_budget: bool,
    pub(super) problems: Vec<Problem>,
    /// The first Go template that passed for YAML.
    pub(super) template: Option<Span>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, nodes: &'a mut Vec<Node>, budget: u32) -> Self {
        Self {
            text,
            nodes,
            budget,
            frames: Vec::with_capacity(16),
            keys: Vec::with_capacity(64),
            anchors: Vec::new(),
            first: None,
            last: Span::default(),
            expanded: 0,
            over_budget: false,
            problems: Vec::new(),
            template: None,
        }
    }

    /// Starts a text that the parser reads on its own.
    pub(super) fn start_text(&mut self, at: u32) {
        self.last = Span::new(at, at);
    }

    /// Starts a document whose content begins behind `at`.
    pub(super) fn start_document(&mut self, at: u32) {
        self.first = Some(offset(self.nodes.len()));
        self.last = Span::new(at, at);
        self.anchors.clear();
        self.expanded = 0;
        self.over_budget = false;
    }

    /// The root of the document that ends here; none if it holds nothing.
    pub(super) fn end_document(&mut self) -> Option<NodeId> {
        let first = self.first.take()?;
        let read = self.nodes.get_mut(first as usize..).unwrap_or_default();
        if self.over_budget {
            for node in read.iter_mut().filter(|node| node.shape() == Shape::Alias) {
                *node = Node::void(node.span());
            }
        }
        match read {
            [] => None,
            // A null that nobody has written.
            [only] if only.shape() == Shape::Scalar && only.span().is_empty() => {
                self.nodes.truncate(first as usize);
                None
            }
            _ => Some(NodeId(first)),
        }
    }

    /// Forgets the open document. Returns whether there was one.
    pub(super) fn drop_document(&mut self) -> bool {
        self.frames.clear();
        self.keys.clear();
        let first = self.first.take();
        if let Some(first) = first {
            self.nodes.truncate(first as usize);
        }
        first.is_some()
    }

    pub(super) fn is_open(&self) -> bool {
        self.first.is_some()
    }

    pub(super) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// The last token of content.
    pub(super) fn last(&self) -> Span {
        self.last
    }

    /// The innermost collection that is open.
    pub(super) fn innermost(&self) -> Option<Node> {
        self.node(self.frames.last()?.node)
    }

    pub(super) fn node(&self, id: u32) -> Option<Node> {
        self.nodes.get(id as usize).copied()
    }

    /// The nodes from `first` on.
    pub(super) fn nodes_from(&self, first: u32) -> &[Node] {
        self.nodes.get(first as usize..).unwrap_or_default()
    }

    /// The nodes of the open document.
    pub(super) fn open_nodes(&self) -> &[Node] {
        self.first.map_or(&[], |first| self.nodes_from(first))
    }

    pub(super) fn event(&mut self, event: &Event<'_>, span: Span) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag_of(tag.as_deref());
                let node = locate::scalar(self.text, self.last.end, text, *style, span, tag);
                let id = self.push(node);
                self.anchor(*anchor, id, Some(1));
                self.key(id, text, *style == ScalarStyle::Plain);
                self.finish(node.span(), 1);
            }
            Event::MappingStart(style, anchor, _) => {
                self.open(
                    Shape::Mapping,
                    *style == StructureStyle::Flow,
                    span,
                    *anchor,
                );
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(
                    Shape::Sequence,
                    *style == StructureStyle::Flow,
                    span,
                    *anchor,
                );
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(span),
            Event::Alias(id) => self.alias(*id, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands before this alias");
                self.problem(ProblemKind::UnknownAlias, span, None, message);
                self.push(Node::void(span));
                self.finish(span, 1);
            }
            _ => {}
        }
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, related: Option<Span>, message: String) {
        self.problems.push(Problem {
            kind,
            span,
            related,
            message,
        });
    }

    fn push(&mut self, node: Node) -> u32 {
        let id = offset(self.nodes.len());
        self.nodes.push(node);
        id
    }

    /// Counts a complete child into the innermost collection.
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
            return;
        }
        self.keys.push((hash(text.as_bytes()), id));
        if let Some(node) = self.node(id).filter(|node| plain && node.span().is_empty()) {
            let message = "a key is missing here".to_owned();
            let start = node.start.saturating_sub(1);
            self.problem(
                ProblemKind::Syntax,
                Span::new(start, node.end),
                None,
                message,
            );
        }
    }

    fn open(&mut self, shape: Shape, flow: bool, span: Span, anchor: usize) {
        let node = self.push(Node::collection(span.start, shape, flow));
        self.anchor(anchor, node, None);
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
            self.check_keys(&frame);
        }
        let after = offset(self.nodes.len());
        let end = match span.is_empty() {
            true => self.last.end,
            false => span.end,
        };
        let Some(node) = self.nodes.get_mut(frame.node as usize) else {
            return;
        };
        node.aux = after;
        node.end = end.max(node.start);
        if frame.merges {
            *node = node.with(Node::MERGES);
        }
        let node = *node;
        if frame.anchor != 0 {
            let anchors = self.anchors.iter_mut();
            if let Some(anchor) = anchors.rev().find(|anchor| anchor.id == frame.anchor) {
                anchor.size = Some(frame.size);
            }
        }
        if frame.merges {
            self.check_merges(frame.node, after);
        }
        if node.has(Node::FLOW) {
            self.check_template(frame.node, node.span());
        }
        self.finish(Span::new(node.end, node.end), frame.size);
    }

    /// `{{ .Values.x }}` passes for a mapping in a mapping, which nobody means: it is text.
    fn check_template(&mut self, id: u32, span: Span) {
        let text = self.text.get(span.range()).unwrap_or_default();
        if text.starts_with("{{") && text.ends_with("}}") {
            self.nodes.truncate(id as usize);
            self.push(Node::scalar(span, Style::Plain, Tag::Str).with(Node::RAW));
            self.anchors.retain(|anchor| anchor.node <= id);
            self.template.get_or_insert(span);
        }
    }

    /// The values of `<<` among the children of a mapping.
    fn check_merges(&mut self, mapping: u32, end: u32) {
        let mut key = mapping + 1;
        while let Some(node) = self.node(key).filter(|_| key < end) {
            let value = node.after(key);
            if node.has(Node::MERGE_KEY) && !self.can_merge(value) {
                let message = "`<<` takes a mapping, or a list of mappings".to_owned();
                self.problem(ProblemKind::Syntax, node.span(), None, message);
            }
            key = self.node(value).map_or(end, |node| node.after(value));
        }
    }

    fn can_merge(&self, id: u32) -> bool {
        let target = |id| match self.node(id) {
            Some(node) if node.shape() == Shape::Alias => self.node(node.aux),
            node => node,
        };
        let is_mapping = |id| target(id).is_some_and(|node| node.shape() == Shape::Mapping);
        match target(id).map(|node| (node, node.shape())) {
            Some((_, Shape::Mapping)) => true,
            // A reported alias.
            Some((node, Shape::Scalar)) => node.has(Node::VOID),
            Some((list, Shape::Sequence))
                if self
                    .node(id)
                    .is_some_and(|own| own.shape() == Shape::Sequence) =>
            {
                let mut item = id + 1;
                while item < list.aux {
                    if !is_mapping(item) {
                        return false;
                    }
                    item = self.node(item).map_or(list.aux, |node| node.after(item));
                }
                true
            }
            _ => false,
        }
    }

    fn anchor(&mut self, id: usize, node: u32, size: Option<u64>) {
        if id != 0 {
            self.anchors.push(Anchor { id, node, size });
        }
    }

    fn alias(&mut self, id: usize, span: Span) {
        let found = self.anchors.binary_search_by_key(&id, |anchor| anchor.id);
        let anchor = found.ok().and_then(|index| self.anchors.get(index));
        let (target, size) = anchor.map_or((0, None), |anchor| (anchor.node, anchor.size));
        self.expanded = self.expanded.saturating_add(size.unwrap_or_default());
        let budget = self.budget;
        let trouble = match size {
            None => Some("this alias stands for a value that contains it".to_owned()),
            Some(_) if self.expanded > u64::from(budget) => Some(format!(
                "the aliases of this document stand for more than {budget} nodes; they are read as null"
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

    /// Reports keys of a mapping that are repeated, or that are not there.
    fn check_keys(&mut self, frame: &Frame) {
        let keys = self.keys.get_mut(frame.keys..).unwrap_or_default();
        let repeated: Vec<(u32, u32)> = match keys.len() {
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
        self.keys.truncate(frame.keys);
        for (earlier, later) in repeated {
            self.repeated(earlier, later);
        }
    }

    fn repeated(&mut self, earlier: u32, later: u32) {
        let (Some(first), Some(second)) = (self.node(earlier), self.node(later)) else {
            return;
        };
        let text = cook::text(self.text, second);
        if text != cook::text(self.text, first) {
            return;
        }
        let message = format!("the key `{text}` is already set in this mapping");
        if let Some(node) = self.nodes.get_mut(earlier as usize) {
            *node = node.with(Node::SHADOWED);
        }
        self.problem(
            ProblemKind::DuplicateKey,
            second.span(),
            Some(first.span()),
            message,
        );
    }
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

/// Good enough to tell keys apart; what is equal is compared as text.
fn hash(bytes: &[u8]) -> u64 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest
        .iter()
        .fold(0, |word, byte| word << 8 | u64::from(*byte));
    mix(words.fold(bytes.len() as u64, mix), rest)
}
