use tf_provider::framework::context::Setting;
use tf_provider::framework::{Context, Verb};
use tokio_util::sync::CancellationToken;

use super::super::testing::{Double, Reply, json_error, ok, settings};
use super::super::{Error, Freshness, Kind, Secret, Tags, blocked_by_authorized_applications, configure};
use super::{CreateDirectory, CreateTrust, Edition};

fn directory() -> CreateDirectory {
    CreateDirectory {
        name: "corp.example.com".to_owned(),
        short_name: None,
        description: None,
        edition: Edition::Standard,
        password: Secret::new("Passw0rd-mark"),
        vpc_id: "vpc-1".to_owned(),
        subnet_ids: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        tags: Tags::from([("Name".to_owned(), "x".to_owned())]),
    }
}

#[tokio::test]
async fn create_directory_sends_what_is_asked_for_and_gives_the_id() {
    let (double, aws) = Double::with_aws(|_| ok(r#"{"DirectoryId":"d-1234567890"}"#)).await;
    assert_eq!(aws.ds().create_directory(&directory()).await.unwrap(), "d-1234567890");
    assert_eq!(
        double.asked(),
        [
            r#"CreateMicrosoftAD {"Name":"corp.example.com","Password":"Passw0rd-mark","VpcSettings":{"VpcId":"vpc-1","SubnetIds":["subnet-1","subnet-2"]},"Edition":"Standard","Tags":[{"Key":"Name","Value":"x"}]}"#
        ]
    );
    let head = double.heads()[0].to_lowercase();
    assert!(
        head.contains(concat!(
            "user-agent: terraform-provider-aurorakerberos/",
            env!("CARGO_PKG_VERSION"),
            " aws-sdk-rust/"
        )),
        "{head}"
    );
    assert_eq!(aws.calls().count(), 1);
}

/// Fails `CreateMicrosoftAD` in one way, every time, and says how often it was sent.
async fn fail(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Error, usize) {
    let (double, aws) = Double::with_aws(move |_| reply()).await;
    let error = aws.ds().create_directory(&directory()).await.unwrap_err();
    (error, double.operations().len())
}

#[tokio::test]
async fn a_create_that_may_have_taken_effect_is_never_sent_twice() {
    async fn check(reply: Reply, kind: Kind) {
        let shown = format!("{reply:?}");
        let (error, sent) = fail(move || reply.clone()).await;
        assert_eq!((error.kind, error.ambiguous(), sent), (kind, true, 1), "{shown}: {error}");
        assert_eq!(error.operation, "CreateMicrosoftAD");
    }
    check(json_error(500, "ServiceException", "An exception has occurred."), Kind::Server).await;
    check(Reply::Answer(503, "<html>".to_owned()), Kind::Server).await;
    check(Reply::Reset, Kind::Interrupted).await;
    check(Reply::Never, Kind::Interrupted).await;
    check(Reply::Half, Kind::Unreadable).await;
    check(ok("not json"), Kind::Unreadable).await;
    check(ok("{}"), Kind::Unreadable).await;
}

#[tokio::test]
async fn a_create_that_was_refused_is_certain() {
    async fn check(reply: Reply, kind: Kind, sends: usize) {
        let (error, sent) = fail(move || reply.clone()).await;
        assert_eq!((error.kind, error.ambiguous(), sent), (kind, false, sends), "{error}");
        assert_eq!(error.request_id.as_deref(), Some("r-1"));
    }
    check(json_error(400, "ClientException", "no"), Kind::Refused, 1).await;
    check(json_error(400, "DirectoryLimitExceededException", "no"), Kind::Limit, 1).await;
    check(json_error(400, "AccessDeniedException", "no"), Kind::AccessDenied, 1).await;
    check(json_error(400, "ExpiredTokenException", "no"), Kind::Credentials, 1).await;
    // Throttling is waited out, as often as the configuration allows.
    check(json_error(400, "ThrottlingException", "Rate exceeded"), Kind::Throttled, 4).await;
}

#[tokio::test]
async fn a_throttled_create_succeeds_with_patience() {
    let (double, aws) = Double::with_aws(|request| match request.call {
        1 | 2 => json_error(400, "ThrottlingException", "Rate exceeded"),
        _ => ok(r#"{"DirectoryId":"d-1"}"#),
    })
    .await;
    assert_eq!(aws.ds().create_directory(&directory()).await.unwrap(), "d-1");
    assert_eq!(double.operations().len(), 3);
}

/// Counts the requests of a create, a read and a joined read that are throttled `times` times before they succeed.
async fn throttled(times: usize, operation: Option<&Context>) -> [(bool, usize); 3] {
    let (double, aws) = Double::with_aws(move |request| match request.operation.as_str() {
        _ if request.call <= times => json_error(400, "ThrottlingException", "Rate exceeded"),
        "CreateMicrosoftAD" => ok(r#"{"DirectoryId":"d-1"}"#),
        "DescribeDirectories" => {
            ok(format!(r#"{{"DirectoryDescriptions":[{}]}}"#, described("d-1", "Active")))
        }
        _ => ok(r#"{"DataAccessStatus":"Enabled"}"#),
    })
    .await;
    let calls = async {
        [
            aws.ds().create_directory(&directory()).await.is_ok(),
            aws.ds().find_data_access("d-1").await.is_ok(),
            aws.ds().find_directory("d-1", Freshness::Now).await.is_ok(),
        ]
    };
    let done = match operation {
        Some(operation) => operation.carry_out(calls).await,
        None => calls.await,
    };
    let sent = |name: &str| double.operations().iter().filter(|sent| *sent == name).count();
    let operations = ["CreateMicrosoftAD", "DescribeDirectoryDataAccess", "DescribeDirectories"];
    std::array::from_fn(|n| (done[n], sent(operations[n])))
}

#[tokio::test]
async fn within_an_operation_throttling_is_waited_out_whatever_the_retries() {
    let operation = Context::begin(Setting {
        verb: Verb::Create,
        object: "thing".to_owned(),
        timeout: std::time::Duration::from_mins(1),
        stop: CancellationToken::new(),
        poll_interval: Some(std::time::Duration::from_millis(1)),
        private: tf_provider::framework::private::Private::default(),
    });
    assert_eq!(throttled(30, Some(&operation)).await, [(true, 31); 3]);
    // The settings of these tests allow three retries.
    assert_eq!(throttled(30, None).await, [(false, 4); 3]);
}

#[tokio::test]
async fn a_refused_connection_is_certain() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = super::super::Settings {
        skip_credentials_validation: true,
        skip_requesting_account_id: true,
        ..settings(&url)
    };
    let error = configure(&settings).await.unwrap().ds().create_directory(&directory()).await.unwrap_err();
    assert_eq!((error.kind, error.ambiguous()), (Kind::Unreachable, false), "{error}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected() {
    let (double, aws) = Double::with_aws(|request| match request.call {
        1 => {
            let body = r#"{"__type":"InvalidSignatureException","message":"Signature expired: x is now earlier than y"}"#;
            Reply::AnswerAhead(3600, 400, body.to_owned())
        }
        _ => ok(r#"{"DirectoryId":"d-1"}"#),
    })
    .await;
    assert_eq!(aws.ds().create_directory(&directory()).await.unwrap(), "d-1");
    let times: Vec<jiff::civil::DateTime> = double
        .heads()
        .iter()
        .map(|head| {
            let (_, time) = head.split_once("x-amz-date: ").unwrap();
            jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &time[..16]).unwrap()
        })
        .collect();
    let correction = times[1].duration_since(times[0]).as_secs();
    assert!((3595..3660).contains(&correction), "{correction}");
}

#[tokio::test]
async fn an_error_never_repeats_the_password() {
    let (error, _) = fail(|| {
        json_error(
            400,
            "InvalidParameterException",
            "Value 'Passw0rd-mark' at 'password' failed to satisfy constraint",
        )
    })
    .await;
    assert!(!format!("{error} {error:?}").contains("mark"), "{error}");
}

#[tokio::test]
async fn an_idempotent_call_is_repeated_after_a_lost_answer() {
    let (double, aws) = Double::with_aws(|request| match request.call {
        1 => Reply::Reset,
        2 => json_error(500, "ServiceException", "x"),
        _ => ok("{}"),
    })
    .await;
    aws.ds().reset_user_password("d-1", "Admin", &Secret::new("x")).await.unwrap();
    assert_eq!(double.operations().len(), 3);
}

fn described(id: &str, stage: &str) -> String {
    format!(
        r#"{{"DirectoryId":"{id}","Name":"corp.example.com","Type":"MicrosoftAD","Edition":"Standard","Stage":"{stage}","StageReason":"because","LaunchTime":1767225600.5,"SsoEnabled":false,"DnsIpAddrs":["10.0.0.1"],"VpcSettings":{{"VpcId":"vpc-1","SubnetIds":["subnet-1"],"SecurityGroupId":"sg-1","AvailabilityZones":["eu-central-1a"]}}}}"#
    )
}

#[tokio::test]
async fn find_directory() {
    let (double, aws) = Double::with_aws(|request| {
        let unknown = json_error(400, "EntityDoesNotExistException", "Directory does not exist.");
        match request.body.as_str() {
            r#"{"DirectoryIds":["d-1"]}"# => {
                ok(format!(r#"{{"DirectoryDescriptions":[{}]}}"#, described("d-1", "Active")))
            }
            "{}" => ok(format!(
                r#"{{"DirectoryDescriptions":[{},{}],"NextToken":"n"}}"#,
                described("d-1", "Active"),
                described("d-2", "Deleted")
            )),
            r#"{"NextToken":"n"}"# => {
                ok(format!(r#"{{"DirectoryDescriptions":[{}]}}"#, described("d-3", "Creating")))
            }
            _ => unknown,
        }
    })
    .await;
    let found = aws.ds().find_directory("d-1", Freshness::Now).await.unwrap().unwrap();
    assert_eq!((found.stage.as_str(), found.stage_reason.as_deref()), ("Active", Some("because")));
    assert_eq!(found.launch_time.unwrap().to_string(), "2026-01-01T00:00:00.5Z");
    assert_eq!(found.availability_zones, ["eu-central-1a"]);
    assert_eq!(aws.ds().find_directory("d-9", Freshness::Now).await, Ok(None));
    let calls = double.operations().len();

    // Joined: one request, and when AWS refuses it for the unknown id, one listing of two pages.
    let (one, two, three, four) = tokio::join!(
        aws.ds().find_directory("d-1", Freshness::Now),
        aws.ds().find_directory("d-2", Freshness::Now),
        aws.ds().find_directory("d-3", Freshness::Now),
        aws.ds().find_directory("d-9", Freshness::Now),
    );
    assert_eq!(one.unwrap().unwrap().id, "d-1");
    assert_eq!(two.unwrap(), None);
    assert_eq!(three.unwrap().unwrap().stage, "Creating");
    assert_eq!(four.unwrap(), None);
    assert_eq!(double.operations().len() - calls, 3);
    // A few are asked for one by one.
    let calls = double.operations().len();
    let (one, other) = tokio::join!(
        aws.ds().find_directory("d-1", Freshness::Now),
        aws.ds().find_directory("d-9", Freshness::Now),
    );
    assert_eq!((one.unwrap().unwrap().id.as_str(), other.unwrap()), ("d-1", None));
    assert!(double.asked()[calls + 1..].iter().all(|asked| asked.contains("DirectoryIds")));
    assert_eq!(double.operations().len() - calls, 3);
    assert_eq!(aws.ds().find_directories_by_name("CORP.example.com", Freshness::Now).await.unwrap().len(), 2);
}

#[tokio::test]
async fn delete_directory_tells_authorized_applications() {
    let (_double, aws) = Double::with_aws(|_| {
        json_error(
            400,
            "ClientException",
            "Cannot delete the directory because it still has authorized applications.",
        )
    })
    .await;
    let error = aws.ds().delete_directory("d-1").await.unwrap_err();
    assert!(blocked_by_authorized_applications(&error), "{error}");
}

#[tokio::test]
async fn trusts() {
    let (double, aws) = Double::with_aws(|request| match request.operation.as_str() {
        "CreateTrust" => ok(r#"{"TrustId":"t-1"}"#),
        "DescribeTrusts" if request.body.contains("d-1") => ok(
            r#"{"Trusts":[{"DirectoryId":"d-1","TrustId":"t-1","RemoteDomainName":"onprem.example.com","TrustType":"Forest","TrustDirection":"Two-Way","TrustState":"VerifyFailed","TrustStateReason":"no","SelectiveAuth":"Enabled"},{"DirectoryId":"d-1","TrustId":"t-2","TrustState":"Deleted"}]}"#,
        ),
        "DescribeTrusts" => json_error(400, "EntityDoesNotExistException", "no"),
        _ => ok("{}"),
    })
    .await;
    let ds = aws.ds();
    let input = CreateTrust {
        directory_id: "d-1".to_owned(),
        remote_domain_name: "onprem.example.com".to_owned(),
        password: "pw".into(),
        direction: "One-Way: Outgoing".to_owned(),
        trust_type: "Forest".to_owned(),
        selective_auth: false,
        conditional_forwarder_ip_addrs: vec!["10.1.0.1".to_owned()],
    };
    assert_eq!(ds.create_trust(&input).await.unwrap(), "t-1");
    let found = ds.find_trust_by_domain("d-1", "OnPrem.example.com.").await.unwrap().unwrap();
    assert_eq!((found.state.as_str(), found.direction.as_str()), ("VerifyFailed", "Two-Way"));
    assert!(found.selective_auth);
    assert_eq!(ds.find_trust("d-1", "t-2").await, Ok(None));
    assert_eq!(ds.find_trust("d-9", "t-1").await, Ok(None));
    ds.delete_trust("t-1", true).await.unwrap();
    let asked = double.asked();
    assert_eq!(
        asked[0],
        r#"CreateTrust {"DirectoryId":"d-1","RemoteDomainName":"onprem.example.com","TrustPassword":"pw","TrustDirection":"One-Way: Outgoing","TrustType":"Forest","ConditionalForwarderIpAddrs":["10.1.0.1"],"SelectiveAuth":"Disabled"}"#
    );
    assert_eq!(
        asked.last().unwrap(),
        r#"DeleteTrust {"TrustId":"t-1","DeleteAssociatedConditionalForwarder":true}"#
    );
}

#[tokio::test]
async fn forwarders_are_named_without_the_last_dot() {
    let (double, aws) = Double::with_aws(|request| match (request.operation.as_str(), request.call) {
        ("DescribeConditionalForwarders", 1) => {
            ok(r#"{"ConditionalForwarders":[{"RemoteDomainName":"onprem.example.com","DnsIpAddrs":["10.1.0.2","10.1.0.1"]}]}"#)
        }
        ("DescribeConditionalForwarders", 2) => ok(r#"{"ConditionalForwarders":[]}"#),
        ("DescribeConditionalForwarders", _) => json_error(400, "EntityDoesNotExistException", "no"),
        _ => ok("{}"),
    })
    .await;
    let found = aws.ds().find_forwarder("d-1", "onprem.example.com.").await.unwrap().unwrap();
    assert_eq!(found.dns_ip_addrs, ["10.1.0.2", "10.1.0.1"]);
    for _ in 0..2 {
        assert_eq!(aws.ds().find_forwarder("d-1", "onprem.example.com").await, Ok(None));
    }
    aws.ds().create_forwarder("d-1", "onprem.example.com.", &["10.1.0.1".to_owned()]).await.unwrap();
    assert_eq!(
        double.asked().last().unwrap(),
        r#"CreateConditionalForwarder {"DirectoryId":"d-1","RemoteDomainName":"onprem.example.com","DnsIpAddrs":["10.1.0.1"]}"#
    );
}

#[tokio::test]
async fn settings_of_a_directory() {
    let (double, aws) = Double::with_aws(|request| match request.operation.as_str() {
        "DescribeDirectoryDataAccess" => ok(r#"{"DataAccessStatus":"Enabling"}"#),
        "DescribeUpdateDirectory" => ok(
            r#"{"UpdateActivities":[{"Status":"Updated","StartTime":1},{"Status":"Updating","StatusReason":"x","StartTime":2}]}"#,
        ),
        "ListTagsForResource" => ok(r#"{"Tags":[{"Key":"a","Value":"1"}]}"#),
        "DescribeDomainControllers" => {
            ok(r#"{"DomainControllers":[{"DomainControllerId":"dc-1","Status":"Active","DnsIpAddr":"10.0.0.1"}]}"#)
        }
        "DescribeSharedDirectories" => ok(
            r#"{"SharedDirectories":[{"OwnerDirectoryId":"d-1","SharedAccountId":"222222222222","SharedDirectoryId":"d-2","ShareStatus":"Shared"},{"OwnerDirectoryId":"d-1","SharedAccountId":"3","ShareStatus":"Deleted"}]}"#,
        ),
        _ => ok("{}"),
    })
    .await;
    let ds = aws.ds();
    assert_eq!(ds.find_data_access("d-1").await.unwrap().as_deref(), Some("Enabling"));
    assert_eq!(ds.list_size_updates("d-1").await.unwrap()[0].status, "Updating");
    assert_eq!(ds.list_tags("d-1").await.unwrap(), Tags::from([("a".to_owned(), "1".to_owned())]));
    assert_eq!(ds.list_domain_controllers("d-1").await.unwrap()[0].id, "dc-1");
    assert_eq!(ds.list_shares("d-1").await.unwrap().len(), 1);
    let before = double.asked().len();
    ds.upgrade_to_enterprise("d-1").await.unwrap();
    ds.set_sso("d-1", true).await.unwrap();
    ds.set_sso("d-1", false).await.unwrap();
    ds.set_data_access("d-1", true).await.unwrap();
    ds.set_data_access("d-1", false).await.unwrap();
    ds.create_alias("d-1", "corp").await.unwrap();
    ds.set_number_of_domain_controllers("d-1", 3).await.unwrap();
    ds.add_tags("d-1", &Tags::from([("b".to_owned(), "2".to_owned())])).await.unwrap();
    ds.remove_tags("d-1", &["b".to_owned()]).await.unwrap();
    ds.update_trust("t-1", true).await.unwrap();
    ds.verify_trust("t-1").await.unwrap();
    ds.update_forwarder("d-1", "x.example", &["10.0.0.9".to_owned()]).await.unwrap();
    ds.delete_forwarder("d-1", "x.example").await.unwrap();
    assert_eq!(
        double.asked()[before..],
        [
            r#"UpdateDirectorySetup {"DirectoryId":"d-1","UpdateType":"SIZE","DirectorySizeUpdateSettings":{"DirectorySize":"Large"}}"#,
            r#"EnableSso {"DirectoryId":"d-1"}"#,
            r#"DisableSso {"DirectoryId":"d-1"}"#,
            r#"EnableDirectoryDataAccess {"DirectoryId":"d-1"}"#,
            r#"DisableDirectoryDataAccess {"DirectoryId":"d-1"}"#,
            r#"CreateAlias {"DirectoryId":"d-1","Alias":"corp"}"#,
            r#"UpdateNumberOfDomainControllers {"DirectoryId":"d-1","DesiredNumber":3}"#,
            r#"AddTagsToResource {"ResourceId":"d-1","Tags":[{"Key":"b","Value":"2"}]}"#,
            r#"RemoveTagsFromResource {"ResourceId":"d-1","TagKeys":["b"]}"#,
            r#"UpdateTrust {"TrustId":"t-1","SelectiveAuth":"Enabled"}"#,
            r#"VerifyTrust {"TrustId":"t-1"}"#,
            r#"UpdateConditionalForwarder {"DirectoryId":"d-1","RemoteDomainName":"x.example","DnsIpAddrs":["10.0.0.9"]}"#,
            r#"DeleteConditionalForwarder {"DirectoryId":"d-1","RemoteDomainName":"x.example"}"#,
        ]
    );
}
