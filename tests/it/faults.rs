//! The fault matrix: every AWS operation that the provider calls, with everything that can go wrong with a call.
//!
//! Each case walks through the whole [`scenario`] with one fault ordered. An apply either succeeds, or gives an error
//! that names operation, object, AWS's code and request id; with the fault gone, two applies at most converge, and after
//! the destroy nothing is left that no state knows. A fault meets either the first call of an operation and its retries,
//! or the last call alone.
//!
//! The whole matrix takes many minutes: `AURORAKERBEROS_FAULTS=all` runs it, and any other value those cases whose names
//! contain it, such as `ds:CreateTrust` or `answer lost`. Without it each operation meets two of the ten faults, spread
//! so that each fault is met by a fifth of the operations. `AURORAKERBEROS_FAULTS_TRACE=1` tells the end of each case.

mod scenario;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_simulator::{Call, Fault, FaultKind, Service};

use crate::support::Report;
use crate::support::witness::{is_ci, root};
use scenario::{ATTEMPTS, Scenario, Walk, stage};

/// How many cases run at a time. Most of a case is waiting.
const WORKERS: usize = 6;

/// Longer than any case takes, retries and timeouts included.
const HANG: Duration = Duration::from_mins(1);

/// The page of figures.
const FIGURES: &str = "tests/RELIABILITY.md";

/// Operations in the sources that the scenario does not reach, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "ds:DeleteConditionalForwarder",
        "only where the trust went without its forwarder behind the provider's back",
    ),
    (
        "ds:DescribeSharedDirectories",
        "only to explain why AWS refuses to delete a directory; what fails is said there",
    ),
    ("iam:GetPolicy", "only where a role carries another policy than AWS's own"),
    ("iam:GetPolicyVersion", "only where a role carries another policy than AWS's own"),
    ("rds:DescribeDBEngineVersions", "nothing asks for an engine version yet"),
    ("rds:DescribeEvents", "only in a join that an earlier apply began, or that AWS says to have failed"),
    ("sts:AssumeRole", "the credentials of the matrix are static"),
    ("sts:AssumeRoleWithWebIdentity", "the credentials of the matrix are static"),
];

/// Cases that fail, each a known defect with its reason. One that no longer fails must be taken out.
const KNOWN: &[(&str, &str)] = &[];

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Throttled,
    Failure500,
    Failure503,
    Refused,
    ResetBefore,
    AnswerLost,
    Late,
    Truncated,
    AccessDenied,
    ExpiredToken,
}

impl Trouble {
    const ALL: [Self; 10] = [
        Self::Throttled,
        Self::Failure500,
        Self::Failure503,
        Self::Refused,
        Self::ResetBefore,
        Self::AnswerLost,
        Self::Late,
        Self::Truncated,
        Self::AccessDenied,
        Self::ExpiredToken,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Failure500 => "status 500",
            Self::Failure503 => "status 503",
            Self::Refused => "connection refused",
            Self::ResetBefore => "reset before the effect",
            Self::AnswerLost => "answer lost",
            Self::Late => "answer too late",
            Self::Truncated => "body truncated",
            Self::AccessDenied => "access denied",
            Self::ExpiredToken => "token expired",
        }
    }

    /// As the simulator orders it; a refused connection is none of a call.
    fn kind(self) -> Option<FaultKind> {
        Some(match self {
            Self::Throttled => FaultKind::Throttled,
            Self::Failure500 => FaultKind::InternalFailure,
            Self::Failure503 => FaultKind::ServiceUnavailable,
            Self::Refused => return None,
            Self::ResetBefore => FaultKind::ResetBefore,
            Self::AnswerLost => FaultKind::ResetAfter,
            Self::Late => FaultKind::Delay(Duration::from_millis(700)),
            Self::Truncated => FaultKind::Truncated,
            Self::AccessDenied => FaultKind::AccessDenied,
            Self::ExpiredToken => FaultKind::ExpiredToken,
        })
    }

    /// Whether AWS answers with a code.
    fn has_code(self) -> bool {
        use Trouble::{AccessDenied, ExpiredToken, Failure500, Failure503, Throttled};
        matches!(self, Throttled | Failure500 | Failure503 | AccessDenied | ExpiredToken)
    }
}

