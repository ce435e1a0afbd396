//! The tree: 16 bytes a node, in the order of the text, and [`View`], the handle to walk it.

use std::borrow::Cow;
use std::collections::HashSet;

use super::cook;
use super::file::File;
use super::scalar::{Resolved, Style, resolve_plain};
use super::span::Span;

/// A node of one file: an index into its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    Scalar,
    Sequence,
    Mapping,
}

/// What stands in a node, before aliases are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    Sequence,
    Mapping,
    Alias,
}

/// What a block scalar does with its last line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chomp {
    Clip,
    Strip,
    Keep,
}

/// An explicit tag, as far as it matters for the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    Null,
    Bool,
    Int,
    Float,
    /// `!!str`, and whatever Kubernetes does not know.
    Str,
}

/// `start` and `end` count in the text that the node was read from: the file, or the text of an embedding scalar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Collection: the first node behind it. Alias: its target. Block scalar: the width of its indentation.
    pub(super) aux: u32,
    meta: u32,
}

const SHAPE: u32 = 0b11;
const STYLE: u32 = 2;
const TAG: u32 = 5;
const CHOMP: u32 = 8;

impl Node {
    /// The text is the bytes between the quotes, as they stand.
    pub(super) const RAW: u32 = 1 << 10;
    /// A collection in brackets.
    pub(super) const FLOW: u32 = 1 << 11;
    /// A mapping with a `<<` among its keys.
    pub(super) const MERGES: u32 = 1 << 12;
    /// A `<<` key.
    pub(super) const MERGE_KEY: u32 = 1 << 13;
    /// A key that a later one of the same text replaces.
    pub(super) const SHADOWED: u32 = 1 << 14;
    /// An alias that leads nowhere: reads as null.
    pub(super) const VOID: u32 = 1 << 15;

    pub(super) fn scalar(span: Span, style: Style, tag: Tag) -> Self {
        let style = match style {
            Style::Plain => 0,
            Style::Single => 1,
            Style::Double => 2,
            Style::Literal => 3,
            Style::Folded => 4,
        };
        let tag = match tag {
            Tag::None => 0,
            Tag::Null => 1,
            Tag::Bool => 2,
            Tag::Int => 3,
            Tag::Float => 4,
            Tag::Str => 5,
        };
        Self {
            start: span.start,
            end: span.end,
            aux: 0,
            meta: style << STYLE | tag << TAG,
        }
    }

    pub(super) fn void(span: Span) -> Self {
        Self::scalar(span, Style::Plain, Tag::None).with(Self::VOID)
    }

    pub(super) fn collection(start: u32, shape: Shape, flow: bool) -> Self {
        let shape = if shape == Shape::Sequence { 1 } else { 2 };
        let flow = if flow { Self::FLOW } else { 0 };
        Self {
            start,
            end: start,
            aux: 0,
            meta: shape | flow,
        }
    }

    pub(super) fn alias(span: Span, target: u32) -> Self {
        Self {
            start: span.start,
            end: span.end,
            aux: target,
            meta: 3,
        }
    }

    pub(super) fn with(mut self, flags: u32) -> Self {
        self.meta |= flags;
        self
    }

    pub(super) fn with_block(mut self, indent: u32, chomp: Chomp) -> Self {
        self.aux = indent;
        self.meta |= match chomp {
            Chomp::Clip => 0,
            Chomp::Strip => 1,
            Chomp::Keep => 2,
        } << CHOMP;
        self
    }

    pub(super) fn has(self, flag: u32) -> bool {
        self.meta & flag != 0
    }

    pub(super) fn shape(self) -> Shape {
        match self.meta & SHAPE {
            0 => Shape::Scalar,
            1 => Shape::Sequence,
            2 => Shape::Mapping,
            _ => Shape::Alias,
        }
    }

    pub(super) fn style(self) -> Style {
        match self.meta >> STYLE & 0b111 {
            0 => Style::Plain,
            1 => Style::Single,
            2 => Style::Double,
            3 => Style::Literal,
            _ => Style::Folded,
        }
    }

    fn tag(self) -> Tag {
        match self.meta >> TAG & 0b111 {
            0 => Tag::None,
            1 => Tag::Null,
            2 => Tag::Bool,
            3 => Tag::Int,
            4 => Tag::Float,
            _ => Tag::Str,
        }
    }

    pub(super) fn chomp(self) -> Chomp {
        match self.meta >> CHOMP & 0b11 {
            0 => Chomp::Clip,
            1 => Chomp::Strip,
            _ => Chomp::Keep,
        }
    }

    pub(super) fn span(self) -> Span {
        Span::new(self.start, self.end)
    }

    /// Without the quotes.
    pub(super) fn content(self) -> Span {
        match (self.shape(), self.style()) {
            (Shape::Scalar, Style::Single | Style::Double) => {
                Span::new(self.start + 1, self.end.saturating_sub(1))
            }
            _ => self.span(),
        }
    }

