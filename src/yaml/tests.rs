//! The layer as a whole: text in, tree and problems out.

use serde::Deserialize;
use serde_yaml::Value;

use super::*;

fn read(text: &str) -> File {
    File::read(
        "test.yaml".to_owned(),
        text.as_bytes().to_vec(),
        &Limits::default(),
    )
}

/// The root of the only document.
fn root(file: &File) -> View<'_> {
    let [document] = file.documents() else {
        panic!("{:?} {:?}", file.documents(), file.problems())
    };
    file.view(document.root.unwrap())
}

fn get<'a>(file: &'a File, path: &[&str]) -> View<'a> {
    root(file).at(path).unwrap()
}

/// All problems: kind, text at the place, message.
fn problems(file: &File) -> Vec<(ProblemKind, &str, &str)> {
    let problems = file.problems().iter();
    problems
        .map(|problem| {
            (
                problem.kind,
                file.slice(problem.span),
                problem.message.as_str(),
            )
        })
        .collect()
}

/// The text of every span, in the order of the tree.
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
    let file =
        read("a: 'x'\nb:\n  - 1\n  -\n  - {c: [d, \"e\"]}\nf: # c\ng: |\n  h\n   i\n\n# end\n");
    let expected = [
        "a: 'x'\nb:\n  - 1\n  -\n  - {c: [d, \"e\"]}\nf: # c\ng: |\n  h\n   i",
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
    ];
    assert_eq!(spans(root(&file)), expected);
    assert_eq!(file.slice(get(&file, &["a"]).content_span()), "x");
    let nothing = |path: &[&str]| file.position(get(&file, path).span().start);
    assert_eq!(
        nothing(&["f"]),
        Position { line: 6, column: 3 },
        "behind the colon"
    );
    assert_eq!(
        nothing(&["b", "1"]),
        Position { line: 4, column: 4 },
        "behind the dash"
    );
}

#[test]
fn the_same_spans_behind_a_byte_order_mark_and_with_crlf() {
    let text = "# ä\na: 'x'\nb:\n- |\n  c\n  d\n- e\n";
    let plain = read(text);
    let marked = read(&format!("\u{feff}{text}"));
    let crlf = read(&text.replace('\n', "\r\n"));
    assert_eq!(spans(root(&plain)), spans(root(&marked)));
    let unify = |spans: Vec<String>| {
        spans
            .iter()
            .map(|span| span.replace("\r\n", "\n"))
            .collect::<Vec<_>>()
    };
    assert_eq!(spans(root(&plain)), unify(spans(root(&crlf))));
    assert_eq!(get(&crlf, &["b", "0"]).text().unwrap(), "c\nd\n");
    assert_eq!(
        plain.position(get(&plain, &["b", "1"]).span().start),
        Position { line: 7, column: 3 }
    );
    assert_eq!(
        crlf.position(get(&crlf, &["b", "1"]).span().start),
        Position { line: 7, column: 3 }
    );
}

#[test]
fn json_is_read() {
    let file = read("{\n\t\"a\": [1, true, null, \"x\\n\\u00e9\\/\"],\n\t\"b\": {}\n}\n");
    assert_eq!(problems(&file), []);
    assert_eq!(get(&file, &["a", "3"]).text().unwrap(), "x\né/");
    assert_eq!(get(&file, &["a", "0"]).as_i64(), Some(1));
    assert!(get(&file, &["a", "2"]).is_null());
    assert!(root(&file).is_flow());
}

#[test]
fn json_values_in_a_row_are_documents() {
    let file = read("{\"a\": \"}\"}\n{\"b\": 2}{\"c\": 3}\n[4]\n");
    assert_eq!(problems(&file), []);
    let slices: Vec<_> = file
        .documents()
        .iter()
        .map(|document| file.slice(document.span))
        .collect();
    assert_eq!(
        slices,
        ["{\"a\": \"}\"}", "{\"b\": 2}", "{\"c\": 3}", "[4]"]
    );
    assert_eq!(
        file.view(file.documents()[1].root.unwrap())
            .get("b")
            .unwrap()
            .as_i64(),
        Some(2)
    );

    let file = read("{\"a\": 1}\n{\"b\": 2}\nc: 3\n");
    assert_eq!(file.documents().len(), 2);
    assert_eq!(problems(&file)[0].0, ProblemKind::Syntax);
    assert_eq!(problems(&file)[0].1, "c:");
}

