//! The line from files to report, whole, in stages, and the floor beneath it.

use super::timed;
use granit_parser::{Parser, StrInput, options};
use meshlint::finding::Date;
use meshlint::fleet::{self, Alternatives, Fleet, Given};
use meshlint::report::{self, Checked, Coverage, Format, Report, Style};
use meshlint::resource::Manifest;
use meshlint::rules::engine::Enabled;
use meshlint::rules::selection::{self, Wishes};
use meshlint::source::{self, Failure, Root, Walk};
use meshlint::yaml::{File, Limits};
use meshlint::{Loaded, Outcome};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Large enough for any manifest, in bytes.
const MAX_FILE_SIZE: u64 = 64 << 20;

pub(crate) const STAGES: [&str; 6] = ["walk", "read", "parse", "model", "rules", "report"];

fn walk(folder: &Path) -> Walk {
    let root = Root {
        path: ".".into(),
        cluster: None,
    };
    source::walk(folder, &[root], "-", &mut [])
}

fn bytes(walk: &Walk) -> Result<Vec<Vec<u8>>, Failure> {
    walk.found
        .par_iter()
        .map(|found| source::read(found, MAX_FILE_SIZE))
        .collect()
}

/// Says what could not be read, which would make a figure worthless.
fn or_text<T>(result: Result<T, Failure>) -> Result<T, String> {
    result.map_err(|failure| format!("{}: {}", failure.path, failure.error))
}

/// All files, in memory.
pub(crate) fn texts(folder: &Path) -> Result<Vec<String>, String> {
    let bytes = or_text(bytes(&walk(folder)))?;
    Ok(bytes
        .iter()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .collect())
}

/// Lists and reads the files, and no more.
pub(crate) fn read_files(folder: &Path) -> Result<Duration, String> {
    let (time, bytes) = timed(|| bytes(&walk(folder)));
    or_text(bytes)?;
    Ok(time)
}

/// The parser that the reader is built on, with the options that the reader gives it, its events thrown away.
/// Also says how many files it gave up on, which it does at the first error.
pub(crate) fn parser_events(texts: &[String]) -> (Duration, usize) {
    let depth = Limits::default().max_depth as usize;
    let is_broken = |text: &&String| {
        let options = options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: depth,
            block_nesting_limit: depth,
        };
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, options);
        while let Some(event) = parser.next_event() {
            if black_box(event).is_err() {
                return true;
            }
        }
        false
    };
    timed(|| texts.par_iter().filter(is_broken).count())
}

/// Texts to trees. The copies that the trees take over are made before.
pub(crate) fn trees(texts: &[String]) -> Duration {
    let copies: Vec<Vec<u8>> = texts
        .par_iter()
        .map(|text| text.clone().into_bytes())
        .collect();
    let limits = Limits::default();
    let read = |bytes| File::read("file.yaml".to_owned(), bytes, &limits);
    let (time, _files) = timed(|| copies.into_par_iter().map(read).collect::<Vec<_>>());
    time
}

/// A run over a folder, as the library does it.
pub(crate) struct Whole {
    pub(crate) time: Duration,
    pub(crate) documents: usize,
    pub(crate) clusters: usize,
    pub(crate) findings: usize,
}

pub(crate) fn whole(folder: &Path) -> Result<Whole, String> {
    let (time, result) = timed(|| {
        let loaded = meshlint::load(
            &walk(folder),
            folder,
            MAX_FILE_SIZE,
            fleet::Options::default(),
        );
        let outcome = check(&loaded.fleets);
        let written = render(&loaded.fleets, &outcome);
        (loaded, outcome, written)
    });
    let (Loaded { fleets, failures }, outcome, written) = result;
    written.map_err(|error| error.to_string())?;
    or_text(failures.into_iter().next().map_or(Ok(()), Err))?;
    let documents = fleets
        .main
        .files
        .all()
        .iter()
        .map(|file| file.documents().len())
        .sum();
    Ok(Whole {
        time,
        documents,
        clusters: fleets.main.clusters.len(),
        findings: outcome.findings.len(),
    })
}

/// The same, each stage for all files before the next begins.
pub(crate) fn stages(folder: &Path) -> Result<Vec<(&'static str, Duration)>, String> {
    let (walk_time, walk) = timed(|| walk(folder));
    let (read_time, bytes) = timed(|| bytes(&walk));
    let bytes = or_text(bytes)?;
    let limits = Limits::default();
    let (parse_time, given) = timed(|| {
        let files = walk.found.par_iter().zip(bytes);
        files
            .map(|(found, bytes)| Given {
                manifest: Arc::new(Manifest::read(found.path.clone(), bytes, &limits)),
                clusters: found.clusters.clone(),
            })
            .collect::<Vec<_>>()
    });
    let exists = |path: &str| folder.join(path).exists();
    let (model_time, fleets) = timed(|| Fleet::assemble(given, fleet::Options::default(), &exists));
    let (rules_time, outcome) = timed(|| check(&fleets));
    let (report_time, written) = timed(|| render(&fleets, &outcome));
    written.map_err(|error| error.to_string())?;
    let times = [
        walk_time,
        read_time,
        parse_time,
        model_time,
        rules_time,
        report_time,
    ];
    Ok(STAGES.into_iter().zip(times).collect())
}

fn check(fleets: &Alternatives) -> Outcome {
    let rules: Vec<Enabled> = selection::enabled(&Wishes::default());
    meshlint::check(fleets, &rules, &[], Date::of(SystemTime::now()))
}

fn render(fleets: &Alternatives, outcome: &Outcome) -> io::Result<()> {
    let report = Report {
        files: fleets.main.files.all(),
        findings: &outcome.findings,
        rules: &BTreeMap::new(),
        clusters: &[],
        coverage: Coverage::default(),
        checked: Checked::default(),
    };
    report::render(&report, Format::Json, &Style::default(), &mut io::sink())
}
