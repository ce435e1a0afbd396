use super::*;
use crate::finding::{Consequence, Location, ResourceRef, Severity};
use crate::yaml::{FileId, Limits};
use ustr::ustr;

fn file(path: &str, text: &str) -> Arc<File> {
    Arc::new(File::read(path.into(), text.into(), &Limits::default()))
}

/// The place of the `nth` `needle` in a file.
fn place(files: &[Arc<File>], file: usize, needle: &str, nth: usize) -> Place {
    let (start, _) = files[file].text().match_indices(needle).nth(nth).unwrap();
    Place {
        file: FileId(file as u32),
        span: Span::new(start as u32, (start + needle.len()) as u32),
    }
}

fn site(primary: bool, place: Place, label: &str) -> Location {
    Location {
        primary,
        place,
        label: label.into(),
    }
}

fn finding(rule: &'static str, message: &str, locations: Vec<Location>) -> Finding {
    Finding {
        rule,
        severity: Severity::Warning,
        message: message.into(),
        help: None,
        clusters: Vec::new(),
        resource: None,
        subject: String::new(),
        locations,
        consequences: Vec::new(),
    }
}

/// Three clusters, and a finding of each severity.
fn mesh() -> (Vec<Arc<File>>, Vec<Finding>, Vec<ClusterNote>) {
    let mesh = |capture: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\n  namespace: istio-system\ndata:\n  mesh: |\n    \
             trustDomain: shop.example\n    defaultConfig:\n      proxyMetadata:\n        \
             ISTIO_META_DNS_CAPTURE: \"{capture}\"\n"
        )
    };
    let gateway = "kind: Service\nmetadata:\n  name: eastwest\nspec:\n  ports:\n    - name: tls\n      port: 15443\n    - name: xds\n      port: 15012\n";
    let files = vec![
        file("clusters/east/mesh.yaml", &mesh("true")),
        file("clusters/north/gateway.yaml", gateway),
        file("clusters/north/mesh.yaml", &mesh("true")),
        file("clusters/west/mesh.yaml", &mesh("false")),
    ];
    let mut capture = finding(
        "dns/capture-mismatch",
        "west: DNS capture is off, while east and north capture; names of remote services will not resolve there",
        vec![
            site(true, place(&files, 3, "\"false\"", 0), "west: off"),
            site(false, place(&files, 0, "\"true\"", 0), "east: on"),
            site(false, place(&files, 2, "\"true\"", 0), "north: on"),
            site(
                false,
                place(&files, 3, "istio-system", 0),
                "the control plane of west",
            ),
        ],
    );
    capture.severity = Severity::Error;
    capture.help = Some("set `ISTIO_META_DNS_CAPTURE: \"true\"` in clusters/west/mesh.yaml, under `defaultConfig.proxyMetadata`".into());
    capture.clusters = vec![ustr("east"), ustr("north"), ustr("west")];
    capture.subject = "dnsCapture".into();
    capture.resource = Some(ResourceRef {
        cluster: Some("west".into()),
        api_version: "v1".into(),
        kind: "ConfigMap".into(),
        namespace: Some("istio-system".into()),
        name: "istio".into(),
    });
    capture.consequences = vec![Consequence {
        rule: "dns/remote-host-unresolved".into(),
        message: "reviews.shop.svc.cluster.local is called from west and exists in east only"
            .into(),
    }];
    let ports = finding(
        "gateway/port-missing",
        "north: the east-west gateway lacks port 15017",
        vec![
            site(
                true,
                place(&files, 1, "ports", 0),
                "15017 is not among these",
            ),
            site(false, place(&files, 1, "15443", 0), "data plane"),
            site(false, place(&files, 1, "15012", 0), "control plane"),
        ],
    );
    let mut tag = finding(
        "layout/odd",
        "north: the folder says north",
        vec![site(true, place(&files, 2, "name: istio", 0), "")],
    );
    tag.severity = Severity::Info;
    let mut findings = vec![ports, capture, tag];
    crate::finding::sort(&mut findings, &files);
    let clusters = ["east", "north", "west"].map(|name| ClusterNote {
        name: name.into(),
        mesh: Some("shop".into()),
        network: (name != "north").then(|| format!("net-{name}")),
        version: None,
        files: 1,
        objects: 1,
        complete: false,
    });
    (files, findings, clusters.into())
}

