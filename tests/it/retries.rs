//! Retries: how often a request is on the wire, what is waited out, what is never sent twice, and a clock that is wrong.
//!
//! Pauses are a thousandth of what they are outside tests (`AURORAKERBEROS_RETRY_PAUSE`); counts are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aws_simulator::{Call, Fault, FaultKind, Service, Simulator};
use serde_json::{Value as Json, json};

use crate::directory::until;
use crate::faults::scenario::{Cast, Scenario, Settings, THROTTLED, Walk, stage, stage_with};
use crate::faults::{Calls, learn, sources};
use crate::support::figures::check_section;
use crate::support::{Core, simulator};

const PACE: [(&str, &str); 2] =
    [("AURORAKERBEROS_RETRY_PAUSE", "1ms"), ("AURORAKERBEROS_POLL_INTERVAL", "2ms")];

/// What each number of retries is held against.
const RETRIES: [(Option<u64>, usize); 4] = [(None, 26), (Some(0), 1), (Some(1), 2), (Some(25), 26)];

async fn start(simulator: &Simulator, env: &[(&str, &str)], more: &Json) -> Core {
    let mut config = simulator::provider_config(simulator);
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    Core::start(&[&PACE, env].concat(), &config).await
}

/// The reads that imports begin with: of the query protocol, and of JSON.
const READS: [(&str, &str, Service, &str); 2] = [
    ("aurorakerberos_directory_access_role", "nobody", Service::Iam, "GetRole"),
    ("aurorakerberos_directory", "d-1234567890", Service::Ds, "DescribeDirectories"),
];

/// How often a read is on the wire that fails every time in this way.
async fn requests(core: &Core, simulator: &Simulator, kind: &FaultKind) -> [usize; 2] {
    let mut counts = [0; 2];
    for (count, (resource, id, service, operation)) in counts.iter_mut().zip(READS) {
        simulator.clear_journal();
        simulator.fault(Fault::new(service, operation, kind.clone()));
        let told = core.resource(resource).import_id(id).await.unwrap_err().to_string();
        simulator.clear_faults();
        assert!(told.contains(operation), "{told}");
        *count = simulator.count(operation);
    }
    counts
}

#[tokio::test]
async fn a_request_is_repeated_as_often_as_is_configured() {
    let simulator = simulator::start().await;
    for (retries, expect) in RETRIES {
        let core = start(&simulator, &[], &json!({"max_retries": retries})).await;
        let kinds = [
            FaultKind::Throttled,
            FaultKind::InternalFailure,
            FaultKind::ServiceUnavailable,
            FaultKind::ResetBefore,
            FaultKind::ResetAfter,
        ];
        for kind in kinds {
            assert_eq!(requests(&core, &simulator, &kind).await, [expect; 2], "{retries:?} {kind:?}");
        }
        // What AWS refuses for good is not asked again.
        assert_eq!(requests(&core, &simulator, &FaultKind::AccessDenied).await, [1; 2]);
    }
    let adaptive = json!({"max_retries": 1, "retry_mode": "adaptive"});
    let core = start(&simulator, &[], &adaptive).await;
    assert_eq!(requests(&core, &simulator, &FaultKind::Throttled).await, [2; 2]);
}

/// The configuration wins over the environment, and that over the profile.
#[tokio::test]
async fn retries_are_configured_as_in_the_aws_provider() {
    let simulator = simulator::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "[default]\nmax_attempts = 2\nretry_mode = standard\n").unwrap();
    let profile = ("AWS_CONFIG_FILE", file.to_str().unwrap());
    let env = ("AWS_MAX_ATTEMPTS", "3");
    let set = json!({"max_retries": 4});
    for (env, more, expect) in [
        (vec![profile], json!({}), 2),
        (vec![env], json!({}), 3),
        (vec![profile, env], json!({}), 3),
        (vec![profile, env], set, 5),
    ] {
        let core = start(&simulator, &env, &more).await;
        assert_eq!(requests(&core, &simulator, &FaultKind::Throttled).await, [expect; 2], "{env:?} {more}");
    }
    let wrong = [("AWS_RETRY_MODE", "patient")];
    start(&simulator, &wrong, &json!({"retry_mode": "standard"})).await;
    let told = Core::try_start(&wrong, &simulator::provider_config(&simulator)).await.unwrap_err();
    assert_eq!(told.paths(), ["retry_mode"], "{told}");
}

/// Walks through the scenario; an apply may fail `failures` times in all.
async fn walk(scenario: &mut Scenario, mut failures: u32) {
    for walk in Walk::ALL {
        scenario.disturb(walk);
        while let Err(told) = scenario.run(walk).await {
            assert!(failures > 0, "{walk:?}: {told}");
            failures -= 1;
        }
    }
    assert_eq!(scenario.simulator.leftovers(), [""; 0]);
}

