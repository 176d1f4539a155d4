//! AWS Managed Microsoft AD directories.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_directory::Client;
use aws_sdk_directory::types::{
    DirectoryDescription, DirectoryEdition, DirectorySize, DirectorySizeUpdateSettings, DirectoryStage,
    DirectoryVpcSettings, Tag, UpdateInfoEntry, UpdateType,
};
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::super::call::{Freshness, RECENT, Tags, lists, pages, send, sent, time};
use super::super::error::{Error, Result};
use super::super::secret::Secret;
use super::{Builder, DS, DirectoryService};

/// How old a listing of all directories may be for who looks before it creates one.
const LISTED: std::time::Duration = std::time::Duration::from_secs(5);

/// A directory as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// `d-` and ten hexadecimal digits.
    pub id: String,
    /// The fully qualified domain name.
    pub name: String,
    /// The NetBIOS name.
    pub short_name: Option<String>,
    /// `MicrosoftAD`, `SharedMicrosoftAD`, `SimpleAD` or `ADConnector`.
    pub directory_type: String,
    /// `Standard`, `Enterprise` or `Hybrid`; none on types that have no edition.
    pub edition: Option<String>,
    /// The description given at creation.
    pub description: Option<String>,
    /// The alias, or the directory's id where none was set.
    pub alias: Option<String>,
    /// `http://ALIAS.awsapps.com`.
    pub access_url: Option<String>,
    /// The addresses of the directory's DNS servers, in order.
    pub dns_ip_addresses: Vec<String>,
    /// The VPC of the directory.
    pub vpc_id: Option<String>,
    /// The subnets of the domain controllers, in order.
    pub subnet_ids: Vec<String>,
    /// The Availability Zones of these subnets, in order.
    pub availability_zones: Vec<String>,
    /// The security group of the domain controllers.
    pub security_group_id: Option<String>,
    /// `Requested`, `Creating`, `Created`, `Active`, `Inoperable`, `Impaired`, `Restoring`, `RestoreFailed`,
    /// `Deleting`, `Deleted`, `Failed` or `Updating`.
    pub stage: String,
    /// Why the directory is in this stage, where AWS says so.
    pub stage_reason: Option<String>,
    /// When the directory was created.
    pub launch_time: Option<Timestamp>,
    /// Whether single sign-on is enabled.
    pub sso_enabled: bool,
    /// The number of domain controllers asked for.
    pub desired_number_of_domain_controllers: Option<i32>,
    /// The account that shares the directory with this one; none on a directory of one's own.
    pub owner: Option<Owner>,
    /// The state of the sharing, on a directory that another account shares.
    pub share_status: Option<String>,
}

/// The owner of a shared directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The account that owns the directory.
    pub account_id: Option<String>,
    /// The directory's id in that account.
    pub directory_id: Option<String>,
}

/// The edition of an AWS Managed Microsoft AD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Up to about 30,000 objects.
    Standard,
    /// Up to about 500,000 objects.
    Enterprise,
}

/// What CreateMicrosoftAD needs.
#[derive(Clone, Debug)]
pub struct CreateDirectory {
    /// The fully qualified domain name.
    pub name: String,
    /// The NetBIOS name; AWS takes the first label of the name where there is none.
    pub short_name: Option<String>,
    /// A description of at most 128 characters.
    pub description: Option<String>,
    /// The edition.
    pub edition: Edition,
    /// The password of the user Admin.
    pub password: Secret,
    /// The VPC.
    pub vpc_id: String,
    /// Two subnets of that VPC in different Availability Zones.
    pub subnet_ids: Vec<String>,
    /// The tags.
    pub tags: Tags,
}

/// One entry of a directory's history of size updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUpdate {
    /// `Updated`, `Updating` or `UpdateFailed`.
    pub status: String,
    /// Why, where AWS says so.
    pub status_reason: Option<String>,
    /// When it began.
    pub start_time: Option<Timestamp>,
}

/// A domain controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainController {
    /// Its id.
    pub id: String,
    /// Its address.
    pub dns_ip_address: Option<String>,
    /// Its subnet.
    pub subnet_id: Option<String>,
    /// Its Availability Zone.
    pub availability_zone: Option<String>,
    /// `Creating`, `Active`, `Impaired`, `Restoring`, `Deleting`, `Deleted` or `Failed`.
    pub status: String,
    /// Why, where AWS says so.
    pub status_reason: Option<String>,
}

