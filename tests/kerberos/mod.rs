//! What `suite.py` is given, and its verdict. README.md beside this file says what it proves.

mod corpus;
pub(crate) mod files;

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use aurorakerberos::krb5::{self, Arguments};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

/// How many files by chance libkrb5 is given.
const CORPUS: usize = 400;

/// The exit code with which `suite.py` says that every stage was skipped.
const ALL_SKIPPED: i32 = 3;

/// What came of the suite.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Something was checked, and nothing failed.
    Passed,
    /// A check failed.
    Failed,
    /// The machine has nothing to check with.
    Skipped,
}

/// Two ports that nobody listens on now, for the KDCs.
pub(crate) fn kdc_ports() -> io::Result<(u16, u16)> {
    let listeners = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((listeners.0.local_addr()?.port(), listeners.1.local_addr()?.port()))
}

/// Arguments by chance, the same each time, each with what a client must understand of the file.
pub(crate) fn corpus() -> Vec<(Arguments, Json)> {
    let mut runner = TestRunner::deterministic();
    let strategy = corpus::arguments();
    let arguments = std::iter::repeat_with(|| strategy.new_tree(&mut runner)).take(CORPUS);
    arguments
        .map(|tree| {
            let arguments = tree.unwrap().current();
            let meaning = corpus::Meaning::of(&arguments);
            let meaning = json!({
                "libdefaults": meaning.libdefaults,
                "realms": meaning.realms,
                "domain_realm": meaning.domain_realm,
            });
            (arguments, meaning)
        })
        .collect()
}

/// Runs the suite, whose lines go past the test's captured output to everybody. With `required`, a missing package is
/// a failure.
///
/// `work` must be empty and open to other users: the servers run as `nobody` where the tests run as root.
pub(crate) fn run(files: &Path, corpus: &Path, work: &Path, required: bool) -> io::Result<Verdict> {
    std::fs::create_dir_all(work)?;
    let suite = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kerberos/suite.py");
    let mut suite = Command::new(suite);
    suite.arg("--files").arg(files).arg("--corpus").arg(corpus).arg("--work").arg(work);
    if required {
        suite.env("KERBEROS_REQUIRED", "1");
    }
    Ok(match suite.status()?.code() {
        Some(0) => Verdict::Passed,
        Some(ALL_SKIPPED) => Verdict::Skipped,
        _ => Verdict::Failed,
    })
}
