//! `aurorakerberos_directory_trust` against the simulator, over the real gRPC surface. Tests with a number in their name
//! are the open requests of that number at the AWS provider.

use std::time::Duration;

use aws_simulator::{Fault, FaultKind, Service, Simulator, Steps, Timeline, wall_clock};
use serde_json::{Value as Json, json};

use crate::directory;
use crate::support::{Action, Core, Object, simulator, unknown};

const TYPE: &str = "aurorakerberos_directory_trust";
const PASSWORD: &str = "shared between both sides";

/// A simulator with a directory, and a trust of it that does not exist yet.
struct World {
    simulator: Simulator,
    core: Core,
    directory: Object,
    trust: Object,
}

impl World {
    async fn start() -> Self {
        let simulator = simulator::start().await;
        let core = Core::on(&simulator).await;
        let mut directory = core.resource("aurorakerberos_directory");
        directory.apply(&directory::config()).await.unwrap();
        let trust = core.resource(TYPE);
        Self { simulator, core, directory, trust }
    }

    async fn created(more: Json) -> Self {
        let mut world = Self::start().await;
        world.trust.apply(&world.config(more)).await.unwrap();
        world
    }

    fn directory_id(&self) -> String {
        self.directory.state_json()["id"].as_str().unwrap().to_owned()
    }

    fn trust_id(&self) -> String {
        self.trust.state_json()["id"].as_str().unwrap().to_owned()
    }

    /// The smallest configuration with a write-only password, and these arguments besides.
    fn config(&self, more: Json) -> Json {
        let mut config = json!({
            "directory_id": self.directory_id(),
            "remote_domain_name": "onprem.example.com",
            "trust_direction": "One-Way: Outgoing",
            "trust_password_wo": PASSWORD,
            "trust_password_wo_version": 1,
        });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        config
    }

    async fn assert_settled(&mut self, more: Json) {
        self.trust.refresh().await.unwrap();
        let plan = self.trust.plan(&self.config(more)).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{}", plan.planned);
    }

    /// Changes in place, and settles there.
    async fn changed(&mut self, more: Json) -> Json {
        self.trust.refresh().await.unwrap();
        let config = self.config(more.clone());
        let plan = self.trust.plan(&config).await.unwrap();
        assert_eq!((plan.action, plan.replace.len()), (Action::Update, 0), "{}", plan.planned);
        self.trust.apply_plan(&plan, &config).await.unwrap();
        self.assert_settled(more).await;
        self.trust.state_json()
    }

    /// The addresses of the conditional forwarder, in the double.
    fn forwarder(&self) -> Json {
        let found = self.simulator.here(|region| {
            let forwarders = &region.directories.values().next().unwrap().forwarders;
            forwarders.get("onprem.example.com").cloned()
        });
        json!(found)
    }

    fn verification_fails(&self, times: u32) {
        self.simulator
            .with(|state| state.orders.trust_verify_fails.add("*", "The other side does not answer.", times));
    }

    /// Nothing may be left that no state knows.
    async fn end(mut self) {
        self.trust.destroy().await.unwrap();
        self.directory.destroy().await.unwrap();
        assert_eq!(self.simulator.leftovers(), [""; 0]);
    }
}