fn rules() -> BTreeMap<&'static str, RuleNote> {
    let note = |aliases: &[&str], why: &str, url: Option<&str>| RuleNote {
        aliases: aliases.iter().map(|a| (*a).into()).collect(),
        title: "A title".into(),
        why: why.into(),
        url: url.map(Into::into),
    };
    [
        (
            "dns/capture-mismatch",
            note(
                &["IST9001"],
                "a sidecar without DNS capture asks the cluster's own DNS, which knows no remote service, so calls fail with NXDOMAIN",
                Some("https://meshlint.example/rules/dns/capture-mismatch"),
            ),
        ),
        (
            "gateway/port-missing",
            note(&["IST9002", "KIA9003"], "what no port leads to is refused", None),
        ),
    ]
    .into()
}

fn shown(
    files: &[Arc<File>],
    findings: &[Finding],
    clusters: &[ClusterNote],
    format: Format,
    style: &Style,
) -> String {
    let rules = rules();
    let report = Report {
        files,
        findings,
        rules: &rules,
        clusters,
        coverage: Coverage {
            files: FileCounts {
                read: files.len(),
                ..FileCounts::default()
            },
            documents: files.len(),
            objects: files.len(),
            unread: Vec::new(),
        },
        checked: Checked {
            files: files.len(),
            documents: files.len(),
            clusters: clusters.len(),
            rules: 2,
            suppressed: 0,
            elapsed: None,
        },
    };
    let mut out = Vec::new();
    render(&report, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn width(width: usize) -> Style {
    Style {
        width,
        ..Style::default()
    }
}

/// What people see of one finding in one file, without the closing lines.
fn human(text: &str, span: Span, columns: usize) -> String {
    let files = [file("a.yaml", text)];
    let place = Place {
        file: FileId(0),
        span,
    };
    let findings = [finding(
        "test/rule",
        "it is odd",
        vec![site(true, place, "here")],
    )];
    let all = shown(&files, &findings, &[], Format::Human, &width(columns));
    let (head, _) = all.split_once("\n\n").unwrap();
    assert!(!head.contains("Failed to read"), "{head}");
    head.to_owned()
}

#[test]
fn human_80() {
    let (files, findings, clusters) = mesh();
    insta::assert_snapshot!(shown(
        &files,
        &findings,
        &clusters,
        Format::Human,
        &width(80)
    ));
}

#[test]
fn human_100() {
    let (files, findings, clusters) = mesh();
    insta::assert_snapshot!(shown(
        &files,
        &findings,
        &clusters,
        Format::Human,
        &width(100)
    ));
}

#[test]
fn human_in_colour_with_links() {
    let (files, findings, clusters) = mesh();
    let style = Style {
        color: true,
        width: 100,
        links: true,
    };
    insta::assert_snapshot!(
        shown(&files, &findings[2..], &clusters, Format::Human, &style).replace('\x1b', "␛")
    );
}

#[test]
fn concise() {
    let (files, mut findings, clusters) = mesh();
    findings[0].message = "two\nlines \x1b[2J".into();
    insta::assert_snapshot!(shown(
        &files,
        &findings,
        &clusters,
        Format::Concise,
        &width(80)
    ));
}

#[test]
fn json() {
    let (files, findings, clusters) = mesh();
    insta::assert_snapshot!(
        shown(&files, &findings, &clusters, Format::Json, &width(80))
            .replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
}

#[test]
fn json_follows_its_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let (files, findings, clusters) = mesh();
    for (findings, clusters) in [(findings.as_slice(), clusters.as_slice()), (&[], &[])] {
        let text = shown(&files, findings, clusters, Format::Json, &width(80));
        let value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut broken: serde_json::Value = serde_json::from_str(&shown(
        &files,
        &findings,
        &clusters,
        Format::Json,
        &width(80),
    ))
    .unwrap();
    broken["diagnostics"][0]
        .as_object_mut()
        .unwrap()
        .remove("fix");
    assert!(!validator.is_valid(&broken), "every field is required");
}

#[test]
fn the_schema_in_the_repository_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report.v1.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas")).unwrap();
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found.replace("\r\n", "\n") == wanted,
        "schemas/report.v1.json is stale; refresh it by: UPDATE=1 cargo test --lib report"
    );
}

#[test]
fn a_place_at_or_behind_the_end() {
    insta::assert_snapshot!(human("a: 1\nb: 2", Span::new(9, 9), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:2:5]
     1 │ a: 1
     2 │ b: 2
       ·     ▲
       ·     ╰── here
       ╰────
    "#);
    insta::assert_snapshot!(human("a: 1\nb: 2\n", Span::new(10, 10), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:3:1]
     1 │ a: 1
     2 │ b: 2
     3 │
       · ▲
       · ╰── here
       ╰────
    "#);
    insta::assert_snapshot!(human("a: 1\n", Span::new(400, 500), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:2:1]
     1 │ a: 1
     2 │
       · ▲
       · ╰── here
       ╰────
    "#);
    insta::assert_snapshot!(human("", Span::new(0, 0), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:1]
     1 │
       · ▲
       · ╰── here
       ╰────
    "#);
    insta::assert_snapshot!(human("\n\n", Span::new(1, 7), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:2:1]
     2 │
       · ▲
       · ╰── here
       ╰────
    "#);
}

#[test]
fn a_byte_order_mark_takes_no_column() {
    let text = "\u{feff}a: 1\n";
    insta::assert_snapshot!(human(text, Span::new(6, 7), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:4]
     1 │ a: 1
       ·    ┬
       ·    ╰── here
       ╰────
    "#);
}

#[test]
fn a_span_that_cuts_a_character() {
    let text = "name: zürich\n";
    let at = text.find('ü').unwrap() as u32;
    insta::assert_snapshot!(human(text, Span::new(at + 1, at + 2), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:8]
     1 │ name: zürich
       ·        ┬
       ·        ╰── here
       ╰────
    "#);
}

#[test]
fn line_breaks_of_windows_tabs_and_wide_characters() {
    let text = "a: 1\r\n名前:\t\"漢字\" # tab\r\nc: 3\r\n";
    let at = text.find("\"漢字\"").unwrap();
    insta::assert_snapshot!(human(text, Span::new(at as u32, (at + "\"漢字\"".len()) as u32), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:2:5]
     1 │ a: 1
     2 │ 名前:   "漢字" # tab
       ·         ───┬──
       ·            ╰── here
     3 │ c: 3
       ╰────
    "#);
}

#[test]
fn other_documents_and_blank_lines_are_left_out() {
    let text = "a: 1\n---\n\nb: 2\n\n---\nc: 3\n";
    insta::assert_snapshot!(human(text, Span::new(10, 14), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:4:1]
     4 │ b: 2
       · ──┬─
       ·   ╰── here
       ╰────
    "#);
}

#[test]
fn of_a_long_value_the_first_lines_are_shown() {
    let text = "a:\n  one: 1\n  two: 2\n  three: 3\n  four: 4\nb: 2\n";
    insta::assert_snapshot!(human(text, Span::new(5, 44), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:2:3]
     1 │     a:
     2 │ ╭─▶   one: 1
     3 │ │     two: 2
     4 │ ├─▶   three: 3 …
       · ╰──── here
       ╰────
    "#);
    let two = "a:\n  one: 1\n  two: 2\nb: 2\n";
    insta::assert_snapshot!(human(two, Span::new(5, 21), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:2:3]
     1 │     a:
     2 │ ╭─▶   one: 1
     3 │ ├─▶   two: 2
       · ╰──── here
     4 │     b: 2
       ╰────
    "#);
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let mut text = String::from("{");
    for i in 0..60_000 {
        text.push_str(&format!("\"key{i}\":\"value\","));
    }
    text.push_str("\"z\":0}");
    assert!(text.len() > 1_000_000);
    let at = text.find("key30000").unwrap() as u32;
    insta::assert_snapshot!(human(&text, Span::new(at, at + 8), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:558893]
     1 │ …8":"value","key29999":"value","key30000":"value","key30001":"value","k…
       ·                                 ────┬───
       ·                                     ╰── here
       ╰────
    "#);
    insta::assert_snapshot!(human(&text, Span::new(2, 6), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:3]
     1 │ {"key0":"value","key1":"value","key2":"value","key3":"value","key4":"v…
       ·   ──┬─
       ·     ╰── here
       ╰────
    "#);
    insta::assert_snapshot!(human(&text, Span::new(at, at + 5_000), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:558893]
     1 │ …key30000":"value","key30001":"value","key30002":"value","key30003":"va…
       ·  ───────────────────────────────────┬──────────────────────────────────
       ·                                     ╰── here
       ╰────
    "#);
    let end = text.len() as u32;
    insta::assert_snapshot!(human(&text, Span::new(end - 2, end - 1), 80), @r#"
    warning[test/rule]: it is odd
       ╭─[a.yaml:1:1128896]
     1 │ …8":"value","key59999":"value","z":0}
       ·                                    ┬
       ·                                    ╰── here
       ╰────
    "#);
    for line in human(&text, Span::new(0, end), 80).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn places_far_apart_on_one_line_get_their_own_snippets() {
    let text = format!(
        "{{\"first\": 1, \"pad\": \"{}\", \"last\": 2}}\n",
        "x".repeat(500)
    );
    let files = [file("a.json", &text)];
    let findings = [finding(
        "test/rule",
        "they differ",
        vec![
            site(true, place(&files, 0, "1", 0), "one"),
            site(false, place(&files, 0, "2", 0), "two"),
        ],
    )];
    let all = shown(&files, &findings, &[], Format::Human, &width(60));
    insta::assert_snapshot!(all.split_once("\n\n").unwrap().0, @r#"
    warning[test/rule]: they differ
       ╭─[a.json:1:11]
     1 │ {"first": 1, "pad": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
       ·           ┬
       ·           ╰── one
       ╰────
       ╭─[a.json:1:533]
     1 │ …xxxxxxxxxxxxx", "last": 2}
       ·                          ┬
       ·                          ╰── two
       ╰────
    "#);
}

#[test]
fn manifests_cannot_drive_the_terminal() {
    let text = "a: \"\x1b[2J\u{202e}\x07\"\n";
    let files = [file("dir/\x1b]0;pwned\x07.yaml", text)];
    let mut odd = finding(
        "test/rule",
        "name \x1b[31m\nsecond",
        vec![site(
            true,
            place(&files, 0, "\u{202e}", 0),
            "label \x1b[0m\nsecond",
        )],
    );
    odd.help = Some("first \x1b[1m\nsecond".into());
    odd.consequences = vec![Consequence {
        rule: "test/other".into(),
        message: "\x1b[5m".into(),
    }];
    for format in [Format::Human, Format::Concise] {
        let all = shown(&files, std::slice::from_ref(&odd), &[], format, &width(80));
        assert!(
            all.chars().all(|c| c == '\n' || text::picture(c).is_none()),
            "{all:?}"
        );
    }
    let all = shown(&files, &[odd], &[], Format::Human, &width(80));
    insta::assert_snapshot!(all.split_once("\n\n").unwrap().0, @r#"
    warning[test/rule]: name ␛[31m second
       ╭─[dir/␛]0;pwned␇.yaml:1:9]
     1 │ a: "␛[2J�␇"
       ·         ┬
       ·         ╰── label ␛[0m second
       ╰────
      help: first ␛[1m
            second
      also explains: test/other: ␛[5m
    "#);
}

#[test]
fn several_labels_on_the_same_bytes_and_within_each_other() {
    let text = "hosts: [a.example, b.example]\n";
    let files = [file("a.yaml", text)];
    let locations = vec![
        site(true, place(&files, 0, "[a.example, b.example]", 0), "all"),
        site(false, place(&files, 0, "a.example", 0), "first"),
        site(false, place(&files, 0, "a.example", 0), "also first"),
        site(false, place(&files, 0, "b.example", 0), ""),
    ];
    let all = shown(
        &files,
        &[finding("test/rule", "they nest", locations)],
        &[],
        Format::Human,
        &width(80),
    );
    insta::assert_snapshot!(all.split_once("\n\n").unwrap().0, @r#"
    warning[test/rule]: they nest
       ╭─[a.yaml:1:8]
     1 │ hosts: [a.example, b.example]
       ·        ───────────┬──────────
       ·                   ╰── all
       ╰────
       ╭─[a.yaml:1:9]
     1 │ hosts: [a.example, b.example]
       ·         ────┬────  ─────────
       ·             ╰── first; also first
       ╰────
    "#);
}

#[test]
fn of_many_places_the_first_are_shown() {
    let files: Vec<_> = (0..20)
        .map(|i| file(&format!("{i:02}.yaml"), "a: 1\n"))
        .collect();
    let locations = (0..20)
        .map(|i| site(i == 0, place(&files, i, "1", 0), ""))
        .collect();
    let all = shown(
        &files,
        &[finding("test/rule", "they differ", locations)],
        &[],
        Format::Human,
        &width(80),
    );
    assert!(all.contains("07.yaml") && !all.contains("08.yaml"), "{all}");
    assert!(all.contains("… and 12 more places"), "{all}");
}

#[test]
fn a_finding_without_a_place_is_still_told() {
    let gone = Place {
        file: FileId(9),
        span: Span::new(0, 1),
    };
    for locations in [vec![], vec![site(true, gone, "gone")]] {
        let lost = [finding("test/rule", "it is odd", locations)];
        for format in [Format::Human, Format::Concise] {
            let all = shown(&[], &lost, &[], format, &width(80));
            assert!(all.starts_with("warning[test/rule]"), "{all}");
        }
        assert!(shown(&[], &lost, &[], Format::Json, &width(80)).contains("\"it is odd\""));
    }
}

/// A report without findings, changed by `change`, as its closing lines.
fn closing(change: impl FnOnce(&mut Report<'_>)) -> String {
    let rules = rules();
    let mut report = Report {
        files: &[],
        findings: &[],
        rules: &rules,
        clusters: &[],
        coverage: Coverage::default(),
        checked: Checked {
            files: 48,
            documents: 312,
            clusters: 3,
            rules: 12,
            suppressed: 0,
            elapsed: Some(Duration::from_millis(234)),
        },
    };
    change(&mut report);
    let mut out = Vec::new();
    render_closing(&report, &Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_closing_lines() {
    insta::assert_snapshot!(closing(|_| {}), @"checked 48 files (312 documents) of 3 clusters with 12 rules in 0.2 s: no problems found");
    insta::assert_snapshot!(closing(|r| {
        r.checked = Checked { files: 1, documents: 1, clusters: 1, rules: 1, suppressed: 2, elapsed: None };
    }), @r#"
    note: only one cluster was recognised, so nothing was compared between clusters; `meshlint fleet`
          shows it, `--cluster` names more
    checked 1 file (1 document) of 1 cluster with 1 rule: no problems found (2 suppressed)
    "#);
    insta::assert_snapshot!(closing(|r| {
        r.checked.clusters = 0;
        r.coverage.files = FileCounts { failed: 1, templated: 2, inactive: 3, ..FileCounts::default() };
    }), @r#"
    note: no cluster was recognised, so nothing was compared between clusters; `--cluster` names them
    note: files not checked: 1 unreadable, 2 templated, 3 in no cluster (`meshlint files` lists them)
    checked 48 files (312 documents) of 0 clusters with 12 rules in 0.2 s: no problems found
    "#);
    insta::assert_snapshot!(closing(|r| r.checked.elapsed = Some(Duration::from_millis(9))), @"checked 48 files (312 documents) of 3 clusters with 12 rules in 9 ms: no problems found");
    insta::assert_snapshot!(closing(|r| r.checked = Checked::default()), @r#"
    note: no manifest was read; `meshlint files` says what became of each file
    checked 0 files (0 documents) of 0 clusters with 0 rules: nothing to check
    "#);
    let mut findings = vec![
        finding("a/mild", "a", vec![]),
        finding("b/bad", "b", vec![]),
        finding("c/mild", "c", vec![]),
    ];
    findings[1].severity = Severity::Error;
    insta::assert_snapshot!(closing(|r| r.findings = Box::leak(findings.into_boxed_slice())), @r#"
    checked 48 files (312 documents) of 3 clusters with 12 rules in 0.2 s: 1 error, 2 warnings
    `meshlint explain b/bad` tells more
    "#);
}

/// The reader went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_handed_back() {
    let (files, findings, clusters) = mesh();
    let rules = rules();
    let report = Report {
        files: &files,
        findings: &findings,
        rules: &rules,
        clusters: &clusters,
        coverage: Coverage::default(),
        checked: Checked::default(),
    };
    for format in [Format::Human, Format::Concise, Format::Json] {
        let error = render(&report, format, &Style::default(), &mut Closed).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{format:?}");
    }
}
