//! What a role must say so that Aurora can use it: whom it trusts, and what it may do.
//!
//! Source: "Step 3: Create an IAM role for Amazon Aurora to access the AWS Directory Service" in the Aurora User Guide,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/postgresql-kerberos-setting-up.html>.

use serde_json::json;

use super::document::{Document, allows};

/// The services that must be able to assume the role.
///
/// They have the same names in every partition: AWS's documentation of the China Regions uses `rds.amazonaws.com` as
/// well, and IAM refuses `….rds.amazonaws.com.cn` there ("Invalid principal in policy",
/// <https://github.com/terraform-aws-modules/terraform-aws-rds-aurora/issues/437>).
pub(crate) const SERVICES: [&str; 2] = ["directoryservice.rds.amazonaws.com", "rds.amazonaws.com"];

/// What the role must be allowed to do.
pub(crate) const ACTIONS: [&str; 4] = [
    "ds:DescribeDirectories",
    "ds:AuthorizeApplication",
    "ds:UnauthorizeApplication",
    "ds:GetAuthorizedApplicationDetails",
];

/// The name of the inline policy.
pub(crate) const INLINE_POLICY: &str = "aurorakerberos-directory-access";

/// The ARN of AWS's managed policy that allows the four actions.
pub(crate) fn managed_policy(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess")
}

/// The trust policy, as JSON.
pub(crate) fn trust_policy() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": SERVICES },
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string()
}

/// The inline policy, as JSON.
pub(crate) fn inline_policy() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": ACTIONS, "Resource": "*" }],
    })
    .to_string()
}

/// Whether two documents say the same. A text that is no document says nothing that another one says.
pub(crate) fn same_meaning(one: &str, other: &str) -> bool {
    match (Document::parse(one), Document::parse(other)) {
        (Ok(one), Ok(other)) => one.same_meaning(&other),
        _ => one == other,
    }
}

/// The services that a trust policy does not let assume its role, though it must.
pub(crate) fn missing_services(trust_policy: &str) -> Vec<&'static str> {
    let document = Document::parse(trust_policy).ok();
    let trusted = |service: &str| document.as_ref().is_some_and(|document| document.trusts(service));
    SERVICES.into_iter().filter(|service| !trusted(service)).collect()
}

/// The actions on a directory that the documents do not allow, though they must.
pub(crate) fn missing_actions<'a>(
    documents: impl IntoIterator<Item = &'a str>,
    directory_arn: &str,
) -> Vec<&'static str> {
    let documents: Vec<Document> =
        documents.into_iter().filter_map(|text| Document::parse(text).ok()).collect();
    ACTIONS.into_iter().filter(|action| !allows(&documents, action, directory_arn)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTORY: &str = "arn:aws:ds:us-east-1:111122223333:directory/d-1234567890";

    #[test]
    fn our_own_documents_suffice() {
        assert!(missing_services(&trust_policy()).is_empty());
        assert!(missing_actions([inline_policy().as_str()], DIRECTORY).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let rds_only = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"rds.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        assert_eq!(missing_services(rds_only), ["directoryservice.rds.amazonaws.com"]);
        assert_eq!(missing_services("nonsense"), SERVICES);
        let describe = r#"{"Statement":{"Effect":"Allow","Action":"ds:Describe*","Resource":"*"}}"#;
        assert_eq!(missing_actions([describe, "nonsense"], DIRECTORY), ACTIONS[1..]);
    }

    #[test]
    fn the_guides_trust_policy_means_ours() {
        let guide = r#"{
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "",
                "Effect": "Allow",
                "Principal": { "Service": ["directoryservice.rds.amazonaws.com", "rds.amazonaws.com"] },
                "Action": "sts:AssumeRole"
            }]
        }"#;
        assert!(same_meaning(guide, &trust_policy()));
    }
}
