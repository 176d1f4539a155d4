//! Directories that are shared with other accounts.
//!
//! A directory that another account shares with this one is an ordinary [`Directory`](super::Directory) with an
//! [`Owner`](super::Owner).

use super::super::call::pages;
use super::super::error::Result;
use super::{DS, DirectoryService};

/// One account that a directory is shared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The directory that is shared.
    pub owner_directory_id: String,
    /// The account that it is shared with.
    pub shared_account_id: String,
    /// The directory's id in that account.
    pub shared_directory_id: Option<String>,
    /// `Shared`, `PendingAcceptance`, `Rejected`, `Rejecting`, `RejectFailed`, `Sharing`, `ShareFailed`,
    /// `Deleted` or `Deleting`.
    pub status: String,
    /// `HANDSHAKE` or `ORGANIZATIONS`.
    pub method: Option<String>,
}

impl DirectoryService {
    /// The accounts that a directory of this account is shared with, ended shares left out; none where the
    /// directory does not exist.
    pub async fn list_shares(&self, owner_directory_id: &str) -> Result<Vec<Share>> {
        let request = self.client.describe_shared_directories().owner_directory_id(owner_directory_id);
        let found: Result<Vec<aws_sdk_directory::types::SharedDirectory>> =
            pages!(DS, "DescribeSharedDirectories", request);
        let found = match found {
            Ok(found) => found,
            Err(error) if error.not_found() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let shares = found.into_iter().filter_map(|found| {
            Some(Share {
                owner_directory_id: found.owner_directory_id?,
                shared_account_id: found.shared_account_id?,
                shared_directory_id: found.shared_directory_id,
                status: found.share_status.map_or_else(String::new, |status| status.as_str().to_owned()),
                method: found.share_method.map(|method| method.as_str().to_owned()),
            })
        });
        Ok(shares.filter(|share| share.status != "Deleted").collect())
    }
}
