//! The `provider` block, over the real gRPC surface.

use serde_json::{Value as Json, json};

use crate::support::{Core, simulator};

/// What the provider says of a block that, besides, points to a simulator.
async fn told(more: &Json) -> String {
    let simulator = simulator::start().await;
    let mut config = simulator::provider_config(&simulator);
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    match Core::try_start(&[], &config).await {
        Ok(_) => "configured".to_owned(),
        Err(report) => report.stable(),
    }
}

#[tokio::test]
async fn a_whole_block_is_taken() {
    let block = json!({"allowed_account_ids": ["111122223333"], "default_tags": {"tags": {"team": "db"}}});
    assert_eq!(told(&block).await, "configured");
}

#[tokio::test]
async fn unknown_values_are_waited_for() {
    assert_eq!(told(&json!({"region": crate::support::unknown()})).await, "configured");
}

#[tokio::test]
async fn wrong_values_are_refused_with_their_path() {
    insta::assert_snapshot!(told(&json!({
        "allowed_account_ids": ["1"],
        "assume_role": [{"role_arn": "deploy", "duration": "1s"}],
        "retry_mode": "often",
    })).await, @r#"
    error at assume_role[0].role_arn: Invalid value for assume_role[0].role_arn — The value must be the ARN of an IAM role, such as "arn:aws:iam::111122223333:role/deploy".
    error at assume_role[0].duration: Invalid value for assume_role[0].duration — The length of a session must be from "15m" to "12h".
    error at allowed_account_ids: Invalid value for allowed_account_ids — Element "1": An AWS account id has 12 digits.
    error at retry_mode: Invalid value for retry_mode — The value must be one of "standard", "adaptive".
    "#);
}

#[tokio::test]
async fn a_foreign_account_is_refused() {
    insta::assert_snapshot!(told(&json!({"allowed_account_ids": ["999999999999"]})).await, @"error at allowed_account_ids: Failed to configure provider aurorakerberos — Account not allowed. The credentials belong to the account 111122223333, which allowed_account_ids does not name.");
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    insta::assert_snapshot!(told(&json!({"access_key": "nobody"})).await, @"error at access_key: Failed to configure provider aurorakerberos — Credentials not accepted. STS GetCallerIdentity: InvalidClientTokenId: The security token included in the request is invalid. (request id …). Check the credentials of the provider configuration, the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, …) and the shared files.");
}
