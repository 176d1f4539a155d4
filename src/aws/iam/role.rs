//! Roles.

use std::collections::HashMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{Role as Described, Tag};
use jiff::Timestamp;

use super::super::call::{Freshness, RECENT, Tags, pages, send, time};
use super::super::error::{Error, Result};
use super::{IAM, Iam, decoded};

/// A role as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// `AROA…`: distinguishes the role from one of the same name that was deleted.
    pub unique_id: String,
    /// The path, `/` where none was given.
    pub path: String,
    /// The description.
    pub description: Option<String>,
    /// When the role was created.
    pub create_date: Option<Timestamp>,
    /// The trust policy, as JSON.
    pub assume_role_policy: String,
    /// The longest session, in seconds.
    pub max_session_duration: Option<i32>,
    /// The ARN of the policy that bounds the role's permissions.
    pub permissions_boundary: Option<String>,
    /// The tags.
    pub tags: Tags,
}

/// What CreateRole needs.
#[derive(Clone, Debug, Default)]
pub struct CreateRole {
    /// The name.
    pub name: String,
    /// The path.
    pub path: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The trust policy, as JSON.
    pub assume_role_policy: String,
    /// The longest session, in seconds.
    pub max_session_duration: Option<i32>,
    /// The ARN of the policy that bounds the role's permissions.
    pub permissions_boundary: Option<String>,
    /// The tags.
    pub tags: Tags,
}

impl Iam {
    /// The role, or none where it does not exist.
    pub async fn find_role(&self, name: &str, freshness: Freshness) -> Result<Option<Role>> {
        let name = name.to_owned();
        match freshness {
            Freshness::Now => self.roles.find(&name).await,
            Freshness::Recent => self.roles.find_recent(&name, RECENT).await,
        }
    }

    /// Creates a role. The request is not repeated after an [ambiguous](Error::ambiguous) failure: a second one
    /// would be refused, and it would not be known whose role it is.
    pub async fn create_role(&self, input: &CreateRole) -> Result<Role> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .create_role()
            .role_name(&input.name)
            .set_path(input.path.clone())
            .set_description(input.description.clone())
            .assume_role_policy_document(&input.assume_role_policy)
            .set_max_session_duration(input.max_session_duration)
            .set_permissions_boundary(input.permissions_boundary.clone())
            .set_tags(if input.tags.is_empty() { None } else { Some(tags("CreateRole", &input.tags)?) });
        let output = send!(IAM, "CreateRole", request, once aws_sdk_iam::config::Builder)?;
        let role = output.role.ok_or_else(|| Error::incomplete(IAM, "CreateRole", "role"))?;
        from_aws("CreateRole", role)
    }

    /// Sets the description, and the longest session where one is given.
    pub async fn update_role(&self, name: &str, description: &str, max_session: Option<i32>) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .update_role()
            .role_name(name)
            .description(description)
            .set_max_session_duration(max_session);
        send!(IAM, "UpdateRole", request).map(drop)
    }

    /// Replaces the trust policy.
    pub async fn update_assume_role_policy(&self, name: &str, document: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.update_assume_role_policy().role_name(name).policy_document(document);
        send!(IAM, "UpdateAssumeRolePolicy", request).map(drop)
    }

    /// Sets the permissions boundary, or takes it away.
    pub async fn set_permissions_boundary(&self, name: &str, boundary: Option<&str>) -> Result<()> {
        let _writing = self.generation.writing();
        if let Some(arn) = boundary {
            let request =
                self.client.put_role_permissions_boundary().role_name(name).permissions_boundary(arn);
            send!(IAM, "PutRolePermissionsBoundary", request).map(drop)
        } else {
            let request = self.client.delete_role_permissions_boundary().role_name(name);
            send!(IAM, "DeleteRolePermissionsBoundary", request).map(drop)
        }
    }

    /// Deletes a role that has no policies and no instance profiles left.
    pub async fn delete_role(&self, name: &str) -> Result<()> {
        let _writing = self.generation.writing();
        send!(IAM, "DeleteRole", self.client.delete_role().role_name(name)).map(drop)
    }

    /// Adds tags, or overwrites those that have the same keys.
    pub async fn tag_role(&self, name: &str, added: &Tags) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.tag_role().role_name(name).set_tags(Some(tags("TagRole", added)?));
        send!(IAM, "TagRole", request).map(drop)
    }

    /// Removes tags by their keys.
    pub async fn untag_role(&self, name: &str, keys: &[String]) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.untag_role().role_name(name).set_tag_keys(Some(keys.to_vec()));
        send!(IAM, "UntagRole", request).map(drop)
    }

    /// The names of the instance profiles that hold the role.
    pub async fn list_instance_profiles(&self, name: &str) -> Result<Vec<String>> {
        let request = self.client.list_instance_profiles_for_role().role_name(name);
        let found: Vec<aws_sdk_iam::types::InstanceProfile> =
            pages!(IAM, "ListInstanceProfilesForRole", request)?;
        Ok(found.into_iter().map(|profile| profile.instance_profile_name).collect())
    }
}

pub(super) async fn describe(client: Client, names: Vec<String>) -> Result<HashMap<String, Role>> {
    let mut answer = HashMap::new();
    for name in names {
        match send!(IAM, "GetRole", client.get_role().role_name(&name)) {
            Ok(output) => {
                let role = output.role.ok_or_else(|| Error::incomplete(IAM, "GetRole", "role"))?;
                answer.insert(name, from_aws("GetRole", role)?);
            }
            Err(error) if error.not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

pub(super) fn from_aws(operation: &'static str, found: Described) -> Result<Role> {
    // The SDK takes a name that is missing for an empty one.
    if found.role_name.is_empty() || found.arn.is_empty() || found.role_id.is_empty() {
        return Err(Error::incomplete(IAM, operation, "role with a name, an id and an ARN"));
    }
    Ok(Role {
        assume_role_policy: decoded(operation, &found.assume_role_policy_document.unwrap_or_default())?,
        create_date: time(Some(&found.create_date)),
        name: found.role_name,
        arn: found.arn,
        unique_id: found.role_id,
        path: found.path,
        // A description that was taken away comes back empty.
        description: found.description.filter(|description| !description.is_empty()),
        max_session_duration: found.max_session_duration,
        permissions_boundary: found
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn),
        tags: found.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
    })
}

fn tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::incomplete_request(IAM, operation, &error))
}
