//! One cause, one finding: a finding that another one explains moves into it.

use super::{Consequence, Finding, ResourceRef};
use std::collections::HashMap;
use ustr::Ustr;

/// Moves each finding that another one explains into the consequences of that one. `supersedes` gives the rules that a
/// rule explains; a finding is explained if it shares a cluster, and the subject or the resource, with a finding of
/// such a rule that is no less severe. Findings of rules that `protected` names are never moved: other tools' users
/// look for their codes.
/// Run it after suppression, so that what an ignored finding explains speaks for itself. Keeps the order.
pub fn supersede<'r>(
    findings: Vec<Finding>,
    supersedes: &dyn Fn(&str) -> &'r [String],
    protected: &dyn Fn(&str) -> bool,
) -> Vec<Finding> {
    let heads = heads(&findings, supersedes);
    if heads.is_empty() {
        return findings;
    }
    let roots = roots(&findings, &heads, protected);
    let mut moved: HashMap<usize, Vec<Consequence>> = HashMap::new();
    for (finding, (at, root)) in findings.iter().zip(roots.iter().enumerate()) {
        if *root != at {
            let consequences = moved.entry(*root).or_default();
            consequences.push(Consequence {
                rule: finding.rule.to_owned(),
                message: finding.message.clone(),
            });
            consequences.extend(finding.consequences.iter().cloned());
        }
    }
    findings
        .into_iter()
        .zip(roots.into_iter().enumerate())
        .filter(|(_, (at, root))| at == root)
        .map(|(mut finding, (at, _))| {
            finding
                .consequences
                .extend(moved.remove(&at).unwrap_or_default());
            finding.consequences.sort();
            finding.consequences.dedup();
            finding
        })
        .collect()
}

/// For each rule the rules of this run that explain it.
fn heads<'r>(
    findings: &[Finding],
    supersedes: &dyn Fn(&str) -> &'r [String],
) -> HashMap<&'r str, Vec<&'static str>> {
    let mut rules: Vec<&'static str> = findings.iter().map(|f| f.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let mut heads: HashMap<&str, Vec<&str>> = HashMap::new();
    for head in rules {
        for explained in supersedes(head) {
            heads.entry(explained).or_default().push(head);
        }
    }
    heads
}

/// What two findings must have in common besides a cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Topic<'a> {
    Subject(&'a str),
    Resource(&'a ResourceRef),
}

fn topics(finding: &Finding) -> impl Iterator<Item = Topic<'_>> {
    let subject = (!finding.subject.is_empty()).then_some(Topic::Subject(&finding.subject));
    let resource = finding.resource.as_ref().map(Topic::Resource);
    subject.into_iter().chain(resource)
}

/// For each finding the index of the one that it ends up in: its own if nothing explains it.
fn roots(
    findings: &[Finding],
    heads: &HashMap<&str, Vec<&'static str>>,
    protected: &dyn Fn(&str) -> bool,
) -> Vec<usize> {
    let mut about: HashMap<(&str, Topic<'_>), Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        for topic in topics(finding) {
            about.entry((finding.rule, topic)).or_default().push(at);
        }
    }
    let mut parents: Vec<usize> = (0..findings.len()).collect();
    for (at, finding) in findings.iter().enumerate() {
        let Some(rules) = heads.get(finding.rule) else {
            continue;
        };
        if protected(finding.rule) {
            continue;
        }
        let parent = rules
            .iter()
            .flat_map(|rule| topics(finding).map(move |topic| (*rule, topic)))
            .filter_map(|key| about.get(&key))
            .flatten()
            .copied()
            .filter(|head| {
                // What is worse than its cause must not hide behind it.
                findings.get(*head).is_some_and(|head| {
                    head.severity >= finding.severity && share(&head.clusters, &finding.clusters)
                })
            })
            // Rules that explain each other must not swallow each other.
            .find(|head| root(&parents, *head) != at);
        if let (Some(parent), Some(slot)) = (parent, parents.get_mut(at)) {
            *slot = parent;
        }
    }
    (0..findings.len()).map(|at| root(&parents, at)).collect()
}

fn root(parents: &[usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at)
        && *parent != at
    {
        at = *parent;
    }
    at
}

