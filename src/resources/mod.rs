//! The resources, in alphabetical order.

use tf_provider::framework::Registry;

use crate::aws::Aws;

/// Offers every resource.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    let _ = registry;
}
