use crate::fleet::Fleet;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{FileId, ProblemKind};

pub(crate) const RULE: Rule = rule!("yaml/duplicate-key", Check::File(check));

fn check(fleet: &Fleet, file: FileId, sink: &mut Sink<'_>) {
    super::report(
        fleet,
        file,
        &[ProblemKind::DuplicateKey],
        "remove one of them: Kubernetes keeps the last and drops the other without a word",
        sink,
    );
}