#[test]
fn documents_stand_for_themselves() {
    let file = read("# only a comment\n---\na: 1\n---\n---\n# c\nb: [\n---\nc: 3\n...\n");
    let found: Vec<_> = file
        .documents()
        .iter()
        .map(|document| (document.root.is_some(), file.slice(document.span)))
        .collect();
    assert_eq!(
        found,
        [(true, "a: 1"), (false, "# c\nb: ["), (true, "c: 3")]
    );
    assert_eq!(
        problems(&file),
        [(ProblemKind::Syntax, "[", "this `[` is not closed")]
    );
    for empty in [
        "",
        "\n",
        "# a\n",
        "---\n",
        "--- # a\n---\n...\n",
        "\u{feff}",
    ] {
        assert_eq!(read(empty).documents().len(), 0, "{empty:?}");
        assert_eq!(problems(&read(empty)), []);
    }
    assert_eq!(root(&read("--- x")).text().unwrap(), "x");
    assert_eq!(
        root(&read("%YAML 1.1\n%TAG !e! x:\n---\na: !e!b 1\n"))
            .get("a")
            .unwrap()
            .str()
            .unwrap(),
        "1"
    );
}

#[test]
fn documents_do_not_overlap() {
    for (text, expected) in [
        // A broken value ends where its brackets do.
        (
            "{\"a\": 1 2}\n{\"b\": 1}\n{\"c\": 1}",
            &["{\"a\": 1 2}", "{\"b\": 1}", "{\"c\": 1}"][..],
        ),
        // Old line breaks, which only the parser takes for such.
        ("m\r---\n3", &["m", "\r---\n3"]),
        ("a: [\r---\r3", &["a: [\r---\r3"]),
    ] {
        let file = read(text);
        let documents: Vec<&str> = file
            .documents()
            .iter()
            .map(|d| file.slice(d.span))
            .collect();
        assert_eq!(documents, expected, "{text:?}");
    }
}

#[test]
fn the_body_of_a_crd_is_not_read() {
    let file = read(
        "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x\nspec:\n  a: [\n---\nb: 1\n",
    );
    assert_eq!(problems(&file), []);
    let [crd, other] = file.documents() else {
        panic!()
    };
    assert!(crd.crd && !other.crd);
    let crd = file.view(crd.root.unwrap());
    assert_eq!(crd.at(&["metadata", "name"]).unwrap().text().unwrap(), "x");
    assert!(crd.get("spec").unwrap().is_null());
}

#[test]
fn lookup() {
    let file = read("a: {b: 1}\n? [x]\n: 2\n1: one\n'c d': {}\na2: &k z\n*k : y\n");
    let root = root(&file);
    assert_eq!(root.at(&["a", "b"]).unwrap().as_i64(), Some(1));
    assert_eq!(root.get("1").unwrap().text().unwrap(), "one");
    assert_eq!(
        root.get("z").unwrap().text().unwrap(),
        "y",
        "an alias as a key"
    );
    assert!(root.get("c d").is_some() && root.get("c").is_none() && root.get("[x]").is_none());
    assert!(root.get("a").unwrap().get("b").unwrap().get("c").is_none());
    assert_eq!(root.entries().count(), 6);
    assert_eq!(root.items().count(), 0);
    assert_eq!(
        root.entry("a").map(|(key, _)| file.slice(key.span())),
        Some("a")
    );
    assert_eq!(
        (root.text(), root.str(), root.as_bool(), root.is_null()),
        (None, None, None, false)
    );
    assert_eq!(root.resolved(), Resolved::Collection);
}

#[test]
fn closest_points_at_what_is_there() {
    let file = read(
        "metadata:\n  name: x\nspec:\n  ports:\n  - name: http\n    port: 80\n  - {name: b}\n",
    );
    let closest = |path: &[&str]| {
        let (span, depth) = root(&file).closest(path);
        (file.slice(span), depth)
    };
    assert_eq!(closest(&["metadata", "name"]), ("name", 2));
    assert_eq!(closest(&["metadata", "labels", "app"]), ("metadata", 1));
    assert_eq!(closest(&["status"]), ("metadata", 0));
    assert_eq!(closest(&["spec", "ports", "0", "targetPort"]), ("name", 3));
    assert_eq!(closest(&["spec", "ports", "1", "port"]), ("{name: b}", 3));
    assert_eq!(closest(&["spec", "ports", "2"]), ("ports", 2));
}

