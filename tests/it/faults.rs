//! The fault matrix: every AWS operation that the provider calls, with everything that can go wrong with a call.
//!
//! Each case walks through the whole [`scenario`] with one fault ordered. An apply either succeeds, or gives one error
//! that names operation, object, AWS's code and request id, and what to do; with the fault gone, two applies at most
//! converge, and after the destroy nothing is left that no state knows. Nothing is made twice for a fault that passes. A
//! fault meets the first call of an operation, the second one or the one in the middle, and their retries, or the last
//! call alone.
//!
//! The whole matrix takes many minutes: `AURORAKERBEROS_FAULTS=all` runs it, and any other value those cases whose names
//! contain it, such as `ds:CreateTrust` or `answer lost`. Without it each operation meets one of the ten faults, spread
//! so that each fault is met by a tenth of the operations. `AURORAKERBEROS_FAULTS_TRACE=1` tells the end of each case.
//!
//! A whole run without a defect writes its figures and its day into the page of figures. Every other run holds the cases
//! of that whole run against those of today, and fails where they are no longer the same: then the whole run is due.

mod case;
mod page;
pub(crate) mod scenario;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_simulator::{Call, Fault};

use crate::support::Report;
use crate::support::figures::{check_record, check_section, digest, record_section};
use crate::support::pool::{Ended, run_all};
pub(crate) use case::{Calls, learn};
use case::{Case, Trouble, When, cases, spread};
pub(crate) use page::sources;
use page::{figures, in_sources, whole_run};
use scenario::{ATTEMPTS, CROWD, Cast, Scenario, Settings, Walk, stage_with};

/// How many cases run at a time. Most of a case is waiting.
const WORKERS: usize = 6;

/// Longer than any case takes, retries and timeouts included, on a machine with twenty times as much to do.
const HANG: Duration = Duration::from_mins(5);

/// Cases that fail, each a known defect with its reason. One that no longer fails must be taken out.
const KNOWN: &[(&str, &str)] = &[];

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    AtOnce,
    Converged,
    Lost(Vec<String>),
    Defect(String),
}

/// How long AWS stays out of reach for an apply that bears with it, and how often such an apply asks: three times in an
/// outage, as one of some minutes is to the pauses outside of tests.
const OUTAGE: Duration = Duration::from_millis(300);
const POLL_INTERVAL: &str = "150ms";

fn order(scenario: &Scenario, case: &Case) {
    let times = if case.when == When::Last { 1 } else { ATTEMPTS };
    match case.trouble.kind() {
        Some(kind) => scenario
            .simulator
            .fault(Fault::new(case.service, &case.operation, kind).from_call(case.call).times(times)),
        None => scenario.simulator.close_after(case.before),
    }
}

fn mend(scenario: &Scenario, case: &Case) {
    scenario.simulator.clear_faults();
    if case.trouble.kind().is_none() {
        scenario.simulator.close();
        scenario.simulator.reopen().unwrap();
    }
}

/// Runs Terraform. Where an apply bears with an outage, this ends it.
async fn run_through(scenario: &mut Scenario, walk: Walk) -> Result<(), Report> {
    let simulator = Arc::clone(&scenario.simulator);
    let end_of_outage = async move {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if simulator.is_closed() {
                tokio::time::sleep(OUTAGE).await;
                simulator.close();
                simulator.reopen().unwrap();
            }
        }
    };
    tokio::select! {
        result = scenario.run(walk) => result,
        () = end_of_outage => unreachable!("it has no end"),
    }
}

/// Whether a text names an object by its type and what its user knows it by: `aurorakerberos_directory (d-1234567890)`.
fn names_an_object(text: &str) -> bool {
    let of_type = text.split("aurorakerberos_").skip(1);
    let labels = of_type
        .filter_map(|rest| rest.split_once(" ("))
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    labels
        .map(|(_, label)| label)
        .any(|label| label.split_once(')').is_some_and(|(label, _)| !label.is_empty()))
}

