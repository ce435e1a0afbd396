use crate::fleet::network::{self, NetworkSource};
use crate::fleet::{Cluster, Fleet};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use std::collections::BTreeMap;

pub(crate) const RULE: Rule = rule!("network/sources-disagree", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    let sources = network::sources(fleet, cluster);
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for source in &sources {
        *votes.entry(source.network.as_str()).or_default() += 1;
    }
    if votes.len() < 2 {
        return;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    let mut leaders = votes
        .iter()
        .filter(|(_, count)| **count == most)
        .map(|(network, _)| *network);
    let majority = leaders.next().filter(|_| leaders.next().is_none());
    let (odd, even): (Vec<&NetworkSource>, Vec<&NetworkSource>) = sources
        .iter()
        .partition(|s| Some(s.network.as_str()) != majority);
    let Some(first) = odd.first() else { return };
    let message = match (majority, even.first()) {
        (Some(majority), Some(example)) => format!(
            "{}: {} {} in network {}, but {} in {majority}",
            cluster.name,
            words::list(odd.iter().map(|s| s.who.as_str())),
            words::is_are(odd.len()),
            words::list(unique(odd.iter().map(|s| s.network.as_str()))),
            example.who,
        ),
        _ => format!(
            "{} is in several networks: {}",
            cluster.name,
            words::list(odd.iter().map(|s| format!("{} for {}", s.network, s.who)))
        ),
    };
    let says = |source: &NetworkSource| format!("{} for {}", source.network, source.who);
    let wanted = majority.map_or_else(|| "the same network".to_owned(), |m| format!("`{m}`"));
    let mut draft = sink.report(first.place, message);
    draft
        .label(says(first))
        .clusters([cluster])
        .subject("network")
        .help(format!(
            "give {wanted} to {}",
            words::list(odd.iter().map(|s| s.who.as_str()))
        ));
    for source in odd.iter().skip(1) {
        draft.also(source.place, says(source));
    }
    if let Some(example) = even.first() {
        draft.related(example.place, says(example));
    }
}

fn unique<'a>(items: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut items: Vec<&str> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}
