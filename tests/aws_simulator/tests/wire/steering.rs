//! The control interface.

use serde_json::{Value, json};

use super::client::{Client, instant};

fn check(method: &str, path: &str, body: &Value, status: u16) {
    let simulator = instant();
    let answer = Client::new(&simulator).control(method, path, body);
    assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.body);
}

#[test]
fn requests_are_checked() {
    check("GET", "nothing", &json!({}), 404);
    check("POST", "faults", &json!({ "kind": "throttled", "service": "ds", "operation": "*" }), 200);
    check("POST", "faults", &json!({ "kind": "thundered" }), 400);
    check("POST", "faults", &json!({ "kind": "throttled", "service": "s3" }), 400);
    check("POST", "steps", &json!({ "all": 5, "reboot": 7 }), 200);
    check("POST", "steps", &json!({ "dance": 5 }), 400);
    check("POST", "options", &json!({ "mysql_shown_on": "both", "iam_delay_ms": 3, "page_size": 2 }), 200);
    check("POST", "options", &json!({ "page_size": "two" }), 400);
    check("POST", "orders", &json!({ "kind": "join_fails", "object": "x", "times": 1 }), 200);
    check("POST", "orders", &json!({ "kind": "sings" }), 400);
    check("DELETE", "objects/directory/d-0000000000", &json!({}), 400);
    check("DELETE", "objects/cluster/aurora-demo", &json!({}), 200);
    check(
        "POST",
        "vpcs",
        &json!({ "id": "vpc-0a1b2c3d", "subnets": [{ "id": "subnet-0a1b2c3d", "zone": "a" }] }),
        200,
    );
}

#[test]
fn objects_are_changed_behind_the_callers_back() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    let path = format!("objects/directory/{id}");
    client.control("POST", &path, &json!({ "stage": "Impaired", "reason": "r" })).ok();
    let view = client.describe(&id);
    assert_eq!((&view["Stage"], &view["StageReason"]), (&json!("Impaired"), &json!("r")));
    assert_eq!(
        client.control("GET", "state", &json!({})).json()["regions"]["111122223333/us-east-1"]["directories"]
            [&id]["stage"],
        "Impaired"
    );
    client.control("DELETE", &path, &json!({})).ok();
    assert_eq!(client.control("GET", "leftovers", &json!({})).json(), json!([]));
}

#[test]
fn clusters_are_put_in_place() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let members = json!([{ "id": "w", "class": "db.serverless", "zone": "us-east-1c" }, { "id": "r" }]);
    client.control("POST", "clusters", &json!({ "id": "own", "members": members })).ok();
    client.control("POST", "clusters", &json!({ "id": "many", "members": 16 })).ok();
    assert_eq!((client.memberships("own").len(), client.memberships("many").len()), (2, 16));
    let writer = client.query("rds", "DescribeDBInstances", &[("DBInstanceIdentifier", "w")]).ok();
    assert_eq!(
        (writer.text("DBInstanceClass"), writer.text("AvailabilityZone")),
        ("db.serverless".to_owned(), "us-east-1c".to_owned())
    );
    assert!(simulator.leftovers().is_empty());
}

#[test]
fn time_is_steered() {
    let simulator = instant();
    let client = Client::new(&simulator);
    client.control("POST", "steps", &json!({ "directory_create": 1000 })).ok();
    client.control("POST", "clock", &json!({ "freeze": true })).ok();
    let id = client.directory("corp.example.com");
    assert_eq!(client.describe(&id)["Stage"], "Requested");
    client.control("POST", "clock", &json!({ "advance_ms": 3000 })).ok();
    assert_eq!(client.describe(&id)["Stage"], "Active");
}

#[test]
fn the_journal_is_read_from_a_place_on() {
    let simulator = instant();
    let client = Client::new(&simulator);
    for _ in 0..3 {
        client.query("iam", "ListRoles", &[]).ok();
    }
    let calls = client.control("GET", "journal?since=1&operation=ListRoles", &json!({})).json();
    assert_eq!(
        calls.as_array().unwrap().iter().map(|call| call["number"].clone()).collect::<Vec<_>>(),
        [2, 3]
    );
    client.control("DELETE", "journal", &json!({})).ok();
    assert_eq!(client.control("GET", "journal", &json!({})).json(), json!([]));
}