impl DirectoryService {
    /// The directory, or none where it does not exist or its stage is `Deleted`.
    pub async fn find_directory(&self, id: &str, freshness: Freshness) -> Result<Option<Directory>> {
        let id = id.to_owned();
        match freshness {
            Freshness::Now => self.directories.find(&id).await,
            Freshness::Recent => self.directories.find_recent(&id, RECENT).await,
        }
    }

    /// Every directory of the account in this Region, shared ones included. Who asks at the same time shares the answer.
    ///
    /// [`Freshness::Recent`] is five seconds here, and may leave out what this process has created meanwhile.
    pub async fn list_directories(&self, freshness: Freshness) -> Result<Arc<Vec<Directory>>> {
        let all = match freshness {
            Freshness::Now => self.all.find(&()).await?,
            Freshness::Recent => self.all.find_recent(&(), LISTED).await?,
        };
        Ok(all.unwrap_or_default())
    }

    /// The directories of this name that the account owns, deleted ones left out. AWS allows several.
    pub async fn find_directories_by_name(&self, name: &str, freshness: Freshness) -> Result<Vec<Directory>> {
        let all = self.list_directories(freshness).await?;
        let ours = all.iter().filter(|directory| directory.owner.is_none());
        Ok(ours.filter(|directory| directory.name.eq_ignore_ascii_case(name)).cloned().collect())
    }

    /// Asks for a directory and gives its id. The request is not repeated after an
    /// [ambiguous](Error::ambiguous) failure, since it has no idempotency token.
    pub async fn create_directory(&self, input: &CreateDirectory) -> Result<String> {
        let _writing = self.generation.writing();
        let edition = match input.edition {
            Edition::Standard => DirectoryEdition::Standard,
            Edition::Enterprise => DirectoryEdition::Enterprise,
        };
        let vpc = DirectoryVpcSettings::builder()
            .vpc_id(&input.vpc_id)
            .set_subnet_ids(Some(input.subnet_ids.clone()))
            .build()
            .map_err(|error| unbuildable("CreateMicrosoftAD", &error))?;
        let request = self
            .client
            .create_microsoft_ad()
            .name(&input.name)
            .set_short_name(input.short_name.clone())
            .set_description(input.description.clone())
            .password(input.password.reveal())
            .edition(edition)
            .vpc_settings(vpc)
            .set_tags(if input.tags.is_empty() {
                None
            } else {
                Some(tags("CreateMicrosoftAD", &input.tags)?)
            });
        let output = send!(DS, "CreateMicrosoftAD", request, once Builder).map_err(|error| {
            drop(self.listing.writing());
            error.without(&input.password)
        })?;
        output.directory_id.ok_or_else(|| Error::incomplete(DS, "CreateMicrosoftAD", "directory id"))
    }

    /// Asks for the deletion. [`blocked_by_authorized_applications`](super::super::codes::blocked_by_authorized_applications)
    /// tells the refusal of a directory that is still in use.
    pub async fn delete_directory(&self, id: &str) -> Result<()> {
        let _writing = (self.generation.writing(), self.listing.writing());
        send!(DS, "DeleteDirectory", self.client.delete_directory().directory_id(id)).map(drop)
    }

    /// Sets the alias, which AWS allows once.
    pub async fn create_alias(&self, id: &str, alias: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.create_alias().directory_id(id).alias(alias);
        send!(DS, "CreateAlias", request, once Builder).map(drop)
    }

    /// Switches single sign-on on or off.
    pub async fn set_sso(&self, id: &str, enabled: bool) -> Result<()> {
        let _writing = self.generation.writing();
        if enabled {
            send!(DS, "EnableSso", self.client.enable_sso().directory_id(id)).map(drop)
        } else {
            send!(DS, "DisableSso", self.client.disable_sso().directory_id(id)).map(drop)
        }
    }

