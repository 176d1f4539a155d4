//! Who may call.

use aws_simulator::Options;

use super::client::{Answer, Client, instant};

fn check(change: impl FnOnce(&mut Client), query: (u16, &str), json: (u16, &str)) {
    let simulator = instant();
    let mut client = Client::new(&simulator);
    change(&mut client);
    let answers = [
        (client.query("iam", "ListRoles", &[]), query),
        (client.ds("DescribeDirectories", &serde_json::json!({})), json),
    ];
    for (answer, (status, code)) in answers {
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
    }
}

#[test]
fn a_signature_is_accepted() {
    check(|_| (), (200, ""), (200, ""));
}

#[test]
fn an_unknown_key_is_refused() {
    check(|c| c.access_key.push('x'), (403, "InvalidClientTokenId"), (400, "UnrecognizedClientException"));
}

#[test]
fn a_wrong_secret_is_refused() {
    check(|c| c.secret.push('x'), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"));
}

#[test]
fn a_token_that_was_never_issued_is_refused() {
    let token = |c: &mut Client| c.token = Some("t".to_owned());
    check(token, (403, "InvalidClientTokenId"), (400, "UnrecognizedClientException"));
}

#[test]
fn a_clock_that_is_wrong_by_four_minutes_does_not_matter() {
    check(|c| c.skew_ms = -240_000, (200, ""), (200, ""));
}

#[test]
fn a_clock_that_is_wrong_by_an_hour_is_refused() {
    check(|c| c.skew_ms = -3_600_000, (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"));
    check(|c| c.skew_ms = 3_600_000, (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"));
}

#[test]
fn a_server_can_be_ahead_and_says_so_in_its_date() {
    let simulator = instant();
    simulator.with(|state| state.clock.skew = 3_600_000);
    let mut client = Client::new(&simulator);
    let answer = client.query("iam", "ListRoles", &[]);
    assert!(answer.error().2.starts_with("Signature expired: "), "{}", answer.body);
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let hour = now.strftime("date: %a, %d %b %Y %H:").to_string().to_lowercase();
    let later = (now + jiff::SignedDuration::from_secs(5)).strftime("date: %a, %d %b %Y %H:").to_string();
    assert!(answer.head.contains(&hour) || answer.head.contains(&later.to_lowercase()), "{}", answer.head);
    client.skew_ms = 3_600_000;
    client.query("iam", "ListRoles", &[]).ok();
}

#[test]
fn an_unsigned_request_is_refused() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let query = client.send("POST", "/", &[], "Action=ListRoles&Version=2010-05-08").unwrap();
    assert_eq!(query.error().1, "MissingAuthenticationToken");
    let json =
        client.send("POST", "/", &[("x-amz-target", "DirectoryService_20150416.DescribeDirectories")], "{}");
    assert_eq!(json.unwrap().code(), "MissingAuthenticationTokenException");
}

#[test]
fn an_unknown_operation_is_no_failure_of_the_server() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let code = |answer: Answer| (answer.status, answer.code());
    assert_eq!(code(client.query("rds", "Nothing", &[])), (400, "InvalidAction".to_owned()));
    assert_eq!(code(client.query("ec2", "Nothing", &[])), (400, "InvalidAction".to_owned()));
    let ds = client.ds("Nothing", &serde_json::json!({}));
    assert_eq!(code(ds), (400, "UnknownOperationException".to_owned()));
}

#[test]
fn an_assumed_role_acts_in_its_account_until_it_expires() {
    let simulator = instant();
    let mut client = Client::new(&simulator);
    let role = "arn:aws:iam::444455556666:role/there";
    let params = [("RoleArn", role), ("RoleSessionName", "s-1"), ("DurationSeconds", "900")];
    let answer = client.query("sts", "AssumeRole", &params).ok();
    client.access_key = answer.text("AccessKeyId");
    client.secret = answer.text("SecretAccessKey");
    assert_eq!(client.query("sts", "GetCallerIdentity", &[]).code(), "InvalidClientTokenId");
    client.token = Some(answer.text("SessionToken"));
    let identity = client.query("sts", "GetCallerIdentity", &[]).ok();
    assert_eq!(identity.text("Arn"), "arn:aws:sts::444455556666:assumed-role/there/s-1");
    simulator.with(|state| state.clock.skew = 901_000);
    client.skew_ms = 901_000;
    assert_eq!(client.query("sts", "GetCallerIdentity", &[]).code(), "ExpiredToken");
}

#[test]
fn web_identity_needs_no_signature() {
    let simulator = instant();
    let body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::444455556666:role/r\
                &RoleSessionName=s1&WebIdentityToken=a.b.c";
    let client = Client::new(&simulator);
    let answer = client.send("POST", "/", &[], body).unwrap().ok();
    assert!(answer.text("AccessKeyId").starts_with("ASIA"));
    assert_eq!(simulator.journal()[0].parameter("WebIdentityToken"), Some(aws_simulator::GIVEN));
}

#[test]
fn roles_may_have_to_exist() {
    let simulator = instant();
    simulator.with(|state| state.options = Options { assumed_roles_must_exist: true, ..Options::default() });
    let params = [("RoleArn", "arn:aws:iam::111122223333:role/none"), ("RoleSessionName", "s1")];
    assert_eq!(Client::new(&simulator).query("sts", "AssumeRole", &params).code(), "AccessDenied");
}
