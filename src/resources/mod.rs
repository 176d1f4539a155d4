//! The resources, in alphabetical order.

mod directory;
mod directory_access_role;
mod directory_trust;
mod domain_association;
mod late;
pub(crate) mod validators;

use std::sync::Arc;

use tf_provider::framework::{Registry, Scope};

use crate::aws::Aws;

/// Where the objects of a global service are: in an account.
fn in_account(aws: &Aws) -> Scope {
    aws.account_id.iter().map(|id| ("account", id.clone())).collect()
}

/// Where all others are: in a Region of it.
fn in_region(aws: &Aws) -> Scope {
    let mut scope = in_account(aws);
    scope.push(("Region", aws.region.clone()));
    scope
}

/// Offers every resource.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    let roles = Arc::new(directory_access_role::PlannedRoles::default());
    registry
        .resource(directory::Directories::default())
        .resource(directory_access_role::DirectoryAccessRoles::new(Arc::clone(&roles)))
        .resource(directory_trust::Trusts)
        .resource(domain_association::DomainAssociations::new(roles));
}
