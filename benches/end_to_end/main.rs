//! How long a run takes, where the time goes and how much memory it needs, on a generated fleet.
//!
//! `cargo bench --bench end_to_end` (`-- --quick` for a small fleet). docs/performance.md says what the figures mean.
//! All measures are taken in turn, again and again, and given as medians, so that what disturbs one disturbs all.

#[path = "../../examples/generate-fleet/mod.rs"]
mod fleet;
mod line;
mod program;

use clap::Parser;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What the design allows.
const MAX_TIMES_EVENTS: f64 = 1.35;
const MAX_BYTES_PER_BYTE: f64 = 4.0;
const MAX_MODEL_AND_RULES: f64 = 0.15;

#[derive(Parser)]
struct Args {
    /// A small fleet, once: whether it runs, not how fast.
    #[arg(long)]
    quick: bool,
    /// How often to take each measure.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clusters: u32,
    #[arg(long, default_value_t = 140, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    services: u32,
    /// Cargo passes this.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match measure(&Args::parse(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "end_to_end: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A folder of manifests.
struct Sample {
    /// None for a folder that the user gave.
    clusters: Option<usize>,
    folder: PathBuf,
    /// How often to run the line over it in each repetition: more for what is done in no time.
    runs: usize,
}

fn measure(args: &Args, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let (clusters, services, repetitions) = match args.quick {
        true => (10, 20, 1),
        false => (
            args.clusters as usize,
            args.services as usize,
            usize::from(args.repetitions),
        ),
    };
    let temp = tempfile::tempdir()?;
    let samples = match std::env::var_os("MESHLINT_BENCH_DIR") {
        Some(given) => vec![Sample {
            clusters: None,
            folder: PathBuf::from(given).canonicalize()?,
            runs: 1,
        }],
        None => generate(temp.path(), clusters, services)?,
    };
    let largest = samples.last().ok_or("nothing to measure")?;
    let texts = line::texts(&largest.folder)?;

    let mut times = Times::default();
    let mut stages: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut peaks = Vec::new();
    let mut broken = 0;
    let mut seen = BTreeMap::new();
    for _ in 0..repetitions {
        times.add("read files", line::read_files(&largest.folder)?);
        let (time, gave_up) = line::parser_events(&texts);
        times.add("parser events", time);
        broken = gave_up;
        times.add("File::read", line::trees(&texts));
        for (stage, time) in line::stages(&largest.folder)? {
            stages.entry(stage).or_default().push(time);
        }
        for (at, sample) in samples.iter().enumerate() {
            for _ in 0..sample.runs {
                let whole = line::whole(&sample.folder)?;
                times.add(&format!("whole line {at}"), whole.time);
                seen.insert(at, whole);
            }
        }
        if let Some(run) = program::run(&largest.folder)? {
            times.add("meshlint check", run.time);
            peaks.push(run.peak);
        }
    }

    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let whole = format!("whole line {}", samples.len() - 1);
    let last = seen
        .get(&(samples.len() - 1))
        .ok_or("nothing was measured")?;
    writeln!(
        out,
        "{} files, {} documents, {:.1} MB, {} clusters; {} threads; medians of {repetitions}; {} findings",
        texts.len(),
        last.documents,
        bytes as f64 / 1e6,
        last.clusters,
        rayon::current_num_threads(),
        last.findings,
    )?;

    if broken > 0 {
        writeln!(
            out,
            "{broken} files do not parse; the bare parser stops there, so its figures flatter it"
        )?;
    }

    let events = times.median("parser events").ok_or("no parser events")?;
    writeln!(
        out,
        "\n{:<34} {:>9} {:>8} {:>16}",
        "", "ms", "MB/s", "× parser events"
    )?;
    for (key, title) in [
        ("read files", "read the files"),
        ("parser events", "bare parser events, from memory"),
        ("File::read", "trees (File::read), from memory"),
        (whole.as_str(), "whole line, in this process"),
        ("meshlint check", "meshlint check, a process"),
    ] {
        match times.median(key) {
            None => writeln!(out, "{title:<34} {:>9}", "-")?,
            Some(time) => {
                let rate = bytes as f64 / 1e6 / time.as_secs_f64();
                let ratio = time.as_secs_f64() / events.as_secs_f64();
                let verdict = if key == whole {
                    limit(ratio, MAX_TIMES_EVENTS)
                } else {
                    String::new()
                };
                writeln!(
                    out,
                    "{title:<34} {:>9.1} {rate:>8.1} {ratio:>16.2}{verdict}",
                    milliseconds(time)
                )?;
            }
        }
    }

    let medians: Vec<(&str, Duration)> = line::STAGES
        .iter()
        .filter_map(|stage| Some((*stage, median(stages.get(stage)?)?)))
        .collect();
    let sum: f64 = medians.iter().map(|(_, time)| time.as_secs_f64()).sum();
    let mut judging = 0.0;
    writeln!(out, "\n{:<34} {:>9} {:>8}", "stage by stage", "ms", "share")?;
    for (stage, time) in &medians {
        let share = time.as_secs_f64() / sum;
        if ["model", "rules"].contains(stage) {
            judging += share;
        }
        writeln!(
            out,
            "{stage:<34} {:>9.1} {:>7.1}%",
            milliseconds(*time),
            share * 100.0
        )?;
    }
    let verdict = limit(judging * 100.0, MAX_MODEL_AND_RULES * 100.0);
    writeln!(
        out,
        "{:<34} {:>9.1} {:>7.1}%{verdict}",
        "model and rules",
        judging * sum * 1e3,
        judging * 100.0
    )?;

    if samples.len() > 1 {
        writeln!(
            out,
            "\n{:<34} {:>9} {:>8} {:>16}",
            "clusters", "documents", "ms", "µs a document"
        )?;
        for (at, sample) in samples.iter().enumerate() {
            let time = times.median(&format!("whole line {at}"));
            let (Some(time), Some(seen), Some(clusters)) = (time, seen.get(&at), sample.clusters)
            else {
                continue;
            };
            let each = time.as_secs_f64() * 1e6 / seen.documents.max(1) as f64;
            writeln!(
                out,
                "{clusters:<34} {:>9} {:>8.1} {each:>16.2}",
                seen.documents,
                milliseconds(time)
            )?;
        }
    }

    peaks.sort_unstable();
    match peaks.get(peaks.len() / 2) {
        None => writeln!(
            out,
            "\npeak memory: not measured, the program does not check yet or this is not Linux"
        )?,
        Some(peak) => {
            let ratio = *peak as f64 / bytes as f64;
            let verdict = limit(ratio, MAX_BYTES_PER_BYTE);
            writeln!(
                out,
                "\npeak memory of meshlint check: {:.1} MB, {ratio:.2} bytes a byte of input{verdict}",
                *peak as f64 / 1e6
            )?;
        }
    }
    Ok(())
}

/// Fleets of 1, 10 and as many clusters as asked for, below one folder.
fn generate(folder: &Path, clusters: usize, services: usize) -> io::Result<Vec<Sample>> {
    let mut sizes = vec![1, 10, clusters];
    sizes.retain(|size| *size <= clusters);
    sizes.sort_unstable();
    sizes.dedup();
    sizes
        .into_iter()
        .map(|size| {
            let options = fleet::Options {
                clusters: size,
                services,
                plant: Vec::new(),
                layout: fleet::Layout::Folders,
                seed: 1,
            };
            let folder = folder.join(size.to_string());
            fleet::write(&options, &folder, &mut io::sink())?;
            Ok(Sample {
                clusters: Some(size),
                folder,
                runs: (clusters / size / 10).clamp(1, 10),
            })
        })
        .collect()
}

#[derive(Default)]
struct Times(BTreeMap<String, Vec<Duration>>);

impl Times {
    fn add(&mut self, key: &str, time: Duration) {
        self.0.entry(key.to_owned()).or_default().push(time);
    }

    fn median(&self, key: &str) -> Option<Duration> {
        median(self.0.get(key)?)
    }
}

fn median(times: &[Duration]) -> Option<Duration> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Whether a figure keeps to what the design allows. Said, never enforced: a busy machine is not a regression.
fn limit(value: f64, max: f64) -> String {
    format!("  ({} {max})", if value <= max { "within" } else { "over" })
}

/// The time that something takes, and what comes of it, which is dropped later.
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}