/// Which calls of the operation go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// The first one and its retries.
    First,
    /// The last one of a run without faults, once.
    Last,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    service: Service,
    operation: String,
    trouble: Trouble,
    when: When,
    /// The call among those of the operation, from 1.
    call: u64,
    /// How many calls of any operation come before it.
    before: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.when == When::First { "first calls" } else { "last call" };
        write!(f, "{}:{}, {}, {when}", self.service.name(), self.operation, self.trouble.words())
    }
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    AtOnce,
    Converged,
    Lost(Vec<String>),
    Defect(String),
}

/// Calls of a run without faults: those of each operation, with how many calls came before each.
type Calls = BTreeMap<(Service, String), Vec<u64>>;

async fn learn() -> Calls {
    let mut scenario = stage().await;
    for walk in Walk::ALL {
        if walk == Walk::Change {
            scenario.disturb();
        }
        scenario.run(walk).await.unwrap();
    }
    assert_eq!(scenario.simulator.leftovers(), [""; 0]);
    let mut calls = Calls::new();
    for (before, call) in scenario.simulator.journal().into_iter().enumerate() {
        calls.entry((call.service, call.operation)).or_default().push(before as u64);
    }
    calls
}

/// Every case, in the order of operations and faults.
fn cases(calls: &Calls) -> Vec<Case> {
    let mut cases = Vec::new();
    for ((service, operation), places) in calls {
        for trouble in Trouble::ALL {
            for (when, call) in [(When::First, 0), (When::Last, places.len() - 1)] {
                let (service, operation, before) = (*service, operation.clone(), places[call]);
                cases.push(Case { service, operation, trouble, when, call: call as u64 + 1, before });
            }
        }
    }
    cases
}

/// Two faults for each operation, one at its first calls and one at its last, other ones for the next operation.
fn spread(cases: Vec<Case>) -> Vec<Case> {
    let of_operation = 2 * Trouble::ALL.len();
    let chosen = |place: usize| {
        let (row, column) = (place / of_operation, place % of_operation);
        let (trouble, first) = (column / 2, column.is_multiple_of(2));
        // 3 has no common factor with 10, so that ten operations meet all ten faults.
        trouble == (3 * row + if first { 0 } else { 5 }) % Trouble::ALL.len()
    };
    cases.into_iter().enumerate().filter(|(place, _)| chosen(*place)).map(|(_, case)| case).collect()
}

fn order(scenario: &Scenario, case: &Case) {
    let times = if case.when == When::First { ATTEMPTS } else { 1 };
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

/// What is missing in the error that the user reads.
fn unsaid(case: &Case, told: &Report, journal: &[Call], known: &BTreeSet<String>) -> Vec<String> {
    let text = told.to_string();
    let mut missing = Vec::new();
    let object = if case.service == Service::Sts { "provider" } else { "aurorakerberos_" };
    if !text.contains(object) {
        missing.push(format!("the object ({object}…)"));
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

async fn run(case: &Case, known: &BTreeSet<String>) -> End {
    let mut scenario = stage().await;
    order(&scenario, case);
    let mut failed = false;
    for walk in Walk::ALL {
        if walk == Walk::Change {
            scenario.disturb();
        }
        let mut result = scenario.run(walk).await;
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
    }
    let left = scenario.simulator.leftovers();
    match (left.is_empty(), failed) {
        (false, _) => End::Lost(left),
        (true, true) => End::Converged,
        (true, false) => End::AtOnce,
    }
}

async fn run_all(cases: Vec<Case>, known: &BTreeSet<String>) -> Vec<(Case, End)> {
    let queue = Arc::new(Mutex::new(VecDeque::from(cases)));
    let known = Arc::new(known.clone());
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (queue, known) = (Arc::clone(&queue), Arc::clone(&known));
            tokio::spawn(async move {
                let mut ended = Vec::new();
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some(case) = next else { return ended };
                    let started = Instant::now();
                    let (own, known) = (case.clone(), Arc::clone(&known));
                    // A rule of Terraform that the provider breaks is a panic.
                    let task =
                        tokio::spawn(async move { tokio::time::timeout(HANG, run(&own, &known)).await });
                    let end = match task.await {
                        Ok(Ok(end)) => end,
                        Ok(Err(_)) => End::Defect("hangs".to_owned()),
                        Err(panic) => End::Defect(panic_text(panic)),
                    };
                    if std::env::var_os("AURORAKERBEROS_FAULTS_TRACE").is_some() {
                        let _ = writeln!(std::io::stderr(), "{:?} {case}: {end:?}", started.elapsed());
                    }
                    ended.push((case, end));
                }
            })
        })
        .collect();
    let mut ended = Vec::new();
    for worker in workers {
        ended.extend(worker.await.unwrap());
    }
    ended.sort_by(|(one, _), (other, _)| one.cmp(other));
    ended
}

