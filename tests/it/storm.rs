//! Storms: several faults and an interruption in the same run, where chance puts them, some runs in a row.
//!
//! The [faults](super::faults) and the [interruptions](super::interruption) each meet one thing at a time. What is met
//! here is what they leave between them: a Ctrl-C while an answer is lost, a kill while a lost answer is looked for, a
//! second fault in what repairs the first. Each storm is one object's whole life. After the storm of each step the
//! next apply converges, or ends in one error that tells the `import` block with which the one after it does; there is
//! never more than one of the object, no instance is rebooted twice for one join, and after the destroy nothing is left
//! that no state knows.
//!
//! Chance is drawn from the storm's number, so that a storm can be met again, as far as the machine's speed lets it:
//! `AURORAKERBEROS_STORMS=2000` runs so many, and `AURORAKERBEROS_STORMS=@17` that one. A run of two thousand or more that
//! finds nothing is recorded with its day. `AURORAKERBEROS_STORMS_TRACE=1` tells the end of each run of a storm.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use aws_simulator::{Fault, FaultKind, Options, Orders, State, Steps};
use fastrand::Rng;

use crate::interruption::case::{Way, import_id};
use crate::interruption::life::{self, Kind, Life, Step};
use crate::support::figures::{check_section, record_section, today};
use crate::support::pool::{Ended, run_all};

/// How many storms every run of the tests has.
const STORMS: u64 = 48;

/// From how many on a run is worth a record.
const MANY: u64 = 2000;

/// How many at a time. Much of one is waiting.
const WORKERS: usize = 6;

/// Longer than any storm takes.
const HANG: Duration = Duration::from_mins(5);

/// How long an answer may take. One that is delayed takes longer.
const READ_TIMEOUT: &str = "1s";
const LATE: Duration = Duration::from_millis(1500);

/// A run has seldom more calls to AWS.
const CALLS: u64 = 30;

/// How a run is interrupted. Two of six are left alone.
const WAYS: [Option<Way>; 6] = [
    None,
    None,
    Some(Way::ProviderKilled),
    Some(Way::TerraformKilled),
    Some(Way::StoppedTwice),
    Some(Way::Stopped),
];

/// What became of the runs of a storm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weather {
    runs: usize,
    failed: usize,
    interrupted: usize,
    adopted: usize,
}

impl Weather {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.failed += other.failed;
        self.interrupted += other.interrupted;
        self.adopted += other.adopted;
    }
}

/// Orders some faults of any kind, each for some calls in a row, and some refusals for what others do.
fn gather(life: &Life, chance: &mut Rng) {
    let kinds = [
        FaultKind::Throttled,
        FaultKind::InternalFailure,
        FaultKind::ServiceUnavailable,
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::ResetAfter,
        FaultKind::Delay(LATE),
        FaultKind::Truncated,
        FaultKind::Malformed,
        FaultKind::Empty,
        FaultKind::AccessDenied,
        FaultKind::ExpiredToken,
    ];
    for _ in 0..chance.u32(0..=3) {
        let fault = Fault::everywhere(kinds[chance.usize(..kinds.len())].clone());
        life.simulator.fault(fault.from_call(chance.u64(1..=CALLS)).times(chance.u64(1..=4)));
    }
    life.simulator.with(|state| {
        let orders = &mut state.orders;
        for list in [&mut orders.cluster_busy, &mut orders.instance_busy, &mut orders.directory_in_use] {
            list.add("*", "Somebody else is at work.", chance.u32(0..3));
        }
        if chance.u32(..8) == 0 {
            orders.join_fails.add("*", "The domain does not answer.", 1);
        }
    });
    let pace = [0, 0, 30, 200][chance.usize(..4)];
    life.simulator.set_steps(Steps::all(Duration::from_millis(pace)));
}