#[test]
fn scalars_as_kubernetes_reads_them() {
    let file = read(
        "a: yes\nb: 'yes'\nc: 0777\nd: !!str 1\ne: !!float 1\nf: !x 1\ng:\nh: 1e3\ni: 1.5\nj: |\n  1\nk: !!int \"5\"\n",
    );
    let value = |key: &str| get(&file, &[key]);
    assert_eq!(value("a").as_bool(), Some(true));
    assert_eq!(value("b").str().unwrap(), "yes");
    assert_eq!(
        (
            value("c").as_i64(),
            value("c").str(),
            value("c").text().unwrap()
        ),
        (Some(511), None, "0777".into())
    );
    assert_eq!(value("d").str().unwrap(), "1");
    assert_eq!(value("e").resolved(), Resolved::Float(1.0));
    assert_eq!(value("f").resolved(), Resolved::Str);
    assert!(value("g").is_null());
    assert_eq!(value("h").as_i64(), Some(1000));
    assert_eq!(value("i").as_i64(), None);
    assert_eq!(value("j").str().unwrap(), "1\n");
    assert_eq!(value("k").as_i64(), Some(5));
    assert_eq!(value("j").style(), Style::Literal);
    assert!(matches!(
        value("b").text(),
        Some(std::borrow::Cow::Borrowed(_))
    ));
}

#[test]
fn aliases_read_as_their_targets() {
    let file = read("a: &x {k: 1}\nb: *x\nc: &y text\nd: *y\n");
    let alias = get(&file, &["b"]);
    assert_eq!(alias.kind(), NodeKind::Mapping);
    assert_eq!(alias.get("k").unwrap().as_i64(), Some(1));
    assert_eq!(file.slice(alias.span()), "*x");
    assert_eq!(get(&file, &["d"]).str().unwrap(), "text");
    let file = read("a: *nope\nb: 1\n");
    let message = "no anchor `&nope` stands before this alias";
    assert_eq!(
        problems(&file),
        [(ProblemKind::UnknownAlias, "*nope", message)]
    );
    assert!(get(&file, &["a"]).is_null());
    assert_eq!(get(&file, &["a"]).text().unwrap(), "");
    assert_eq!(
        problems(&read("a: &x 1\n---\nb: *x\n")).len(),
        1,
        "anchors end with their document"
    );
}

#[test]
fn merge_keys() {
    let file = read(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {<<: *b, z: 3}\ne:\n  <<: {w: 4}\n",
    );
    let number = |path: &[&str]| get(&file, path).as_i64().unwrap();
    assert_eq!(
        (
            number(&["c", "x"]),
            number(&["c", "y"]),
            number(&["c", "z"])
        ),
        (0, 1, 2)
    );
    assert_eq!(
        (
            number(&["d", "y"]),
            number(&["d", "z"]),
            number(&["e", "w"])
        ),
        (2, 3, 4)
    );
    let keys: Vec<_> = get(&file, &["c"])
        .entries()
        .map(|(key, _)| key.text().unwrap())
        .collect();
    assert_eq!(keys, ["x", "y", "z"]);
    assert!(get(&file, &["c"]).get("<<").is_none());
    assert_eq!(problems(&file), []);

    for (text, count) in [
        ("<<: 1\n", 1),
        ("<<: [1]\n", 1),
        ("<<:\na: 1\n", 1),
        ("'<<': 1\n", 0),
        ("<<: *x\n", 1),
    ] {
        let file = read(text);
        assert_eq!(
            problems(&file).len(),
            count,
            "{text:?} {:?}",
            problems(&file)
        );
    }
}

#[test]
fn repeated_keys() {
    let file = read("a: 1\nb: {c: 1, \"c\": 2}\na: 2\na: 3\n");
    let found = file.problems().iter().map(|problem| {
        assert_eq!(problem.kind, ProblemKind::DuplicateKey);
        (problem.span.start, problem.related.unwrap().start)
    });
    assert_eq!(found.collect::<Vec<_>>(), [(15, 9), (23, 0), (28, 23)]);
    assert_eq!(get(&file, &["a"]).as_i64(), Some(3), "the last one wins");
    assert_eq!(get(&file, &["b", "c"]).as_i64(), Some(2));
    assert_eq!(root(&file).entries().count(), 2);

    let mut many: String = (0..100).map(|index| format!("k{index}: 1\n")).collect();
    assert_eq!(problems(&read(&many)), []);
    many.push_str("k57: 2\n\"k3\": 2\n");
    let file = read(&many);
    let texts: Vec<_> = problems(&file).iter().map(|problem| problem.1).collect();
    assert_eq!(texts, ["k57", "\"k3\""]);
    assert_eq!(
        problems(&read("a: {b: 1}\nc: {b: 1}\n- b")).len(),
        1,
        "other mappings do not count"
    );
}

