//! What takes AWS its time, and was not done when the apply was killed: it is adopted as it is, and waited for.

use std::time::Duration;

use aws_simulator::{Simulator, Steps};
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, simulator};

const HOUR: Duration = Duration::from_hours(1);

/// Kills the provider once it waits for what it makes. The state has nothing of it then.
async fn kill_while_it_waits(simulator: &Simulator, core: &Core, object: Object, config: &Json, poll: &str) {
    simulator.clear_journal();
    let running = object.apply_in_background(config);
    while simulator.count(poll) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    core.kill().await;
    let (object, result) = running.await.unwrap();
    assert!(result.unwrap_err().to_string().contains("Plugin did not respond"));
    assert_eq!(object.state_json(), Json::Null);
    core.restart().await;
}

/// Adopts, applies while AWS goes on, and settles.
async fn adopt(simulator: &Simulator, object: &mut Object, id: &str, config: &Json) {
    object.apply(config).await.unwrap_err();
    object.import_id(id).await.unwrap();
    let plan = object.plan(config).await.unwrap();
    assert_eq!(plan.action, Action::Update, "an apply must wait for it: {}", plan.planned);
    simulator.advance(10 * HOUR);
    object.apply_plan(&plan, config).await.unwrap();
    object.refresh().await.unwrap();
    assert_eq!(object.plan(config).await.unwrap().action, Action::NoOp);
}

#[tokio::test]
async fn a_directory_and_a_trust_that_are_not_done() {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    simulator.set_steps(Steps { directory_create: HOUR, trust_change: HOUR, ..Steps::default() });

    let mut directory = core.resource("aurorakerberos_directory");
    let mut config = simulator::directory();
    config["alias"] = json!("corp-slow");
    kill_while_it_waits(&simulator, &core, directory.clone(), &config, "DescribeDirectories").await;
    let id = simulator.here(|region| region.directories.keys().next().unwrap().clone());
    adopt(&simulator, &mut directory, &id, &config).await;
    let state = directory.state_json();
    assert_eq!((&state["stage"], &state["alias"]), (&json!("Active"), &json!("corp-slow")));

    let mut trust = core.resource("aurorakerberos_directory_trust");
    let mut config = simulator::trust(&json!(id));
    config["conditional_forwarder_ip_addrs"] = json!(["10.1.0.10"]);
    kill_while_it_waits(&simulator, &core, trust.clone(), &config, "DescribeTrusts").await;
    adopt(&simulator, &mut trust, &format!("{id}/onprem.example.com"), &config).await;
    assert_eq!(trust.state_json()["trust_state"], "Verified");

    simulator.set_steps(Steps::default());
    trust.destroy().await.unwrap();
    directory.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}
