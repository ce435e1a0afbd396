//! What recording rules leave of the metrics of proxies, in every cluster that runs them.

use crate::fleet::monitoring::{Record, Recorded};
use crate::fleet::{Cluster, Fleet, Object};
use crate::resource::promql::Labels;
use crate::rules::sink::holders;
use std::rc::Rc;

/// For each record of a PrometheusRule, the labels that it leaves; `None` when that is not known.
pub(super) type Outputs = Rc<Vec<Option<Vec<Labels>>>>;

/// The clusters that run a PrometheusRule, each with what its records come to there: they may build on rules that
/// differ between clusters.
pub(super) fn outputs<'a>(
    fleet: &'a Fleet,
    object: &Object,
    records: &[Record<'_>],
) -> Vec<(&'a Cluster, Outputs)> {
    let mut known: Vec<(Recorded<'_>, Outputs)> = Vec::new();
    let mut found = Vec::new();
    for cluster in holders(fleet, object) {
        let recorded = Recorded::read(fleet, cluster);
        let same = known.iter().find(|(other, _)| other.is_same(&recorded));
        let outputs = match same {
            Some((_, outputs)) => Rc::clone(outputs),
            None => {
                let labels = records.iter().map(|r| recorded.labels(&r.text)).collect();
                let outputs = Rc::new(labels);
                known.push((recorded, Rc::clone(&outputs)));
                outputs
            }
        };
        found.push((cluster, outputs));
    }
    found
}

/// Puts clusters together that come to the same verdict, in the order of the first of each.
pub(super) fn grouped<'a, T: PartialEq>(
    verdicts: impl IntoIterator<Item = (&'a Cluster, T)>,
) -> Vec<(T, Vec<&'a Cluster>)> {
    let mut groups: Vec<(T, Vec<&'a Cluster>)> = Vec::new();
    for (cluster, verdict) in verdicts {
        match groups.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, clusters)) => clusters.push(cluster),
            None => groups.push((verdict, vec![cluster])),
        }
    }
    groups
}
