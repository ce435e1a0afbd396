//! A file: its text, its documents, and what could not be read.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::embed::Embedded;
use super::lines::{Lines, Position};
use super::read;
use super::span::Span;
use super::tree::{Node, NodeId, View};

/// What one document may cost. Hostile input meets these, real input does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many nodes the aliases of a document may stand for.
    pub max_nodes_expanded: u32,
    /// How deep collections may be nested.
    pub max_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_nodes_expanded: 100_000,
            max_depth: 255,
        }
    }
}

/// A document of a file. Documents without content are left out.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// None if the document could not be read; a [`Problem`] says why.
    pub root: Option<NodeId>,
    /// Between its markers, without the blank space around.
    pub span: Span,
    /// A CustomResourceDefinition. What is below its `spec:` may have been left unread.
    pub crd: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    Syntax,
    /// A syntax error in the text of a scalar that was read by [`File::embed`].
    EmbeddedSyntax,
    /// Text of a Go template (Helm) where YAML is expected; once a file.
    Templated,
    DuplicateKey,
    UnknownAlias,
    /// Aliases that stand for too much, or for themselves.
    AliasBudget,
    InvalidUtf8,
    /// No text at all, or too large.
    Binary,
    TooDeep,
}

/// Something in a file that could not be read as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    pub span: Span,
    /// Where the other end is: the first of two keys, the opening bracket.
    pub related: Option<Span>,
    /// One sentence, in lower case, without a full stop.
    pub message: String,
}

/// A file as text and tree. Shared behind an `Arc` once everything embedded is read.
#[derive(Debug)]
pub struct File {
    path: String,
    text: String,
    lines: OnceLock<Lines>,
    documents: Vec<Document>,
    templated: bool,
    pub(super) nodes: Vec<Node>,
    pub(super) embeds: Vec<Embedded>,
    /// What was read from scalars; none where there was nothing to read.
    pub(super) roots: HashMap<NodeId, Option<NodeId>>,
    pub(super) problems: Vec<Problem>,
    pub(super) comments: Vec<Span>,
    pub(super) limits: Limits,
}

impl File {
    /// Reads all documents of a file. Never fails: what cannot be read is among the [`File::problems`].
    ///
    /// `path` is what the file is called in messages; nothing is opened.
    pub fn read(path: String, bytes: Vec<u8>, limits: &Limits) -> File {
        let (text, mut problems) = super::text::decode(bytes);
        let mut nodes = Vec::new();
        let reading = read::read(&text, &mut nodes, limits);
        nodes.shrink_to_fit();
        problems.extend(reading.problems);
        problems.sort_by_key(|problem| problem.span);
        File {
            path,
            text,
            lines: OnceLock::new(),
            documents: reading.documents,
            templated: reading.templated,
            nodes,
            embeds: Vec::new(),
            roots: HashMap::new(),
            problems,
            comments: reading.comments,
            limits: *limits,
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text. Bytes that are not UTF-8 are replaced one by one, so offsets hold for the file on disk too.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty if it lies outside or cuts a character.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    /// Line and column of a byte.
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset)
    }

    pub fn line_count(&self) -> u32 {
        self.lines().count(&self.text)
    }

    /// The bytes of a line, counted from 1, without its line break.
    pub fn line_span(&self, line: u32) -> Option<Span> {
        self.lines().span(&self.text, line)
    }

    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    pub fn view(&self, id: NodeId) -> View<'_> {
        View::new(self, id)
    }

    /// In the order of their places.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The comments that speak to meshlint, each with its `#`.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// Whether the file is the source of a Go template rather than YAML.
    pub fn templated(&self) -> bool {
        self.templated
    }
}
