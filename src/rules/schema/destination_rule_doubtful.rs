use super::common::{Level, judge};
use super::destination_rule::validate;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "schema/destination-rule-doubtful",
    Check::Object(&[Kind::DestinationRule], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    judge(fleet, cluster, id, sink, Level::Doubtful, validate);
}