#[test]
fn aliases_have_a_budget() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = level - 1;
        text.push_str(&format!(
            "a{level}: &a{level} [*a{below}, *a{below}, *a{below}, *a{below}, *a{below}]\n"
        ));
    }
    let file = read(&text);
    let [problem] = file.problems() else {
        panic!("{:?}", file.problems())
    };
    assert_eq!(problem.kind, ProblemKind::AliasBudget);
    assert!(
        get(&file, &["a19", "0"]).is_null(),
        "aliases of this document read as null"
    );
    assert_eq!(get(&file, &["a0"]).items().count(), 9);

    let file = read("a: &a [1, {b: *a}]\n");
    assert_eq!(
        problems(&file),
        [(
            ProblemKind::AliasBudget,
            "*a",
            "this alias stands for a value that contains it"
        )]
    );
    assert!(get(&file, &["a", "1", "b"]).is_null());
    let limits = Limits {
        max_nodes_expanded: 5,
        ..Limits::default()
    };
    let read = |text: &str| File::read(String::new(), text.into(), &limits);
    assert_eq!(problems(&read("a: &a [1, 2]\nb: *a\n")).len(), 0);
    assert_eq!(problems(&read("a: &a [1, 2]\nb: *a\nc: *a\n")).len(), 1);
}

