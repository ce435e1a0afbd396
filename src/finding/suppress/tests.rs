use super::*;
use crate::finding::{Finding, Location, Severity};
use crate::yaml::{File, FileId, Limits};
use std::sync::Arc;

const TODAY: Date = Date {
    year: 2026,
    month: 5,
    day: 20,
};

/// What a run knows: two rules that ran, one that did not, and ours.
const RULES: [(&str, &[&str], bool); 7] = [
    ("dns/capture-mismatch", &["IST9001"], true),
    ("dns/proxy-off", &[], true),
    ("mtls/strict", &[], true),
    ("mtls/deselected", &["KIA9002"], false),
    (UNUSED, &[], true),
    (UNKNOWN_RULE, &[], true),
    (EXPIRED, &[], true),
];

fn file(text: &str) -> Arc<File> {
    Arc::new(File::read("a.yaml".into(), text.into(), &Limits::default()))
}

/// A finding of `rule` at each place where `needle` stands.
fn at(file: u32, text: &str, rule: &'static str, needle: &str) -> Vec<Finding> {
    text.match_indices(needle)
        .map(|(start, _)| {
            let span = Span::new(start as u32, (start + needle.len()) as u32);
            Finding {
                rule,
                severity: Severity::Error,
                message: format!("{needle} is wrong"),
                help: None,
                clusters: Vec::new(),
                resource: None,
                subject: needle.into(),
                locations: vec![Location {
                    primary: true,
                    place: Place {
                        file: FileId(file),
                        span,
                    },
                    label: String::new(),
                }],
                consequences: Vec::new(),
            }
        })
        .collect()
}

fn slice<'t>(text: &'t str, location: &Location) -> &'t str {
    text.get(location.place.span.range()).unwrap()
}

fn judge(findings: Vec<Finding>, suppressions: &[Suppression], malformed: &[Malformed]) -> Judged {
    let aliases: Vec<Vec<String>> = RULES
        .iter()
        .map(|(_, aliases, _)| aliases.iter().map(|a| (*a).into()).collect())
        .collect();
    let rules: Vec<KnownRule<'_>> = RULES
        .iter()
        .zip(&aliases)
        .map(|((id, _, ran), aliases)| KnownRule {
            id,
            aliases,
            ran: *ran,
        })
        .collect();
    apply(findings, suppressions, malformed, &rules, TODAY)
}

/// Judges findings of `dns/capture-mismatch` at `needle`s by the comments of `text`: the numbers of kept and suppressed
/// ones and the rules that speak about the comments.
fn outcome(text: &str, needle: &str) -> (usize, usize, Vec<&'static str>) {
    let judged = judged(text, needle);
    let about = judged.about.iter().map(|f| f.rule).collect();
    (judged.kept.len(), judged.suppressed.len(), about)
}

fn judged(text: &str, needle: &str) -> Judged {
    let (suppressions, malformed) = from_comments(&[file(text)]);
    judge(
        at(0, text, "dns/capture-mismatch", needle),
        &suppressions,
        &malformed,
    )
}

fn covered(text: &str) -> Vec<String> {
    let file = file(text);
    let (suppressions, malformed) = from_comments(std::slice::from_ref(&file));
    assert_eq!(malformed, []);
    suppressions
        .iter()
        .map(|s| file.slice(s.covers).to_owned())
        .collect()
}

#[test]
fn behind_something_it_covers_that_line() {
    let text = "kind: A\na: bad # meshlint: ignore[dns/capture-mismatch] known\nb: bad\n";
    assert_eq!(outcome(text, "bad"), (1, 1, vec![]));
    let on_first = "kind: bad # meshlint: ignore[dns/capture-mismatch]\nb: bad\n";
    assert_eq!(outcome(on_first, "bad"), (1, 1, vec![]));
}

#[test]
fn alone_it_covers_the_next_line_with_content() {
    let text =
        "kind: A\n# meshlint: ignore[dns/capture-mismatch]\n\n# why\n  # more\nb: bad\nc: bad\n";
    assert_eq!(outcome(text, "bad"), (1, 1, vec![]));
    assert_eq!(covered(text), ["b: bad"]);
}

