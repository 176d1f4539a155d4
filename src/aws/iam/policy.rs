//! The policies of a role.

use std::collections::HashMap;

use aws_sdk_iam::Client;

use super::super::call::{Freshness, RECENT, pages, send};
use super::super::error::Result;
use super::{IAM, Iam, decoded};

/// A managed policy that is attached to a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl From<aws_sdk_iam::types::AttachedPolicy> for AttachedPolicy {
    fn from(found: aws_sdk_iam::types::AttachedPolicy) -> Self {
        Self { name: found.policy_name.unwrap_or_default(), arn: found.policy_arn.unwrap_or_default() }
    }
}

impl Iam {
    /// The managed policies that are attached to a role, or none where the role does not exist.
    pub async fn find_attached_policies(
        &self,
        role: &str,
        freshness: Freshness,
    ) -> Result<Option<Vec<AttachedPolicy>>> {
        let role = role.to_owned();
        match freshness {
            Freshness::Now => self.attached.find(&role).await,
            Freshness::Recent => self.attached.find_recent(&role, RECENT).await,
        }
    }

    /// The inline policies of a role as JSON by name, or none where the role does not exist.
    pub async fn find_inline_policies(
        &self,
        role: &str,
        freshness: Freshness,
    ) -> Result<Option<HashMap<String, String>>> {
        let role = role.to_owned();
        match freshness {
            Freshness::Now => self.inline.find(&role).await,
            Freshness::Recent => self.inline.find_recent(&role, RECENT).await,
        }
    }

    /// One inline policy of a role as JSON, or none where it or the role does not exist.
    pub async fn find_inline_policy(&self, role: &str, policy: &str) -> Result<Option<String>> {
        inline_document(&self.client, role, policy).await
    }

    /// The default version of a managed policy as JSON, or none where the policy does not exist.
    pub async fn find_managed_policy(&self, arn: &str, freshness: Freshness) -> Result<Option<String>> {
        let arn = arn.to_owned();
        match freshness {
            Freshness::Now => self.managed.find(&arn).await,
            Freshness::Recent => self.managed.find_recent(&arn, RECENT).await,
        }
    }

    /// Attaches a managed policy; to attach it twice is no error.
    pub async fn attach_policy(&self, role: &str, arn: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.attach_role_policy().role_name(role).policy_arn(arn);
        send!(IAM, "AttachRolePolicy", request).map(drop)
    }

    /// Detaches a managed policy.
    pub async fn detach_policy(&self, role: &str, arn: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.detach_role_policy().role_name(role).policy_arn(arn);
        send!(IAM, "DetachRolePolicy", request).map(drop)
    }

    /// Writes an inline policy.
    pub async fn put_inline_policy(&self, role: &str, policy: &str, document: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request =
            self.client.put_role_policy().role_name(role).policy_name(policy).policy_document(document);
        send!(IAM, "PutRolePolicy", request).map(drop)
    }

    /// Deletes an inline policy.
    pub async fn delete_inline_policy(&self, role: &str, policy: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.delete_role_policy().role_name(role).policy_name(policy);
        send!(IAM, "DeleteRolePolicy", request).map(drop)
    }
}

pub(super) async fn attached(
    client: Client,
    roles: Vec<String>,
) -> Result<HashMap<String, Vec<AttachedPolicy>>> {
    let mut answer = HashMap::new();
    for role in roles {
        let found: Result<Vec<aws_sdk_iam::types::AttachedPolicy>> =
            pages!(IAM, "ListAttachedRolePolicies", client.list_attached_role_policies().role_name(&role));
        match found {
            Ok(found) => {
                answer.insert(role, found.into_iter().map(AttachedPolicy::from).collect());
            }
            Err(error) if error.not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

pub(super) async fn inline(
    client: Client,
    roles: Vec<String>,
) -> Result<HashMap<String, HashMap<String, String>>> {
    let mut answer = HashMap::new();
    for role in roles {
        let names: Result<Vec<String>> =
            pages!(IAM, "ListRolePolicies", client.list_role_policies().role_name(&role));
        let names = match names {
            Ok(names) => names,
            Err(error) if error.not_found() => continue,
            Err(error) => return Err(error),
        };
        let mut documents = HashMap::new();
        for name in names {
            if let Some(document) = inline_document(&client, &role, &name).await? {
                documents.insert(name, document);
            }
        }
        answer.insert(role, documents);
    }
    Ok(answer)
}

async fn inline_document(client: &Client, role: &str, policy: &str) -> Result<Option<String>> {
    match send!(IAM, "GetRolePolicy", client.get_role_policy().role_name(role).policy_name(policy)) {
        Ok(output) => decoded("GetRolePolicy", &output.policy_document).map(Some),
        Err(error) if error.not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn managed(client: Client, arns: Vec<String>) -> Result<HashMap<String, String>> {
    let mut answer = HashMap::new();
    for arn in arns {
        match managed_document(&client, &arn).await {
            Ok(Some(document)) => {
                answer.insert(arn, document);
            }
            Ok(None) => {}
            Err(error) if error.not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

async fn managed_document(client: &Client, arn: &str) -> Result<Option<String>> {
    let policy = send!(IAM, "GetPolicy", client.get_policy().policy_arn(arn))?.policy;
    let Some(version) = policy.and_then(|policy| policy.default_version_id) else { return Ok(None) };
    let request = client.get_policy_version().policy_arn(arn).version_id(version);
    let output = send!(IAM, "GetPolicyVersion", request)?;
    output
        .policy_version
        .and_then(|version| version.document)
        .map(|document| decoded("GetPolicyVersion", &document))
        .transpose()
}
