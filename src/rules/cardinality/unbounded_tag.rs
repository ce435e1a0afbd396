use super::telemetry;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::resource::cel::Class;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "cardinality/unbounded-tag",
    Check::Object(&[Kind::Telemetry], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    telemetry::report(fleet, cluster, id, sink, |class| class >= Class::Unbounded);
}
