//! The one integration binary: the AWS SDK links once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code; the lints know functions marked as tests only"
)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "helpers take literals, and give what messages have as optional fields"
)]

mod access_role;
mod directory;
mod directory_trust;
mod docs;
mod domain_association;
mod domain_checks;
mod faults;
mod kerberos;
mod krb5_conf;
mod layers;
mod moto;
mod plugin;
mod provider;
mod schema;
mod support;
mod terraform;