    /// Asks for a number of domain controllers, two or more.
    pub async fn set_number_of_domain_controllers(&self, id: &str, number: i32) -> Result<()> {
        let _writing = self.generation.writing();
        let request =
            self.client.update_number_of_domain_controllers().directory_id(id).desired_number(number);
        send!(DS, "UpdateNumberOfDomainControllers", request).map(drop)
    }

    /// The domain controllers of a directory, deleted ones included as long as AWS lists them.
    pub async fn list_domain_controllers(&self, id: &str) -> Result<Vec<DomainController>> {
        let request = self.client.describe_domain_controllers().directory_id(id);
        let pages: Vec<_> = sent!(DS, "DescribeDomainControllers", request, |request| request
            .into_paginator()
            .send()
            .try_collect())?;
        let found = pages.into_iter().flat_map(|page| page.domain_controllers.unwrap_or_default());
        let controllers = found.filter_map(|found| {
            Some(DomainController {
                id: found.domain_controller_id?,
                dns_ip_address: found.dns_ip_addr,
                subnet_id: found.subnet_id,
                availability_zone: found.availability_zone,
                status: found.status.map_or_else(String::new, |status| status.as_str().to_owned()),
                status_reason: found.status_reason,
            })
        });
        Ok(controllers.collect())
    }

    /// Asks for the upgrade from Standard to Enterprise. It takes hours and cannot be undone.
    pub async fn upgrade_to_enterprise(&self, id: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let size = DirectorySizeUpdateSettings::builder().directory_size(DirectorySize::Large).build();
        let request = self
            .client
            .update_directory_setup()
            .directory_id(id)
            .update_type(UpdateType::Size)
            .directory_size_update_settings(size);
        send!(DS, "UpdateDirectorySetup", request, once Builder).map(drop)
    }

    /// The history of a directory's size updates, the latest first.
    pub async fn list_size_updates(&self, id: &str) -> Result<Vec<DirectoryUpdate>> {
        let request = self.client.describe_update_directory().directory_id(id).update_type(UpdateType::Size);
        let found: Vec<UpdateInfoEntry> = pages!(DS, "DescribeUpdateDirectory", request)?;
        let mut updates: Vec<_> = found
            .into_iter()
            .map(|entry| DirectoryUpdate {
                status: entry.status.map_or_else(String::new, |status| status.as_str().to_owned()),
                status_reason: entry.status_reason,
                start_time: time(entry.start_time.as_ref()),
            })
            .collect();
        updates.sort_by_key(|update| std::cmp::Reverse(update.start_time));
        Ok(updates)
    }

    /// Switches the Directory Service Data API on or off for the directory.
    pub async fn set_data_access(&self, id: &str, enabled: bool) -> Result<()> {
        let _writing = self.generation.writing();
        if enabled {
            send!(
                DS,
                "EnableDirectoryDataAccess",
                self.client.enable_directory_data_access().directory_id(id)
            )
            .map(drop)
        } else {
            send!(
                DS,
                "DisableDirectoryDataAccess",
                self.client.disable_directory_data_access().directory_id(id)
            )
            .map(drop)
        }
    }

