//! `meshlint files`: what becomes of each file, and why.

use super::input::InputArgs;
use super::terminal::{Terminal, visible};
use super::{CLEAN, Stop, UNREAD, describe, describe::Fate};
use crate::fleet::State;
use std::io::Write;

#[derive(Debug, clap::Args)]
pub(super) struct FilesArgs {
    #[command(flatten)]
    input: InputArgs,
}

pub(super) fn run(args: &FilesArgs, terminal: &mut Terminal) -> Result<u8, Stop> {
    let input = args.input.prepare(terminal)?;
    let loaded = input.load(terminal);
    let mut lines: Vec<(&str, State, String)> = Vec::new();
    for Fate {
        path,
        state,
        why,
        clusters,
    } in describe::fates(&loaded.fleets)
    {
        let clusters = if clusters.is_empty() {
            String::new()
        } else {
            format!("[{}]  ", clusters.join(", "))
        };
        lines.push((path, state, format!("{clusters}{why}")));
    }
    lines.extend(
        input
            .walk
            .ignored
            .iter()
            .map(|i| (i.path.as_str(), State::Ignored, i.why.to_string())),
    );
    lines.extend(
        loaded
            .failures
            .iter()
            .map(|f| (f.path.as_str(), State::Failed, f.error.clone())),
    );
    lines.sort();
    for (path, state, rest) in &lines {
        writeln!(
            terminal.out,
            "{:9}  {}  {}",
            state.name(),
            visible(path),
            visible(rest)
        )?;
    }
    writeln!(
        terminal.out,
        "{} listed, {} neither YAML nor JSON by name",
        lines.len(),
        input.walk.others
    )?;
    Ok(if loaded.failures.is_empty() {
        CLEAN
    } else {
        UNREAD
    })
}
