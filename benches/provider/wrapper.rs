//! This program in a provider's place: it starts the real one, waits for its end, and notes what it used.
//!
//! Terraform is the parent of its providers, so that only the kernel's account at their end (wait4(2)) tells all of
//! their processor time and their peak of memory. The wrapper costs each start the same few milliseconds.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use wait4::Wait4 as _;

use crate::Result;

/// The real provider. That it is set says that this is a wrapper.
pub(crate) const PROGRAM: &str = "PROVIDER_BENCH_PROGRAM";
/// The file to which a line is added for each process.
pub(crate) const RECORD: &str = "PROVIDER_BENCH_RECORD";

/// What the processes of a command used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) processes: usize,
    pub(crate) processor: Duration,
    /// The largest of one process, in bytes.
    pub(crate) peak: u64,
}

/// Runs the real provider, where this process stands in its place.
pub(crate) fn run_if_asked() -> Option<ExitCode> {
    let program = std::env::var_os(PROGRAM)?;
    let record = std::env::var_os(RECORD)?;
    Some(run(Path::new(&program), Path::new(&record)).unwrap_or(ExitCode::FAILURE))
}

fn run(program: &Path, record: &Path) -> Result<ExitCode> {
    let child = Command::new(program).args(std::env::args_os().skip(1)).spawn()?;
    let end = child.wait4()?;
    let processor = (end.rusage.utime + end.rusage.stime).as_micros();
    let line = format!("{processor} {}\n", end.rusage.maxrss);
    // One write of few bytes: lines of processes that end together do not mix.
    OpenOptions::new().create(true).append(true).open(record)?.write_all(line.as_bytes())?;
    Ok(if end.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was noted since the last time.
pub(crate) fn take(record: &Path) -> Result<Used> {
    let text = fs::read_to_string(record).unwrap_or_default();
    fs::write(record, "")?;
    let mut used = Used::default();
    for line in text.lines() {
        let (processor, peak) = line.split_once(' ').ok_or("a torn line in the record")?;
        used.processes += 1;
        used.processor += Duration::from_micros(processor.parse()?);
        used.peak = used.peak.max(peak.parse()?);
    }
    Ok(used)
}
