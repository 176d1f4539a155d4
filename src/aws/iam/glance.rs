//! All roles of the account in a few calls, to confirm a refresh of many, see [`glance`](super::super::glance).
//!
//! GetAccountAuthorizationDetails has everything of a role but its description and its longest session, ListRoles
//! these two and not its tags and boundary. A caller may well be allowed neither: then each role is asked for by
//! its name.

use std::collections::HashMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::config::Builder;
use aws_sdk_iam::types::{EntityType, Role as Listed, RoleDetail};

use super::super::error::{Error, Result};
use super::super::glance::few_attempts;
use super::{AttachedPolicy, IAM, Iam, Role, decoded, role};

/// An account with more pages than this is not listed. A page holds up to 1,000 roles, fewer with long policies.
const PAGES: usize = 5;
/// The largest page that IAM gives.
const PAGE: i32 = 1000;

/// A role with its policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WholeRole {
    /// The role.
    pub role: Role,
    /// The managed policies attached to it.
    pub attached: Vec<AttachedPolicy>,
    /// Its inline policies as JSON by name.
    pub inline: HashMap<String, String>,
}

impl Iam {
    /// The role as a listing of all shows it, to confirm what is known of it; none where that is not to be had
    /// cheaply.
    pub async fn glance_at_role(&self, name: &str) -> Option<WholeRole> {
        self.glance.at(name).await
    }
}

/// Follows pages, at most [`PAGES`]; none where there are more. With [few attempts](few_attempts): what is listed here
/// can be asked for in another way.
macro_rules! list {
    ($client:expr, $operation:literal, $request:expr, $objects:ident) => {
        async {
            let (mut all, mut marker) = (Vec::new(), None);
            for _ in 0..PAGES {
                let config = Builder::new().retry_config(few_attempts($client.config().retry_config()));
                let request = $request.max_items(PAGE).set_marker(marker.take());
                let page = request.customize().config_override(config).send().await;
                let page = page.map_err(|error| Error::of(IAM, $operation, &error))?;
                marker = page.marker.clone().filter(|marker| page.is_truncated && !marker.is_empty());
                all.extend(Option::<Vec<_>>::from(page.$objects).unwrap_or_default());
                if marker.is_none() {
                    return Ok(Some(all));
                }
            }
            Ok(None)
        }
    };
}

type Pages<T> = Result<Option<Vec<T>>>;

pub(super) async fn everything(client: Client) -> Result<Option<HashMap<String, WholeRole>>> {
    let (listed, details): (Pages<Listed>, Pages<RoleDetail>) = tokio::join!(
        list!(client, "ListRoles", client.list_roles(), roles),
        list!(
            client,
            "GetAccountAuthorizationDetails",
            client.get_account_authorization_details().filter(EntityType::Role),
            role_detail_list
        )
    );
    let (Some(listed), Some(details)) = (listed?, details?) else { return Ok(None) };
    let mut listed: HashMap<String, Listed> =
        listed.into_iter().map(|role| (role.role_name.clone(), role)).collect();
    // A role that only one of the two answers shows is changing just now.
    let whole = details.into_iter().filter_map(|detail| {
        let listed = listed.remove(detail.role_name.as_deref()?)?;
        Some(together(listed, detail).map(|whole| (whole.role.name.clone(), whole)))
    });
    whole.collect::<Result<_>>().map(Some)
}

fn together(listed: Listed, detail: RoleDetail) -> Result<WholeRole> {
    let boundary = detail.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    let tags = detail.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
    let role =
        Role { permissions_boundary: boundary, tags: tags.collect(), ..role::from_aws("ListRoles", listed)? };
    let attached = detail.attached_managed_policies.unwrap_or_default().into_iter();
    let mut inline = HashMap::new();
    for policy in detail.role_policy_list.unwrap_or_default() {
        let document = policy.policy_document.unwrap_or_default();
        let document = decoded("GetAccountAuthorizationDetails", &document)?;
        inline.insert(policy.policy_name.unwrap_or_default(), document);
    }
    Ok(WholeRole { role, attached: attached.map(AttachedPolicy::from).collect(), inline })
}