    /// The first node behind this one and all that is in it.
    pub(super) fn after(self, id: u32) -> u32 {
        match self.shape() {
            Shape::Sequence | Shape::Mapping => self.aux.max(id + 1),
            Shape::Scalar | Shape::Alias => id + 1,
        }
    }
}

/// A cheap handle to a node. Aliases are followed: everything but [`View::span`] speaks of their target.
#[derive(Clone, Copy)]
pub struct View<'a> {
    file: &'a File,
    id: NodeId,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.file.slice(self.span()))
    }
}

impl<'a> View<'a> {
    pub(super) fn new(file: &'a File, id: NodeId) -> Self {
        Self { file, id }
    }

    pub fn file(self) -> &'a File {
        self.file
    }

    pub fn id(self) -> NodeId {
        self.id
    }

    fn node(self) -> Node {
        self.file.node(self.id)
    }

    /// Where the alias leads, or the node itself.
    fn target(self) -> Self {
        let node = self.node();
        match node.shape() {
            Shape::Alias => Self::new(self.file, NodeId(node.aux)),
            _ => self,
        }
    }

    pub fn kind(self) -> NodeKind {
        match self.target().node().shape() {
            Shape::Sequence => NodeKind::Sequence,
            Shape::Mapping => NodeKind::Mapping,
            Shape::Scalar | Shape::Alias => NodeKind::Scalar,
        }
    }

    /// The bytes of the node. Scalar: with its quotes; block scalar: its content, from the first byte to the last before the
    /// final line break; block collection: up to the end of its last child; alias: the alias itself.
    pub fn span(self) -> Span {
        self.file.place(self.id, self.node().span())
    }

    /// As [`View::span`], without the quotes: where a caret goes inside of a string.
    pub fn content_span(self) -> Span {
        self.file.place(self.id, self.node().content())
    }

    /// The value under a key. Own keys come first (the last one, where a key is repeated), then those of `<<`.
    pub fn get(self, key: &str) -> Option<View<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value under a key, as [`View::get`] finds it.
    pub fn entry(self, key: &str) -> Option<(View<'a>, View<'a>)> {
        let found = self
            .pairs()
            .find(|(name, _)| name.is_own_key() && name.has_text(key));
        if found.is_some() || !self.target().node().has(Node::MERGES) {
            return found;
        }
        self.merge_sources().find_map(|source| source.entry(key))
    }

    /// The value at the end of a path of keys; a number counts into a sequence, from 0.
    pub fn at(self, path: &[&str]) -> Option<View<'a>> {
        path.iter().try_fold(self, |view, segment| {
            view.step(segment).map(|(_, value)| value)
        })
    }

    /// The place to point at for something that may be missing: the key of the deepest node along the path that exists,
    /// and how many segments of the path do. With none: the first line of this node.
    pub fn closest(self, path: &[&str]) -> (Span, usize) {
        let mut at = (self, self.first_line());
        for (depth, segment) in path.iter().enumerate() {
            let Some((place, value)) = at.0.step(segment) else {
                return (at.1, depth);
            };
            at = (value, place);
        }
        (at.1, path.len())
    }

    /// One segment of a path, and where to point at for it.
    fn step(self, segment: &str) -> Option<(Span, View<'a>)> {
        if self.kind() == NodeKind::Sequence {
            let item = self.items().nth(segment.parse().ok()?)?;
            return Some((item.first_line(), item));
        }
        self.entry(segment).map(|(key, value)| (key.span(), value))
    }

    /// Where a person recognises the node: its first key, or its first line.
    fn first_line(self) -> Span {
        let node = self.node();
        if node.shape() == Shape::Mapping
            && !node.has(Node::FLOW)
            && let Some((key, _)) = self.pairs().next()
        {
            return key.first_line();
        }
        let span = self.span();
        let line = self.file.slice(span).lines().next().unwrap_or_default();
        Span::new(span.start, span.start + super::lines::offset(line.len()))
    }

    /// The items of a sequence; none for anything else.
    pub fn items(self) -> impl Iterator<Item = View<'a>> {
        self.children(NodeKind::Sequence)
    }

    /// The keys and values of a mapping, each key once, including those merged with `<<`; none for anything else.
    pub fn entries(self) -> impl Iterator<Item = (View<'a>, View<'a>)> {
        let merged = match self.target().node().has(Node::MERGES) {
            true => self.merged(),
            false => Vec::new(),
        };
        self.pairs()
            .filter(|(key, _)| key.is_own_key())
            .chain(merged)
    }

    /// All keys and values as written.
    fn pairs(self) -> impl Iterator<Item = (View<'a>, View<'a>)> {
        let mut children = self.children(NodeKind::Mapping);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    fn children(self, of: NodeKind) -> impl Iterator<Item = View<'a>> {
        let target = self.target();
        let mut next = target.id.0 + 1;
        let end = match self.kind() == of {
            true => target.node().aux,
            false => 0,
        };
        std::iter::from_fn(move || {
            let id = NodeId(next);
            if next >= end {
                return None;
            }
            next = target.file.node(id).after(next);
            Some(View::new(target.file, id))
        })
    }

    /// A key that counts: neither `<<` nor replaced by a later one.
    fn is_own_key(self) -> bool {
        !self.node().has(Node::MERGE_KEY | Node::SHADOWED)
    }

    /// The mappings behind `<<`, the first of them the strongest.
    fn merge_sources(self) -> impl Iterator<Item = View<'a>> {
        let values = self
            .pairs()
            .filter(|(key, _)| key.node().has(Node::MERGE_KEY));
        values.flat_map(|(_, value)| {
            let single = (value.kind() == NodeKind::Mapping).then_some(value);
            single.into_iter().chain(value.items())
        })
    }

    /// What `<<` brings. As deep as merges are nested, which the alias budget bounds.
    fn merged(self) -> Vec<(View<'a>, View<'a>)> {
        let own = self.pairs().filter(|(key, _)| key.is_own_key());
        let mut seen: HashSet<_> = own.filter_map(|(key, _)| key.text()).collect();
        let mut found = Vec::new();
        for source in self.merge_sources() {
            for (key, value) in source.entries() {
                if key.text().is_none_or(|text| seen.insert(text)) {
                    found.push((key, value));
                }
            }
        }
        found
    }

    fn has_text(self, text: &str) -> bool {
        let target = self.target();
        let node = target.node();
        match node.shape() {
            Shape::Scalar if node.has(Node::RAW) => {
                node.content().len() as usize == text.len()
                    && target.text().is_some_and(|own| own == text)
            }
            Shape::Scalar => target.text().is_some_and(|own| own == text),
            _ => false,
        }
    }

    /// The text of a scalar of any type, without quotes, escapes and folding.
    pub fn text(self) -> Option<Cow<'a, str>> {
        let target = self.target();
        let node = target.node();
        if node.shape() != Shape::Scalar {
            return None;
        }
        Some(cook::text(target.file.text_around(target.id), node))
    }

    /// The text of a scalar that Kubernetes reads as a string.
    pub fn str(self) -> Option<Cow<'a, str>> {
        (self.resolved() == Resolved::Str).then(|| self.text())?
    }

    /// The value of a scalar, as Kubernetes reads it.
    pub fn resolved(self) -> Resolved {
        let target = self.target();
        let node = target.node();
        let plain = || resolve_plain(&target.text().unwrap_or_default());
        match (node.shape(), node.tag()) {
            (Shape::Sequence | Shape::Mapping, _) => Resolved::Collection,
            (_, Tag::Str) => Resolved::Str,
            (_, Tag::None) if node.has(Node::VOID) => Resolved::Null,
            (_, Tag::None) if node.style() == Style::Plain => plain(),
            (_, Tag::None) => Resolved::Str,
            // Go refuses a value that does not fit its tag.
            (_, tag) => match (tag, plain()) {
                (Tag::Float, Resolved::Int(value)) => Resolved::Float(value as f64),
                (Tag::Float, Resolved::Uint(value)) => Resolved::Float(value as f64),
                (Tag::Null, Resolved::Null) => Resolved::Null,
                (Tag::Bool, value @ Resolved::Bool(_)) => value,
                (Tag::Int, value @ (Resolved::Int(_) | Resolved::Uint(_))) => value,
                (Tag::Float, value @ Resolved::Float(_)) => value,
                _ => Resolved::Str,
            },
        }
    }

    pub fn as_bool(self) -> Option<bool> {
        match self.resolved() {
            Resolved::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// An integer, also when written as a float without fraction (`1e3`), which Kubernetes takes too.
    pub fn as_i64(self) -> Option<i64> {
        match self.resolved() {
            Resolved::Int(value) => Some(value),
            Resolved::Float(value)
                if value.fract() == 0.0 && value.abs() < (1_u64 << 53) as f64 =>
            {
                Some(value as i64)
            }
            _ => None,
        }
    }

    pub fn is_null(self) -> bool {
        self.resolved() == Resolved::Null
    }

    /// How a scalar is written; `Plain` for collections.
    pub fn style(self) -> Style {
        self.target().node().style()
    }

    /// Whether a collection is written in brackets.
    pub fn is_flow(self) -> bool {
        self.target().node().has(Node::FLOW)
    }

    /// The root of what [`File::embed`] has read from this scalar.
    pub fn embedded(self) -> Option<View<'a>> {
        let root = self.file.embedded(self.target().id)?;
        Some(View::new(self.file, root))
    }

    /// Where a byte of [`View::text`] stands in the file; for tokens of the languages inside of strings.
    pub fn map_offset(self, offset_in_text: usize) -> u32 {
        let target = self.target();
        let node = target.node();
        let offset = super::lines::offset(offset_in_text);
        let text = target.file.text_around(target.id);
        let local = match node.has(Node::RAW) {
            true => (node.content().start.saturating_add(offset)).min(node.content().end),
            false => cook::Map::of(text, node)
                .start(offset)
                .unwrap_or(node.content().start),
        };
        target.file.place(target.id, Span::new(local, local)).start
    }
}