fn panic_text(error: tokio::task::JoinError) -> String {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// The operations that the sources of the AWS layer name: `send!(DS, "CreateTrust", …)`.
fn in_sources() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("src/aws")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split("send!(").chain(text.split("pages!(")).skip(1) {
                let mut words = call.splitn(3, ',').map(str::trim);
                let (Some(service), Some(operation)) = (words.next(), words.next()) else { continue };
                let service = Service::ALL.into_iter().find(|known| known.name() == service.to_lowercase());
                let operation = operation.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
                if let (Some(service), Some(operation)) = (service, operation) {
                    found.insert(format!("{}:{operation}", service.name()));
                }
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whatever_breaks() {
    let calls = learn().await;
    let called: BTreeSet<String> =
        calls.keys().map(|(service, operation)| format!("{}:{operation}", service.name())).collect();
    let elsewhere: BTreeSet<String> = ELSEWHERE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: BTreeSet<String> = in_sources().difference(&called).cloned().collect();
    assert_eq!(
        missing, elsewhere,
        "operations of src/aws that the scenario does not call, and those excused"
    );

    let known: BTreeSet<String> = calls.keys().map(|(_, operation)| operation.clone()).collect();
    let whole = cases(&calls);
    let (in_whole, only) = (whole.len(), std::env::var("AURORAKERBEROS_FAULTS").ok());
    let cases = match only.as_deref() {
        None | Some("") => spread(whole),
        Some("all") => whole,
        Some(part) => whole.into_iter().filter(|case| case.to_string().contains(part)).collect(),
    };
    let figures = figures(&called, in_whole);
    let started = Instant::now();
    let ended = run_all(cases, &known).await;
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
    let file = root().join(FIGURES);
    if std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n") != figures {
        assert!(!is_ci(), "{FIGURES} is stale; run the tests outside CI and commit what they change");
        std::fs::write(&file, figures).unwrap();
        panic!("{FIGURES} was stale; it is written now: read the change and commit it");
    }
}

/// The page of figures. What hangs on the machine's speed, such as how many applies needed a second run, is not in it.
fn figures(called: &BTreeSet<String>, in_whole: usize) -> String {
    let mut services = BTreeMap::<&str, Vec<String>>::new();
    for (service, operation) in called.iter().filter_map(|name| name.split_once(':')) {
        services.entry(service).or_default().push(format!("`{operation}`"));
    }
    let operations: Vec<String> =
        services.iter().map(|(service, names)| format!("- {service}: {}\n", names.join(", "))).collect();
    let faults: Vec<&str> = Trouble::ALL.into_iter().map(Trouble::words).collect();
    let elsewhere: Vec<String> = ELSEWHERE.iter().map(|(name, why)| format!("- `{name}`: {why}\n")).collect();
    let known: Vec<String> = KNOWN.iter().map(|(name, why)| format!("- {name}: {why}\n")).collect();
    format!(
        "# Reliability\n\nWritten and checked by `cargo test` (`tests/it/faults.rs`).\n\n\
         | | |\n|---|---|\n| AWS operations that are made to fail | {} |\n| faults | {} |\n\
         | cases of every run of the tests | {} |\n| cases of the whole matrix (`AURORAKERBEROS_FAULTS=all`) | {in_whole} |\n\
         | objects lost in the cases of every run | 0 |\n| known defects | {} |\n\n\
         Faults: {}.\n\n## Operations\n\n{}\n## Operations that the scenario does not reach\n\n{}{}",
        called.len(),
        faults.len(),
        called.len() * 2,
        KNOWN.len(),
        faults.join(", "),
        operations.concat(),
        elsewhere.concat(),
        if known.is_empty() { String::new() } else { format!("\n## Known defects\n\n{}", known.concat()) },
    )
}
