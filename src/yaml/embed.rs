//! YAML and JSON inside of scalars, with places in the outer file.

use super::cook::{self, Map};
use super::file::{File, Problem, ProblemKind};
use super::read;
use super::span::Span;
use super::tree::{Node, NodeId, Shape};

/// The text of a scalar that was read as a document of its own; its nodes count in that text.
#[derive(Debug)]
pub(super) struct Embedded {
    /// The first node that was read from it.
    pub(super) first: u32,
    pub(super) text: String,
    /// From `text` to the file, through all layers in between.
    pub(super) map: Map,
}

impl File {
    /// Reads the YAML or JSON text inside of a scalar and remembers its root for [`super::View::embedded`].
    ///
    /// Spans, problems and comments of what it finds lie in this file. Text of Go templates is passed over silently.
    pub fn embed(&mut self, scalar: NodeId) -> Option<NodeId> {
        let carrier = match self.node(scalar) {
            node if node.shape() == Shape::Alias => NodeId(node.aux),
            _ => scalar,
        };
        if let Some(&root) = self.roots.get(&carrier) {
            return root;
        }
        let node = self.node(carrier);
        if node.shape() != Shape::Scalar {
            return None;
        }
        let around = self.text_around(carrier);
        let text = cook::text(around, node).into_owned();
        let map = Map::of(around, node);
        let map = match self.around(carrier) {
            Some(outer) => map.within(&outer.map),
            None => map,
        };
        let first = self.nodes.len();
        // Growing by an eighth, not by doubling: embedded text is a small part of a file.
        let wanted = text.len() / 8 + 16;
        if self.nodes.capacity() - first < wanted {
            self.nodes.reserve_exact(wanted.max(first / 8));
        }
        let reading = read::read(&text, &mut self.nodes, &self.limits);
        let templated = reading.templated || text.contains("{{");
        let place = |span: Span| {
            map.span(span)
                .unwrap_or_else(|| self.place(carrier, node.content()))
        };
        let problems = reading.problems.into_iter().filter_map(|problem| {
            let kind = match problem.kind {
                ProblemKind::Templated => return None,
                ProblemKind::Syntax if templated => return None,
                ProblemKind::Syntax => ProblemKind::EmbeddedSyntax,
                kind => kind,
            };
            Some(Problem {
                kind,
                span: place(problem.span),
                related: problem.related.map(place),
                message: problem.message,
            })
        });
        let problems: Vec<_> = problems.collect();
        let comments: Vec<_> = reading.comments.into_iter().map(place).collect();
        if !problems.is_empty() {
            self.problems.extend(problems);
            self.problems.sort_by_key(|problem| problem.span);
        }
        if !comments.is_empty() {
            self.comments.extend(comments);
            self.comments.sort();
        }
        let root = reading.documents.iter().find_map(|document| document.root);
        self.roots.insert(carrier, root);
        self.embeds.push(Embedded {
            first: super::lines::offset(first),
            text,
            map,
        });
        root
    }

    /// The embedded text that a node was read from; none for the file itself.
    pub(super) fn around(&self, id: NodeId) -> Option<&Embedded> {
        let index = self
            .embeds
            .partition_point(|embedded| embedded.first <= id.0);
        self.embeds.get(index.checked_sub(1)?)
    }

    /// The text that a node was read from.
    pub(super) fn text_around(&self, id: NodeId) -> &str {
        self.around(id)
            .map_or(self.text(), |embedded| &embedded.text)
    }

    /// From a span in the text that a node was read from to the file.
    pub(super) fn place(&self, id: NodeId, span: Span) -> Span {
        match self.around(id) {
            Some(embedded) => embedded.map.span(span).unwrap_or_default(),
            None => span,
        }
    }

    pub(super) fn embedded(&self, carrier: NodeId) -> Option<NodeId> {
        self.roots.get(&carrier).copied().flatten()
    }

    pub(super) fn node(&self, id: NodeId) -> Node {
        self.nodes
            .get(id.0 as usize)
            .copied()
            .unwrap_or_else(|| Node::void(Span::default()))
    }
}
