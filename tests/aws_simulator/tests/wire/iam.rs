//! Roles and policies.

use serde_json::json;

use super::client::{Client, POLICY, ROLE, instant, trust_policy};

const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ds:*","Resource":"*"}]}"#;

/// Status and code of calls on a fresh role.
fn check(calls: &[(&str, &[(&str, &str)])], expect: (u16, &str)) {
    let simulator = instant();
    let client = Client::new(&simulator);
    client.create_role(&["rds.amazonaws.com"]).ok();
    let mut last = (0, String::new());
    for (operation, params) in calls {
        let params: Vec<(&str, &str)> =
            [("RoleName", ROLE)].into_iter().chain(params.iter().copied()).collect();
        let answer = client.query("iam", operation, &params);
        last = (answer.status, answer.code());
    }
    assert_eq!((last.0, last.1.as_str()), expect, "{calls:?}");
}

#[test]
fn errors_have_their_codes() {
    let attach: (&str, &[_]) = ("AttachRolePolicy", &[("PolicyArn", POLICY)]);
    let put: (&str, &[_]) = ("PutRolePolicy", &[("PolicyName", "p"), ("PolicyDocument", DOCUMENT)]);
    check(&[("CreateRole", &[("AssumeRolePolicyDocument", DOCUMENT)])], (400, "MalformedPolicyDocument"));
    check(
        &[("CreateRole", &[("AssumeRolePolicyDocument", &trust_policy(&["rds.amazonaws.com"]))])],
        (409, "EntityAlreadyExists"),
    );
    check(&[attach, ("DeleteRole", &[])], (409, "DeleteConflict"));
    check(&[put, ("DeleteRole", &[])], (409, "DeleteConflict"));
    check(&[attach, ("DetachRolePolicy", &[("PolicyArn", POLICY)]), ("DeleteRole", &[])], (200, ""));
    check(&[("DeleteRole", &[]), ("GetRole", &[])], (404, "NoSuchEntity"));
    check(&[("AttachRolePolicy", &[("PolicyArn", "arn:aws:iam::aws:policy/None")])], (404, "NoSuchEntity"));
    check(&[("GetRolePolicy", &[("PolicyName", "p")])], (404, "NoSuchEntity"));
    check(&[("DetachRolePolicy", &[("PolicyArn", POLICY)])], (404, "NoSuchEntity"));
    check(&[("UpdateAssumeRolePolicy", &[("PolicyDocument", "{")])], (400, "MalformedPolicyDocument"));
    check(&[("UpdateRole", &[("MaxSessionDuration", "60")])], (400, "ValidationError"));
    check(&[("DeleteRolePermissionsBoundary", &[])], (404, "NoSuchEntity"));
}

#[test]
fn documents_come_back_percent_encoded() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let answer = client.create_role(&["rds.amazonaws.com"]).ok();
    let encoded = answer.text("AssumeRolePolicyDocument");
    assert!(encoded.starts_with("%7B%22"), "{encoded}");
    let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap().into_owned();
    assert_eq!(decoded, trust_policy(&["rds.amazonaws.com"]));
}

#[test]
fn the_managed_policy_has_its_four_actions() {
    let simulator = instant();
    let answer = Client::new(&simulator).query(
        "iam",
        "GetPolicyVersion",
        &[("PolicyArn", POLICY), ("VersionId", "v1")],
    );
    let document = percent_encoding::percent_decode_str(&answer.ok().text("Document"))
        .decode_utf8()
        .unwrap()
        .into_owned();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let expect = json!([
        "ds:DescribeDirectories",
        "ds:AuthorizeApplication",
        "ds:UnauthorizeApplication",
        "ds:GetAuthorizedApplicationDetails"
    ]);
    assert_eq!(document["Statement"][0]["Action"], expect);
}

#[test]
fn partitions_have_their_arns() {
    let simulator = instant();
    let client = Client { region: "cn-north-1".to_owned(), ..Client::new(&simulator) };
    let answer = client.create_role(&["rds.amazonaws.com.cn"]).ok();
    assert_eq!(answer.text("Arn"), "arn:aws-cn:iam::111122223333:role/access");
    let policy = [("PolicyArn", "arn:aws-cn:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess")];
    client.query("iam", "GetPolicy", &policy).ok();
}

#[test]
fn a_new_role_may_be_seen_late() {
    let simulator = instant();
    simulator.with(|state| {
        state.options.iam_delay = std::time::Duration::from_secs(5);
        state.clock.freeze();
    });
    let client = Client::new(&simulator);
    client.create_role(&["rds.amazonaws.com"]).ok();
    let check = |status: u16, listed: &[&str]| {
        let role = ("RoleName", ROLE);
        assert_eq!(client.query("iam", "GetRole", &[role]).status, status);
        assert_eq!(client.query("iam", "AttachRolePolicy", &[role, ("PolicyArn", POLICY)]).status, status);
        assert_eq!(client.query("iam", "ListAttachedRolePolicies", &[role]).status, status);
        assert_eq!(client.query("iam", "ListRoles", &[]).ok().texts("RoleName"), listed);
    };
    check(404, &[]);
    assert_eq!(client.create_role(&["rds.amazonaws.com"]).status, 409, "its name is taken all the same");
    simulator.advance(std::time::Duration::from_secs(5));
    check(200, &[ROLE]);
}

#[test]
fn lists_are_paged() {
    let simulator = instant();
    let client = Client::new(&simulator);
    for name in ["a", "b", "c"] {
        let document = trust_policy(&["rds.amazonaws.com"]);
        client
            .query("iam", "CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &document)])
            .ok();
    }
    let first = client.query("iam", "ListRoles", &[("MaxItems", "2")]).ok();
    assert_eq!(
        (first.texts("RoleName"), first.text("IsTruncated")),
        (vec!["a".to_owned(), "b".to_owned()], "true".to_owned())
    );
    let rest = client.query("iam", "ListRoles", &[("Marker", &first.text("Marker"))]).ok();
    assert_eq!(
        (rest.texts("RoleName"), rest.text("IsTruncated")),
        (vec!["c".to_owned()], "false".to_owned())
    );
}
