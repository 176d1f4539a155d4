//! The Resource Groups Tagging API, for the tags of many directories at once.
//!
//! Directory Service tells tags of one directory at a time. This service lists them all, a little later, and not for
//! callers without `tag:GetResources`; so it only [confirms](super::glance) what a state says.
//! API reference: <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/>.

use std::collections::HashMap;

use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::config::Builder;

use super::batch::Generation;
use super::call::Tags;
use super::codes::TAGGING;
use super::error::{Error, Result};
use super::glance::{Glance, few_attempts};

/// An account with more pages than this is not listed.
const PAGES: usize = 5;
/// The largest page that AWS gives.
const PAGE: i32 = 100;

/// The client of the Resource Groups Tagging API.
#[derive(Debug)]
pub struct Tagging {
    directories: Glance<Tags>,
}

impl Tagging {
    pub(crate) fn new(client: Client, generation: Generation) -> Self {
        Self {
            directories: Glance::new((TAGGING, "GetResources"), generation, move || {
                directories(client.clone())
            }),
        }
    }

    /// The tags of a directory as a listing of all shows them, to confirm what is known of them; none where that is
    /// not to be had cheaply. A directory that was never tagged does not show.
    pub async fn glance_at_directory(&self, id: &str) -> Option<Tags> {
        self.directories.at(id).await
    }
}

async fn directories(client: Client) -> Result<Option<HashMap<String, Tags>>> {
    let (mut all, mut token) = (HashMap::new(), None);
    for _ in 0..PAGES {
        let request = client
            .get_resources()
            .resource_type_filters("ds:directory")
            .resources_per_page(PAGE)
            .set_pagination_token(token.take());
        // Each directory can be asked about by itself.
        let config = Builder::new().retry_config(few_attempts(client.config().retry_config()));
        let page = request.customize().config_override(config).send().await;
        let page = page.map_err(|error| Error::of(TAGGING, "GetResources", &error))?;
        for found in page.resource_tag_mapping_list.unwrap_or_default() {
            let arn = found.resource_arn.unwrap_or_default();
            let Some((_, id)) = arn.rsplit_once("directory/") else { continue };
            let tags = found.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
            all.insert(id.to_owned(), tags.collect());
        }
        token = page.pagination_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(Some(all));
        }
    }
    Ok(None)
}
