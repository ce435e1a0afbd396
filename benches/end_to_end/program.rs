//! The real program, as a user runs it.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) struct Run {
    pub(crate) time: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak: u64,
}

/// Runs `meshlint check` over a folder. None if it does not report, or if the system does not tell its memory.
pub(crate) fn run(folder: &Path) -> io::Result<Option<Run>> {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_meshlint"))
        .args(["check", "--output", "json", "."])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let output = child.stdout.take().map(|mut stdout| {
        thread::spawn(move || {
            let mut text = Vec::new();
            stdout.read_to_end(&mut text).map(|_| text)
        })
    });
    // The high-water mark only rises, so the last one seen is short of the peak by what the last moments added.
    let mut peak = 0;
    let exit = loop {
        peak = peak.max(high_water(&status).unwrap_or(0));
        if let Some(exit) = child.try_wait()? {
            break exit;
        }
        thread::sleep(Duration::from_millis(1));
    };
    let time = start.elapsed();
    let text = match output.map(thread::JoinHandle::join) {
        Some(Ok(text)) => text?,
        _ => Vec::new(),
    };
    let reported = matches!(exit.code(), Some(0 | 1)) && text.starts_with(b"{");
    Ok((reported && peak > 0).then_some(Run { time, peak }))
}

/// `VmHWM` of a process, which Linux gives in kB.
fn high_water(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024)
}
