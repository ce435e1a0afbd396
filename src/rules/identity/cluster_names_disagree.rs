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
    // As the path says, unless the neighbours are all called otherwise than theirs.
    let mut peers = fleet
        .peers(cluster)
        .filter_map(|peer| Some((peer, peer.setting(Setting::ClusterName)?)))
        .filter(|(_, setting)| setting.is_stated())
        .peekable();
    let by_path = peers.peek().is_none() || peers.any(|(peer, s)| s.value == peer.name);
    let preferred = by_path.then_some(cluster.name);
    let title = Setting::ClusterName.title();
    // The name that is wrong, as for two clusters that share it.
    let subject = |odd: &Word| odd.value.to_string();
    within::report(cluster, title, words, preferred, subject, sink);
}
