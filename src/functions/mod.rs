//! The functions, in alphabetical order.

use tf_provider::framework::Registry;

use crate::aws::Aws;

/// Offers every function.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    let _ = registry;
}
