//! Trusts between a directory and another Active Directory domain.

use std::collections::HashMap;

use aws_sdk_directory::Client;
use aws_sdk_directory::types::{SelectiveAuth, Trust as Described, TrustDirection, TrustType};
use jiff::Timestamp;

use super::super::call::{Freshness, RECENT, lists, send, time};
use super::super::error::{Error, Result};
use super::super::secret::Secret;
use super::{Builder, DS, DirectoryService};

/// A trust as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `t-` and ten hexadecimal digits.
    pub id: String,
    /// The directory on AWS's side.
    pub directory_id: String,
    /// The domain on the other side.
    pub remote_domain_name: String,
    /// `Forest` or `External`.
    pub trust_type: String,
    /// `One-Way: Outgoing`, `One-Way: Incoming` or `Two-Way`.
    pub direction: String,
    /// `Creating`, `Created`, `Verifying`, `VerifyFailed`, `Verified`, `Updating`, `UpdateFailed`, `Updated`,
    /// `Deleting`, `Deleted` or `Failed`.
    pub state: String,
    /// Why the trust is in this state, where AWS says so.
    pub state_reason: Option<String>,
    /// Whether selective authentication is on.
    pub selective_auth: bool,
    /// When the trust was created.
    pub created_time: Option<Timestamp>,
    /// When the trust was last updated.
    pub last_updated_time: Option<Timestamp>,
    /// When the state last changed.
    pub state_last_updated_time: Option<Timestamp>,
}

/// What CreateTrust needs.
#[derive(Clone, Debug)]
pub struct CreateTrust {
    /// The directory.
    pub directory_id: String,
    /// The domain on the other side.
    pub remote_domain_name: String,
    /// The password that both sides agreed on.
    pub password: Secret,
    /// `One-Way: Outgoing`, `One-Way: Incoming` or `Two-Way`.
    pub direction: String,
    /// `Forest` or `External`.
    pub trust_type: String,
    /// Selective authentication.
    pub selective_auth: bool,
    /// DNS servers of the other domain; AWS makes a conditional forwarder of them.
    pub conditional_forwarder_ip_addrs: Vec<String>,
}

impl DirectoryService {
    /// The trust, or none where it, or its directory, does not exist or its state is `Deleted`.
    pub async fn find_trust(&self, directory_id: &str, id: &str) -> Result<Option<Trust>> {
        let trusts = self.list_trusts(directory_id, Freshness::Now).await?;
        Ok(trusts.into_iter().find(|trust| trust.id == id))
    }

    /// The trust with a remote domain. A directory has at most one with each.
    pub async fn find_trust_by_domain(&self, directory_id: &str, remote: &str) -> Result<Option<Trust>> {
        let remote = remote.trim_end_matches('.');
        let trusts = self.list_trusts(directory_id, Freshness::Now).await?;
        Ok(trusts
            .into_iter()
            .find(|trust| trust.remote_domain_name.trim_end_matches('.').eq_ignore_ascii_case(remote)))
    }

    /// All trusts of a directory, deleted ones left out; none where the directory does not exist.
    pub async fn list_trusts(&self, directory_id: &str, freshness: Freshness) -> Result<Vec<Trust>> {
        let id = directory_id.to_owned();
        let found = match freshness {
            Freshness::Now => self.trusts.find(&id).await?,
            Freshness::Recent => self.trusts.find_recent(&id, RECENT).await?,
        };
        Ok(found.unwrap_or_default())
    }

    /// Asks for a trust and gives its id. The request is not repeated after an [ambiguous](Error::ambiguous)
    /// failure, since it has no idempotency token.
    pub async fn create_trust(&self, input: &CreateTrust) -> Result<String> {
        let _writing = self.generation.writing();
        let forwarders = &input.conditional_forwarder_ip_addrs;
        let request = self
            .client
            .create_trust()
            .directory_id(&input.directory_id)
            .remote_domain_name(&input.remote_domain_name)
            .trust_password(input.password.reveal())
            .trust_direction(TrustDirection::from(input.direction.as_str()))
            .trust_type(TrustType::from(input.trust_type.as_str()))
            .selective_auth(selective(input.selective_auth))
            .set_conditional_forwarder_ip_addrs((!forwarders.is_empty()).then(|| forwarders.clone()));
        let output = send!(DS, "CreateTrust", request, once Builder)
            .map_err(|error| error.without(&input.password))?;
        output.trust_id.ok_or_else(|| Error::incomplete(DS, "CreateTrust", "trust id"))
    }

    /// Switches selective authentication on or off.
    pub async fn update_trust(&self, id: &str, selective_auth: bool) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.update_trust().trust_id(id).selective_auth(selective(selective_auth));
        send!(DS, "UpdateTrust", request).map(drop)
    }

    /// Asks AWS to verify the trust from its side; the outcome shows in the trust's state.
    pub async fn verify_trust(&self, id: &str) -> Result<()> {
        let _writing = self.generation.writing();
        send!(DS, "VerifyTrust", self.client.verify_trust().trust_id(id)).map(drop)
    }

    /// Asks for the deletion of the trust, and of its conditional forwarder where `with_forwarder`.
    pub async fn delete_trust(&self, id: &str, with_forwarder: bool) -> Result<()> {
        let _writing = self.generation.writing();
        let request =
            self.client.delete_trust().trust_id(id).delete_associated_conditional_forwarder(with_forwarder);
        send!(DS, "DeleteTrust", request).map(drop)
    }
}

/// The trusts of each directory; a directory that does not exist is left out.
pub(super) async fn describe(client: Client, ids: Vec<String>) -> Result<HashMap<String, Vec<Trust>>> {
    let mut answer = HashMap::new();
    for id in ids {
        let request = client.describe_trusts().directory_id(&id);
        match lists!(DS, "DescribeTrusts", request, trusts) {
            Ok(found) => {
                let trusts = found.into_iter().filter_map(from_aws).filter(|trust| trust.state != "Deleted");
                answer.insert(id, trusts.collect());
            }
            Err(error) if error.not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

fn from_aws(found: Described) -> Option<Trust> {
    Some(Trust {
        id: found.trust_id?,
        directory_id: found.directory_id.unwrap_or_default(),
        remote_domain_name: found.remote_domain_name.unwrap_or_default(),
        trust_type: found.trust_type.map_or_else(String::new, |kind| kind.as_str().to_owned()),
        direction: found.trust_direction.map_or_else(String::new, |direction| direction.as_str().to_owned()),
        state: found.trust_state.map_or_else(String::new, |state| state.as_str().to_owned()),
        state_reason: found.trust_state_reason,
        selective_auth: found.selective_auth == Some(SelectiveAuth::Enabled),
        created_time: time(found.created_date_time.as_ref()),
        last_updated_time: time(found.last_updated_date_time.as_ref()),
        state_last_updated_time: time(found.state_last_updated_date_time.as_ref()),
    })
}

fn selective(enabled: bool) -> SelectiveAuth {
    if enabled { SelectiveAuth::Enabled } else { SelectiveAuth::Disabled }
}
