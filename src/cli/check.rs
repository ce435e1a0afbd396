//! `meshlint check`.

use super::input::InputArgs;
use super::terminal::Terminal;
use super::{CLEAN, FINDINGS, Stop, UNREAD, describe, known, unless_closed, usage};
use crate::config::{Config, FailOn, RuleId};
use crate::finding::{Date, Finding, Severity};
use crate::report::{self, Checked, Format, Report, Style};
use crate::rules::book::istio_minor;
use crate::rules::selection;
use crate::source::io_text;
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Rules")]
struct RuleArgs {
    /// Run these rules only: ids, families or aliases, separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// The version of Istio in all clusters, whatever their manifests say: rules about others are silent
    #[arg(long, value_name = "VERSION", value_parser = istio_version)]
    istio_version: Option<u32>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The least severity of a reported finding that makes the run fail [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Report no findings below this severity [default: info]
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    min_severity: Option<Severity>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// How to report, and into which file; may repeat for several reports of one run
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = output, default_value = "human")]
    output: Vec<Output>,
}

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq)]
struct Output {
    format: Format,
    /// Standard output if there is none.
    file: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, terminal: &mut Terminal) -> Result<u8, Stop> {
    let start = Instant::now();
    args.output.check()?;
    args.rules.check()?;
    let mut input = args.input.prepare(terminal)?;
    input.istio_minor = args.rules.istio_version;
    args.rules.override_config(&mut input.config);
    let rules = selection::enabled(&input.config.wishes());
    let loaded = input.load(terminal);
    let fleets = &loaded.fleets;
    let today = Date::of(SystemTime::now());
    let mut outcome = crate::check(fleets, &rules, &input.config.exceptions(), today);
    let least = input.config.min_severity.unwrap_or(Severity::Info);
    outcome.findings.retain(|finding| finding.severity >= least);

    let coverage = describe::coverage(fleets, &input.walk, &loaded.failures);
    let files = fleets.main.files.all();
    let clusters = describe::clusters(&fleets.main);
    let report = Report {
        files,
        findings: &outcome.findings,
        rules: &describe::rules(outcome.findings.iter().map(|finding| finding.rule)),
        clusters: &clusters,
        checked: Checked {
            files: files.len(),
            documents: coverage.documents,
            clusters: clusters.len(),
            rules: rules.len(),
            suppressed: outcome.suppressed,
            elapsed: Some(start.elapsed()),
        },
        coverage,
    };
    args.output.write(&report, terminal)?;
    let fail_on = match input.config.fail_on.unwrap_or_default() {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    };
    let fails = |finding: &Finding| fail_on.is_some_and(|least| finding.severity >= least);
    Ok(if !loaded.failures.is_empty() {
        UNREAD
    } else if outcome.findings.iter().any(fails) {
        FINDINGS
    } else {
        CLEAN
    })
}

/// The minor number of a version such as `1.27` or `1.27.3`.
fn istio_version(text: &str) -> Result<u32, String> {
    istio_minor(text).ok_or_else(|| "a version of Istio is written as 1.27 or 1.27.3".to_owned())
}

impl RuleArgs {
    fn check(&self) -> Result<(), Stop> {
        let unknown = |option: &str, name: &str, meant: Option<String>| Stop::Usage {
            error: format!("unknown rule `{name}` in {option}"),
            help: Some(meant.map_or_else(
                || "`meshlint rules` lists them all".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            )),
        };
        for (option, names) in [("--select", &self.select), ("--ignore", &self.ignore)] {
            for name in names {
                known(name).map_err(|meant| unknown(option, name, meant))?;
            }
        }
        Ok(())
    }

    /// The command line has the last word: what is selected now is not ignored by what was written down once.
    fn override_config(&self, config: &mut Config) {
        let ids = |names: &[String]| names.iter().cloned().map(RuleId).collect::<Vec<_>>();
        if !self.select.is_empty() {
            config.select = ids(&self.select);
            config.ignore.clear();
        }
        config.ignore.extend(ids(&self.ignore));
        config.fail_on = self.fail_on.or(config.fail_on);
        config.min_severity = self.min_severity.or(config.min_severity);
    }
}

impl OutputArgs {
    /// Two reports into one place would spoil each other.
    fn check(&self) -> Result<(), Stop> {
        let mut places = BTreeSet::new();
        for Output { file, .. } in &self.output {
            if !places.insert(file) {
                let place = file.as_ref().map_or_else(
                    || "standard output".to_owned(),
                    |file| file.display().to_string(),
                );
                return Err(Stop::Usage {
                    error: format!("two reports into {place}"),
                    help: Some("give one of them a file: --output json=report.json".to_owned()),
                });
            }
        }
        Ok(())
    }

    /// Writes every report. One that cannot be written does not keep back the others.
    fn write(&self, report: &Report<'_>, terminal: &mut Terminal) -> Result<(), Stop> {
        let mut failed = None;
        for Output { format, file } in &self.output {
            match file {
                None => unless_closed(report::render(
                    report,
                    *format,
                    &terminal.style,
                    &mut terminal.out,
                ))?,
                Some(file) => {
                    let mut text = Vec::new();
                    report::render(report, *format, &Style::default(), &mut text)?;
                    if let Err(error) = fs::write(file, text) {
                        failed = Some(usage(format!(
                            "cannot write {}: {}",
                            file.display(),
                            io_text(&error)
                        )));
                    }
                }
            }
        }
        let told = self
            .output
            .iter()
            .any(|output| output.file.is_none() && output.format != Format::Concise);
        if !told {
            // On a terminal both streams are one text, and this is its end.
            unless_closed(terminal.out.flush())?;
            let _ = report::render_closing(report, &terminal.err_style, &mut terminal.err);
        }
        failed.map_or(Ok(()), Err)
    }
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["error", "warning", "info"]).map(|name| match name.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    })
}

fn output(text: &str) -> Result<Output, String> {
    let (name, file) = text
        .split_once('=')
        .map_or((text, None), |(name, file)| (name, Some(file)));
    let format = Format::from_str(name, false).map_err(|_| {
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("the formats are {}", names.join(", "))
    })?;
    match file {
        Some("") => Err("the file is missing after `=`".to_owned()),
        Some("-") | None => Ok(Output { format, file: None }),
        Some(file) => Ok(Output {
            format,
            file: Some(PathBuf::from(file)),
        }),
    }
}
