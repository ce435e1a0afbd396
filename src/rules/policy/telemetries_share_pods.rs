use super::rivalry;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "policy/telemetries-share-pods",
    Check::Object(&[Kind::Telemetry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    rivalry::share_pods(fleet, cluster, id, sink);
}