#[test]
fn above_the_first_content_it_covers_the_document() {
    let document = "kind: A\nb: bad";
    let other = "kind: B\nc: bad\n";
    let comment = "# meshlint: ignore[dns/capture-mismatch]";
    for text in [
        format!("{comment}\n{document}\n---\n{other}"),
        format!("{comment}\n---\n{document}\n---\n{other}"),
        format!("---\n{comment}\n{document}\n---\n{other}"),
        format!("--- {comment}\n{document}\n---\n{other}"),
        format!("\n---\n# a\n\n{comment}\n# b\n{document}\n---\n{other}"),
        format!("%YAML 1.2\n---\n{comment}\n{document}\n...\n---\n{other}"),
        format!("{other}---\n{comment}\n{document}\n"),
        format!("{other}{comment}\n---\n{document}\n"),
        format!("\u{feff}{comment}\n{document}\n---\n{other}"),
    ] {
        assert_eq!(outcome(&text, "bad"), (1, 1, vec![]), "{text}");
        assert!(covered(&text)[0].contains(document), "{text}");
        assert!(!covered(&text)[0].contains("kind: B"), "{text}");
    }
}

#[test]
fn ignore_file_covers_the_file_and_stands_at_its_top() {
    let comment = "# meshlint: ignore-file[dns] generated";
    let text = format!("{comment}\na: bad\n---\nb: bad\n");
    assert_eq!(outcome(&text, "bad"), (0, 2, vec![]));
    let text = format!("---\n{comment}\na: bad\n---\nb: bad\n");
    assert_eq!(outcome(&text, "bad"), (0, 2, vec![]));
    for late in [
        format!("a: bad\n{comment}\nb: bad\n"),
        format!("a: bad {comment}\nb: bad\n"),
    ] {
        assert_eq!(outcome(&late, "bad"), (2, 0, vec![MALFORMED]), "{late}");
    }
}

#[test]
fn line_breaks_of_windows_and_a_missing_last_one() {
    let text = "kind: A\r\na: bad # meshlint: ignore[dns/capture-mismatch] known\r\nb: bad\r\n";
    assert_eq!(outcome(text, "bad"), (1, 1, vec![]));
    let text = "kind: A\r\n# meshlint: ignore[dns/capture-mismatch]\r\n\r\nb: bad\r\nc: bad";
    assert_eq!(outcome(text, "bad"), (1, 1, vec![]));
    assert_eq!(covered(text), ["b: bad"]);
    let text = "---\r\n# meshlint: ignore[dns]\r\nkind: A\r\nb: bad\r\n---\r\nc: bad\r\n";
    assert_eq!(outcome(text, "bad"), (1, 1, vec![]));
    let text = "a: bad\nb: bad # meshlint: ignore[dns/capture-mismatch]";
    assert_eq!(outcome(text, "bad"), (1, 1, vec![]));
}

#[test]
fn at_the_end_of_a_file_it_covers_nothing() {
    let text = "a: bad\n# meshlint: ignore[dns/capture-mismatch]";
    assert_eq!(outcome(text, "bad"), (1, 0, vec![UNUSED]));
}

#[test]
fn names_are_rules_families_and_aliases_in_any_case() {
    for name in [
        "dns/capture-mismatch",
        "DNS/Capture-Mismatch",
        "dns",
        "Dns",
        "IST9001",
        "ist9001",
    ] {
        let text = format!("a: bad # meshlint: ignore[{name}]\n");
        assert_eq!(outcome(&text, "bad"), (0, 1, vec![]), "{name}");
    }
    for name in [
        "dns/capture",
        "dns/",
        "capture-mismatch",
        "IST900",
        "*",
        "all",
    ] {
        let text = format!("a: bad # meshlint: ignore[{name}]\n");
        assert_eq!(outcome(&text, "bad"), (1, 0, vec![UNKNOWN_RULE]), "{name}");
    }
}

#[test]
fn any_location_counts() {
    let text = "a: 1\nb: 2 # meshlint: ignore[dns]\n";
    let mut finding = at(0, text, "dns/capture-mismatch", "a:").remove(0);
    finding.locations.extend(
        at(0, text, "dns/capture-mismatch", "2 ")
            .remove(0)
            .locations,
    );
    let (suppressions, _) = from_comments(&[file(text)]);
    let judged = judge(vec![finding.clone()], &suppressions, &[]);
    assert_eq!(judged.suppressed, [finding.clone()]);
    assert_eq!(judged.about, []);
    // The same place in another file is another place.
    for location in &mut finding.locations {
        location.place.file = FileId(1);
    }
    let judged = judge(vec![finding], &suppressions, &[]);
    assert_eq!(judged.kept.len(), 1);
}

