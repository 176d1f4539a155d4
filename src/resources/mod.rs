//! The resources, in alphabetical order.

mod directory;
mod directory_trust;
mod validators;

use tf_provider::framework::Registry;

use crate::aws::Aws;

/// Offers every resource.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    registry.resource(directory::Directories::default()).resource(directory_trust::Trusts);
}