/// One run in the storm. Says how it ended, if it did.
async fn run(life: &mut Life, step: Step, chance: &mut Rng, weather: &mut Weather) -> String {
    let config = life.config(step);
    gather(life, chance);
    let mut object = life.object.clone();
    let mut task = tokio::spawn(async move {
        let result = async {
            let plan = life::plan(&mut object, &config).await?;
            life::apply(&mut object, plan.as_ref(), &config).await
        };
        let result = result.await;
        (object, result)
    });
    weather.runs += 1;
    let began = life.simulator.journal().len();
    let calls = chance.u64(1..CALLS);
    let way = WAYS[chance.usize(..WAYS.len())];
    let later = Duration::from_millis(chance.u64(..30));
    let interruption = async {
        let Some(way) = way else { return std::future::pending().await };
        while ((life.simulator.journal().len() - began) as u64) < calls {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(later).await;
        way
    };
    let ended = tokio::select! {
        biased;
        ended = &mut task => Err(ended),
        way = interruption => Ok(way),
    };
    let mut told = String::new();
    let ended = match ended {
        Err(ended) => ended,
        Ok(way) => {
            weather.interrupted += 1;
            let _ = write!(told, "{}; ", way.words());
            match way {
                Way::ProviderKilled => life.core.kill().await,
                Way::TerraformKilled => {
                    // The state is what it was before the run.
                    task.abort();
                    let _ = (&mut task).await;
                    return told;
                }
                Way::StoppedTwice => {
                    life.core.stop().await;
                    tokio::time::sleep(Duration::from_millis(chance.u64(..50))).await;
                    life.core.kill().await;
                }
                Way::Stopped | Way::GroupTerminated => life.core.stop().await,
            }
            task.await
        }
    };
    // A rule of Terraform that the provider broke is a panic.
    let (object, result) = ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    life.object = object;
    match result {
        Ok(()) => told.push_str("done"),
        Err(error) => {
            weather.failed += 1;
            let _ = write!(told, "{error}");
        }
    }
    told
}

/// The storm is over: applies, adopts where the error tells how, and looks at what there is.
async fn calm(life: &mut Life, kind: Kind, step: Step, weather: &mut Weather) -> Result<(), String> {
    let mut applied = life.run(step).await;
    // A member whose join was to fail in the storm may do so after it.
    if applied.as_ref().is_err_and(|told| told.to_string().contains("failed to join the domain")) {
        applied = life.run(step).await;
    }
    if let Err(told) = applied {
        let id = import_id(&told, kind)
            .ok_or_else(|| format!("the apply after it fails, and tells no import block: {told}"))?;
        life.simulator.with(State::reveal);
        let imported = life.object.import_id(&id).await;
        imported
            .map_err(|refused| format!("the import block of the error does not import: {refused}\n{told}"))?;
        weather.adopted += 1;
        life.run(step).await.map_err(|told| format!("after the import the next apply fails: {told}"))?;
    }
    life.assert_settled(step).await;
    Ok(())
}

/// What there is too much of.
fn too_many(life: &Life, kind: Kind, step: Step) -> Option<String> {
    let journal = life.simulator.journal();
    let calls = |operation: &'static str| {
        journal.iter().filter(move |call| call.effective && call.operation == operation)
    };
    // The deletion of what is being deleted is no second one, and an id is never given again.
    let of = |operation, parameter: &str| {
        calls(operation).map(|call| call.parameters[parameter].to_string()).collect::<BTreeSet<_>>().len()
    };
    let (made, gone) = match kind {
        Kind::Directory => (calls("CreateMicrosoftAD").count(), of("DeleteDirectory", "DirectoryId")),
        Kind::Trust => (calls("CreateTrust").count(), of("DeleteTrust", "TrustId")),
        Kind::Role => (calls("CreateRole").count(), calls("DeleteRole").count()),
        Kind::Association => return None,
    };
    let expect = usize::from(step != Step::Destroy);
    (made != gone + expect).then(|| format!("{made} were made and {gone} deleted"))
}

/// The instances that were rebooted more than once since the journal had that many calls.
fn rebooted_again(life: &Life, since: usize) -> Option<String> {
    let mut rebooted = BTreeMap::<String, usize>::new();
    let journal = life.simulator.journal();
    for call in &journal[since..] {
        if call.effective && call.operation == "RebootDBInstance" {
            *rebooted.entry(call.parameters["DBInstanceIdentifier"].to_string()).or_default() += 1;
        }
    }
    let (instance, times) = rebooted.into_iter().find(|(_, times)| *times > 1)?;
    Some(format!("{instance} was rebooted {times} times"))
}

/// Whether an instance failed to join, as RDS tells.
fn has_failed(life: &Life) -> bool {
    life.simulator.here(|region| region.events.iter().any(|event| event.message.contains("Failed to join")))
}

