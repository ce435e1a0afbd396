//! The common shape of rules on what the parts of one cluster say: the odd ones out against those that agree.

use super::sink::{Draft, Sink};
use super::words;
use crate::finding::Severity;
use crate::fleet::Cluster;
use crate::fleet::identity::{Split, Word, by_revision, split};
use std::collections::BTreeSet;
use ustr::Ustr;

/// Reports the parts that differ from most, for each revision of Istio; as a warning when they have no effect.
/// What is `preferred` is right where any part says it. The subject of a finding is what is odd, by `subject`.
pub(super) fn report(
    cluster: &Cluster,
    title: &str,
    parts: Vec<Word>,
    preferred: Option<Ustr>,
    subject: impl Fn(&Word) -> String,
    sink: &mut Sink<'_>,
) {
    for group in by_revision(cluster, parts) {
        if let Some(split) = split(&group, preferred)
            && let Some(first) = split.odd.first()
        {
            report_split(cluster, title, &split, first, sink).subject(subject(first));
        }
    }
}

fn report_split<'s>(
    cluster: &Cluster,
    title: &str,
    split: &Split<'_>,
    first: &Word,
    sink: &'s mut Sink<'_>,
) -> Draft<'s> {
    let says = |word: &Word| match word.by_default {
        true => format!("`{}` by default for {}", word.value, word.who),
        false => format!("`{}` for {}", word.value, word.who),
    };
    let whom = |words: &[&Word]| words::list(words.iter().map(|w| w.who.as_str()));
    let example = split.even.first().copied();
    let message = match example {
        Some(example) => {
            let values: BTreeSet<String> =
                split.odd.iter().map(|w| format!("`{}`", w.value)).collect();
            format!(
                "{}: {title} is {} for {}, but `{}` for {}",
                cluster.name,
                words::list(values),
                whom(&split.odd),
                example.value,
                whom(&split.even),
            )
        }
        None => format!(
            "{}: {title} differs: {}",
            cluster.name,
            words::list(split.odd.iter().map(|w| says(w)))
        ),
    };
    let wanted = split
        .majority
        .map_or_else(|| "the same value".to_owned(), |value| format!("`{value}`"));
    let mut draft = sink.report(first.place, message);
    draft
        .label(says(first))
        .clusters([cluster])
        .help(format!("give {wanted} to {}", whom(&split.odd)));
    if split.inert {
        draft.severity(Severity::Warning);
    }
    let mut seen = vec![first.place];
    for word in split.odd.iter().skip(1) {
        // Two parts may come from one line of an IstioOperator.
        if !seen.contains(&word.place) {
            seen.push(word.place);
            draft.also(word.place, says(word));
        }
    }
    for rendered in split.odd.iter().filter_map(|w| w.rendered) {
        draft.related(rendered, "rendered here");
    }
    if let Some(example) = example {
        draft.related(example.place, says(example));
    }
    draft
}
