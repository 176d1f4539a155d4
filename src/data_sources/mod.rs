//! The data sources, in alphabetical order.

use tf_provider::framework::Registry;

use crate::aws::Aws;

/// Offers every data source.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    let _ = registry;
}
