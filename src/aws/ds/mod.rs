//! AWS Directory Service: directories, trusts, conditional forwarders, shares.
//!
//! API reference: <https://docs.aws.amazon.com/directoryservice/latest/devguide/>.

mod directory;
mod forwarder;
mod share;
#[cfg(test)]
mod tests;
mod trust;

use std::sync::Arc;

use aws_sdk_directory::Client;
use aws_sdk_directory::config::Builder;

use super::batch::{Generation, Joiner};
use super::codes::DIRECTORY_SERVICE as DS;

pub use directory::{CreateDirectory, Directory, DirectoryUpdate, DomainController, Edition, Owner};
pub use forwarder::Forwarder;
pub use share::Share;
pub use trust::{CreateTrust, Trust};

/// Ids in one DescribeDirectories. AWS documents no bound; its quota is 20 directories in a Region.
const DIRECTORIES_PER_REQUEST: usize = 20;

/// The client of Directory Service.
#[derive(Debug)]
pub struct DirectoryService {
    client: Client,
    generation: Generation,
    directories: Joiner<String, Directory>,
    all: Joiner<(), Arc<Vec<Directory>>>,
    trusts: Joiner<String, Vec<Trust>>,
    forwarders: Joiner<String, Vec<Forwarder>>,
    /// Raised where a listing of all directories may be missing something or hold too much: not by creations whose
    /// directory is known.
    listing: Generation,
}

impl DirectoryService {
    pub(crate) fn new(client: Client, generation: Generation) -> Self {
        let (for_directories, for_all) = (client.clone(), client.clone());
        let (for_trusts, for_forwarders) = (client.clone(), client.clone());
        let listing = Generation::default();
        Self {
            directories: Joiner::new(
                (DS, "DescribeDirectories"),
                generation.clone(),
                DIRECTORIES_PER_REQUEST,
                move |ids| directory::describe(for_directories.clone(), ids),
            ),
            // There is one key, and a request that it does not fill waits for the others who ask for it.
            all: Joiner::new((DS, "DescribeDirectories"), listing.clone(), 2, move |_| {
                directory::everything(for_all.clone())
            }),
            // All trusts, or forwarders, of a directory come in one answer, so its readers share it.
            trusts: Joiner::new((DS, "DescribeTrusts"), generation.clone(), 1, move |ids| {
                trust::describe(for_trusts.clone(), ids)
            }),
            forwarders: Joiner::new(
                (DS, "DescribeConditionalForwarders"),
                generation.clone(),
                1,
                move |ids| forwarder::describe(for_forwarders.clone(), ids),
            ),
            listing,
            client,
            generation,
        }
    }
}