    /// `Disabled`, `Disabling`, `Enabled`, `Enabling` or `Failed`; none where the directory does not exist.
    pub async fn find_data_access(&self, id: &str) -> Result<Option<String>> {
        let request = self.client.describe_directory_data_access().directory_id(id);
        match send!(DS, "DescribeDirectoryDataAccess", request) {
            Ok(output) => Ok(output.data_access_status.map(|status| status.as_str().to_owned())),
            Err(error) if error.not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the password of a user of the directory; `Admin` is the one that AWS creates.
    pub async fn reset_user_password(&self, id: &str, user: &str, password: &Secret) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .reset_user_password()
            .directory_id(id)
            .user_name(user)
            .new_password(password.reveal());
        send!(DS, "ResetUserPassword", request).map(drop).map_err(|error| error.without(password))
    }

    /// The tags of a directory.
    pub async fn list_tags(&self, id: &str) -> Result<Tags> {
        let request = self.client.list_tags_for_resource().resource_id(id);
        let found: Vec<Tag> = pages!(DS, "ListTagsForResource", request)?;
        Ok(found.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Adds tags, or overwrites those that have the same keys.
    pub async fn add_tags(&self, id: &str, added: &Tags) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .add_tags_to_resource()
            .resource_id(id)
            .set_tags(Some(tags("AddTagsToResource", added)?));
        send!(DS, "AddTagsToResource", request).map(drop)
    }

    /// Removes tags by their keys.
    pub async fn remove_tags(&self, id: &str, keys: &[String]) -> Result<()> {
        let _writing = self.generation.writing();
        let request =
            self.client.remove_tags_from_resource().resource_id(id).set_tag_keys(Some(keys.to_vec()));
        send!(DS, "RemoveTagsFromResource", request).map(drop)
    }
}

/// So many ids are asked for one by one where one of them is unknown.
const FEW: usize = 3;

/// One unknown id makes AWS refuse all of them. Then a few are asked for one by one, and for more everything is listed.
pub(super) async fn describe(client: Client, ids: Vec<String>) -> Result<HashMap<String, Directory>> {
    let single = ids.len() == 1;
    match list(&client, Some(ids.clone())).await {
        Err(error) if error.not_found() && single => Ok(HashMap::new()),
        // Directories that are being deleted go one by one.
        Err(error) if error.not_found() && ids.len() <= FEW => {
            let each = ids.into_iter().map(|id| {
                let client = client.clone();
                async move {
                    match list(&client, Some(vec![id])).await {
                        Err(error) if error.not_found() => Ok(HashMap::new()),
                        found => found,
                    }
                }
            });
            Ok(try_join_all(each).await?.into_iter().flatten().collect())
        }
        Err(error) if error.not_found() => list(&client, None).await,
        result => result,
    }
}

/// Every directory, in one answer for all who ask.
pub(super) async fn everything(client: Client) -> Result<HashMap<(), Arc<Vec<Directory>>>> {
    let all = list(&client, None).await?.into_values().collect();
    Ok(HashMap::from([((), Arc::new(all))]))
}

async fn list(client: &Client, ids: Option<Vec<String>>) -> Result<HashMap<String, Directory>> {
    let request = client.describe_directories().set_directory_ids(ids);
    let found = lists!(DS, "DescribeDirectories", request, directory_descriptions)?;
    let live = found.into_iter().filter(|found| found.stage != Some(DirectoryStage::Deleted));
    Ok(live.filter_map(from_aws).map(|directory| (directory.id.clone(), directory)).collect())
}

fn from_aws(found: DirectoryDescription) -> Option<Directory> {
    let (owner, network) = match found.owner_directory_description {
        Some(sharer) => (
            Some(Owner { account_id: sharer.account_id, directory_id: sharer.directory_id }),
            found.vpc_settings.or(sharer.vpc_settings),
        ),
        None => (None, found.vpc_settings),
    };
    let (vpc_id, subnet_ids, security_group_id, availability_zones) =
        network.map_or((None, None, None, None), |settings| {
            (settings.vpc_id, settings.subnet_ids, settings.security_group_id, settings.availability_zones)
        });
    Some(Directory {
        id: found.directory_id?,
        name: found.name.unwrap_or_default(),
        short_name: found.short_name,
        directory_type: found.r#type.map_or_else(String::new, |kind| kind.as_str().to_owned()),
        edition: found.edition.map(|edition| edition.as_str().to_owned()),
        description: found.description,
        alias: found.alias,
        access_url: found.access_url,
        dns_ip_addresses: found.dns_ip_addrs.unwrap_or_default(),
        vpc_id,
        subnet_ids: subnet_ids.unwrap_or_default(),
        availability_zones: availability_zones.unwrap_or_default(),
        security_group_id,
        stage: found.stage.map_or_else(String::new, |stage| stage.as_str().to_owned()),
        stage_reason: found.stage_reason,
        launch_time: time(found.launch_time.as_ref()),
        sso_enabled: found.sso_enabled,
        desired_number_of_domain_controllers: found.desired_number_of_domain_controllers,
        owner,
        share_status: found.share_status.map(|status| status.as_str().to_owned()),
    })
}

fn tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().map_err(|error| unbuildable(operation, &error))
        })
        .collect()
}

fn unbuildable(operation: &'static str, error: &aws_sdk_directory::error::BuildError) -> Error {
    Error::incomplete_request(DS, operation, error)
}
