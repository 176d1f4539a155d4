//! On what and with what it was measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::subject::Subject;

/// The checkout.
pub(crate) fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// Lines for the head of the page.
pub(crate) fn describe(subjects: &[Subject]) -> Result<Vec<String>> {
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism()?;
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let changed = said("git", &["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"])
        .is_some_and(|text| !text.is_empty());
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_default();
    Ok(vec![
        format!("Date: {}", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC")),
        format!("Commit: {commit}{}", if changed { ", with changes" } else { "" }),
        format!("Machine: {cores} cores of {cpu}, {memory} of memory, Linux {}", kernel.trim()),
        format!(
            "Rust: {}, for {}",
            said("rustc", &["--version"]).unwrap_or_default(),
            host().unwrap_or_default()
        ),
        format!(
            "Terraform: {}",
            said("terraform", &["version"])
                .and_then(|text| text.lines().next().map(str::to_owned))
                .unwrap_or_default()
        ),
        format!("Providers: {}", names.join(", ")),
    ])
}

/// The target that cargo builds for unless it is told otherwise.
fn host() -> Option<String> {
    let told = said("rustc", &["-vV"])?;
    told.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// What a program printed, if it is there and succeeded.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .env("CHECKPOINT_DISABLE", "1")
        .env_remove("TF_CLI_CONFIG_FILE")
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first value of that name in a file of `name : value` lines.
fn field(file: impl AsRef<Path>, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) =
        text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}