fn is_write(operation: &str) -> bool {
    !["Describe", "Get", "List", "Assume"].iter().any(|read| operation.starts_with(read))
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_never_fails_an_apply() {
    let calls = learn().await;
    let operations: Vec<(Service, String)> = calls.keys().cloned().collect();
    let writes: BTreeSet<&str> =
        operations.iter().map(|(_, operation)| operation.as_str()).filter(|name| is_write(name)).collect();
    let runs = [0, 2].map(|max_retries| {
        let throttled = operations.clone();
        tokio::spawn(async move {
            let mut scenario = stage_with(Settings { max_retries, throttled, ..Settings::default() }).await;
            walk(&mut scenario, 0).await;
            scenario.simulator.journal()
        })
    });
    for run in runs {
        let mut counts = BTreeMap::<String, u64>::new();
        for call in run.await.unwrap().into_iter().filter(is_throttled) {
            *counts.entry(call.operation).or_default() += 1;
        }
        for write in &writes {
            assert!(counts.get(*write).is_some_and(|count| *count >= THROTTLED), "{write}: {counts:?}");
        }
    }
    figures(writes.len());
}

fn is_throttled(call: &Call) -> bool {
    call.outcome.contains("Throttl") || call.outcome == "RequestLimitExceeded"
}

#[tokio::test]
async fn the_timeout_and_a_stop_bound_the_patience() {
    let simulator = simulator::start().await;
    let core = start(&simulator, &[], &json!({"max_retries": 0})).await;
    simulator.fault(Fault::new(Service::Iam, "CreateRole", FaultKind::Throttled));
    let mut role = core.resource("aurorakerberos_directory_access_role");
    let config = |create: &str| json!({"name": "kerberos", "timeouts": {"create": create}});

    let began = Instant::now();
    let told = role.apply(&config("1s")).await.unwrap_err().to_string();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    for part in ["aurorakerberos_directory_access_role (kerberos)", "CreateRole", "Throttling", "timeouts"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(role.state_json().is_null() && simulator.leftovers().is_empty());
    assert!(simulator.count("CreateRole") > 10, "{}", simulator.count("CreateRole"));

    let applying = role.apply_in_background(&config("10m"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    core.stop().await;
    let (role, result) = tokio::time::timeout(Duration::from_secs(20), applying).await.unwrap().unwrap();
    result.unwrap_err();
    assert!(role.state_json().is_null() && simulator.leftovers().is_empty());

    // A directory that is being created is in the state, whatever AWS does not tell of it any more.
    let core = start(&simulator, &[], &json!({"max_retries": 0})).await;
    let mut directory = core.resource("aurorakerberos_directory");
    let mut config = simulator::directory();
    config["timeouts"] = json!({"create": "2s"});
    let plan = directory.plan(&config).await.unwrap();
    simulator.fault(Fault::new(Service::Ds, "DescribeDirectories", FaultKind::Throttled).from_call(2));
    let told = directory.apply_plan(&plan, &config).await.unwrap_err().to_string();
    assert!(told.contains("Timed out: create aurorakerberos_directory (d-"), "{told}");
    simulator.clear_faults();
    directory.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

/// Between two attempts nothing is under way: a stop ends the wait, and nothing is made after it.
#[tokio::test]
async fn a_stop_ends_the_pauses_of_what_is_sent_once() {
    let simulator = simulator::start().await;
    for kind in
        [FaultKind::Throttled, FaultKind::Refused(400, "RequestLimitExceeded".to_owned(), "Slow.".to_owned())]
    {
        let core = start(&simulator, &[("AURORAKERBEROS_RETRY_PAUSE", "30s")], &json!({})).await;
        simulator.fault(Fault::new(Service::Iam, "CreateRole", kind));
        let role = core.resource("aurorakerberos_directory_access_role");
        let applying = role.apply_in_background(&json!({"name": "kerberos"}));
        until(|| simulator.count("CreateRole") > 0).await;
        core.stop().await;
        let (role, result) = tokio::time::timeout(Duration::from_secs(10), applying).await.unwrap().unwrap();
        let told = result.unwrap_err().to_string();
        assert!(told.contains("CreateRole") && told.contains("asked to stop"), "{told}");
        assert_eq!(simulator.count("CreateRole"), 1);
        assert!(role.state_json().is_null() && simulator.leftovers().is_empty());
        simulator.clear_faults();
        simulator.clear_journal();
    }
}

/// The operations that the sources send at most once.
fn at_most_once() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in sources() {
        for call in text.split("send!(").skip(1) {
            let words: Vec<&str> = call.split(')').next().unwrap().split(',').map(str::trim).collect();
            if let [_, operation, _, once, ..] = words[..]
                && once.starts_with("once ")
            {
                found.insert(operation.trim_matches('"').to_owned());
            }
        }
    }
    found
}

fn count(journal: &[Call], operation: &str) -> usize {
    journal.iter().filter(|call| call.operation == operation).count()
}

/// Runs the scenario with the first call of each of those operations spoiled.
async fn spoiled(calls: &Calls, operations: &BTreeSet<String>, kind: FaultKind, failures: u32) -> Vec<Call> {
    let mut scenario = stage(Cast::OneOfEach).await;
    for (service, operation) in calls.keys().filter(|(_, operation)| operations.contains(operation)) {
        scenario.simulator.fault(Fault::new(*service, operation, kind.clone()).times(1));
    }
    walk(&mut scenario, failures).await;
    scenario.simulator.journal()
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_are_never_blindly_repeated() {
    let calls = learn().await;
    let operations = at_most_once();
    for expected in ["CreateMicrosoftAD", "CreateTrust", "CreateRole"] {
        assert!(operations.contains(expected), "{operations:?}");
    }
    let usual = |operation: &str| {
        calls.iter().find(|(key, _)| key.1 == operation).map(|(_, places)| places.before.len())
    };
    for kind in [FaultKind::ResetAfter, FaultKind::Truncated, FaultKind::Delay(Duration::from_millis(1500))] {
        let journal = spoiled(&calls, &operations, kind.clone(), 0).await;
        for operation in &operations {
            assert_eq!(Some(count(&journal, operation)), usual(operation), "{kind:?}: {operation}");
        }
    }
    // Without an effect they are sent once more, after a look at what is there. A role, an alias and the like leave that
    // to the next apply, with an error.
    let journal = spoiled(&calls, &operations, FaultKind::ResetBefore, 7).await;
    for operation in &operations {
        assert_eq!(Some(count(&journal, operation)), usual(operation).map(|usual| usual + 1), "{operation}");
        let mut places = journal.iter().enumerate().filter(|(_, call)| call.operation == *operation);
        let (lost, again) = (places.next().unwrap().0, places.next().unwrap().0);
        // For a forwarder the look is UpdateConditionalForwarder, which says whether there is one.
        let looked = journal[lost + 1..again].iter().any(|call| call.outcome != "reset");
        assert!(looked, "{operation} is sent again without a look: {:?}", &journal[lost..=again]);
    }
}

/// Hours are far beyond the five minutes that Signature Version 4 forgives.
const SKEW: Duration = Duration::from_hours(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_corrected() {
    for sign in [1, -1] {
        let mut journal = Vec::new();
        for cast in [Cast::OneOfEach, Cast::Crowd] {
            let mut scenario = stage(cast).await;
            let skew = i64::try_from(SKEW.as_millis()).unwrap();
            scenario.simulator.with(|state| state.clock.skew = sign * skew);
            walk(&mut scenario, 0).await;
            journal.extend(scenario.simulator.journal());
        }
        for service in Service::ALL {
            let outcomes = |wanted: bool| {
                journal
                    .iter()
                    .filter(|call| call.service == service && (call.outcome == "ok") == wanted)
                    .count()
            };
            assert!(outcomes(true) > 0 && outcomes(false) > 0, "{service:?} met no wrong clock");
        }
    }
}

fn figures(writes: usize) {
    let mut text = String::from(
        "## Retries (`tests/it/retries.rs`)\n\n\
         | `max_retries` | requests on the wire of a read that fails every time |\n|---|---|\n",
    );
    for (retries, requests) in RETRIES {
        let retries = retries.map_or_else(|| "not set".to_owned(), |retries| retries.to_string());
        let _ = writeln!(text, "| {retries} | {requests} |");
    }
    let once: Vec<String> = at_most_once().iter().map(|operation| format!("`{operation}`")).collect();
    let _ = write!(
        text,
        "\n| | |\n|---|---|\n\
         | operations that write, each throttled {THROTTLED} times in a row at the beginning of every apply, as the \
         apply's reads are | {writes} |\n\
         | applies that failed, with `max_retries` 0 and 2 | 0 |\n\
         | operations that are not repeated after a lost answer | {} |\n\
         | second requests of these after a lost answer | 0 |\n\
         | services to which a clock three hours wrong, before or after, is corrected | {} |\n\n\
         Not repeated: {}.\n",
        once.len(),
        Service::ALL.len(),
        once.join(", "),
    );
    check_section("retries", &text);
}
