//! Gives `suite.py` its files and takes its verdict. README.md beside this file says what it proves.

mod corpus;
mod files;

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use aurorakerberos::krb5::{self, Arguments, Config, Problem, render};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;

/// How many files by chance libkrb5 is given.
const CORPUS: usize = 400;

/// Two ports that nobody listens on now, for the KDCs.
pub(crate) fn kdc_ports() -> io::Result<(u16, u16)> {
    let listeners = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((listeners.0.local_addr()?.port(), listeners.1.local_addr()?.port()))
}

/// Writes `manifest.json` and every file of [`files::files`], rendered by the module itself.
pub(crate) fn write_files(folder: &Path, (example, onprem): (u16, u16)) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("manifest.json"), files::manifest(example, onprem))?;
    for (name, arguments) in files::files(example, onprem) {
        std::fs::write(folder.join(name), rendered(&arguments)?)?;
    }
    Ok(())
}

/// Writes some hundred files by chance, the same each time, each beside what a client must understand of it.
pub(crate) fn write_corpus(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut runner = TestRunner::deterministic();
    for number in 0..CORPUS {
        let arguments = corpus::arguments()
            .new_tree(&mut runner)
            .map_err(|reason| io::Error::other(reason.to_string()))?
            .current();
        let meaning = corpus::Meaning::of(&arguments);
        let meaning = json!({
            "libdefaults": meaning.libdefaults,
            "realms": meaning.realms,
            "domain_realm": meaning.domain_realm,
        });
        std::fs::write(folder.join(format!("{number:04}.conf")), rendered(&arguments)?)?;
        std::fs::write(folder.join(format!("{number:04}.json")), meaning.to_string())?;
    }
    Ok(())
}

/// Runs the suite, whose lines go to the test's own output, and says whether every check passed.
///
/// `work` must be empty and open to other users: the servers run as `nobody` where the tests run as root.
pub(crate) fn run(files: &Path, corpus: &Path, work: &Path) -> io::Result<bool> {
    std::fs::create_dir_all(work)?;
    let suite = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kerberos/suite.py");
    let mut suite = Command::new(suite);
    suite.arg("--files").arg(files).arg("--corpus").arg(corpus).arg("--work").arg(work);
    Ok(suite.status()?.success())
}

fn rendered(arguments: &Arguments) -> io::Result<String> {
    let said = |problems: Vec<Problem>| io::Error::other(format!("{problems:?}"));
    Ok(render(&Config::parse(arguments).map_err(said)?.config))
}
