//! Interruptions: every call to AWS that a create, an update or a delete makes, ended there by every means.
//!
//! The calls come from the journal of a run that nobody interrupts, so that a new one is met by itself. A case lets a
//! run come to one call, holds it before its effect or before its answer, and then kills the provider, kills Terraform,
//! or presses Ctrl-C once or twice; real Terraform also gets SIGTERM together with its provider. Whatever becomes of
//! that run, the next apply converges, or ends in one error that tells the `import` block with which the one after it
//! does; nothing is made twice, and after the destroy nothing is left that no state knows.
//!
//! Without `AURORAKERBEROS_INTERRUPTIONS` each boundary meets one of the four means, another one than its neighbours, and
//! each call that only reads is met at one of its boundaries; `all` runs every case, and any other value those whose
//! names contain it, such as `trust, create` or `Ctrl-C once`. A run of all that finds nothing is recorded with its day,
//! as the one of the [faults](super::faults) is. `AURORAKERBEROS_INTERRUPTIONS_TRACE=1` tells the end of each case.

pub(crate) mod case;
#[cfg(unix)]
mod cli;
pub(crate) mod life;
mod slow;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use aws_simulator::{Boundary, Service};

#[cfg(unix)]
use crate::support::figures::{check_record, check_section, digest, record_section, today};
use crate::support::pool::{Ended, run_all};
use case::{Case, End, Place, Way};
use life::{Kind, Life, Step};

/// How many lives are led at a time. Much of one is waiting.
const WORKERS: usize = 6;

/// Longer than any life takes.
const HANG: Duration = Duration::from_mins(3);

/// The calls of a life that nobody interrupts.
async fn learn(kind: Kind) -> Vec<Place> {
    let mut life = Life::begin(kind).await;
    let mut places = Vec::new();
    for step in kind.steps().iter().copied() {
        life.prepare(step);
        let config = life.config(step);
        let plan = life::plan(&mut life.object, &config).await.unwrap();
        life.simulator.clear_journal();
        life::apply(&mut life.object, plan.as_ref(), &config).await.unwrap();
        let mut counts = BTreeMap::<(Service, String), u64>::new();
        for call in life.simulator.journal() {
            let (service, operation) = (call.service, call.operation);
            let nth = counts.entry((service, operation.clone())).or_default();
            *nth += 1;
            places.push(Place { kind, step, service, operation, nth: *nth });
        }
        life.assert_settled(step).await;
    }
    assert_eq!(life.end().await, [""; 0]);
    places
}

const BOUNDARIES: [Boundary; 2] = [Boundary::Before, Boundary::After];

/// Every case, in the order of the calls.
fn whole(places: &[Place]) -> Vec<Case> {
    let mut cases = Vec::new();
    for place in places {
        for boundary in BOUNDARIES {
            cases.extend(Way::ALL.map(|way| Case { place: place.clone(), boundary, way }));
        }
    }
    cases
}

/// One way for each boundary, the next one for the next. A call that changes nothing has two boundaries that AWS cannot
/// tell apart: it is met at one of them, in turn.
fn spread(places: &[Place]) -> Vec<Case> {
    let mut ways = Way::ALL.into_iter().cycle();
    let mut cases = Vec::new();
    for (turn, place) in places.iter().enumerate() {
        let reads = ["Describe", "Get", "List"].iter().any(|word| place.operation.starts_with(word));
        let boundaries = if reads { &BOUNDARIES[turn % 2..=turn % 2] } else { &BOUNDARIES[..] };
        let next = boundaries.iter().zip(&mut ways);
        cases.extend(next.map(|(boundary, way)| Case { place: place.clone(), boundary: *boundary, way }));
    }
    cases
}

/// An object's life with an interruption in some of its steps: it saves the begin and the end for each case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Interrupted {
    kind: Kind,
    cases: Vec<Case>,
}