fn share(a: &[Ustr], b: &[Ustr]) -> bool {
    a.iter().any(|cluster| b.contains(cluster))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use ustr::ustr;

    fn finding(rule: &'static str, clusters: &[&str], subject: &str) -> Finding {
        Finding {
            rule,
            severity: Severity::Error,
            message: format!("{rule} speaks"),
            help: None,
            clusters: clusters.iter().map(|c| ustr(c)).collect(),
            resource: None,
            subject: subject.into(),
            locations: Vec::new(),
            consequences: Vec::new(),
        }
    }

    fn run(findings: Vec<Finding>, pairs: &[(&str, &[&str])]) -> Vec<String> {
        let table: HashMap<String, Vec<String>> = pairs
            .iter()
            .map(|(head, rules)| ((*head).into(), rules.iter().map(|r| (*r).into()).collect()))
            .collect();
        supersede(
            findings,
            &|rule| table.get(rule).map_or(&[], Vec::as_slice),
            &|rule| rule == "peer/rule",
        )
        .into_iter()
        .map(|f| {
            let explained: Vec<_> = f.consequences.iter().map(|c| c.rule.as_str()).collect();
            format!("{} <- {}", f.rule, explained.join(" "))
        })
        .collect()
    }

    #[test]
    fn swallows_what_shares_cluster_and_subject() {
        let findings = vec![
            finding("a/effect", &["west"], "host"),
            finding("a/cause", &["east", "west"], "host"),
            finding("a/effect", &["north"], "host"),
            finding("a/effect", &["west"], "other"),
            finding("a/unrelated", &["west"], "host"),
        ];
        assert_eq!(
            run(findings, &[("a/cause", &["a/effect"])]),
            [
                "a/cause <- a/effect",
                "a/effect <- ",
                "a/effect <- ",
                "a/unrelated <- "
            ]
        );
    }

    #[test]
    fn a_resource_will_do_and_an_empty_subject_will_not() {
        let resource = ResourceRef {
            cluster: None,
            api_version: "v1".into(),
            kind: "Service".into(),
            namespace: None,
            name: "shop".into(),
        };
        let mut cause = finding("a/cause", &["west"], "");
        let mut effect = finding("a/effect", &["west"], "");
        let pairs: &[(&str, &[&str])] = &[("a/cause", &["a/effect"])];
        assert_eq!(
            run(vec![cause.clone(), effect.clone()], pairs),
            ["a/cause <- ", "a/effect <- "]
        );
        cause.resource = Some(resource.clone());
        effect.resource = Some(resource);
        assert_eq!(run(vec![cause, effect], pairs), ["a/cause <- a/effect"]);
    }

    #[test]
    fn what_is_worse_than_its_cause_speaks_for_itself() {
        let mut cause = finding("a/cause", &["west"], "host");
        cause.severity = Severity::Warning;
        let findings = vec![cause, finding("a/effect", &["west"], "host")];
        assert_eq!(
            run(findings, &[("a/cause", &["a/effect"])]),
            ["a/cause <- ", "a/effect <- "]
        );
    }

    #[test]
    fn never_swallows_a_peers_code() {
        let findings = vec![
            finding("a/cause", &["west"], "host"),
            finding("peer/rule", &["west"], "host"),
        ];
        assert_eq!(
            run(findings, &[("a/cause", &["peer/rule"])]),
            ["a/cause <- ", "peer/rule <- "]
        );
    }

    #[test]
    fn a_chain_ends_in_its_first_cause_and_a_circle_keeps_one() {
        let chain = || {
            vec![
                finding("a/a", &["west"], "host"),
                finding("a/b", &["west"], "host"),
                finding("a/c", &["west"], "host"),
            ]
        };
        assert_eq!(
            run(chain(), &[("a/a", &["a/b"]), ("a/b", &["a/c"])]),
            ["a/a <- a/b a/c"]
        );
        let circle = run(
            chain(),
            &[("a/a", &["a/b"]), ("a/b", &["a/c"]), ("a/c", &["a/a"])],
        );
        assert_eq!(circle.len(), 1, "{circle:?}");
    }
}
