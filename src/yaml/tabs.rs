//! Tabs in indentation, which the parser lets pass in places where Kubernetes does not.

use memchr::memchr;

use super::lines::offset;
use super::span::Span;
use super::tree::{Node, Shape};

/// The first tab that indents something in the text from `start` to `stop`, given the nodes that were read there.
pub(super) fn in_indentation(text: &str, start: u32, stop: u32, nodes: &[Node]) -> Option<Span> {
    let body = text.get(start as usize..stop as usize)?;
    memchr(b'\t', body.as_bytes())?;
    before_line(body, start, nodes).or_else(|| behind_dash(text, nodes))
}

fn is_bracketed(node: &Node) -> bool {
    matches!(node.shape(), Shape::Sequence | Shape::Mapping) && node.has(Node::FLOW)
}

/// A tab at the start of a line, outside of brackets and of scalars.
fn before_line(body: &str, start: u32, nodes: &[Node]) -> Option<Span> {
    let is_opaque = |node: &&Node| node.shape() == Shape::Scalar || is_bracketed(node);
    let mut opaque = nodes.iter().filter(is_opaque).peekable();
    let mut covered = start;
    let mut line_start = start;
    for line in body.split_inclusive('\n') {
        let blank = line
            .bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let blanks = line.get(..blank).unwrap_or_default();
        if let Some(tab) = memchr(b'\t', blanks.as_bytes()) {
            let at = line_start + offset(tab);
            while let Some(node) = opaque.next_if(|node| node.start <= at) {
                covered = covered.max(node.end);
            }
            if covered <= at {
                return Some(Span::new(at, line_start + offset(blank)));
            }
        }
        line_start += offset(line.len());
    }
    None
}

/// A tab between the `-` of an item and the item.
fn behind_dash(text: &str, nodes: &[Node]) -> Option<Span> {
    let mut covered = 0;
    for node in nodes {
        let before = text.get(..node.start as usize)?;
        let dash = before.trim_end_matches([' ', '\t']);
        let blanks = before.get(dash.len()..)?;
        if node.start >= covered && dash.ends_with(['-', '?']) && blanks.contains('\t') {
            return Some(Span::new(offset(dash.len()), node.start));
        }
        if is_bracketed(node) {
            covered = covered.max(node.end);
        }
    }
    None
}
