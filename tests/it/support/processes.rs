//! Processes of others: which providers a Terraform has started, and how they end.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::PROVIDER;

/// The running providers that the process started.
pub(crate) fn providers_of(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("Linux has /proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_provider_of(*pid, parent)).collect()
}

fn is_provider_of(pid: u32, parent: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The name, which may hold anything, stands in parentheses; state and parent follow.
    let mut rest = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let (state, own_parent) = (rest.next(), rest.next());
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    state != Some("Z")
        && own_parent == Some(&parent.to_string())
        && program.is_ok_and(|program| program == Path::new(PROVIDER))
}

/// SIGKILL.
pub(crate) fn kill(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    // It may have ended by itself.
    let _ = kill_process(pid, Signal::KILL);
}

/// Waits for the end of a process that is nobody's child here. Panics when that takes long.
pub(crate) fn wait_for_end(pid: u32) {
    let until = Instant::now() + Duration::from_secs(20);
    while is_running(pid) {
        assert!(Instant::now() < until, "process {pid} does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
