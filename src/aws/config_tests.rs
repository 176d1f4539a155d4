use std::time::Duration;

use super::testing::{Double, Reply, settings, xml, xml_error};
use super::{AssumeRole, AssumeRoleWithWebIdentity, Aws, ConfigError, Endpoints, Settings, Tags, configure};

fn identity(account: &str) -> Reply {
    let result = format!(
        "<Arn>arn:aws-cn:sts::{account}:assumed-role/r/s</Arn><UserId>u</UserId><Account>{account}</Account>"
    );
    xml("GetCallerIdentity", &result)
}

fn session(operation: &str, key: &str) -> Reply {
    let credentials = format!(
        "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"
    );
    xml(operation, &credentials)
}

async fn configured(
    reply: impl Fn(&super::testing::Request) -> Reply + Send + Sync + 'static,
    change: impl Fn(&mut Settings),
) -> (Double, Result<Aws, ConfigError>) {
    let double = Double::start(reply).await;
    let mut settings = double.settings();
    change(&mut settings);
    let result = configure(&settings).await;
    (double, result)
}

#[tokio::test]
async fn the_identity_tells_account_and_partition() {
    let (double, aws) = configured(
        |_| identity("111111111111"),
        |settings| {
            settings.default_tags = Tags::from([("a".to_owned(), "1".to_owned())]);
            settings.terraform_version = Some("1.15.5\r\n".to_owned());
            settings.allowed_account_ids = vec!["111111111111".to_owned()];
        },
    )
    .await;
    let aws = aws.unwrap();
    assert_eq!((aws.account_id.as_deref(), aws.partition.as_str()), (Some("111111111111"), "aws-cn"));
    assert_eq!((aws.region.as_str(), aws.default_tags.len()), ("eu-central-1", 1));
    let head = &double.heads()[0];
    assert!(
        head.contains("Credential=AKIATEST/") && head.contains("/eu-central-1/sts/aws4_request"),
        "{head}"
    );
    assert!(
        head.contains("Terraform/1.15.5 (+https://www.terraform.io) terraform-provider-aurorakerberos/"),
        "{head}"
    );
}

#[tokio::test]
async fn nothing_is_asked_when_nothing_is_needed() {
    let (double, aws) = configured(
        |_| identity("1"),
        |settings| {
            settings.skip_credentials_validation = true;
            settings.skip_requesting_account_id = true;
            settings.region = Some("us-gov-west-1".to_owned());
        },
    )
    .await;
    let aws = aws.unwrap();
    assert_eq!((aws.account_id, aws.partition.as_str()), (None, "aws-us-gov"));
    assert_eq!(double.operations().len(), 0);
}

#[tokio::test]
async fn roles_are_assumed_in_their_order_each_by_the_one_before() {
    let (double, aws) = configured(
        |request| match (request.operation.as_str(), request.call) {
            ("AssumeRole", 1) => session("AssumeRole", "ASIAONE"),
            ("AssumeRole", _) => session("AssumeRole", "ASIATWO"),
            _ => identity("222222222222"),
        },
        |settings| {
            settings.assume_role = vec![
                AssumeRole {
                    role_arn: "arn:aws:iam::1:role/one".to_owned(),
                    session_name: Some("me".to_owned()),
                    external_id: Some("x".to_owned()),
                    duration: Some(Duration::from_mins(15)),
                    policy: Some("{}".to_owned()),
                    policy_arns: vec!["arn:p".to_owned()],
                    tags: Tags::from([("a".to_owned(), "1".to_owned())]),
                    transitive_tag_keys: vec!["a".to_owned()],
                    source_identity: Some("jane".to_owned()),
                },
                AssumeRole { role_arn: "arn:aws:iam::2:role/two".to_owned(), ..AssumeRole::default() },
            ];
        },
    )
    .await;
    let aws = aws.unwrap();
    assert_eq!(aws.sts().caller_identity().await.unwrap().account_id, "222222222222");
    // The session serves the second question too.
    assert_eq!(double.operations(), ["AssumeRole", "AssumeRole", "GetCallerIdentity", "GetCallerIdentity"]);
    let keys = ["AKIATEST", "ASIAONE", "ASIATWO", "ASIATWO"];
    for (head, key) in double.heads().iter().zip(keys) {
        assert!(head.contains(&format!("Credential={key}/")), "{key}: {head}");
    }
    assert_eq!(
        double.asked()[0],
        "AssumeRole RoleArn=arn:aws:iam::1:role/one&RoleSessionName=me&PolicyArns.member.1.arn=arn:p&Policy={}&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=1&TransitiveTagKeys.member.1=a&ExternalId=x&SourceIdentity=jane"
    );
}

