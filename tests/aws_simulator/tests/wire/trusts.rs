//! Trusts and conditional forwarders.

use aws_simulator::Simulator;
use serde_json::{Value, json};

use super::client::{Client, instant, second, stepwise};

const REMOTE: &str = "onprem.example.com";

fn input(directory: &str, direction: &str) -> Value {
    json!({
        "DirectoryId": directory,
        "RemoteDomainName": REMOTE,
        "TrustPassword": "shared",
        "TrustDirection": direction,
        "ConditionalForwarderIpAddrs": ["10.9.0.2"],
    })
}

fn trust(client: &Client, id: &str) -> Value {
    client.ds("DescribeTrusts", &json!({ "TrustIds": [id] })).ok().json()["Trusts"][0].clone()
}

/// A directory and a trust of it: the client, the directory's id, the trust's.
fn prepare(simulator: &Simulator, direction: &str) -> (Client, String, String) {
    let client = Client::new(simulator);
    let directory = client.directory("corp.example.com");
    (0..3).for_each(|_| second(simulator));
    let created = client.ds("CreateTrust", &input(&directory, direction)).ok().json();
    let id = created["TrustId"].as_str().unwrap().to_owned();
    (client, directory, id)
}

fn check(direction: &str, order: impl FnOnce(&Simulator), expect: &[&str]) {
    let simulator = stepwise();
    order(&simulator);
    let (client, _, id) = prepare(&simulator, direction);
    let mut states = Vec::new();
    for _ in expect {
        states.push(trust(&client, &id)["TrustState"].as_str().unwrap().to_owned());
        second(&simulator);
    }
    assert_eq!(states, expect);
}

#[test]
fn an_outgoing_trust_is_verified() {
    check("One-Way: Outgoing", |_| (), &["Creating", "Created", "Verifying", "Verified", "Verified"]);
}

#[test]
fn an_incoming_trust_is_only_created() {
    check("One-Way: Incoming", |_| (), &["Creating", "Created", "Created"]);
}

#[test]
fn a_verification_fails_as_ordered_and_once_only() {
    let order = |simulator: &Simulator| {
        simulator.with(|state| state.orders.trust_verify_fails.add(REMOTE, "no such domain", 1));
    };
    check("Two-Way", order, &["Creating", "Created", "Verifying", "VerifyFailed", "VerifyFailed"]);

    let simulator = instant();
    order(&simulator);
    let (client, _, id) = prepare(&simulator, "Two-Way");
    let failed = trust(&client, &id);
    assert_eq!(
        (&failed["TrustState"], &failed["TrustStateReason"]),
        (&json!("VerifyFailed"), &json!("no such domain"))
    );
    client.ds("VerifyTrust", &json!({ "TrustId": id })).ok();
    let verified = trust(&client, &id);
    assert_eq!((&verified["TrustState"], verified.get("TrustStateReason")), (&json!("Verified"), None));
}

#[test]
fn a_trust_is_updated_and_deleted_with_its_forwarder() {
    let simulator = stepwise();
    let (client, directory, id) = prepare(&simulator, "One-Way: Incoming");
    second(&simulator);
    client.ds("UpdateTrust", &json!({ "TrustId": id, "SelectiveAuth": "Enabled" })).ok();
    assert_eq!(trust(&client, &id)["TrustState"], "Updating");
    second(&simulator);
    let updated = trust(&client, &id);
    assert_eq!((&updated["TrustState"], &updated["SelectiveAuth"]), (&json!("Updated"), &json!("Enabled")));

    let delete = json!({ "TrustId": id, "DeleteAssociatedConditionalForwarder": true });
    client.ds("DeleteTrust", &delete).ok();
    assert_eq!(trust(&client, &id)["TrustState"], "Deleting");
    second(&simulator);
    let gone = client.ds("DescribeTrusts", &json!({ "TrustIds": [id] }));
    assert_eq!(gone.code(), "EntityDoesNotExistException");
    let forwarders =
        client.ds("DescribeConditionalForwarders", &json!({ "DirectoryId": directory })).ok().json();
    assert_eq!(forwarders["ConditionalForwarders"], json!([]));
}

#[test]
fn a_trust_needs_an_active_directory_and_another_domain() {
    let simulator = stepwise();
    let client = Client::new(&simulator);
    let directory = client.directory("corp.example.com");
    let create = |input: Value| client.ds("CreateTrust", &input).code();
    assert_eq!(create(input(&directory, "Two-Way")), "ClientException");
    (0..3).for_each(|_| second(&simulator));
    let mut own = input(&directory, "Two-Way");
    own["RemoteDomainName"] = json!("CORP.example.com");
    assert_eq!(create(own), "InvalidParameterException");
    assert_eq!(create(input("d-0000000000", "Two-Way")), "EntityDoesNotExistException");
    assert_eq!(create(input(&directory, "Sideways")), "ValidationException");
    assert_eq!(create(input(&directory, "Two-Way")), "");
    assert_eq!(create(input(&directory, "Two-Way")), "EntityAlreadyExistsException");
}

#[test]
fn forwarders_have_a_life_of_their_own() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    let call = |operation: &str, addresses: &[&str]| {
        let input = json!({ "DirectoryId": id, "RemoteDomainName": REMOTE, "DnsIpAddrs": addresses });
        client.ds(operation, &input).code()
    };
    assert_eq!(call("UpdateConditionalForwarder", &["10.0.0.1"]), "EntityDoesNotExistException");
    assert_eq!(call("CreateConditionalForwarder", &["10.0.0.1"]), "");
    assert_eq!(call("CreateConditionalForwarder", &["10.0.0.1"]), "EntityAlreadyExistsException");
    assert_eq!(call("UpdateConditionalForwarder", &["10.0.0.1", "10.0.0.2"]), "");
    assert_eq!(call("UpdateConditionalForwarder", &["10.0.0.1.1"]), "ValidationException");
    let told = client.ds("DescribeConditionalForwarders", &json!({ "DirectoryId": id })).ok().json();
    assert_eq!(told["ConditionalForwarders"][0]["DnsIpAddrs"], json!(["10.0.0.1", "10.0.0.2"]));
    assert_eq!(call("DeleteConditionalForwarder", &[]), "");
    assert_eq!(call("DeleteConditionalForwarder", &[]), "EntityDoesNotExistException");
}