#[test]
fn depth_is_limited() {
    for text in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(100_000),
        "? ".repeat(100_000),
    ] {
        let file = read(&format!("{text}\n---\na: 1\n"));
        let [problem] = file.problems() else {
            panic!("{:?}", file.problems())
        };
        assert_eq!(problem.kind, ProblemKind::TooDeep);
        assert_eq!(file.documents().len(), 2);
    }
    let nest = |depth: usize| read(&format!("{}1{}", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(problems(&nest(255)), []);
    assert_eq!(nest(256).problems()[0].kind, ProblemKind::TooDeep);
    let mixed = format!("{}{}{}", "- ".repeat(200), "[".repeat(100), "]".repeat(100));
    assert_eq!(
        read(&mixed).problems()[0].kind,
        ProblemKind::TooDeep,
        "both kinds together"
    );
}

#[test]
fn syntax_errors_stand_where_the_hand_must_go() {
    let unclosed = "this quote is not closed";
    let tab = "a tab is used for indentation; YAML takes only spaces";
    let no_colon = "this line is no `key: value`: it has no `: `";
    for (text, place, message) in [
        ("a: [1,\nb: 2\n", "[", "this `[` is not closed"),
        (
            "a: {b: 1\nc: 2\n",
            ":",
            "expected a `,` or the `}` that closes this `{`",
        ),
        ("a: [1, 2}\n", "[", "this `[` is closed by a `}`"),
        ("a: 1]\nb: ]\n", "]", "this bracket closes nothing"),
        ("a: \"x\nb: 1\n", "\"", unclosed),
        ("a: # it's\n  'x\nb: \"y\"\n", "'", unclosed),
        ("a: 'x\nb: 'y'\n", "'", unclosed),
        ("a: 1\n\tb: 2\n", "\t", tab),
        ("a:\n\tb: 2\n", "\t", tab),
        ("a: |\n\tx\n", "\t", tab),
        (
            "a: b: c\n",
            ":",
            "a `: ` inside of a value starts a mapping; put the value in quotes",
        ),
        (
            "a: 1\n  b: 2\n",
            "b",
            "this key is indented deeper than the line above, so it continues the value there",
        ),
        ("a\nb: 1\n", "a", no_colon),
        ("a: 1\nb\nc: 2\n", "b", no_colon),
        (
            "a:b\nc: 1\n",
            "a:b",
            "a `:` needs a space behind it to make a `key: value`",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "c:",
            "this line is indented by 1, which fits no block around it; the innermost has 0",
        ),
        (
            "a: 1\n- b\n",
            "-",
            "a list item stands where a `key: value` is expected",
        ),
        (
            "- a\nb: 1\n",
            "b:",
            "a `- ` is expected here: this line stands in a list",
        ),
        (
            "a: `x`\n",
            "`",
            "a value cannot start with ``; put it in quotes",
        ),
        (
            "a: %x\n",
            "%",
            "a value cannot start with `%`; put it in quotes",
        ),
        (
            "a: 'it's'\n",
            "s'",
            "text behind the closing quote; a `'` inside of the quotes is written `''`",
        ),
        (
            "a: \"\\n\\x41\\.\"\n",
            "\\.",
            "there is no escape `\\.`; write `\\\\.`, or use single quotes",
        ),
        (
            "a: \"\\xzz\"\n",
            "\\x",
            "`\\x` needs 2 hexadecimal digits that are a character",
        ),
        (
            "a: - b\n",
            "-",
            "a list cannot start here; put its `-` on a line of its own",
        ),
        ("a: 1\n: 2\n", ":", "a key is missing here"),
    ] {
        let file = read(text);
        let message = if place == "`" {
            "a value cannot start with ```; put it in quotes"
        } else {
            message
        };
        assert_eq!(
            problems(&file),
            [(ProblemKind::Syntax, place, message)],
            "{text:?}"
        );
    }
    let file = read("a:\n  - b: [1\n    c: 2\n");
    assert_eq!(
        file.problems()[0].related.map(|span| file.slice(span)),
        None
    );
    let file = read("a: {b: 1\nc: 2\n");
    assert_eq!(file.problems()[0].related.map(|span| span.start), Some(3));
}

#[test]
fn tabs_are_fine_where_kubernetes_takes_them() {
    for text in [
        "a:\t1\n",
        "a: [\n\t1,\n\t2]\n",
        "a: |\n  \tx\n  y\n",
        "a: 'b\n  \tc'\n",
        "a: 1\t# c\n",
        "{\n\t\"a\": 1\n}\n",
    ] {
        assert_eq!(problems(&read(text)), [], "{text:?}");
    }
    for text in [
        "a:\n  \tb: 1\n",
        "a: 1\n\t# c\nb: 2\n",
        "a:\n-\tb\n",
        "a: 'x'\n\t\nb: 1\n",
        "a: |\n  x\n\t\nb: 1\n",
    ] {
        let file = read(text);
        let [(ProblemKind::Syntax, "\t", _)] = problems(&file)[..] else {
            panic!("{text:?} {:?}", problems(&file))
        };
    }
}

#[test]
fn quoted_text_may_go_on_without_indentation() {
    let file = read("a:\n  b: \"x\ny\n\n z\"\n  c: 'it''s\nd: e'\nf: 1\n");
    assert_eq!(problems(&file), []);
    assert_eq!(get(&file, &["a", "b"]).text().unwrap(), "x y\nz");
    assert_eq!(get(&file, &["a", "c"]).text().unwrap(), "it's d: e");
    assert_eq!(get(&file, &["f"]).as_i64(), Some(1));
    assert_eq!(file.slice(get(&file, &["a", "b"]).span()), "\"x\ny\n\n z\"");
}

#[test]
fn templates_are_told_from_mistakes() {
    let file = read(
        "{{- if .Values.x }}\na: 1\n{{- end }}\n---\n{{ include \"x\" . }}\n---\nb: 1\n---\nc: [\n",
    );
    assert!(file.templated());
    let kinds: Vec<_> = problems(&file)
        .iter()
        .map(|problem| (problem.0, problem.1))
        .collect();
    assert_eq!(
        kinds,
        [
            (ProblemKind::Templated, "{{- if .Values.x }}"),
            (ProblemKind::Syntax, "[")
        ]
    );
    let roots: Vec<_> = file
        .documents()
        .iter()
        .map(|document| document.root.is_some())
        .collect();
    assert_eq!(roots[roots.len() - 2..], [true, false]);

    let file = read("a: {{ .Values.a }}\nb: {{ .Values.b }}-x\n");
    let [(ProblemKind::Templated, "{{ .Values.b }}", _)] = problems(&file)[..] else {
        panic!("{:?}", problems(&file))
    };
    let file = read("a: {{ .Values.a }}\nb: 1\n");
    assert_eq!(
        problems(&file)
            .iter()
            .map(|problem| problem.0)
            .collect::<Vec<_>>(),
        [ProblemKind::Templated]
    );
    assert_eq!(get(&file, &["a"]).str().unwrap(), "{{ .Values.a }}");
    assert_eq!(get(&file, &["b"]).as_i64(), Some(1));

    for text in [
        "# {{ x }}\na: [\n",
        "a: \"{{ $labels.x }}\"\nb: [\n",
        "a: |\n  {{ $value }}\n  x\nb: [\n",
        "a: x {{ y }}\nb: 1\nc: 2\nd: [\n",
        "a: '{{ x }}' {{\n",
    ] {
        let file = read(text);
        let templated = text.ends_with("{{\n");
        assert_eq!(file.templated(), templated, "{text:?}");
        assert_eq!(problems(&file).len(), 1, "{text:?}");
    }
}

#[test]
fn comments_for_meshlint_are_kept() {
    let file = read(
        "# meshlint: ignore[a]\n---\na: 1 # meshlint: ignore[b] why\n# other\nb: '# meshlint: no'\nc: |\n  # meshlint: no\n",
    );
    let comments: Vec<_> = file
        .comments()
        .iter()
        .map(|span| file.slice(*span))
        .collect();
    assert_eq!(
        comments,
        ["# meshlint: ignore[a]", "# meshlint: ignore[b] why"]
    );
    let many = format!("{}a: 1\n", "# meshlint: x\n".repeat(500));
    assert_eq!(read(&many).comments().len(), 500);
    assert_eq!(problems(&read(&many)), []);
}

#[test]
fn bytes_that_are_no_text() {
    let read = |bytes: &[u8]| File::read("x".to_owned(), bytes.to_vec(), &Limits::default());
    let file = read(b"a: caf\xe9 with milk\nb: [\n");
    let kinds: Vec<_> = problems(&file).iter().map(|problem| problem.0).collect();
    assert_eq!(kinds, [ProblemKind::InvalidUtf8, ProblemKind::Syntax]);
    assert_eq!(
        file.position(file.problems()[0].span.start),
        Position { line: 1, column: 7 }
    );
    let file = read(b"\x7fELF\x02\x01\x01\0\0\0");
    assert_eq!(file.documents().len(), 0);
    assert_eq!(file.problems()[0].kind, ProblemKind::Binary);
}

#[test]
fn a_file_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<File>();
}

