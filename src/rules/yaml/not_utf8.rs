use crate::fleet::Fleet;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{FileId, ProblemKind};

pub(crate) const RULE: Rule = rule!("yaml/not-utf8", Check::File(check));

fn check(fleet: &Fleet, file: FileId, sink: &mut Sink<'_>) {
    super::report(
        fleet,
        file,
        &[ProblemKind::InvalidUtf8, ProblemKind::Binary],
        "save the file as UTF-8, or exclude it",
        sink,
    );
}
