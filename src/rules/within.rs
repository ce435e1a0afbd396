//! The common shape of rules on what the parts of one cluster say: the odd ones out against those that agree.

use super::sink::Sink;
use super::words;
use crate::finding::Severity;
use crate::fleet::Cluster;
use crate::fleet::identity::{Split, Word, by_revision, split};
use std::collections::BTreeSet;
use ustr::Ustr;

/// Reports the parts that differ from most, for each revision of Istio; as a warning when they have no effect.
/// `preferred` decides a tie.
pub(super) fn report(
    cluster: &Cluster,
    title: &str,
    parts: Vec<Word>,
    preferred: Option<Ustr>,
    sink: &mut Sink<'_>,
) {
    for group in by_revision(cluster, parts) {
        if let Some(split) = split(&group, preferred) {
            report_split(cluster, title, &split, sink);
        }
    }
}

fn report_split(cluster: &Cluster, title: &str, split: &Split<'_>, sink: &mut Sink<'_>) {
    let Some(first) = split.odd.first() else {
        return;
    };
    let says = |word: &Word| match word.by_default {
        true => format!("`{}` by default for {}", word.value, word.who),
        false => format!("`{}` for {}", word.value, word.who),
    };
    let example = split.even.first().copied();
    let message = match example {
        Some(_) => {
            let values: BTreeSet<String> =
                split.odd.iter().map(|w| format!("`{}`", w.value)).collect();
            format!(
                "{}: {title} is {} for {}, but {}",
                cluster.name,
                words::list(values),
                words::list(split.odd.iter().map(|w| w.who.as_str())),
                words::list(split.even.iter().map(|w| says(w))),
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
    let whom = words::list(split.odd.iter().map(|w| w.who.as_str()));
    let mut draft = sink.report(first.place, message);
    draft
        .label(says(first))
        .clusters([cluster])
        .subject(title)
        .help(format!("give {wanted} to {whom}"));
    if split.inert {
        draft.severity(Severity::Warning);
    }
    for word in split.odd.iter().skip(1) {
        draft.also(word.place, says(word));
    }
    for rendered in split.odd.iter().filter_map(|w| w.rendered) {
        draft.related(rendered, "rendered here");
    }
    if let Some(example) = example {
        draft.related(example.place, says(example));
    }
}
