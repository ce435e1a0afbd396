use crate::fleet::Fleet;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{FileId, ProblemKind};

pub(crate) const RULE: Rule = rule!("yaml/alias-budget", Check::File(check));

fn check(fleet: &Fleet, file: FileId, sink: &mut Sink<'_>) {
    super::report(
        fleet,
        file,
        &[ProblemKind::AliasBudget],
        "write the repeated parts out, or let fewer aliases refer to aliases",
        sink,
    );
}
