//! The two streams and how they want their text. Results go to stdout, everything else to stderr.

use super::{CLEAN, Stop, USAGE};
use crate::config;
use crate::report::{self, Style};
use crate::source::io_text;
use std::io::{self, BufWriter, IsTerminal, StderrLock, StdoutLock, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ColorChoice {
    Auto,
    Always,
    Never,
}

pub(super) struct Terminal {
    pub(super) out: BufWriter<StdoutLock<'static>>,
    pub(super) err: StderrLock<'static>,
    /// Of stdout.
    pub(super) style: Style,
    /// Of stderr.
    pub(super) err_style: Style,
}

impl Terminal {
    pub(super) fn new(color: ColorChoice) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        Self {
            style: style(color, stdout.is_terminal()),
            err_style: style(color, stderr.is_terminal()),
            out: BufWriter::with_capacity(1 << 16, stdout.lock()),
            err: stderr.lock(),
        }
    }

    pub(super) fn error(&mut self, text: &str) {
        self.say("error", "31;1", text);
    }

    pub(super) fn warning(&mut self, text: &str) {
        self.say("warning", "33;1", text);
    }

    pub(super) fn help(&mut self, text: &str) {
        self.say("help", "36;1", text);
    }

    /// Says why a command ends and gives its exit code.
    pub(super) fn stop(&mut self, stop: &Stop) -> u8 {
        match stop {
            Stop::Usage { error, help } => {
                self.error(error);
                help.iter().for_each(|help| self.help(help));
            }
            Stop::Config(config::Error::Unreadable(path, error)) => {
                self.error(&format!("cannot read {path}: {error}"))
            }
            Stop::Config(config::Error::Mistakes(mistakes)) => {
                let text = mistakes.render(self.err_style.color, self.err_style.width);
                let _ = self.err.write_all(text.as_bytes());
            }
            Stop::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return CLEAN,
            Stop::Output(error) => self.error(&format!("cannot write: {}", io_text(error))),
        }
        USAGE
    }

    fn say(&mut self, word: &str, color: &str, text: &str) {
        let text = visible(text);
        // There is nobody to tell when stderr is closed.
        let _ = if self.err_style.color {
            writeln!(self.err, "\x1b[{color}m{word}:\x1b[0m {text}")
        } else {
            writeln!(self.err, "{word}: {text}")
        };
    }
}

/// Control characters, in the name of a file for instance, must not reach a terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            if report::is_hidden(letter) {
                letter.escape_debug().collect()
            } else {
                vec![letter]
            }
        })
        .collect()
}

fn style(color: ColorChoice, terminal: bool) -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let forced =
        std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    let color = match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => !set("NO_COLOR") && (forced || (terminal && !dumb)),
    };
    let width = terminal_size::terminal_size()
        .filter(|_| terminal)
        .map(|(width, _)| width.0.into());
    Style {
        color,
        width: width.map_or(Style::default().width, |width: usize| width.clamp(40, 160)),
        links: false,
    }
}
