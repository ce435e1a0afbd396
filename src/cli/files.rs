//! `meshlint files`: what becomes of each file, and why.

use super::input::InputArgs;
use super::terminal::{Terminal, visible};
use super::{CLEAN, Stop, UNREAD};
use crate::fleet::State;
use std::io::Write;

#[derive(Debug, clap::Args)]
pub(super) struct FilesArgs {
    #[command(flatten)]
    input: InputArgs,
}

/// What is said of one file.
struct Line {
    path: String,
    state: State,
    clusters: Vec<&'static str>,
    why: String,
}

pub(super) fn run(args: &FilesArgs, terminal: &mut Terminal) -> Result<u8, Stop> {
    let input = args.input.prepare(terminal)?;
    let loaded = input.load(terminal);
    let fleet = &loaded.fleets.main;
    let read = fleet
        .files
        .all()
        .iter()
        .zip(&fleet.states)
        .zip(&fleet.owners)
        .map(|((file, (state, why)), owners)| {
            let name = |id| fleet.cluster(id).map(|cluster| cluster.name.as_str());
            let clusters = owners.iter().filter_map(|id| name(*id)).collect();
            Line {
                path: file.path().to_owned(),
                state: *state,
                clusters,
                why: why.clone(),
            }
        });
    let ignored = input.walk.ignored.iter().map(|ignored| Line {
        path: ignored.path.clone(),
        state: State::Ignored,
        clusters: Vec::new(),
        why: ignored.why.to_string(),
    });
    let failed = loaded.failures.iter().map(|failure| Line {
        path: failure.path.clone(),
        state: State::Failed,
        clusters: Vec::new(),
        why: failure.error.clone(),
    });
    let mut lines: Vec<Line> = read.chain(ignored).chain(failed).collect();
    lines.sort_by(|a, b| a.path.cmp(&b.path));
    for Line {
        path,
        state,
        clusters,
        why,
    } in &lines
    {
        write!(terminal.out, "{:9}  {}", state.name(), visible(path))?;
        if !clusters.is_empty() {
            write!(terminal.out, "  [{}]", visible(&clusters.join(", ")))?;
        }
        if !why.is_empty() {
            write!(terminal.out, "  {}", visible(why))?;
        }
        writeln!(terminal.out)?;
    }
    let files = lines.len();
    writeln!(
        terminal.out,
        "{files} listed, {} neither YAML nor JSON by name",
        input.walk.others
    )?;
    Ok(if loaded.failures.is_empty() {
        CLEAN
    } else {
        UNREAD
    })
}
