//! What a process cost, read from Linux's `/proc` (proc(5)).

use std::fs;
use std::time::Duration;

use crate::{Error, Result};

/// Largest resident memory so far, in bytes (`VmHWM`).
pub(crate) fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024).ok_or_else(|| Error::from("no VmHWM in /proc"))
}

/// Processor time of the threads that run, in nanoseconds exact. Threads that have ended are not in it: a provider
/// that has just started has none.
pub(crate) fn processor_time(pid: u32) -> Result<Duration> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        total += text.split(' ').next().and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(total))
}