#[test]
fn reason_and_day_are_read() {
    let text = "a: 1 # meshlint: ignore[dns, mtls/strict]  the old gateway (until=2026-05-20).\n";
    let file = file(text);
    let (suppressions, malformed) = from_comments(std::slice::from_ref(&file));
    assert_eq!(malformed, []);
    let [suppression] = suppressions.as_slice() else {
        panic!("{suppressions:?}")
    };
    assert_eq!(suppression.reason, "the old gateway");
    assert_eq!(suppression.until, Some(TODAY));
    let ids: Vec<_> = suppression
        .ids
        .iter()
        .map(|id| (id.text.as_str(), file.slice(id.span)))
        .collect();
    assert_eq!(ids, [("dns", "dns"), ("mtls/strict", "mtls/strict")]);
}

#[test]
fn it_holds_until_the_end_of_its_day() {
    let on = |day: &str| {
        let text = format!("a: bad # meshlint: ignore[dns/capture-mismatch] until={day}\n");
        outcome(&text, "bad")
    };
    assert_eq!(on("2026-05-20"), (0, 1, vec![]));
    assert_eq!(on("2026-05-19"), (1, 0, vec![EXPIRED]));
    // An ended one that would silence nothing is simply not needed.
    let text = "a: fine # meshlint: ignore[dns/capture-mismatch] until=2020-01-01\n";
    assert_eq!(outcome(text, "bad"), (0, 0, vec![UNUSED]));
}

#[test]
fn expired_says_what_speaks_again() {
    let text = "a: bad # meshlint: ignore[IST9001] until=2026-01-31\n";
    let about = judged(text, "bad").about.remove(0);
    assert_eq!(
        about.message,
        "the ignore of `IST9001` ended on 2026-01-31, so dns/capture-mismatch is reported again"
    );
    let places: Vec<_> = about.locations.iter().map(|l| slice(text, l)).collect();
    assert_eq!(places, ["IST9001", "bad"]);
}

#[test]
fn each_name_is_used_or_unused_by_itself() {
    let text = "a: bad # meshlint: ignore[dns/capture-mismatch, mtls/strict]\n";
    let judged = judged(text, "bad");
    assert_eq!((judged.kept.len(), judged.suppressed.len()), (0, 1));
    let about = &judged.about[0];
    assert_eq!(about.rule, UNUSED);
    assert_eq!(slice(text, &about.locations[0]), "mtls/strict");
}

#[test]
fn a_close_miss_is_explained() {
    let near = "a: bad\n# meshlint: ignore[dns/capture-mismatch]\nb: fine\n";
    let about = judged(near, "bad").about.remove(0);
    assert!(
        about
            .help
            .unwrap()
            .starts_with("dns/capture-mismatch is reported elsewhere")
    );
    assert_eq!(slice(near, &about.locations[1]), "bad");

    let other = "a: bad # meshlint: ignore[mtls/strict]\n";
    let about = judged(other, "bad").about.remove(0);
    assert!(
        about
            .help
            .unwrap()
            .starts_with("what is reported here is dns/capture-mismatch")
    );
    assert_eq!(
        about.locations[1].label,
        "dns/capture-mismatch is reported here"
    );

    let nothing = "a: fine # meshlint: ignore[mtls/strict]\n";
    let about = judged(nothing, "bad").about.remove(0);
    assert_eq!(about.help.as_deref(), Some("remove it"));
}

#[test]
fn what_did_not_run_is_not_unused() {
    for name in ["mtls/deselected", "KIA9002", "mtls"] {
        let text = format!("a: fine # meshlint: ignore[{name}]\n");
        assert_eq!(outcome(&text, "bad"), (0, 0, vec![]), "{name}");
    }
}

#[test]
fn an_unknown_name_is_guessed() {
    let help = |name: &str| {
        let text = format!("a: 1 # meshlint: ignore[{name}]\n");
        judged(&text, "bad").about.remove(0).help.unwrap()
    };
    assert_eq!(
        help("dns/capture-mismach"),
        "did you mean `dns/capture-mismatch`?"
    );
    assert_eq!(help("IST9011"), "did you mean `IST9001`?");
    assert_eq!(help("mtsl"), "did you mean `mtls`?");
    assert_eq!(help("something-else"), "`meshlint rules` lists all rules");
}

