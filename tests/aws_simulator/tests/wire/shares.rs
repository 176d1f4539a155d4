//! Directories that are shared between accounts.

use aws_simulator::POSTGRESQL_CLUSTER;
use serde_json::{Value, json};

use super::client::{Client, instant, second, stepwise};

const OTHER: &str = "444455556666";

fn share_input(directory: &str, method: &str) -> Value {
    json!({ "DirectoryId": directory, "ShareTarget": { "Id": OTHER, "Type": "ACCOUNT" }, "ShareMethod": method })
}

fn share(client: &Client, directory: &str, method: &str) -> String {
    let answer = client.ds("ShareDirectory", &share_input(directory, method)).ok().json();
    answer["SharedDirectoryId"].as_str().unwrap().to_owned()
}

#[test]
fn a_handshake_is_offered_and_accepted() {
    let simulator = stepwise();
    let (owner, guest) = (Client::new(&simulator), Client::of_account(&simulator, OTHER));
    let directory = owner.directory("corp.example.com");
    (0..3).for_each(|_| second(&simulator));
    let shared = share(&owner, &directory, "HANDSHAKE");
    let status = || guest.describe(&shared)["ShareStatus"].clone();
    assert_eq!(status(), "PendingAcceptance");
    guest.ds("AcceptSharedDirectory", &json!({ "SharedDirectoryId": shared })).ok();
    assert_eq!(status(), "Sharing");
    second(&simulator);
    assert_eq!(status(), "Shared");
    let again = guest.ds("AcceptSharedDirectory", &json!({ "SharedDirectoryId": shared }));
    assert_eq!(again.code(), "DirectoryAlreadySharedException");
    assert_eq!(
        owner.ds("ShareDirectory", &share_input(&directory, "HANDSHAKE")).code(),
        "DirectoryAlreadySharedException"
    );

    let delete = || owner.ds("DeleteDirectory", &json!({ "DirectoryId": directory }));
    assert_eq!(delete().code(), "ClientException");
    let unshare = json!({ "DirectoryId": directory, "UnshareTarget": { "Id": OTHER, "Type": "ACCOUNT" } });
    owner.ds("UnshareDirectory", &unshare).ok();
    second(&simulator);
    assert_eq!(owner.ds("UnshareDirectory", &unshare).code(), "DirectoryNotSharedException");
    delete().ok();
}

#[test]
fn a_handshake_may_be_rejected() {
    let simulator = instant();
    let (owner, guest) = (Client::new(&simulator), Client::of_account(&simulator, OTHER));
    let directory = owner.directory("corp.example.com");
    let shared = share(&owner, &directory, "HANDSHAKE");
    guest.ds("RejectSharedDirectory", &json!({ "SharedDirectoryId": shared })).ok();
    let told = owner.ds("DescribeSharedDirectories", &json!({ "OwnerDirectoryId": directory })).ok().json();
    assert_eq!(told["SharedDirectories"][0]["ShareStatus"], "Rejected");
}

#[test]
fn a_cluster_of_the_other_account_joins() {
    let simulator = instant();
    let (owner, guest) = (Client::new(&simulator), Client::of_account(&simulator, OTHER));
    let directory = owner.directory("corp.example.com");
    guest.role();
    assert_eq!(guest.join(POSTGRESQL_CLUSTER, &directory).code(), "DomainNotFoundFault");
    let shared = share(&owner, &directory, "HANDSHAKE");
    assert_eq!(guest.join(POSTGRESQL_CLUSTER, &shared).code(), "DomainNotFoundFault");
    guest.ds("AcceptSharedDirectory", &json!({ "SharedDirectoryId": shared })).ok();
    guest.join(POSTGRESQL_CLUSTER, &shared).ok();
    let delete = guest.ds("DeleteDirectory", &json!({ "DirectoryId": shared }));
    assert!(delete.error().2.contains("authorized applications"), "{}", delete.body);
}

#[test]
fn targets_are_checked() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let directory = client.directory("corp.example.com");
    for target in ["12", aws_simulator::DEFAULT_ACCOUNT] {
        let mut input = share_input(&directory, "HANDSHAKE");
        input["ShareTarget"]["Id"] = json!(target);
        assert_eq!(client.ds("ShareDirectory", &input).code(), "InvalidTargetException", "{target}");
    }
    simulator.with(|state| state.orders.share_fails.add(OTHER, "no", 1));
    share(&client, &directory, "ORGANIZATIONS");
    let told = client.ds("DescribeSharedDirectories", &json!({ "OwnerDirectoryId": directory })).ok().json();
    assert_eq!(told["SharedDirectories"][0]["ShareStatus"], "ShareFailed");
}
