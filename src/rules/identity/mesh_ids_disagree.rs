use crate::fleet::identity;
use crate::fleet::{Cluster, Fleet, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, within};

pub(crate) const RULE: Rule = rule!("identity/mesh-ids-disagree", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    let words = identity::words(fleet, cluster, Setting::MeshId, &[]);
    let title = Setting::MeshId.title();
    within::report(cluster, title, words, None, |_| title.to_owned(), sink);
}
