use crate::fleet::identity::{self, Word};
use crate::fleet::{Cluster, Fleet, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, within};
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("identity/cluster-names-disagree", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    let aliases = identity::aliases(fleet, cluster);
    let words: Vec<Word> = identity::words(fleet, cluster, Setting::ClusterName, &[])
        .into_iter()
        .map(|word| match aliases.get(word.value.as_str()) {
            Some(name) => Word {
                value: Ustr::from(name),
                ..word
            },
            None => word,
        })
        .collect();
    within::report(cluster, "cluster name", words, Some(cluster.name), sink);
}
