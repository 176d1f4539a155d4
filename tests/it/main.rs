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
mod calls;
mod concurrency;
mod directory;
mod directory_trust;
mod docs;
mod domain_association;
mod domain_checks;
mod elsewhere;
mod environment;
mod faults;
mod hostile_input;
mod interruption;
mod kerberos;
mod krb5_conf;
mod layers;
#[cfg(unix)]
mod listener;
mod moto;
mod plugin;
mod provider;
mod retries;
mod schema;
mod secrets;
mod storm;
mod supply_chain;
mod support;
mod tags;
mod terraform;