#[tokio::test]
async fn throttled_questions_have_all_attempts_and_failing_ones_a_few() {
    async fn check(operation: &str, max_retries: u32, fails: usize, reply: Reply, expect: (bool, usize)) {
        let failing = operation.to_owned();
        let (double, aws) = configured(
            move |request| match request.operation.as_str() {
                name if name == failing && request.call <= fails => reply.clone(),
                "AssumeRole" => session("AssumeRole", "ASIAONE"),
                _ => identity("1"),
            },
            |settings| {
                settings.max_retries = Some(max_retries);
                settings.assume_role = vec![AssumeRole {
                    role_arn: "arn:aws:iam::1:role/r".to_owned(),
                    ..AssumeRole::default()
                }];
            },
        )
        .await;
        let asked = double.operations().iter().filter(|name| *name == operation).count();
        assert_eq!((aws.is_ok(), asked), expect, "{operation} {max_retries} {fails}");
    }
    let throttled = || xml_error(400, "Throttling", "Rate exceeded");
    let fails = || xml_error(500, "InternalFailure", "oops");
    for operation in ["GetCallerIdentity", "AssumeRole"] {
        check(operation, 9, 9, throttled(), (true, 10)).await;
        check(operation, 9, 99, fails(), (false, 4)).await;
        check(operation, 1, 99, fails(), (false, 2)).await;
    }
    check("GetCallerIdentity", 9, 99, throttled(), (false, 10)).await;
    check("GetCallerIdentity", 0, 99, throttled(), (false, 1)).await;
}

#[tokio::test]
async fn a_web_identity_token_comes_from_text_or_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from-file\n").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    for (token, from_file, expect) in
        [(Some("inline"), None, "inline"), (None, Some(path.as_str()), "from-file")]
    {
        let (double, aws) = configured(
            |request| match request.operation.as_str() {
                "AssumeRoleWithWebIdentity" => session("AssumeRoleWithWebIdentity", "ASIAWEB"),
                _ => identity("1"),
            },
            |settings| {
                settings.access_key = None;
                settings.secret_key = None;
                settings.assume_role_with_web_identity = Some(AssumeRoleWithWebIdentity {
                    role_arn: "arn:r".to_owned(),
                    session_name: Some("s".to_owned()),
                    web_identity_token: token.map(Into::into),
                    web_identity_token_file: from_file.map(str::to_owned),
                    ..AssumeRoleWithWebIdentity::default()
                });
            },
        )
        .await;
        aws.unwrap();
        assert_eq!(
            double.asked()[0],
            format!("AssumeRoleWithWebIdentity RoleArn=arn:r&RoleSessionName=s&WebIdentityToken={expect}")
        );
    }
}

async fn check(
    reply: Reply,
    change: impl Fn(&mut Settings),
    attribute: Option<&str>,
    summary: &str,
    detail: &str,
) {
    let (_double, result) = configured(move |_| reply.clone(), change).await;
    let error = result.unwrap_err();
    assert_eq!((error.attribute.as_deref(), error.summary), (attribute, summary), "{error}");
    assert!(error.detail.contains(detail), "{error}");
}

