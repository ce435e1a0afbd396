use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!("schema/empty-text", Check::Object(super::KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    super::report(fleet, cluster, id, sink, true);
}