/// The cases in as few lives as can be, one a step in each.
fn lives(cases: Vec<Case>) -> Vec<Interrupted> {
    let mut lives = Vec::<Interrupted>::new();
    let mut filled = BTreeMap::<(Kind, Step), usize>::new();
    for case in cases {
        let Place { kind, step, .. } = case.place;
        let nth = filled.entry((kind, step)).or_default();
        match lives.iter_mut().filter(|life| life.kind == kind).nth(*nth) {
            Some(life) => life.cases.push(case),
            None => lives.push(Interrupted { kind, cases: vec![case] }),
        }
        *nth += 1;
    }
    lives
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whenever_it_is_interrupted() {
    let mut places = Vec::new();
    for kind in Kind::ALL {
        places.extend(learn(kind).await);
    }
    let (whole, spread) = (whole(&places), spread(&places));
    let (in_whole, in_every) = (whole.len(), spread.len());
    #[cfg(unix)]
    let digest = digest(&whole);
    let only = std::env::var("AURORAKERBEROS_INTERRUPTIONS").ok();
    let cases = match only.as_deref() {
        None | Some("") => spread,
        Some("all") => whole,
        Some(part) => whole.into_iter().filter(|case| case.to_string().contains(part)).collect(),
    };
    let started = Instant::now();
    let ended =
        run_all(lives(cases), WORKERS, HANG, |life| async move { case::run(life.kind, &life.cases).await })
            .await;
    let mut ended: Vec<(Case, End)> = ended
        .into_iter()
        .flat_map(|(life, end, _)| {
            let all = |end: End| vec![end; life.cases.len()];
            let ends = match end {
                Ended::Done(ends) => ends,
                Ended::Panicked(text) => all(End::Defect(text)),
                Ended::Hangs => all(End::Defect("hangs".to_owned())),
            };
            life.cases.into_iter().zip(ends)
        })
        .collect();
    ended.sort_by(|(one, _), (other, _)| one.cmp(other));
    if std::env::var_os("AURORAKERBEROS_INTERRUPTIONS_TRACE").is_some() {
        for (case, end) in &ended {
            let _ = writeln!(std::io::stderr(), "{case}: {end:?}");
        }
    }
    let count = |wanted: fn(&End) -> bool| ended.iter().filter(|(_, end)| wanted(end)).count();
    let summary = format!(
        "{} calls, {} cases: {} converged, {} were adopted, {} were over before, {} defects, {} lost; {:.0?}",
        places.len(),
        ended.len(),
        count(|end| *end == End::Converged),
        count(|end| *end == End::Adopted),
        count(|end| *end == End::NotMet),
        count(|end| matches!(end, End::Defect(_))),
        count(|end| matches!(end, End::Lost(_))),
        started.elapsed(),
    );
    // Not with println!: of a test that passes, the harness shows nothing that went through it.
    let _ = writeln!(std::io::stderr(), "interruptions: {summary}");
    let problems: Vec<String> = ended
        .iter()
        .filter_map(|(case, end)| match end {
            End::Converged | End::Adopted | End::NotMet => None,
            End::Lost(left) => Some(format!("{case}: LOST {left:?}")),
            End::Defect(text) => Some(format!("{case}: {text}")),
        })
        .collect();
    assert!(problems.is_empty(), "{summary}\n{}", problems.join("\n\n"));
    #[cfg(unix)]
    {
        if ended.len() == in_whole {
            let (adopted, over) = (count(|end| *end == End::Adopted), count(|end| *end == End::NotMet));
            record_section("interruption-whole", &whole_run(&digest, in_whole, adopted, over));
        }
        check_section("interruption", &figures(&places, in_whole, in_every));
        if only.is_none() {
            check_record("interruption-whole", &digest, "AURORAKERBEROS_INTERRUPTIONS=all");
        }
    }
}

/// The record of a whole run that found nothing, with its day: how a case ends hangs on the machine's speed a little.
#[cfg(unix)]
fn whole_run(digest: &str, all: usize, adopted: usize, over: usize) -> String {
    format!(
        "## Interruptions: all cases (`AURORAKERBEROS_INTERRUPTIONS=all`, on {})\n\n\
         | | |\n|---|---|\n| cases | {all} |\n| the next apply converged | {} |\n\
         | the next apply named the object and its `import` block, and converged with it | {adopted} |\n\
         | over before the call came | {over} |\n| objects lost | 0 |\n| objects made twice | 0 |\n\
         | cases, as a digest | `{digest}` |\n",
        today(),
        all - adopted - over,
    )
}

/// The section of the page of figures.
#[cfg(unix)]
fn figures(places: &[Place], in_whole: usize, in_every: usize) -> String {
    let row = |kind: Kind| {
        let count = |step| places.iter().filter(|place| place.kind == kind && place.step == step).count();
        let counts = Step::ALL.map(|step| count(step).to_string());
        format!("| `{}` | {} |\n", kind.type_name(), counts.join(" | "))
    };
    let rows = Kind::ALL.map(row).concat();
    let ways: Vec<&str> = Way::ALL.into_iter().map(Way::words).collect();
    format!(
        "## Interruptions (`tests/it/interruption.rs`)\n\n\
         | | |\n|---|---|\n| AWS calls at which a run is interrupted, before the effect and before the answer | {} |\n\
         | means | {} |\n| cases of every run of the tests | {in_every} |\n\
         | all cases (`AURORAKERBEROS_INTERRUPTIONS=all`) | {in_whole} |\n| cases of real Terraform, in every run | {} |\n| objects lost | 0 |\n| objects made twice | 0 |\n\n\
         Means: {}. Of real Terraform also: {}.\n\n\
         Not found again: a role with `name_prefix` whose creation was killed, because the next one has another name.\n\n\
         | calls of |{} |\n|---|---|---|---|---|---|\n{rows}",
        places.len(),
        ways.len(),
        cli::CASES.len(),
        ways.join(", "),
        Way::GroupTerminated.words(),
        Step::ALL.map(|step| format!(" {step}")).join(" |"),
    )
}