#[test]
fn what_cannot_be_read_silences_nothing_and_is_told() {
    for (comment, message) in [
        ("# meshlint: ignore", "names no rule"),
        ("# meshlint: ignore dns", "names no rule"),
        ("# meshlint: ignore[]", "names no rule"),
        ("# meshlint: ignore[ , ]", "names no rule"),
        ("# meshlint: ignore[dns", "no closing `]`"),
        ("# meshlint: ignore[dns mtls]", "separated by commas"),
        ("# meshlint: ignore[dns] until=soon", "is not a day"),
        ("# meshlint: ignore[dns] until=2026-02-30", "is not a day"),
        ("# meshlint: disable[dns]", "`disable` is nothing that"),
        ("# meshlint:", "asks for nothing"),
        ("# todo meshlint: ignore[dns]", "right behind the `#`"),
    ] {
        let text = format!("a: bad {comment}\n");
        let judged = judged(&text, "bad");
        assert_eq!(judged.kept.len(), 1, "{comment}");
        let [about] = judged.about.as_slice() else {
            panic!("{comment}: {:?}", judged.about)
        };
        assert_eq!(about.rule, MALFORMED);
        assert!(
            about.message.contains(message),
            "{comment}: {}",
            about.message
        );
    }
}

#[test]
fn spacing_is_free_and_other_tools_may_stand_before() {
    for comment in [
        "#meshlint:ignore[dns]",
        "#   meshlint:   ignore [ dns , ]",
        "## meshlint: ignore[dns]",
        "# yamllint disable-line # meshlint: ignore[dns] reason",
    ] {
        let text = format!("a: bad {comment}\n");
        assert_eq!(outcome(&text, "bad"), (0, 1, vec![]), "{comment}");
    }
    let prose = "a: bad # see the meshlint: pages\n";
    assert_eq!(outcome(prose, "bad"), (1, 0, vec![]));
    let two = "a: bad # meshlint: ignore[dns] one # meshlint: ignore[mtls/strict] two\n";
    let (suppressions, _) = from_comments(&[file(two)]);
    let reasons: Vec<_> = suppressions.iter().map(|s| s.reason.as_str()).collect();
    assert_eq!(reasons, ["one", "two"]);
}

#[test]
fn findings_about_suppressions_can_be_suppressed() {
    let text = "# meshlint: ignore-file[suppression/unused]\na: fine # meshlint: ignore[dns/proxy-off, dns/capture-mismatch]\n";
    assert_eq!(outcome(text, "bad"), (0, 2, vec![]));
    let same_comment = "a: fine # meshlint: ignore[dns/proxy-off, suppression/unused]\n";
    assert_eq!(outcome(same_comment, "bad"), (0, 1, vec![]));
    let in_vain = "a: bad # meshlint: ignore[dns/capture-mismatch, suppression/unused]\n";
    assert_eq!(outcome(in_vain, "bad"), (0, 1, vec![UNUSED]));
}

#[test]
fn annotations_cover_what_the_caller_says() {
    let place = Place {
        file: FileId(0),
        span: Span::new(2, 5),
    };
    let read = |text| parse_annotation(text, Span::new(0, 100), place);
    let suppression =
        read("dns/capture-mismatch, IST0101: the old: gateway until=2027-01-01").unwrap();
    let ids: Vec<_> = suppression.ids.iter().map(|id| id.text.as_str()).collect();
    assert_eq!(ids, ["dns/capture-mismatch", "IST0101"]);
    assert!(suppression.ids.iter().all(|id| id.span == place.span));
    assert_eq!(suppression.reason, "the old: gateway");
    assert_eq!(suppression.until, Date::parse("2027-01-01"));
    assert_eq!(suppression.covers, Span::new(0, 100));
    assert_eq!(read("dns").unwrap().reason, "");
    for wrong in ["", ": because", "dns mtls: because", "dns: until=never"] {
        let malformed = read(wrong).unwrap_err();
        assert!(malformed.help.contains("meshlint.dev/ignore"), "{wrong}");
        assert_eq!(malformed.place, place);
    }
}