/// Reads the text inside of `d` and returns the file and the root that was found.
fn embed(text: &str) -> (File, Option<NodeId>) {
    let mut file = read(text);
    let carrier = get(&file, &["d"]).id();
    let root = file.embed(carrier);
    assert_eq!(file.embed(carrier), root, "twice is once");
    assert_eq!(file.view(carrier).embedded().map(View::id), root);
    (file, root)
}

#[test]
fn embedded_text_has_places_in_the_file() {
    let inner = "m:\n  n: 'x'\n  o: [1, \"é\"]\nt: |\n  u\n  v\nw: >-\n  p\n  q\n";
    let expected = ["m", "n", "'x'", "o", "1", "t", "w"];
    let block: String = inner.lines().map(|line| format!("    {line}\n")).collect();
    let quoted = inner.replace('"', "\\\"").replace('\n', "\\n");
    for text in [
        format!("d: |\n{block}"),
        format!("a: 0\nd: |-\n{block}e: 1\n"),
        format!("d: \"{quoted}\"\n"),
    ] {
        let (file, root) = embed(&text);
        let root = file.view(root.unwrap());
        assert_eq!(problems(&file), []);
        let found = spans(root);
        for part in expected {
            assert!(found.iter().any(|span| span == part), "{part} in {found:?}");
        }
        assert_eq!(root.at(&["t"]).unwrap().text().unwrap(), "u\nv\n");
        assert_eq!(root.at(&["w"]).unwrap().text().unwrap(), "p q");
        let accent = root.at(&["m", "o", "1"]).unwrap();
        assert_eq!(accent.text().unwrap(), "é");
        assert!(
            file.text()
                .get(accent.map_offset(0) as usize..)
                .unwrap()
                .starts_with('é')
        );
        let v = root.at(&["t"]).unwrap().map_offset(2);
        assert!(file.text().get(v as usize..).unwrap().starts_with('v'));
    }
}

