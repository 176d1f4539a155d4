//! How late an apply notices that AWS is done, at the product's own poll intervals and in real time.
//!
//! A creation of ten minutes is long past the first two, after which the intervals are at their longest. So many
//! directories are created at once, the provider polls for more than two real minutes while the simulator shows
//! `Creating`, and then one directory after the other becomes `Active`, at moments spread over several of the longest
//! intervals. How late Terraform's `Creation complete` comes after each such moment is the figure: it holds the rest of
//! the interval, the poll, what the provider does after it, and Terraform's own way to the line.
//!
//! What is left out: minutes two to ten of the wait, in which nothing changes any more.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use aws_simulator::{Steps, Timeline, wall_clock};

use crate::page::{Page, Table};
use crate::stats::{median, quantile, time};
use crate::subject::Subject;
use crate::targets::Found;
use crate::terraform::Workspace;
use crate::{Error, Result};

const DIRECTORIES: usize = 60;
/// How long all of them wait before the first is done.
const BEFORE: Duration = Duration::from_secs(140);
/// From one to the next. Together they cover several poll intervals, and no interval is a multiple of it.
const APART: Duration = Duration::from_millis(770);

fn configuration() -> String {
    format!(
        r#"resource "aurorakerberos_directory" "d" {{
  count                     = {DIRECTORIES}
  name                      = "d${{count.index}}.example.com"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = "Correct-Horse-7"
  admin_password_wo_version = 1
}}
"#
    )
}

/// Measures it.
pub(crate) fn measure(ours: &Subject, page: &mut Page, found: &mut Found) -> Result<()> {
    let workspace = Workspace::new(ours, &configuration())?;
    let simulator = &workspace.simulator;
    simulator.set_steps(Steps { directory_create: Duration::from_mins(10), ..Steps::default() });
    let parallelism = format!("-parallelism={DIRECTORIES}");
    let arguments = ["apply", "-input=false", "-no-color", "-auto-approve", &parallelism];
    let begun = Instant::now();
    let mut terraform =
        workspace.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let output = terraform.stdout.take().ok_or("stdout is not piped")?;
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(std::result::Result::ok);
        lines.filter_map(|line| Some((created(&line)?, wall_clock()))).collect::<BTreeMap<String, i64>>()
    });
    while simulator.here(|region| region.directories.len()) < DIRECTORIES {
        if begun.elapsed() > Duration::from_mins(1) || terraform.try_wait()?.is_some() {
            terraform.kill()?;
            return Err("the directories are not created".into());
        }
        sleep(Duration::from_millis(50));
    }
    sleep(BEFORE.saturating_sub(begun.elapsed()));
    simulator.clear_journal();
    let first_done = wall_clock();
    // All moments are fixed at once: each directory's is a property of the state, not of a sleep here.
    let done: BTreeMap<String, i64> = simulator.with(|state| {
        let now = state.clock.now();
        let here = state.region(aws_simulator::DEFAULT_ACCOUNT, "us-east-1");
        let moments = (1..).map(|index| APART * index);
        here.directories
            .iter_mut()
            .zip(moments)
            .map(|((id, directory), delay)| {
                directory.stage = Timeline::new("Creating", now).then(delay, "Active");
                (id.clone(), first_done + i64::try_from(delay.as_millis()).unwrap_or_default())
            })
            .collect()
    });
    if !terraform.wait()?.success() {
        return Err("the apply failed".into());
    }
    let polls = simulator.count("DescribeDirectories");
    let noticed = reader.join().map_err(|_| "the reader of Terraform's output failed")?;
    let late: Vec<Duration> =
        done.iter().map(|(id, done)| lateness(id, *done, &noticed)).collect::<Result<_>>()?;
    workspace.run(&["destroy", "-input=false", "-no-color", "-auto-approve", &parallelism])?;
    report(&late, polls, page);
    found.lateness = Some(median(&late));
    Ok(())
}

/// The id in `aurorakerberos_directory.d[7]: Creation complete after 2m28s [id=d-…]`.
fn created(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(": Creation complete after ")?;
    let (_, id) = rest.split_once("[id=")?;
    Some(id.trim_end().trim_end_matches(']').to_owned())
}

fn lateness(id: &str, done: i64, noticed: &BTreeMap<String, i64>) -> Result<Duration> {
    let at = noticed.get(id).ok_or_else(|| Error::from(format!("{id} was never complete")))?;
    let late = u64::try_from(at - done).map_err(|_| format!("{id} was complete before AWS was done"))?;
    Ok(Duration::from_millis(late))
}

fn report(late: &[Duration], polls: usize, page: &mut Page) {
    page.section(
        "How late a wait notices",
        &format!(
            "{DIRECTORIES} directories created at once. After {} s of real polls, when the intervals are at their longest, they \
             became Active one after the other, {} ms apart; what counts is the time from then to Terraform's `Creation \
             complete`.",
            BEFORE.as_secs(),
            APART.as_millis(),
        ),
    );
    let mut table = Table::new(&["median", "p95", "worst", "calls of DescribeDirectories meanwhile"]);
    table.row([
        time(median(late)),
        time(quantile(late, 0.95)),
        time(late.iter().max().copied().unwrap_or_default()),
        polls.to_string(),
    ]);
    page.table(&table);
}