async fn weather(storm: u64) -> Result<Weather, String> {
    let mut chance = Rng::with_seed(storm);
    let mut weather = Weather::default();
    let kind = Kind::ALL[usize::try_from(storm).expect("a small number") % Kind::ALL.len()];
    let options = Options {
        directory_hidden_reads: chance.u32(0..3),
        iam_hidden_reads: chance.u32(0..3),
        leave_needs_reboot: chance.bool(),
        retry_needs_reboot: chance.bool(),
        clusters_by_name_only: chance.bool(),
        ..Options::default()
    };
    let mut life = Life::begin_with(kind, options, &[("AURORAKERBEROS_READ_TIMEOUT", READ_TIMEOUT)]).await;
    life.simulator.clear_journal();
    for step in kind.steps().iter().copied() {
        life.prepare(step);
        let since = life.simulator.journal().len();
        // A tainted association leaves the domain and joins again, and a member that failed joins once more.
        let mut reboots_again = step == Step::Destroy;
        let mut log = Vec::new();
        for _ in 0..chance.u32(1..=3) {
            // A run that has nothing to destroy is none.
            if step == Step::Destroy && life.object.state_json().is_null() {
                break;
            }
            log.push(run(&mut life, step, &mut chance, &mut weather).await);
            reboots_again |= life.object.is_tainted();
            // The next run of Terraform comes some time later, and has a provider of its own.
            life.simulator.clear_faults();
            life.simulator.with(|state| {
                state.orders = Orders::default();
                state.reveal();
            });
            reboots_again |= has_failed(&life);
            life.core.restart().await;
        }
        life.simulator.set_steps(Steps::default());
        if std::env::var_os("AURORAKERBEROS_STORMS_TRACE").is_some() {
            for told in &log {
                let _ = writeln!(std::io::stderr(), "storm {storm}: {kind}, {step}: {told}");
            }
        }
        let told = |problem: String| {
            format!("{kind}, {step}: {problem}\nIts runs in the storm:\n- {}", log.join("\n- "))
        };
        calm(&mut life, kind, step, &mut weather).await.map_err(&told)?;
        if let Some(problem) = too_many(&life, kind, step) {
            return Err(told(problem));
        }
        if let Some(problem) = rebooted_again(&life, since).filter(|_| !reboots_again) {
            return Err(told(problem));
        }
    }
    let left = life.end().await;
    if left.is_empty() { Ok(weather) } else { Err(format!("{kind}: LOST {left:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_in_a_storm() {
    let ordered = std::env::var("AURORAKERBEROS_STORMS").ok().filter(|ordered| !ordered.is_empty());
    let storms: Vec<u64> =
        match ordered.as_deref().map(|ordered| ordered.split_at(usize::from(ordered.starts_with('@')))) {
            None => (0..STORMS).collect(),
            Some(("@", storm)) => vec![storm.parse().expect("the number of a storm")],
            Some((_, count)) => (0..count.parse().expect("how many storms")).collect(),
        };
    let started = Instant::now();
    let ended = run_all(storms, WORKERS, HANG, weather).await;
    let (mut all, mut problems) = (Weather::default(), Vec::new());
    for (storm, end, _) in &ended {
        match end {
            Ended::Done(Ok(weather)) => all.add(*weather),
            Ended::Done(Err(problem)) | Ended::Panicked(problem) => {
                problems.push(format!("storm {storm}: {problem}"));
            }
            Ended::Hangs => problems.push(format!("storm {storm}: hangs")),
        }
    }
    let summary = format!(
        "{} storms, {} runs in them: {} failed, {} were interrupted; {} objects were adopted, {} storms found a defect; {:.0?}",
        ended.len(),
        all.runs,
        all.failed,
        all.interrupted,
        all.adopted,
        problems.len(),
        started.elapsed(),
    );
    // Not with println!: of a test that passes, the harness shows nothing that went through it.
    let _ = writeln!(std::io::stderr(), "storms: {summary}");
    assert!(problems.is_empty(), "{summary}\n{}", problems.join("\n\n"));
    if ended.len() as u64 >= MANY {
        record_section("storms-many", &many(ended.len(), all));
    }
    check_section("storms", &figures());
}

/// The record of a long run that found nothing, with its day.
fn many(storms: usize, all: Weather) -> String {
    format!(
        "## Storms: a long run (`AURORAKERBEROS_STORMS={storms}`, on {})\n\n\
         | | |\n|---|---|\n| storms | {storms} |\n| runs in them | {} |\n| … that failed | {} |\n\
         | … that were interrupted | {} |\n| objects that were adopted with the `import` block of the error | {} |\n\
         | objects lost | 0 |\n| objects made twice | 0 |\n",
        today(),
        all.runs,
        all.failed,
        all.interrupted,
        all.adopted,
    )
}

/// The section of the page of figures.
fn figures() -> String {
    format!(
        "## Storms (`tests/it/storm.rs`)\n\n\
         | | |\n|---|---|\n| lives of an object, with several faults and interruptions at random in each of its steps | {STORMS} |\n\
         | objects lost | 0 |\n| objects made twice | 0 |\n"
    )
}