#[tokio::test]
async fn a_whole_life() {
    for (direction, state) in
        [("One-Way: Outgoing", "Verified"), ("Two-Way", "Verified"), ("One-Way: Incoming", "Created")]
    {
        let mut world = World::start().await;
        world.simulator.set_steps(Steps::all(Duration::from_millis(30)));
        let more = json!({"trust_direction": direction});
        let config = world.config(more.clone());
        let plan = world.trust.plan(&config).await.unwrap();
        assert_eq!(
            (&plan.planned["trust_type"], &plan.planned["selective_auth"]),
            (&json!("Forest"), &json!("Disabled"))
        );
        let found = world.trust.apply_plan(&plan, &config).await.unwrap();
        assert_eq!((&found["trust_state"], &found["trust_state_reason"]), (&json!(state), &Json::Null));
        for time in ["created_time", "last_updated_time", "state_last_updated_time"] {
            assert!(found[time].as_str().unwrap().ends_with('Z'), "{found}");
        }
        let identity = json!({
            "directory_id": world.directory_id(), "remote_domain_name": "onprem.example.com",
            "account_id": "111122223333", "region": "us-east-1",
        });
        assert_eq!(world.trust.identity_json(), identity);
        assert!(world.trust.warnings().is_empty(), "{}", world.trust.warnings());
        world.assert_settled(more).await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_trust_that_aws_has_not_verified_is_verified() {
    let mut world = World::start().await;
    // AWS's own verification, after the creation, fails; the one that is asked for succeeds.
    world.verification_fails(1);
    let state = world.trust.apply(&world.config(json!({"trust_direction": "Two-Way"}))).await.unwrap();
    assert_eq!((&state["trust_state"], world.simulator.count("VerifyTrust")), (&json!("Verified"), 1));
    world.end().await;
}

/// A new trust that AWS has yet to verify stays `Created` for longer than some looks, and AWS refuses the request meanwhile.
#[tokio::test]
async fn aws_may_take_its_time_to_begin_a_verification() {
    let mut world = World::start().await;
    world.simulator.set_steps(Steps { trust_change: Duration::from_millis(400), ..Steps::default() });
    let more = json!({"trust_direction": "Two-Way", "require_verified": true});
    let state = world.trust.apply(&world.config(more.clone())).await.unwrap();
    assert_eq!(state["trust_state"], "Verified");
    world.assert_settled(more).await;
    world.end().await;
}

#[tokio::test]
async fn a_refusal_to_verify_is_told() {
    let mut world = World::start().await;
    let refused =
        FaultKind::Refused(400, "ClientException".to_owned(), "The domain does not answer.".to_owned());
    world.simulator.fault(Fault::new(Service::Ds, "VerifyTrust", refused));
    // AWS's own verification does not begin while the test lasts.
    world.simulator.set_steps(Steps { trust_change: Duration::from_mins(1), ..Steps::default() });
    let creating = world.trust.apply_in_background(&world.config(json!({"trust_direction": "Two-Way"})));
    while world.simulator.count("CreateTrust") < 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.simulator.advance(Duration::from_mins(1));
    let (trust, result) = creating.await.unwrap();
    result.unwrap();
    world.trust = trust;
    let told = world.trust.warnings().to_string();
    for part in ["is in the state Created", "It does not take the request", "The domain does not answer."] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert!(world.simulator.count("VerifyTrust") > 1, "AWS is asked again");
    world.simulator.clear_faults();
    world.simulator.set_steps(Steps::default());
    world.end().await;
}

#[tokio::test]
async fn every_argument_in_place() {
    let mut world = World::created(json!({})).await;
    let before = world.trust_id();
    world.simulator.set_steps(Steps::all(Duration::from_millis(30)));
    let state = world.changed(json!({"selective_auth": "Enabled"})).await;
    assert_eq!((&state["selective_auth"], &state["trust_state"]), (&json!("Enabled"), &json!("Verified")));
    // Left out again, it stays.
    world.assert_settled(json!({})).await;
    let addresses = json!(["10.1.0.10", "10.1.0.11"]);
    world.changed(json!({"conditional_forwarder_ip_addrs": addresses})).await;
    assert_eq!(world.forwarder(), addresses);
    world.changed(json!({"conditional_forwarder_ip_addrs": ["10.1.0.12"]})).await;
    assert_eq!(world.forwarder(), json!(["10.1.0.12"]));
    world.assert_settled(json!({})).await;
    world.changed(json!({"require_verified": true})).await;
    world.changed(json!({"timeouts": {"delete": "1m"}})).await;
    world.changed(json!({"delete_associated_conditional_forwarder": true})).await;
    assert_eq!(world.trust_id(), before);
    world.trust.destroy().await.unwrap();
    assert_eq!(world.forwarder(), Json::Null);
    world.end().await;
}

#[tokio::test]
async fn arguments_that_replace() {
    let world = World::created(json!({})).await;
    let check = async |more: Json, expect: Option<&str>| {
        let plan = world.trust.plan(&world.config(more)).await.unwrap();
        let action = if expect.is_some() { Action::Replace } else { Action::NoOp };
        assert_eq!((plan.action, plan.replace.first().map(String::as_str)), (action, expect));
    };
    check(json!({"remote_domain_name": "other.example.com"}), Some("remote_domain_name")).await;
    check(json!({"trust_direction": "Two-Way"}), Some("trust_direction")).await;
    check(json!({"trust_type": "External"}), Some("trust_type")).await;
    check(json!({"trust_password_wo_version": 2}), Some("trust_password_wo_version")).await;
    check(json!({"remote_domain_name": "OnPrem.Example.Com."}), None).await;
    world.end().await;
}

#[tokio::test]
async fn another_password_replaces_in_either_attribute() {
    let stored = |password: &str| json!({"trust_password_wo": null, "trust_password_wo_version": null, "trust_password": password});
    let mut world = World::created(stored("first")).await;
    let plan = world.trust.plan(&world.config(stored("second"))).await.unwrap();
    assert_eq!((plan.action, plan.replace), (Action::Replace, vec!["trust_password".to_owned()]));
    // To the write-only attribute: the same password in place, another one not.
    let plan = world.trust.plan(&world.config(json!({"trust_password_wo": "second"}))).await.unwrap();
    assert_eq!((plan.action, plan.replace), (Action::Replace, vec!["trust_password_wo_version".to_owned()]));
    let state = world.changed(json!({"trust_password_wo": "first"})).await;
    assert_eq!(state["trust_password"], Json::Null);
    let before = world.trust_id();
    world.trust.apply(&world.config(json!({"trust_password_wo_version": 2}))).await.unwrap();
    assert_ne!(world.trust_id(), before);
    world.end().await;
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_done() {
    let world = World::start().await;
    let check = async |more: Json, path: &str| {
        let told = match world.trust.plan(&world.config(more)).await {
            Ok(plan) => panic!("planned: {}", plan.planned),
            Err(told) => told,
        };
        assert_eq!(told.paths(), [path], "{told}");
    };
    check(json!({"directory_id": "d-1"}), "directory_id").await;
    check(json!({"remote_domain_name": "onprem"}), "remote_domain_name").await;
    check(json!({"trust_direction": "Outgoing"}), "trust_direction").await;
    check(json!({"trust_type": "Realm"}), "trust_type").await;
    check(json!({"selective_auth": "true"}), "selective_auth").await;
    check(json!({"conditional_forwarder_ip_addrs": []}), "conditional_forwarder_ip_addrs").await;
    check(json!({"conditional_forwarder_ip_addrs": ["10.0.0.1.1"]}), "conditional_forwarder_ip_addrs").await;
    let five: Vec<String> = (1..=5).map(|n| format!("10.0.0.{n}")).collect();
    check(json!({"conditional_forwarder_ip_addrs": five}), "conditional_forwarder_ip_addrs").await;
    check(json!({"trust_password_wo": null, "trust_password_wo_version": null}), "trust_password_wo").await;
    check(json!({"trust_password": "x"}), "trust_password_wo").await;
    check(json!({"trust_password_wo": "tab\t"}), "trust_password_wo").await;
    check(json!({"trust_password_wo_version": null}), "trust_password_wo").await;
    // What only AWS knows.
    check(json!({"directory_id": "d-0123456789"}), "directory_id").await;
    check(json!({"remote_domain_name": "Corp.example.com"}), "remote_domain_name").await;
    let id = world.directory_id();
    world.simulator.here(|region| {
        region.directories.get_mut(&id).unwrap().set_stage("Inoperable", Some("It broke."), wall_clock());
    });
    // A plan is content with an answer that is some seconds old; another process has none.
    let told =
        Core::on(&world.simulator).await.resource(TYPE).plan(&world.config(json!({}))).await.unwrap_err();
    assert!(
        told.to_string().starts_with(&format!("error at directory_id: Directory {id} is not Active")),
        "{told}"
    );
    world
        .simulator
        .here(|region| region.directories.get_mut(&id).unwrap().set_stage("Active", None, wall_clock()));
    assert_eq!(world.simulator.count("CreateTrust"), 0);
    world.end().await;
}

#[tokio::test]
async fn without_permission_the_check_is_a_warning() {
    let world = World::start().await;
    world.simulator.fault(Fault::new(Service::Ds, "DescribeDirectories", FaultKind::AccessDenied).times(1));
    let plan = Core::on(&world.simulator).await.resource(TYPE).plan(&world.config(json!({}))).await.unwrap();
    assert!(plan.diagnostics.to_string().contains("ds:DescribeDirectories"), "{}", plan.diagnostics);
    world.end().await;
}

#[tokio::test]
async fn unknown_values_are_planned_around() {
    let mut world = World::start().await;
    let open = world.config(json!({"directory_id": unknown(), "conditional_forwarder_ip_addrs": unknown()}));
    let plan = world.trust.plan(&open).await.unwrap();
    assert_eq!(plan.action, Action::Create);
    let config = world.config(json!({"conditional_forwarder_ip_addrs": ["10.1.0.10"]}));
    world.trust.apply_plan(&plan, &config).await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn imports_replace_nothing() {
    let mut world = World::created(json!({"conditional_forwarder_ip_addrs": ["10.1.0.10"]})).await;
    let id = format!("{}/onprem.example.com", world.directory_id());
    let bare = json!({
        "trust_password_wo": null, "trust_password_wo_version": null,
        "conditional_forwarder_ip_addrs": ["10.1.0.10"],
    });
    for password in [
        json!({}),
        json!({"trust_password_wo": null, "trust_password_wo_version": null, "trust_password": "x"}),
    ] {
        world.trust = world.core.resource(TYPE);
        world.trust.import_id(&id).await.unwrap();
        world.assert_settled(bare.clone()).await;
        let config = world.config(password);
        let plan = world.trust.plan(&config).await.unwrap();
        assert_eq!((plan.action, plan.replace.len()), (Action::Update, 0));
        assert!(plan.diagnostics.to_string().contains("only recorded"), "{}", plan.diagnostics);
        assert_eq!(plan.planned["trust_state"], "Verified");
        world.trust.apply_plan(&plan, &config).await.unwrap();
    }
    world.trust = world.core.resource(TYPE);
    let identity = json!({"directory_id": world.directory_id(), "remote_domain_name": "onprem.example.com"});
    world.trust.import_identity(&identity).await.unwrap();
    assert_eq!((world.simulator.count("CreateTrust"), world.simulator.count("DeleteTrust")), (1, 0));
    let mut other = world.core.resource(TYPE);
    let told = other.import_id("onprem.example.com").await.unwrap_err();
    insta::assert_snapshot!(told, @"error: Failed to import aurorakerberos_directory_trust — The import id is the id of the directory and the name of the domain on the other side, separated by a slash: d-1234567890/onprem.example.com.");
    world.end().await;
}

#[tokio::test]
async fn a_failed_verification_is_a_warning_that_says_what_to_do() {
    let mut world = World::start().await;
    world.verification_fails(u32::MAX);
    world.trust.apply(&world.config(json!({}))).await.unwrap();
    let told = world.trust.warnings().to_string().replace(&world.trust_id(), "t-…");
    insta::assert_snapshot!(told, @"
    warning at trust_state: Trust t-… is not verified — Trust t-… with onprem.example.com is in the state VerifyFailed: The other side does not answer.

    AWS can verify it once the other side is set up. In onprem.example.com: create a one-way incoming trust with the same password and type; forward DNS queries for the directory's domain to 10.0.0.10 and 10.0.1.10; enable name suffix routing for the directory's domain on the trust; and let the domain controllers of both sides reach each other (TCP and UDP 53, 88, 389, 464; TCP 135, 445, 636, 3268, 3269, 49152-65535; UDP 123). In AWS: conditional_forwarder_ip_addrs must be DNS servers that know onprem.example.com.
    ");
    // Not required, not asked for again.
    world.assert_settled(json!({})).await;
    world.end().await;
}

#[tokio::test]
async fn a_required_verification_is_repeated_until_it_succeeds() {
    let mut world = World::created(json!({"require_verified": true})).await;
    let id = world.trust_id();
    world.simulator.here(|region| {
        let trust = region.trusts.get_mut(&id).unwrap();
        trust.state = Timeline::new("VerifyFailed", wall_clock());
        trust.reason = Some("The other side does not answer.".to_owned());
    });
    world.verification_fails(1);
    let config = world.config(json!({"require_verified": true}));
    world.trust.refresh().await.unwrap();
    let plan = world.trust.plan(&config).await.unwrap();
    assert_eq!((plan.action, &plan.planned["trust_state"]), (Action::Update, &json!("<unknown>")));
    let told = world.trust.apply_plan(&plan, &config).await.unwrap_err();
    assert_eq!(told.paths(), ["require_verified"], "{told}");
    assert_eq!((world.trust_id(), world.trust.is_tainted()), (id.clone(), false));
    let state = world.changed(json!({"require_verified": true})).await;
    assert_eq!((&state["id"], &state["trust_state"]), (&json!(id), &json!("Verified")));
    world.end().await;
}

#[tokio::test]
async fn a_required_verification_that_fails_at_creation_keeps_the_state() {
    let mut world = World::start().await;
    world.verification_fails(2);
    let config = world.config(json!({"require_verified": true}));
    let told = world.trust.apply(&config).await.unwrap_err();
    assert!(told.to_string().contains("terraform untaint"), "{told}");
    assert_eq!(world.trust.state_json()["trust_state"], "VerifyFailed");
    // Terraform taints what a failed creation left; the next apply replaces and verifies it.
    assert!(world.trust.is_tainted());
    assert_eq!(world.trust.apply(&config).await.unwrap()["trust_state"], "Verified");
    world.end().await;
}

#[tokio::test]
async fn issue_36760_a_forwarder_that_is_gone_breaks_no_refresh_and_is_repaired() {
    let mut world = World::created(json!({"conditional_forwarder_ip_addrs": ["10.1.0.10"]})).await;
    let gone = |world: &World| {
        world
            .simulator
            .here(|region| region.directories.values_mut().for_each(|found| found.forwarders.clear()));
    };
    gone(&world);
    assert_eq!(world.trust.refresh().await.unwrap()["conditional_forwarder_ip_addrs"], Json::Null);
    world.changed(json!({"conditional_forwarder_ip_addrs": ["10.1.0.10"]})).await;
    assert_eq!(world.forwarder(), json!(["10.1.0.10"]));
    // Changed outside.
    world.simulator.here(|region| {
        let found = region.directories.values_mut().next().unwrap();
        found.forwarders.insert("onprem.example.com".to_owned(), vec!["10.9.9.9".to_owned()]);
    });
    world.changed(json!({"conditional_forwarder_ip_addrs": ["10.1.0.10"]})).await;
    assert_eq!(world.forwarder(), json!(["10.1.0.10"]));
    // Not configured, not missed. And its deletion with the trust finds nothing to delete.
    gone(&world);
    world.changed(json!({"delete_associated_conditional_forwarder": true})).await;
    world.end().await;
}

#[tokio::test]
async fn a_trust_without_forwarder_addresses_is_refreshed() {
    let mut world = World::created(json!({})).await;
    assert_eq!(world.trust.refresh().await.unwrap()["conditional_forwarder_ip_addrs"], Json::Null);
    world.end().await;
}

#[tokio::test]
async fn a_trust_whose_answer_was_lost_is_adopted() {
    let mut world = World::start().await;
    for kind in [FaultKind::ResetAfter, FaultKind::Truncated] {
        world.simulator.fault(Fault::new(Service::Ds, "CreateTrust", kind).times(1));
        world.trust.apply(&world.config(json!({}))).await.unwrap();
        let told = world.trust.warnings().to_string();
        assert!(told.starts_with(&format!("warning: Adopted trust {} after", world.trust_id())), "{told}");
        world.trust.destroy().await.unwrap();
    }
    world.simulator.fault(Fault::new(Service::Ds, "CreateTrust", FaultKind::InternalFailure).times(2));
    world.trust.apply(&world.config(json!({}))).await.unwrap();
    assert!(world.trust.warnings().is_empty(), "{}", world.trust.warnings());
    assert_eq!(world.simulator.here(|region| region.trusts.len()), 1);
    world.end().await;
}

#[tokio::test]
async fn a_second_trust_with_a_domain_is_told_to_import_the_first() {
    let world = World::created(json!({})).await;
    let told = world.core.resource(TYPE).apply(&world.config(json!({}))).await.unwrap_err();
    assert_eq!(told.paths(), ["remote_domain_name"], "{told}");
    assert!(
        told.to_string().contains(&format!("  id = \"{}/onprem.example.com\"\n}}", world.directory_id()))
    );
    assert_eq!(world.simulator.count("CreateTrust"), 1);
    world.end().await;
}

#[tokio::test]
async fn a_failed_creation_carries_the_reason() {
    let mut world = World::start().await;
    world.simulator.with(|state| state.orders.trust_fails.add("*", "Wrong password.", 1));
    let told = world.trust.apply(&world.config(json!({}))).await.unwrap_err();
    assert!(told.to_string().contains("is in the state Failed: Wrong password."), "{told}");
    assert!(world.trust.is_tainted());
    world.end().await;
}

#[tokio::test]
async fn waits_that_end_early_keep_the_state() {
    let mut world = World::start().await;
    let hour = Duration::from_hours(1);
    world.simulator.set_steps(Steps { trust_change: hour, ..Steps::default() });
    let config = world.config(json!({"timeouts": {"create": "2s"}}));
    let told = world.trust.apply(&config).await.unwrap_err();
    assert!(told.to_string().contains("Last seen: Creating."), "{told}");
    assert!(world.trust.is_tainted());
    world.trust.destroy().await.unwrap();
    // Ctrl-C: the trust stays as good as it is, and the next apply waits for it.
    let core = Core::on(&world.simulator).await;
    let before = world.simulator.count("DescribeTrusts");
    let config = world.config(json!({}));
    let running = core.resource(TYPE).apply_in_background(&config);
    directory::until(|| world.simulator.count("DescribeTrusts") >= before + 3).await;
    core.stop().await;
    let (trust, result) = running.await.unwrap();
    world.trust = trust;
    result.unwrap();
    assert!(!world.trust.is_tainted());
    assert!(world.trust.warnings().to_string().contains("was interrupted"), "{}", world.trust.warnings());
    world.trust.refresh().await.unwrap();
    let plan = world.trust.plan(&config).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    world.simulator.advance(3 * hour);
    assert_eq!(world.trust.apply_plan(&plan, &config).await.unwrap()["trust_state"], "Verified");
    world.end().await;
}

#[tokio::test]
async fn every_state_can_be_deleted_and_what_is_gone_is_gone() {
    let states =
        ["Created", "Verifying", "VerifyFailed", "Verified", "Updated", "UpdateFailed", "Failed", "Deleting"];
    let mut world = World::start().await;
    world.simulator.set_steps(Steps { trust_delete: Duration::from_millis(40), ..Steps::default() });
    for state in states {
        world.trust.apply(&world.config(json!({}))).await.unwrap();
        let id = world.trust_id();
        world
            .simulator
            .here(|region| region.trusts.get_mut(&id).unwrap().state = Timeline::new(state, wall_clock()));
        world.trust.destroy().await.unwrap();
        assert_eq!(world.simulator.here(|region| region.trusts.len()), 0, "{state}");
    }
    world.trust.apply(&world.config(json!({}))).await.unwrap();
    world.simulator.here(|region| region.trusts.clear());
    let mut known = world.trust.clone();
    assert_eq!(known.refresh().await.unwrap(), Json::Null);
    world.trust.destroy().await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn issue_48242_the_write_only_password_is_stored_nowhere() {
    let mut world = World::start().await;
    let plan = world.trust.plan(&world.config(json!({}))).await.unwrap();
    world.trust.apply_plan(&plan, &world.config(json!({}))).await.unwrap();
    let stored = format!("{} {} {}", plan.planned, world.trust.state_json(), world.trust.private_text());
    assert!(!stored.contains(PASSWORD), "{stored}");
    world.end().await;
}