#[test]
fn escapes_and_folds_map_to_where_they_are_written() {
    let (file, root) = embed(r#"d: "{\"a\": \"\\u00e9x\", \"b\": 1}""#);
    let root = file.view(root.unwrap());
    let a = root.get("a").unwrap();
    assert_eq!(a.text().unwrap(), "éx");
    assert_eq!(file.slice(a.span()), r#"\"\\u00e9x\""#);
    assert_eq!(file.slice(a.content_span()), r"\\u00e9x");
    assert_eq!(file.slice(root.get("b").unwrap().span()), "1");
    assert_eq!(
        file.text().get(a.map_offset(2) as usize..),
        Some(r#"x\", \"b\": 1}""#)
    );

    let (file, root) = embed("d: '{a: ''x'', b: y}'\n");
    assert_eq!(
        file.slice(file.view(root.unwrap()).get("a").unwrap().span()),
        "''x''"
    );
    let (file, root) = embed("d: {\"a\":\n  1}\n");
    assert_eq!(
        root,
        None,
        "a mapping carries nothing: {:?}",
        problems(&file)
    );
    let (file, root) = embed("d: >\n  a: 1\n\n  b: 2\n");
    assert_eq!(
        file.slice(file.view(root.unwrap()).get("b").unwrap().span()),
        "2"
    );
}

#[test]
fn embedded_in_embedded() {
    let text = "d: |\n  e: |\n    annotations:\n      config: '{\"f\": \"it''s\"}'\n  g: 1\n";
    let (mut file, outer) = embed(text);
    let middle = file.view(outer.unwrap()).get("e").unwrap().id();
    let middle = file.embed(middle).unwrap();
    let config = file.view(middle).at(&["annotations", "config"]).unwrap();
    assert_eq!(file.slice(config.content_span()), "{\"f\": \"it''s\"}");
    let config = config.id();
    let inner = file.embed(config).unwrap();
    let value = file.view(inner).get("f").unwrap();
    assert_eq!(value.text().unwrap(), "it's");
    assert_eq!(file.slice(value.span()), "\"it''s\"");
    assert_eq!(
        file.text()
            .get(value.map_offset(3) as usize..)
            .unwrap()
            .chars()
            .next(),
        Some('s')
    );
    assert_eq!(
        file.view(outer.unwrap()).get("g").unwrap().as_i64(),
        Some(1)
    );
}

#[test]
fn problems_of_embedded_text() {
    let (file, root) = embed("d: |\n  a: [\n  b: 1\n");
    assert_eq!(root, None);
    assert_eq!(
        problems(&file),
        [(ProblemKind::EmbeddedSyntax, "[", "this `[` is not closed")]
    );
    assert_eq!(
        file.position(file.problems()[0].span.start),
        Position { line: 2, column: 6 }
    );
    let (file, root) = embed("d: |\n  a: 1 # meshlint: x\n  a: 2\nd2: 1\n");
    assert!(root.is_some());
    assert_eq!(
        problems(&file)
            .iter()
            .map(|problem| problem.0)
            .collect::<Vec<_>>(),
        [ProblemKind::DuplicateKey]
    );
    assert_eq!(
        file.problems()[0]
            .related
            .map(|span| file.position(span.start).line),
        Some(2)
    );
    assert_eq!(file.slice(file.comments()[0]), "# meshlint: x");
    for text in [
        "d: |\n  {{- if .x }}\n  a: 1\n  {{- end }}\n",
        "d: |\n  a: {{ .x }}\n",
        "d: ''\n",
        "d:\n",
        "d: '# x'\n",
    ] {
        assert_eq!(problems(&embed(text).0), [], "{text:?}");
        assert!(!embed(text).0.templated());
    }
}

#[test]
fn offsets_in_text_map_to_the_file() {
    for text in [
        "d: rate(x[5m])\n",
        "d: 'rate(x[5m])'\n",
        "d: \"\\u0020rate(x[5m])\"\n",
        "d: |\n\n    a\n\n    rate(x[5m])\n",
        "d: >-\n  a\n  b\n  rate(x[5m])",
        "d: a\n  rate(x[5m])\n",
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let file = read(&text);
            let view = get(&file, &["d"]);
            let cooked = view.text().unwrap();
            let at = cooked.find("x[5m]").unwrap();
            let mapped = view.map_offset(at) as usize;
            assert!(
                file.text().get(mapped..).unwrap().starts_with("x[5m]"),
                "{text:?}"
            );
            let end = view.map_offset(cooked.len() + 9) as usize;
            assert!(end <= file.text().len() && end > mapped, "{text:?}");
        }
    }
}

/// Compares with libyaml, of which Kubernetes' reader is a port.
fn assert_same(view: View<'_>, oracle: &Value, text: &str) {
    match (view.kind(), oracle) {
        (_, Value::Tagged(tagged)) => assert_same(view, &tagged.value, text),
        (NodeKind::Mapping, Value::Mapping(mapping)) => {
            assert_eq!(view.entries().count(), mapping.len(), "{text:?}");
            for ((key, value), (other_key, other)) in view.entries().zip(mapping) {
                assert_same(key, other_key, text);
                assert_same(value, other, text);
            }
        }
        (NodeKind::Sequence, Value::Sequence(items)) => {
            assert_eq!(view.items().count(), items.len(), "{text:?}");
            view.items()
                .zip(items)
                .for_each(|(item, other)| assert_same(item, other, text));
        }
        (NodeKind::Scalar, Value::String(other)) => {
            assert_eq!(view.text().as_deref(), Some(other.as_str()), "{text:?}")
        }
        (NodeKind::Scalar, Value::Null) => assert!(view.is_null(), "{text:?}"),
        (NodeKind::Scalar, Value::Bool(other)) => {
            assert_eq!(view.as_bool(), Some(*other), "{text:?}")
        }
        (NodeKind::Scalar, Value::Number(other)) => match view.resolved() {
            Resolved::Int(value) => assert_eq!(other.as_i64(), Some(value), "{text:?}"),
            Resolved::Float(value) => assert_eq!(other.as_f64(), Some(value), "{text:?}"),
            resolved => panic!("{text:?}: {resolved:?} is not {other}"),
        },
        _ => panic!("{text:?}: {view:?} is not {oracle:?}"),
    }
}

#[test]
fn the_same_values_as_libyaml() {
    let blocks = [
        "x\n",
        "x",
        "x\n\n",
        "\n x\n",
        "x\n y\nz\n",
        "x\ny\n\nz\n",
        "x\n\n\ny\n \nz",
        "x\n\n  y\n\n  z\n\nw\n",
        "\n\nx",
        " \nx\n",
        "x \n\ty\nz\n",
        "x\n   \n",
    ];
    let mut texts: Vec<String> = Vec::new();
    for header in [
        "|", "|-", "|+", ">", ">-", ">+", "| # c", "|2", ">2-", "!!str |", "&a >+",
    ] {
        for content in blocks {
            let content: String = content
                .split_inclusive('\n')
                .map(|line| match line {
                    "\n" => "\n".to_owned(),
                    line => format!("  {line}"),
                })
                .collect();
            texts.push(format!("a: {header}\n{content}"));
            texts.push(format!("a: {header}\n{content}\nb: 1\n"));
            texts.push(format!("a: {header}\n{content}\n\n# c\nb: 1\n"));
        }
    }
    texts.extend(
        [
            "a: |\n",
            "a: |+\n\n\nb: 1\n",
            "a: |-\n\nb: >\nc: |+\n",
            "- |\n x\n- >\n y\n",
            "- - |\n    x\n  - y\n",
            "a:\n- |\n x\n-\n",
            "a: x\n  y\n\n  z\nb: 1\n",
            "a: 'x\n  y\n\n\n  z '\n",
            "a: ' x\n  '\n",
            "a: '\n  x'\n",
            "a: \"x\\\n  y\"\n",
            "a: \"x \\\n\n  \\ y\"\n",
            "a: \"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\\"\\/\\\\\\N\\_\\L\\P\\x41\\u00e9\\U0001f600\"\n",
            "a: \"x  \n  \t y\"\n",
            "a: \"\"\nb: ''\nc: ''''\n",
            "[a, {b: c}, [], {}, 'd, e', \"f\", g h]\n",
            "{a: , b: c, ? d : e, \"f\":g}\n",
            "- a: 1\n  b: 2\n-\n  - c\n- ? d\n  : e\n",
            "[a: b, c]\n",
            "a: &x 1\nb: *x\nc: &y [*x]\nd: *y\n",
            "!!map {a: !!seq [!!int 1]}\n",
            "a: b#c\nd: e # f\n",
            "a: http://x:1/y?z#w\n",
            "a: -1\nb: - \n".trim_end_matches(" - \n"),
            "é: ü\n\"日本\": 語\n",
            "a:\n  b:\n    c: d\n  e: f\ng:\n",
            "? a\n? b\n",
            "--- |\n  x\n",
            "--- \"a\"\n",
            "a: [\n  b,\n  c\n]\n",
        ]
        .map(str::to_owned),
    );
    let mut compared = 0;
    for text in &texts {
        for text in [
            text.clone(),
            text.replace('\n', "\r\n"),
            text.trim_end_matches('\n').to_owned(),
        ] {
            let Ok(oracle) = Value::deserialize(serde_yaml::Deserializer::from_str(&text)) else {
                continue;
            };
            let file = read(&text);
            assert_eq!(problems(&file), [], "{text:?}");
            if oracle.is_null() {
                continue;
            }
            assert_same(root(&file), &oracle, &text);
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
}
