//! The YAML layer alone: every view of every node of every document can be asked everything.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meshlint::resource::Manifest;
use meshlint::yaml::{File, Limits, NodeId, NodeKind, Span, View};
use std::collections::BTreeSet;

/// Aliases may stand for much more than is written.
const MOST_VIEWS: usize = 20_000;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        max_nodes_expanded: 1_000,
        ..Limits::default()
    };
    let mut file = File::read("fuzz.yaml".to_owned(), bytes.to_vec(), &limits);
    let mut scalars = BTreeSet::new();
    walk(&file, &mut scalars);
    for scalar in &scalars {
        file.embed(*scalar);
    }
    // What was embedded holds scalars of its own.
    walk(&file, &mut scalars);
    for scalar in scalars {
        file.embed(scalar);
    }
    walk(&file, &mut BTreeSet::new());
    problems(&file);
    problems(&Manifest::read("fuzz.yaml".to_owned(), bytes.to_vec(), &limits).file);
});

fn problems(file: &File) {
    for problem in file.problems() {
        assert!(!problem.message.is_empty());
        check(file, problem.span);
        problem.related.iter().for_each(|span| check(file, *span));
    }
    file.comments().iter().for_each(|span| check(file, *span));
    for line in 1..=file.line_count() {
        check(
            file,
            file.line_span(line)
                .expect("a line that is counted has a place"),
        );
    }
}

fn check(file: &File, span: Span) {
    assert!(
        span.start <= span.end && span.end as usize <= file.text().len(),
        "{span:?}"
    );
    assert!(
        file.text().get(span.range()).is_some(),
        "{span:?} cuts a character"
    );
    let at = file.position(span.start);
    assert!(at.line > 0 && at.column > 0);
}

fn walk(file: &File, scalars: &mut BTreeSet<NodeId>) {
    let mut end = 0;
    for document in file.documents() {
        check(file, document.span);
        assert!(document.span.start >= end, "documents in order");
        end = document.span.end;
        let mut pending: Vec<View<'_>> = document
            .root
            .map(|root| file.view(root))
            .into_iter()
            .collect();
        let mut left = MOST_VIEWS;
        while let Some(view) = pending.pop() {
            if left == 0 {
                break;
            }
            left -= 1;
            check(file, view.span());
            check(file, view.content_span());
            let _ = (
                view.resolved(),
                view.str(),
                view.as_bool(),
                view.as_i64(),
                view.is_null(),
                view.style(),
                view.is_flow(),
            );
            assert_eq!(view.text().is_some(), view.kind() == NodeKind::Scalar);
            if let Some(text) = view.text() {
                scalars.insert(view.id());
                for offset in [0, 1, text.len() / 2, text.len(), text.len() + 1] {
                    assert!(
                        view.map_offset(offset) as usize <= file.text().len(),
                        "{view:?} at {offset}"
                    );
                }
            }
            for (key, value) in view.entries() {
                if let Some(name) = key.text() {
                    assert!(view.get(&name).is_some(), "{name:?} is a key of {view:?}");
                    check(file, view.closest(&[&name, "x"]).0);
                }
                pending.extend([key, value]);
            }
            for (at, item) in view.items().enumerate() {
                assert_eq!(view.at(&[&at.to_string()]).map(View::id), Some(item.id()));
                pending.push(item);
            }
            check(file, view.closest(&["x", "y"]).0);
            pending.extend(view.embedded());
        }
    }
}