#[tokio::test]
async fn each_fault_names_the_argument() {
    let fine = || identity("111111111111");

    check(
        fine(),
        |s| s.region = Some("eu-central-1a".to_owned()),
        Some("region"),
        "Invalid Region",
        "Availability Zone",
    )
    .await;
    check(
        fine(),
        |s| s.endpoints.ds = Some("localhost".to_owned()),
        Some("endpoints[0].ds"),
        "Invalid endpoint",
        "localhost",
    )
    .await;
    check(fine(), |s| s.secret_key = None, Some("secret_key"), "Incomplete credentials", "access_key").await;
    check(fine(), |s| s.access_key = None, Some("access_key"), "Incomplete credentials", "secret_key").await;
    check(
        fine(),
        |s| s.forbidden_account_ids = vec!["111111111111".to_owned()],
        Some("forbidden_account_ids"),
        "Account forbidden",
        "111111111111",
    )
    .await;
    check(
        fine(),
        |s| s.allowed_account_ids = vec!["1".to_owned()],
        Some("allowed_account_ids"),
        "Account not allowed",
        "111111111111",
    )
    .await;
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let fine = || identity("111111111111");
    let keep = |_: &mut Settings| {};
    let refuses = |code: &str, message: &str| xml_error(403, code, message);
    check(
        refuses("ExpiredToken", "The security token included in the request is expired"),
        keep,
        Some("token"),
        "Credentials expired",
        "Renew them",
    )
    .await;
    check(
        refuses("InvalidClientTokenId", "The security token included in the request is invalid."),
        keep,
        Some("access_key"),
        "Credentials not accepted",
        "is invalid",
    )
    .await;
    check(
        refuses("SignatureDoesNotMatch", "Signature expired: x is now earlier than y"),
        keep,
        None,
        "Clock too far off",
        "NTP",
    )
    .await;
    check(xml_error(500, "InternalFailure", "oops"), keep, None, "Credentials not validated", "oops").await;
    let role = |s: &mut Settings| {
        s.assume_role =
            vec![AssumeRole { role_arn: "arn:aws:iam::1:role/r".to_owned(), ..AssumeRole::default() }];
    };
    check(
        refuses("AccessDenied", "User u is not authorized to perform: sts:AssumeRole"),
        role,
        Some("assume_role[0].role_arn"),
        "Cannot assume the role",
        "arn:aws:iam::1:role/r cannot be assumed: STS AssumeRole: AccessDenied: User u is not authorized",
    )
    .await;
    let web = |s: &mut Settings| {
        s.assume_role_with_web_identity = Some(AssumeRoleWithWebIdentity {
            role_arn: "arn:r".to_owned(),
            web_identity_token_file: Some("/nonexistent".to_owned()),
            ..AssumeRoleWithWebIdentity::default()
        });
    };
    check(
        fine(),
        web,
        Some("assume_role_with_web_identity[0].web_identity_token_file"),
        "Cannot assume the role",
        "/nonexistent cannot be read",
    )
    .await;
}

#[tokio::test]
async fn an_unreachable_endpoint_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = configure(&settings(&url)).await.unwrap_err();
    assert_eq!(
        (error.attribute.as_deref(), error.summary),
        (Some("endpoints[0].sts"), "AWS not reachable"),
        "{error}"
    );
}

#[tokio::test]
async fn profiles() {
    async fn check(change: impl Fn(&mut Settings), attribute: &str, summary: &str, detail: &str) {
        let (_double, result) = configured(|_| identity("1"), change).await;
        let error = result.unwrap_err();
        assert_eq!((error.attribute.as_deref(), error.summary), (Some(attribute), summary), "{error}");
        assert!(error.detail.contains(detail), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let config = file(
        "config",
        "[profile dev]\nregion = eu-west-3\nretry_mode = standard\n[profile empty]\nregion = eu-west-3\n[profile broken]\nregion = eu-west-3\nmax_attempts = 0\n",
    );
    let credentials = file("credentials", "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = s\n");
    let with = |profile: &str| {
        let (config, credentials, profile) = (config.clone(), credentials.clone(), profile.to_owned());
        move |settings: &mut Settings| {
            settings.access_key = None;
            settings.secret_key = None;
            settings.region = None;
            settings.max_retries = None;
            settings.shared_config_files = vec![config.clone()];
            settings.shared_credentials_files = vec![credentials.clone()];
            settings.profile = Some(profile.clone());
        }
    };
    if std::env::var_os("AWS_REGION").is_none() && std::env::var_os("AWS_DEFAULT_REGION").is_none() {
        let (double, aws) = configured(|_| identity("1"), with("dev")).await;
        assert_eq!(aws.unwrap().region, "eu-west-3");
        assert!(double.heads()[0].contains("Credential=AKIADEV/"), "{:?}", double.heads());
    }
    check(with("prod"), "profile", "Unknown profile", "broken, dev, empty").await;
    check(with("empty"), "profile", "No credentials", "").await;
    if std::env::var_os("AWS_MAX_ATTEMPTS").is_none() {
        check(with("broken"), "max_retries", "Invalid number of attempts", "\"0\"").await;
    }
}

#[tokio::test]
async fn an_endpoint_of_one_service_is_its_own() {
    let other = Double::start(|_| identity("1")).await;
    let (double, aws) = configured(
        |_| identity("1"),
        |settings| {
            settings.endpoints = Endpoints { rds: Some(other.url.clone()), ..settings.endpoints.clone() };
        },
    )
    .await;
    let _ = aws.unwrap().rds().reboot_instance("x").await;
    assert_eq!(other.operations(), ["RebootDBInstance"]);
    assert_eq!(double.operations(), ["GetCallerIdentity"]);
}
