//! The resources, in alphabetical order.

mod directory;
mod directory_access_role;
mod directory_trust;
mod domain_association;
pub(crate) mod validators;

use std::sync::Arc;

use tf_provider::framework::Registry;

use crate::aws::Aws;

/// Offers every resource.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    let roles = Arc::new(directory_access_role::PlannedRoles::default());
    registry
        .resource(directory::Directories::default())
        .resource(directory_access_role::DirectoryAccessRoles::new(Arc::clone(&roles)))
        .resource(directory_trust::Trusts)
        .resource(domain_association::DomainAssociations::new(roles));
}
