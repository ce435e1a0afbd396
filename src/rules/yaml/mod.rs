//! What reading itself finds.

pub(super) mod alias_budget;
pub(super) mod ambiguous_scalar;
pub(super) mod duplicate_key;
pub(super) mod embedded_syntax;
pub(super) mod not_utf8;
pub(super) mod syntax;

use super::sink::{Sink, owners};
use crate::fleet::{Fleet, State};
use crate::yaml::{FileId, Place, ProblemKind};

/// Reports the problems of these kinds in a file that belongs to a cluster.
fn report(fleet: &Fleet, file: FileId, kinds: &[ProblemKind], help: &str, sink: &mut Sink<'_>) {
    let state = fleet.states.get(file.0 as usize).map(|(state, _)| *state);
    if !matches!(state, Some(State::Read | State::Shared)) {
        return;
    }
    let Some(text) = fleet.files.get(file) else {
        return;
    };
    for problem in text.problems().iter().filter(|p| kinds.contains(&p.kind)) {
        let mut draft = sink.report(
            Place {
                file,
                span: problem.span,
            },
            problem.message.as_str(),
        );
        draft.clusters(owners(fleet, file)).subject(
            text.slice(problem.span)
                .chars()
                .take(40)
                .collect::<String>(),
        );
        if let Some(related) = problem.related {
            draft.related(
                Place {
                    file,
                    span: related,
                },
                "first here",
            );
        }
        if !help.is_empty() {
            draft.help(help);
        }
    }
}
