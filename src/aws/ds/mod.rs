//! AWS Directory Service: directories, trusts, conditional forwarders, shares.
//!
//! API reference: <https://docs.aws.amazon.com/directoryservice/latest/devguide/>.

mod directory;
mod forwarder;
mod share;
#[cfg(test)]
mod tests;
mod trust;

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
    trusts: Joiner<String, Vec<Trust>>,
}

impl DirectoryService {
    pub(crate) fn new(client: Client, generation: Generation) -> Self {
        let (for_directories, for_trusts) = (client.clone(), client.clone());
        Self {
            directories: Joiner::new(generation.clone(), DIRECTORIES_PER_REQUEST, move |ids| {
                directory::describe(for_directories.clone(), ids)
            }),
            // All trusts of a directory come in one answer, so its readers share it.
            trusts: Joiner::new(generation.clone(), 1, move |ids| trust::describe(for_trusts.clone(), ids)),
            client,
            generation,
        }
    }
}
