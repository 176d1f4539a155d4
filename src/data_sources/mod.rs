//! The data sources, in alphabetical order.

pub(crate) mod krb5_conf;

use tf_provider::framework::Registry;

use crate::aws::Aws;

/// Offers every data source.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    registry.data_source(krb5_conf::Krb5Confs);
}
