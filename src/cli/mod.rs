//! The command line: arguments in, exit code out. One file a subcommand.

mod check;
mod describe;
pub mod explain;
mod files;
mod fleet;

mod input;
pub mod rules;
mod terminal;

use crate::config;
use crate::rules::selection::BOOK;
use clap::{ArgAction, Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;
use terminal::{ColorChoice, Terminal};

/// Nothing to complain about.
const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
const FINDINGS: u8 = 1;
/// Wrong usage or configuration, or an output that cannot be written.
const USAGE: u8 = 2;
/// Something that was to be read could not be.
const UNREAD: u8 = 3;

const EXIT_CODES: &str = "\
Exit codes:
  0  no findings at or above --fail-on
  1  findings at or above --fail-on
  2  wrong usage or configuration, or an output that cannot be written
  3  something that was to be read could not be; the rest is checked all the same";

/// Checks the Istio and observability manifests of all clusters of a mesh against each other
#[derive(Debug, Parser)]
#[command(
    name = "meshlint",
    version,
    disable_help_flag = true,
    disable_version_flag = true
)]
#[command(
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Global")]
    version: Option<bool>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global")]
struct GlobalArgs {
    /// When to use colour; `auto` heeds NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
    /// How many threads to use [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check manifests
    #[command(visible_alias = "lint", after_help = EXIT_CODES)]
    Check(check::CheckArgs),
    /// List the files that `check` reads and say why others are left out
    Files(files::FilesArgs),
    /// Show the clusters and meshes that the files describe, and what each cluster's settings come to
    Fleet(fleet::FleetArgs),

    /// Print the page of a rule: why it matters and how to fix it
    Explain(explain::ExplainArgs),
    /// List the rules
    Rules(rules::RulesArgs),
}

/// Why a command ends early.
#[derive(Debug)]
enum Stop {
    Usage { error: String, help: Option<String> },
    Config(config::Error),
    Output(io::Error),
}

fn usage(error: impl Into<String>) -> Stop {
    Stop::Usage {
        error: error.into(),
        help: None,
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Output(error)
    }
}

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Where neither stream takes it there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    let mut terminal = Terminal::new(cli.global.color);
    let code = match run(&cli, &mut terminal) {
        Ok(code) => code,
        Err(stop) => terminal.stop(&stop),
    };
    let flushed = terminal.out.flush();
    ExitCode::from(match unless_closed(flushed) {
        Ok(()) => code,
        Err(error) => terminal.stop(&Stop::Output(error)),
    })
}

fn run(cli: &Cli, terminal: &mut Terminal) -> Result<u8, Stop> {
    if let Some(threads) = cli.global.threads {
        // Fails only when the pool is there already, which it is not.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global();
    }
    match &cli.command {
        Command::Check(args) => check::run(args, terminal),
        Command::Files(args) => files::run(args, terminal),
        Command::Fleet(args) => fleet::run(args, terminal),

        Command::Explain(args) => Ok(explain::run(
            args,
            &BOOK,
            &mut terminal.out,
            &mut terminal.err,
            &terminal.style,
        )?),
        Command::Rules(args) => Ok(rules::run(
            args,
            &BOOK,
            &mut terminal.out,
            &mut terminal.err,
            &terminal.style,
        )?),
    }
}

/// Whether a rule id, family or alias exists; if not, which was probably meant.
fn known(name: &str) -> Result<(), Option<String>> {
    if BOOK.knows(name) {
        Ok(())
    } else {
        Err(BOOK.suggest(name).map(str::to_owned))
    }
}

/// A closed pipe is a normal end: nobody wants to read on.
fn unless_closed(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Ok(())
        } else {
            Err(error)
        }
    })
}
