use super::super::testing::{Double, Reply, xml, xml_error};
use super::super::{Freshness, Kind, Tags};
use super::CreateRole;

const ROLE: &str = "<Role><Path>/</Path><RoleName>r</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::1:role/r</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22a%22%3A%22%2B+%22%7D</AssumeRolePolicyDocument><Description></Description><MaxSessionDuration>3600</MaxSessionDuration><PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>arn:b</PermissionsBoundaryArn></PermissionsBoundary><Tags><member><Key>a</Key><Value>1</Value></member></Tags></Role>";

fn missing() -> Reply {
    xml_error(404, "NoSuchEntity", "The role with name x cannot be found.")
}

#[tokio::test]
async fn find_role_shares_one_request() {
    let (double, aws) =
        Double::with_aws(
            |request| {
                if request.body == "RoleName=r" { xml("GetRole", ROLE) } else { missing() }
            },
        )
        .await;
    let iam = aws.iam();
    let (one, two) = tokio::join!(iam.find_role("r", Freshness::Now), iam.find_role("r", Freshness::Now));
    let role = one.unwrap().unwrap();
    assert_eq!(two.unwrap().unwrap(), role);
    assert_eq!(role.assume_role_policy, r#"{"Version":"2012-10-17","a":"++"}"#);
    assert_eq!((role.description, role.permissions_boundary.as_deref()), (None, Some("arn:b")));
    assert_eq!(role.tags, Tags::from([("a".to_owned(), "1".to_owned())]));
    assert_eq!(iam.find_role("gone", Freshness::Now).await, Ok(None));
    assert_eq!(double.operations().len(), 2);
}

#[tokio::test]
async fn create_role() {
    let (double, aws) = Double::with_aws(|request| match request.call {
        1 => xml("CreateRole", ROLE),
        2 => xml_error(409, "EntityAlreadyExists", "Role with name r already exists."),
        _ => Reply::Reset,
    })
    .await;
    let input = CreateRole {
        name: "r".to_owned(),
        assume_role_policy: "{}".to_owned(),
        tags: Tags::from([("a".to_owned(), "1".to_owned())]),
        ..CreateRole::default()
    };
    assert_eq!(aws.iam().create_role(&input).await.unwrap().unique_id, "AROA1");
    assert_eq!(
        double.asked(),
        ["CreateRole RoleName=r&AssumeRolePolicyDocument={}&Tags.member.1.Key=a&Tags.member.1.Value=1"]
    );
    let error = aws.iam().create_role(&input).await.unwrap_err();
    assert_eq!((error.kind, error.ambiguous()), (Kind::AlreadyExists, false));
    let error = aws.iam().create_role(&input).await.unwrap_err();
    assert!(error.ambiguous(), "{error}");
    assert_eq!(double.operations().len(), 3);
}

#[tokio::test]
async fn policies() {
    let (_double, aws) = Double::with_aws(|request| match request.operation.as_str() {
        _ if request.body.contains("gone") => missing(),
        "ListAttachedRolePolicies" => xml(
            "ListAttachedRolePolicies",
            "<AttachedPolicies><member><PolicyName>p</PolicyName><PolicyArn>arn:p</PolicyArn></member></AttachedPolicies>",
        ),
        "ListRolePolicies" => xml("ListRolePolicies", "<PolicyNames><member>i</member></PolicyNames>"),
        "GetRolePolicy" => xml(
            "GetRolePolicy",
            "<RoleName>r</RoleName><PolicyName>i</PolicyName><PolicyDocument>%7B%7D</PolicyDocument>",
        ),
        "GetPolicy" => xml("GetPolicy", "<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>"),
        "GetPolicyVersion" if request.body.contains("VersionId=v3") => {
            xml("GetPolicyVersion", "<PolicyVersion><Document>%7B%22b%22%3A1%7D</Document></PolicyVersion>")
        }
        operation => panic!("{operation}"),
    })
    .await;
    let iam = aws.iam();
    assert_eq!(iam.find_attached_policies("r", Freshness::Now).await.unwrap().unwrap()[0].arn, "arn:p");
    assert_eq!(iam.find_inline_policies("r", Freshness::Now).await.unwrap().unwrap()["i"], "{}");
    assert_eq!(iam.find_inline_policy("r", "i").await.unwrap().as_deref(), Some("{}"));
    let managed = iam.find_managed_policy("arn:p", Freshness::Now).await.unwrap();
    assert_eq!(managed.as_deref(), Some(r#"{"b":1}"#));

    assert_eq!(iam.find_attached_policies("gone", Freshness::Now).await, Ok(None));
    assert_eq!(iam.find_inline_policies("gone", Freshness::Now).await, Ok(None));
    assert_eq!(iam.find_inline_policy("r", "gone").await, Ok(None));
    assert_eq!(iam.find_managed_policy("gone", Freshness::Now).await, Ok(None));
}

#[tokio::test]
async fn writes() {
    let (double, aws) = Double::with_aws(|request| xml(&request.operation, "")).await;
    let iam = aws.iam();
    iam.update_role("r", "d", Some(7200)).await.unwrap();
    iam.update_assume_role_policy("r", "{}").await.unwrap();
    iam.set_permissions_boundary("r", Some("arn:b")).await.unwrap();
    iam.set_permissions_boundary("r", None).await.unwrap();
    iam.attach_policy("r", "arn:p").await.unwrap();
    iam.detach_policy("r", "arn:p").await.unwrap();
    iam.put_inline_policy("r", "i", "{}").await.unwrap();
    iam.delete_inline_policy("r", "i").await.unwrap();
    iam.tag_role("r", &Tags::from([("a".to_owned(), "1".to_owned())])).await.unwrap();
    iam.untag_role("r", &["a".to_owned()]).await.unwrap();
    iam.delete_role("r").await.unwrap();
    assert_eq!(
        double.asked(),
        [
            "UpdateRole RoleName=r&Description=d&MaxSessionDuration=7200",
            "UpdateAssumeRolePolicy RoleName=r&PolicyDocument={}",
            "PutRolePermissionsBoundary RoleName=r&PermissionsBoundary=arn:b",
            "DeleteRolePermissionsBoundary RoleName=r",
            "AttachRolePolicy RoleName=r&PolicyArn=arn:p",
            "DetachRolePolicy RoleName=r&PolicyArn=arn:p",
            "PutRolePolicy RoleName=r&PolicyName=i&PolicyDocument={}",
            "DeleteRolePolicy RoleName=r&PolicyName=i",
            "TagRole RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=1",
            "UntagRole RoleName=r&TagKeys.member.1=a",
            "DeleteRole RoleName=r",
        ]
    );
}
