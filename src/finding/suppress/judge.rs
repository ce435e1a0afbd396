//! Suppressions against findings.

use super::{EXPIRED, IgnoredId, MALFORMED, Malformed, Suppression, UNKNOWN_RULE, UNUSED};
use crate::finding::{Date, Finding, Location, Severity, closest, family};
use crate::yaml::{FileId, Place, Span};
use std::collections::HashMap;
use ustr::Ustr;

/// What suppression has to know of a rule.
#[derive(Clone, Copy, Debug)]
pub struct KnownRule<'a> {
    pub id: &'a str,
    pub aliases: &'a [String],
    /// It had the chance to report in this run. Ignoring a rule that had not is no mistake.
    pub ran: bool,
}

impl KnownRule<'_> {
    fn is_named(&self, id: &str) -> bool {
        id.eq_ignore_ascii_case(self.id)
            || id.eq_ignore_ascii_case(family(self.id))
            || self
                .aliases
                .iter()
                .any(|alias| id.eq_ignore_ascii_case(alias))
    }
}

/// Every finding is in one of the first two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub kept: Vec<Finding>,
    pub suppressed: Vec<Finding>,
    /// What is to be said about the suppressions themselves.
    pub about: Vec<Finding>,
}

/// Parts the findings by the suppressions, and judges these: malformed ones, ids that nobody knows, ended ones that
/// would still silence something, and those that silence nothing. Findings about suppressions can be suppressed too.
/// Comes before [`crate::finding::supersede`]. `today` is a day in UTC.
pub fn apply(
    findings: Vec<Finding>,
    suppressions: &[Suppression],
    malformed: &[Malformed],
    rules: &[KnownRule<'_>],
    today: Date,
) -> Judged {
    let index = Index::of(&findings);
    let mut silent = vec![false; findings.len()];
    let mut about: Vec<Finding> = malformed.iter().map(about_malformed).collect();
    // Ids that mean findings about suppressions wait until these are known.
    let mut later = Vec::new();
    for suppression in suppressions {
        let covered = index.covered(suppression);
        for id in &suppression.ids {
            let named: Vec<_> = rules.iter().filter(|r| r.is_named(&id.text)).collect();
            if named.is_empty() {
                about.push(about_unknown(suppression, id, rules));
            } else if named.iter().all(|r| family(r.id) == family(UNUSED)) {
                later.push((suppression, id));
            } else {
                let is_meant = |f: &Finding| named.iter().any(|r| r.id == f.rule);
                let meant: Vec<usize> = covered
                    .iter()
                    .copied()
                    .filter(|at| findings.get(*at).is_some_and(is_meant))
                    .collect();
                let first = meant.first().and_then(|at| findings.get(*at));
                match (first, suppression.until) {
                    (Some(first), Some(until)) if until < today => {
                        about.push(about_expired(suppression, id, until, first));
                    }
                    (Some(_), _) => {
                        for at in meant {
                            if let Some(slot) = silent.get_mut(at) {
                                *slot = true;
                            }
                        }
                    }
                    (None, _) if named.iter().all(|r| r.ran) => {
                        let other = covered.first().and_then(|at| findings.get(*at));
                        let near = index
                            .nearest(suppression, |at| findings.get(at).is_some_and(is_meant))
                            .and_then(|at| findings.get(at));
                        about.push(about_unused(suppression, id, near, other));
                    }
                    (None, _) => {}
                }
            }
        }
    }
    let mut judged = Judged::default();
    for (finding, silent) in findings.into_iter().zip(silent) {
        let side = if silent {
            &mut judged.suppressed
        } else {
            &mut judged.kept
        };
        side.push(finding);
    }
    for (suppression, id) in later {
        let named: Vec<&str> = rules
            .iter()
            .filter(|r| r.is_named(&id.text))
            .map(|r| r.id)
            .collect();
        let holds = suppression.until.is_none_or(|until| today <= until);
        let (meant, rest): (Vec<_>, Vec<_>) = about.into_iter().partition(|finding| {
            holds && named.contains(&finding.rule) && speaks_of(suppression, finding)
        });
        about = rest;
        if meant.is_empty() && rules.iter().all(|r| r.ran || !named.contains(&r.id)) {
            judged.about.push(about_unused(suppression, id, None, None));
        }
        judged.suppressed.extend(meant);
    }
    judged.about.extend(about);
    judged
}

/// Whether a finding about a suppression lies in what `suppression` covers, or in the comment itself.
fn speaks_of(suppression: &Suppression, finding: &Finding) -> bool {
    finding.primary().is_some_and(|l| {
        l.place.file == suppression.place.file
            && (holds(suppression.covers, l.place.span.start)
                || holds(suppression.place.span, l.place.span.start))
    })
}

fn holds(span: Span, offset: u32) -> bool {
    (span.start..=span.end).contains(&offset)
}

/// The starts of all locations, by file, so that many comments in many files stay cheap.
struct Index {
    starts: HashMap<FileId, Vec<(u32, usize)>>,
}

impl Index {
    fn of(findings: &[Finding]) -> Self {
        let mut starts: HashMap<FileId, Vec<(u32, usize)>> = HashMap::new();
        for (at, finding) in findings.iter().enumerate() {
            for location in &finding.locations {
                let start = location.place.span.start;
                starts
                    .entry(location.place.file)
                    .or_default()
                    .push((start, at));
            }
        }
        for file in starts.values_mut() {
            file.sort_unstable();
        }
        Self { starts }
    }

    fn file(&self, suppression: &Suppression) -> &[(u32, usize)] {
        self.starts
            .get(&suppression.place.file)
            .map_or(&[], Vec::as_slice)
    }

    /// The findings with a location in what the suppression covers, in their order.
    fn covered(&self, suppression: &Suppression) -> Vec<usize> {
        let file = self.file(suppression);
        let from = file.partition_point(|(start, _)| *start < suppression.covers.start);
        let mut covered: Vec<usize> = file
            .iter()
            .skip(from)
            .take_while(|(start, _)| *start <= suppression.covers.end)
            .map(|(_, at)| *at)
            .collect();
        covered.sort_unstable();
        covered.dedup();
        covered
    }

    /// The wanted finding of the same file that starts closest to the suppression.
    fn nearest(&self, suppression: &Suppression, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        self.file(suppression)
            .iter()
            .filter(|(_, at)| wanted(*at))
            .min_by_key(|(start, _)| start.abs_diff(suppression.place.span.start))
            .map(|(_, at)| *at)
    }
}

fn about_malformed(malformed: &Malformed) -> Finding {
    Finding {
        rule: MALFORMED,
        severity: Severity::Warning,
        message: format!("{}; nothing is ignored", malformed.message),
        help: Some(malformed.help.clone()),
        clusters: Vec::new(),
        resource: None,
        subject: malformed.message.clone(),
        locations: vec![Location {
            primary: true,
            place: malformed.place,
            label: "cannot be read".into(),
        }],
        consequences: Vec::new(),
    }
}

fn about_unknown(suppression: &Suppression, id: &IgnoredId, rules: &[KnownRule<'_>]) -> Finding {
    let names = rules.iter().flat_map(|r| {
        let aliases = r.aliases.iter().map(String::as_str);
        [r.id, family(r.id)].into_iter().chain(aliases)
    });
    let help = match closest(&id.text, names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`meshlint rules` lists all rules".into(),
    };
    about(
        UNKNOWN_RULE,
        suppression,
        id,
        format!(
            "`{}` is no rule, family or alias; nothing is ignored by it",
            id.text
        ),
        help,
        "not known",
    )
}

fn about_expired(
    suppression: &Suppression,
    id: &IgnoredId,
    until: Date,
    first: &Finding,
) -> Finding {
    let mut finding = about(
        EXPIRED,
        suppression,
        id,
        format!(
            "the ignore of `{}` ended on {until}, so {} is reported again",
            id.text, first.rule
        ),
        "mend what it ignores, or move the day".into(),
        &format!("held until {until}"),
    );
    finding.clusters = sorted(&first.clusters);
    finding.locations.extend(pointer(first, suppression.place));
    finding
}

fn about_unused(
    suppression: &Suppression,
    id: &IgnoredId,
    near: Option<&Finding>,
    other: Option<&Finding>,
) -> Finding {
    let help = match (near, other) {
        (Some(near), _) => format!(
            "{} is reported elsewhere in this file: move the ignore onto or right above that line, or remove it",
            near.rule
        ),
        (None, Some(other)) => format!(
            "what is reported here is {}: name that, or remove the ignore",
            other.rule
        ),
        (None, None) => "remove it".into(),
    };
    let mut finding = about(
        UNUSED,
        suppression,
        id,
        format!("the ignore of `{}` silences nothing", id.text),
        help,
        "nothing to ignore",
    );
    let close = near.or(other);
    finding
        .locations
        .extend(close.and_then(|f| pointer(f, suppression.place)));
    finding
}

fn about(
    rule: &'static str,
    suppression: &Suppression,
    id: &IgnoredId,
    message: String,
    help: String,
    label: &str,
) -> Finding {
    Finding {
        rule,
        severity: Severity::Warning,
        message,
        help: Some(help),
        clusters: Vec::new(),
        resource: None,
        subject: id.text.to_lowercase(),
        locations: vec![Location {
            primary: true,
            place: Place {
                file: suppression.place.file,
                span: id.span,
            },
            label: label.into(),
        }],
        consequences: Vec::new(),
    }
}

/// Where a finding speaks, in the file of the suppression if it does there.
fn pointer(finding: &Finding, near: Place) -> Option<Location> {
    let distance = |l: &&Location| l.place.span.start.abs_diff(near.span.start);
    let here = finding
        .locations
        .iter()
        .filter(|l| l.place.file == near.file);
    let place = here.min_by_key(distance).or(finding.primary())?.place;
    Some(Location {
        primary: false,
        place,
        label: format!("{} is reported here", finding.rule),
    })
}

fn sorted(clusters: &[Ustr]) -> Vec<Ustr> {
    let mut clusters = clusters.to_vec();
    clusters.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    clusters
}
