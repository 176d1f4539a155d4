//! AWS Identity and Access Management, as far as roles go.
//!
//! IAM is eventually consistent: what was written may be missing from reads for some seconds, see
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html>.
//! API reference: <https://docs.aws.amazon.com/IAM/latest/APIReference/>.

mod glance;
mod policy;
mod role;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use aws_sdk_iam::Client;
use percent_encoding::percent_decode_str;

use super::batch::{Generation, Joiner};
use super::codes::IAM;
use super::error::{Error, Result};
use super::glance::Glance;

pub use glance::WholeRole;
pub use policy::AttachedPolicy;
pub use role::{CreateRole, Role};

/// The client of IAM.
#[derive(Debug)]
pub struct Iam {
    client: Client,
    generation: Generation,
    roles: Joiner<String, Role>,
    attached: Joiner<String, Vec<AttachedPolicy>>,
    inline: Joiner<String, HashMap<String, String>>,
    managed: Joiner<String, String>,
    glance: Glance<WholeRole>,
}

impl Iam {
    pub(crate) fn new(client: Client, generation: Generation) -> Self {
        // IAM answers for one role at a time; what is joined here are readers of the same one.
        let (roles, attached, inline, managed) =
            (client.clone(), client.clone(), client.clone(), client.clone());
        let listed = client.clone();
        Self {
            roles: Joiner::new((IAM, "GetRole"), generation.clone(), 1, move |names| {
                role::describe(roles.clone(), names)
            }),
            attached: Joiner::new((IAM, "ListAttachedRolePolicies"), generation.clone(), 1, move |names| {
                policy::attached(attached.clone(), names)
            }),
            inline: Joiner::new((IAM, "ListRolePolicies"), generation.clone(), 1, move |names| {
                policy::inline(inline.clone(), names)
            }),
            managed: Joiner::new((IAM, "GetPolicy"), generation.clone(), 1, move |arns| {
                policy::managed(managed.clone(), arns)
            }),
            glance: Glance::new((IAM, "ListRoles"), generation.clone(), move || {
                glance::everything(listed.clone())
            }),
            client,
            generation,
        }
    }
}

/// IAM gives documents percent-encoded, as RFC 3986 has it.
fn decoded(operation: &'static str, document: &str) -> Result<String> {
    percent_decode_str(document)
        .decode_utf8()
        .map(String::from)
        .map_err(|_| Error::incomplete(IAM, operation, "policy document in UTF-8"))
}
