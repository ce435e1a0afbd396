//! A text cut at its document markers, so that a broken document does not hide the next one.

use memchr::{memchr_iter, memmem};

const CRD: &str = "kind: CustomResourceDefinition";

/// A stretch of text that holds at most one YAML document: from its `---` to before the next, or behind `...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Up to where it is worth parsing: less than `end` for the body of a CustomResourceDefinition.
    pub(super) stop: usize,
    pub(super) crd: bool,
}

pub(super) fn chunks(text: &str) -> Vec<Chunk> {
    let bytes = text.as_bytes();
    let mut chunks = Vec::new();
    let has_crds = memmem::find(bytes, CRD.as_bytes()).is_some();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let first = start;
    let line_starts = std::iter::once(first).chain(memchr_iter(b'\n', bytes).map(|at| at + 1));
    for at in line_starts {
        match bytes.get(at..at + 3) {
            Some(b"---")
                if is_marker(bytes, at) && at > start && !is_prologue(text.get(start..at)) =>
            {
                chunks.push(chunk(text, start, at, has_crds));
                start = at;
            }
            Some(b"...") if is_marker(bytes, at) => {
                let end = line_end(bytes, at);
                chunks.push(chunk(text, start, end, has_crds));
                start = end;
            }
            _ => {}
        }
    }
    if start < text.len() {
        chunks.push(chunk(text, start, text.len(), has_crds));
    }
    chunks
}

fn is_marker(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// Behind the line that `at` lies in.
fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr_iter(b'\n', rest)
        .next()
        .map_or(bytes.len(), |found| at + found + 1)
}

/// Directives belong to the document that they precede.
fn is_prologue(text: Option<&str>) -> bool {
    let text = text.unwrap_or_default();
    let mut directives = false;
    for line in text.lines() {
        match line.as_bytes().first() {
            Some(b'%') => directives = true,
            _ if is_void(line) => {}
            _ => return false,
        }
    }
    directives
}

/// Blank or a comment.
fn is_void(line: &str) -> bool {
    let line = line.trim_ascii_start();
    line.is_empty() || line.starts_with('#')
}

/// Whether a chunk holds nothing but markers, comments and blank lines.
pub(super) fn is_empty(chunk: &str) -> bool {
    let body = chunk.strip_prefix("---").unwrap_or(chunk);
    body.lines()
        .all(|line| is_void(line) || line.strip_prefix("...").is_some_and(is_void))
}

fn chunk(text: &str, start: usize, end: usize, has_crds: bool) -> Chunk {
    let body = text.get(start..end).unwrap_or_default();
    let crd = has_crds && starts_line(body, CRD);
    let stop = crd.then(|| crd_stop(body)).flatten();
    Chunk {
        start,
        end,
        stop: stop.map_or(end, |stop| start + stop),
        crd,
    }
}

fn starts_line(body: &str, text: &str) -> bool {
    line_starting(body, text).is_some()
}

/// The offset of the first line that is `text`, apart from blank space and comments behind it.
fn line_starting(body: &str, text: &str) -> Option<usize> {
    memmem::find_iter(body.as_bytes(), text).find(|&at| {
        let line_start = at
            .checked_sub(1)
            .is_none_or(|before| body.as_bytes().get(before) == Some(&b'\n'));
        let behind = body.get(at + text.len()..).unwrap_or_default();
        line_start && behind.lines().next().is_none_or(is_void)
    })
}

/// Behind the `spec:` of a CustomResourceDefinition, if everything else that matters stands before it.
fn crd_stop(body: &str) -> Option<usize> {
    let spec = line_starting(body, "spec:")?;
    let before = body.get(..spec)?;
    let complete = starts_line(before, "metadata:") && starts_line(before, CRD);
    complete.then_some(spec + "spec:".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        chunks(text)
            .iter()
            .map(|chunk| text.get(chunk.start..chunk.end).unwrap())
            .collect()
    }

    #[test]
    fn cuts_at_markers() {
        assert_eq!(
            parts("a: 1\n---\nb: 2\n--- # c\nc: 3"),
            ["a: 1\n", "---\nb: 2\n", "--- # c\nc: 3"]
        );
        assert_eq!(
            parts("---\r\na: 1\r\n---\r\nb: 2\r\n"),
            ["---\r\na: 1\r\n", "---\r\nb: 2\r\n"]
        );
        assert_eq!(
            parts("a: 1\n...\nb: 2\n...\n---\nc: 3\n"),
            ["a: 1\n...\n", "b: 2\n...\n", "---\nc: 3\n"]
        );
        assert_eq!(parts("\u{feff}---\na: 1\n---"), ["---\na: 1\n", "---"]);
        assert_eq!(parts(""), [""; 0]);
    }

    #[test]
    fn leaves_what_only_looks_like_a_marker() {
        let text = "a: |\n  ---\n  b\n----\n---x\n --- \n....\n";
        assert_eq!(parts(text), [text]);
    }

    #[test]
    fn directives_stay_with_their_document() {
        let text = "# c\n%YAML 1.1\n\n---\na: 1\n---\nb: 2\n";
        assert_eq!(
            parts(text),
            ["# c\n%YAML 1.1\n\n---\na: 1\n", "---\nb: 2\n"]
        );
        assert_eq!(parts("# c\n---\na: 1\n"), ["# c\n", "---\na: 1\n"]);
    }

    #[test]
    fn empty_chunks_are_told() {
        for text in [
            "---",
            "---\n",
            "--- # c\n# d\n\n",
            "\n  \t\n",
            "---\n...\n",
            "# a: 1\n... # c\n",
            "---\r\n",
        ] {
            assert!(is_empty(text), "{text:?}");
        }
        for text in ["---\na", "--- a", "a", "--- |\n", "{}"] {
            assert!(!is_empty(text), "{text:?}");
        }
    }

    #[test]
    fn the_body_of_a_crd_is_left_out() {
        let text = "a: 1\n---\nkind: CustomResourceDefinition # c\nmetadata:\n  name: x\nspec:\n  group: y\nstatus: {}\n---\nb: 1\n";
        let [_, crd, last] = chunks(text)[..] else {
            panic!()
        };
        assert!(crd.crd && !last.crd);
        assert!(text.get(crd.start..crd.stop).unwrap().ends_with("\nspec:"));
        assert!(
            text.get(crd.start..crd.end)
                .unwrap()
                .ends_with("status: {}\n")
        );
        for whole in [
            "kind: CustomResourceDefinition\nspec:\n  a: 1\nmetadata:\n  name: x\n",
            "kind: CustomResourceDefinitionList\nmetadata:\n  name: x\nspec:\n  a: 1\n",
            "a:\n  kind: CustomResourceDefinition\nmetadata:\nspec:\n  a: 1\n",
        ] {
            let [chunk] = chunks(whole)[..] else { panic!() };
            assert_eq!(chunk.stop, chunk.end, "{whole:?}");
        }
    }
}
