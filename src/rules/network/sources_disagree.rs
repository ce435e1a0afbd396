use crate::fleet::{Cluster, Fleet, Setting, network};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, within};

pub(crate) const RULE: Rule = rule!("network/sources-disagree", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    let sources = network::sources(fleet, cluster);
    let title = Setting::Network.title();
    within::report(cluster, title, sources, None, |_| title.to_owned(), sink);
}