/// Whether a detail goes on after what happened: its last paragraph is neither the only one nor the refusal.
fn says_what_to_do(detail: &str, known: &BTreeSet<String>) -> bool {
    let (before, last) = detail.trim_end().rsplit_once("\n\n").unwrap_or(("", detail));
    let is_refusal = known.iter().any(|operation| {
        last.split_once(operation).is_some_and(|(service, _)| service.len() < 30 && !service.contains(':'))
    });
    !before.is_empty() && !is_refusal
}

/// What is missing in the error that the user reads.
fn unsaid(case: &Case, told: &Report, journal: &[Call], known: &BTreeSet<String>) -> Vec<String> {
    let text = told.to_string();
    // Of the provider's configuration, whose errors have one paragraph.
    let of_provider = text.contains("Failed to configure provider aurorakerberos");
    let mut missing = Vec::new();
    match told.errors()[..] {
        [detail] if says_what_to_do(detail, known) || of_provider => {}
        [_] => missing.push("what to do".to_owned()),
        ref more => missing.push(format!("one thing alone, but tells {} errors", more.len())),
    }
    let of_data_source = text.contains("data.aurorakerberos_");
    if !names_an_object(&text) && !of_provider && !of_data_source {
        missing.push("the object".to_owned());
    }
    if case.trouble == Trouble::Refused {
        if !known.iter().any(|operation| text.contains(operation)) {
            missing.push("the operation".to_owned());
        }
        return missing;
    }
    if !text.contains(&case.operation) {
        missing.push(format!("the operation {}", case.operation));
    }
    let failed: Vec<&Call> = journal
        .iter()
        .filter(|call| call.service == case.service && call.operation == case.operation && !call.effective)
        .collect();
    if case.trouble.has_code() {
        if !failed.iter().any(|call| text.contains(&call.outcome)) {
            missing.push("AWS's code".to_owned());
        }
        if !failed.iter().any(|call| text.contains(&call.request_id)) {
            missing.push("the request id".to_owned());
        }
    }
    missing
}

/// Whether the calls that the fault meets have been made.
fn has_come(scenario: &Scenario, case: &Case) -> bool {
    let journal = scenario.simulator.journal();
    let of_operation = journal
        .iter()
        .filter(|call| call.service == case.service && call.operation == case.operation)
        .count();
    match case.trouble.kind() {
        Some(_) => of_operation as u64 >= case.call,
        None => journal.len() as u64 > case.before,
    }
}

/// What was made more often than in a run without faults.
fn made_twice(scenario: &Scenario, case: &Case) -> Option<String> {
    let (directories, roles, trusts) = match case.cast {
        Cast::OneOfEach => (1, 1, 2),
        Cast::Crowd => (CROWD, CROWD, 0),
    };
    let journal = scenario.simulator.journal();
    let made =
        |operation| journal.iter().filter(|call| call.effective && call.operation == operation).count();
    [("CreateMicrosoftAD", directories), ("CreateRole", roles), ("CreateTrust", trusts)]
        .into_iter()
        .find(|(operation, expect)| made(*operation) > *expect)
        .map(|(operation, expect)| format!("{operation} took effect {} times, not {expect}", made(operation)))
}

