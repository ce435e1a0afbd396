//! The layer as a whole: text in, tree and problems out.

use super::*;

fn read(text: &str) -> File {
    File::read(
        "test.yaml".to_owned(),
        text.as_bytes().to_vec(),
        &Limits::default(),
    )
}

fn root(file: &File) -> View<'_> {
    let [document] = file.documents() else {
        panic!("{:?} {:?}", file.documents(), file.problems())
    };
    file.view(document.root.unwrap())
}

/// All problems: kind, text, related text, message.
fn problems(file: &File) -> Vec<(ProblemKind, &str, &str)> {
    file.problems()
        .iter()
        .map(|problem| {
            (
                problem.kind,
                file.slice(problem.span),
                problem.message.as_str(),
            )
        })
        .collect()
}

/// Every scalar and collection with the text of its span, in the order of the tree.
fn spans(view: View<'_>) -> Vec<String> {
    let mut out = vec![view.file().slice(view.span()).to_owned()];
    for (key, value) in view.entries() {
        out.extend(spans(key));
        out.extend(spans(value));
    }
    for item in view.items() {
        out.extend(spans(item));
    }
    out
}

#[test]
fn spans_are_exact() {
    let file = read("a: 'x'\nb:\n  - 1\n  -\n  - {c: [d, \"e\"]}\nf:\ng: |\n  h\n   i\n\n# end\n");
    assert_eq!(
        spans(root(&file)),
        [
            "a: 'x'\nb:\n  - 1\n  -\n  - {c: [d, \"e\"]}\nf:\ng: |\n  h\n   i",
            "a",
            "'x'",
            "b",
            "- 1\n  -\n  - {c: [d, \"e\"]}",
            "1",
            "",
            "{c: [d, \"e\"]}",
            "c",
            "[d, \"e\"]",
            "d",
            "\"e\"",
            "f",
            "",
            "g",
            "h\n   i",
        ]
    );
}
