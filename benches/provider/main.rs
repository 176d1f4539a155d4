//! Measures this provider beside others, and writes `benches/RESULTS.md`.
//!
//! ```sh
//! PEER_PROVIDER=$(benches/peers.sh) cargo bench --bench provider
//! ```
//!
//! Subjects take turns (A B A B), because absolute times drift on shared machines; what counts is the ratio. Everything
//! that talks to AWS talks to the simulator in this process, which answers at once. What is not measured: AWS itself,
//! the network, and the download of the provider.
//!
//! - [`start`]: from exec to the configured provider, with processor time and memory.
//! - [`sizes`]: of the binary and of its release archive.
//! - [`walk`]: whole Terraform commands over many objects.
//! - [`associations`]: what AWS is asked for 200 domain associations.
//! - [`lateness`]: how late a wait notices that AWS is done.
//! - [`estimates`]: what criterion found (`cargo bench -p tf-provider --bench rpc`).

mod associations;
mod cost;
mod estimates;
mod lateness;
mod machine;
mod msgpack;
mod page;
mod sizes;
mod start;
mod stats;
mod subject;
mod targets;
mod terraform;
mod walk;
mod wrapper;

use std::io::Write as _;
use std::process::ExitCode;

/// Whatever goes wrong ends the run.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

const USAGE: &str = "\
Usage: cargo bench --bench provider [-- OPTION…]

  --quick            few runs of few objects, printed only
  --only PART        start, sizes, walk, associations or lateness; may be repeated; printed only
  --provider PATH    measure this build instead of the one that cargo made; printed only

PEER_PROVIDER holds the paths of other providers, separated as in PATH; benches/peers.sh fetches two and prints them.
Without --quick, --only and --provider the results are written to benches/RESULTS.md too.";

/// What the command line asks for.
#[derive(Debug, Default)]
struct Options {
    quick: bool,
    only: Vec<String>,
    provider: Option<String>,
}

impl Options {
    /// `None` when it cannot be understood. cargo adds `--bench`.
    fn parse(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--bench" => {}
                "--quick" => options.quick = true,
                "--only" => options.only.push(words.next()?),
                "--provider" => options.provider = Some(words.next()?),
                _ => return None,
            }
        }
        Some(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn is_whole(&self) -> bool {
        !self.quick && self.only.is_empty() && self.provider.is_none()
    }
}

fn main() -> ExitCode {
    if let Some(code) = wrapper::run_if_asked() {
        return code;
    }
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        say(USAGE);
        return ExitCode::from(2);
    };
    match measure(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    let subjects = subject::all(options.provider.as_deref())?;
    let mut page = page::Page::new(&machine::describe(&subjects)?);
    let mut found = targets::Found::default();
    if options.wants("start") {
        say("start …");
        start::measure(&subjects, if options.quick { 10 } else { 50 }, &mut page, &mut found)?;
    }
    if options.wants("sizes") {
        say("sizes …");
        sizes::measure(&subjects, &mut page, &mut found)?;
    }
    if options.wants("walk") {
        walk::measure(&subjects, options.quick, &mut page, &mut found)?;
    }
    if options.wants("associations") {
        say("associations …");
        associations::measure(&subjects[0], if options.quick { 50 } else { 200 }, &mut page, &mut found)?;
    }
    // Minutes of waiting, which nobody needs who only tries something.
    if options.wants("lateness") && (!options.quick || !options.only.is_empty()) {
        say("lateness (minutes) …");
        lateness::measure(&subjects[0], &mut page, &mut found)?;
    }
    estimates::add(&mut page);
    let text = page.finish(&targets::table(&found));
    say(&text);
    if cfg!(debug_assertions) {
        say("Nothing is written: this is no release build.");
    } else if options.is_whole() {
        let file = machine::root().join("benches/RESULTS.md");
        std::fs::write(&file, text)?;
    }
    Ok(())
}

/// Writes to stdout. That nobody reads it is no reason to end.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