async fn run(case: &Case, known: &BTreeSet<String>) -> End {
    let poll_interval = if case.trouble == Trouble::Refused { POLL_INTERVAL } else { "2ms" };
    let mut scenario = stage_with(Settings { cast: case.cast, poll_interval, ..Settings::default() }).await;
    order(&scenario, case);
    let (mut failed, mut met) = (false, false);
    for walk in Walk::ALL {
        // What has come through the fault needs no more changes, only its end.
        if met && walk != Walk::Destroy {
            continue;
        }
        scenario.disturb(walk);
        let mut result = run_through(&mut scenario, walk).await;
        if let Err(told) = &result {
            let missing = unsaid(case, told, &scenario.simulator.journal(), known);
            mend(&scenario, case);
            if failed {
                return End::Defect(format!("{walk:?} failed after the fault was gone: {told}"));
            }
            failed = true;
            if !missing.is_empty() {
                return End::Defect(format!("the error does not name {}: {told}", missing.join(", ")));
            }
            for _ in 0..2 {
                if result.is_err() {
                    result = scenario.run(walk).await;
                }
            }
            if let Err(told) = result {
                let left = scenario.simulator.leftovers();
                return End::Defect(format!("{walk:?} does not converge: {told}\nleft: {left:?}"));
            }
        }
        met = failed || has_come(&scenario, case);
    }
    if let Some(problem) = made_twice(&scenario, case).filter(|_| case.trouble.is_transient()) {
        return End::Defect(problem);
    }
    let left = scenario.simulator.leftovers();
    match (left.is_empty(), failed) {
        (false, _) => End::Lost(left),
        (true, true) => End::Converged,
        (true, false) => End::AtOnce,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whatever_breaks() {
    let calls = learn().await;
    let called: BTreeSet<String> =
        calls.keys().map(|(service, operation)| format!("{}:{operation}", service.name())).collect();
    let missing: Vec<String> = in_sources().difference(&called).cloned().collect();
    assert_eq!(missing, [""; 0], "operations of src/aws that the scenario does not call");

    let known: BTreeSet<String> = calls.keys().map(|(_, operation)| operation.clone()).collect();
    let whole = cases(&calls);
    let (digest, in_whole, only) = (digest(&whole), whole.len(), std::env::var("AURORAKERBEROS_FAULTS").ok());
    let cases = match only.as_deref() {
        None | Some("") => spread(&whole),
        Some("all") => whole,
        Some(part) => whole.into_iter().filter(|case| case.to_string().contains(part)).collect(),
    };
    let figures = figures(&called, in_whole);
    let started = Instant::now();
    let known = Arc::new(known);
    let each = move |case: Case| {
        let known = Arc::clone(&known);
        async move { run(&case, &known).await }
    };
    let ended: Vec<(Case, End)> = run_all(cases, WORKERS, HANG, each)
        .await
        .into_iter()
        .map(|(case, end, took)| {
            let end = match end {
                Ended::Done(end) => end,
                Ended::Panicked(text) => End::Defect(text),
                Ended::Hangs => End::Defect("hangs".to_owned()),
            };
            if std::env::var_os("AURORAKERBEROS_FAULTS_TRACE").is_some() {
                let _ = writeln!(std::io::stderr(), "{took:?} {case}: {end:?}");
            }
            (case, end)
        })
        .collect();
    let count = |wanted: fn(&End) -> bool| ended.iter().filter(|(_, end)| wanted(end)).count();
    let summary = format!(
        "{} operations, {} cases: {} succeeded at once, {} failed and converged, {} defects, {} lost; {:.0?}",
        calls.len(),
        ended.len(),
        count(|end| *end == End::AtOnce),
        count(|end| *end == End::Converged),
        count(|end| matches!(end, End::Defect(_))),
        count(|end| matches!(end, End::Lost(_))),
        started.elapsed(),
    );
    // Not with println!: of a test that passes, the harness shows nothing that went through it.
    let _ = writeln!(std::io::stderr(), "fault matrix: {summary}");
    let mut problems = Vec::new();
    for (case, end) in &ended {
        let name = case.to_string();
        let excused = KNOWN.iter().any(|(known, _)| *known == name);
        match end {
            End::AtOnce | End::Converged if excused => {
                problems.push(format!("{name}: no longer fails; take it out of KNOWN"));
            }
            End::AtOnce | End::Converged => {}
            End::Lost(left) => problems.push(format!("{name}: LOST {left:?}")),
            End::Defect(_) if excused => {}
            End::Defect(text) => problems.push(format!("{name}: {text}")),
        }
    }
    assert!(problems.is_empty(), "{summary}\n{}", problems.join("\n\n"));
    if ended.len() == in_whole {
        record_section("faults-whole", &whole_run(&digest, count(|end| *end == End::AtOnce), in_whole));
    }
    check_section("faults", &figures);
    if only.is_none() {
        check_record("faults-whole", &digest, "AURORAKERBEROS_FAULTS=all");
    }
}
