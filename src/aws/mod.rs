//! The only module that knows the AWS SDK.
//!
//! [`configure`] turns the provider configuration into an [`Aws`], which holds one client a service. A service
//! file has the types that the resources need, `find_…` for one object (`None` is: it does not exist), `list_…`
//! for several, and one function a write. The SDK's types do not leave this module.
//!
//! - Errors are one type for all services, [`Error`]; it says whether the request may have taken effect.
//! - Creates without an idempotency token are sent at most once where the outcome is unknown.
//! - Throttling is waited out for as long as an operation may take.
//! - Reads that happen at the same time are joined, see [`Freshness`] and the module `batch`; a refresh of many
//!   objects is confirmed by a listing, see the module `glance`.
//! - Each call leaves one debug line without parameters.

mod batch;
mod call;
mod check;
mod codes;
mod config;
#[cfg(test)]
mod config_tests;
mod ds;
mod ec2;
mod endpoints;
mod error;
mod failure;
mod glance;
mod http;
mod iam;
mod keys;
mod observe;
mod page;
mod patience;
mod profiles;
mod rds;
mod redact;
mod retry;
mod role;
mod secret;
mod settings;
mod sts;
mod tagging;
#[cfg(test)]
mod testing;

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_smithy_types::retry::RetryConfig;

use batch::Generation;
use observe::Observer;

pub use call::{Freshness, RECENT, Tags};
pub use check::ConfigError;
pub use codes::{
    blocked_by_authorized_applications, instance_is_busy, is_clock_skew, is_expired, role_not_visible_yet,
};
pub use config::configure;
pub use ds::{
    CreateDirectory, CreateTrust, Directory, DirectoryService, DirectoryUpdate, DomainController, Edition,
    Forwarder, Owner, Share, Trust,
};
pub use ec2::{Ec2, Subnet};
pub use error::{Error, Kind, Result};
pub use iam::{AttachedPolicy, CreateRole, Iam, Role, WholeRole};
pub use observe::{Calls, Clock};
pub use rds::{Cluster, DomainMembership, DomainUser, Event, Instance, KerberosSupport, Member, Rds};
pub(crate) use retry::Flight;
pub use secret::Secret;
pub use settings::{AssumeRole, AssumeRoleWithWebIdentity, Endpoints, IgnoreTags, Settings, UnknownTags};
pub use sts::{Identity, Sts};
pub use tagging::Tagging;

/// AWS, as one provider configuration sees it. Clients come into being when they are first used.
#[derive(Debug)]
pub struct Aws {
    /// The account; none where asking for it was switched off.
    pub account_id: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The Region.
    pub region: String,
    /// Tags for every object.
    pub default_tags: Tags,
    /// Tags to leave alone.
    pub ignore_tags: IgnoreTags,
    /// What of these two is not known yet.
    pub unknown_tags: UnknownTags,
    common: Common,
    generations: Generations,
    ds: OnceLock<DirectoryService>,
    ec2: OnceLock<Ec2>,
    iam: OnceLock<Iam>,
    rds: OnceLock<Rds>,
    sts: OnceLock<Sts>,
    tagging: Option<OnceLock<Tagging>>,
}

/// The writes of this process, by the service whose answers they make stale: none of Directory Service, IAM and RDS tells
/// what was written to another. Two hundred clusters that join and reboot do not make the one role of all be read anew
/// for each.
#[derive(Debug, Default)]
struct Generations {
    /// Of Directory Service, and of the tagging service, which tells of its tags.
    ds: Generation,
    iam: Generation,
    rds: Generation,
}

/// What the clients have in common.
#[derive(Debug)]
struct Common {
    sdk: SdkConfig,
    observer: Observer,
    /// Of every service, wherever it is set.
    endpoints: Endpoints,
    adaptive: bool,
}

/// A client's configuration. The SDK's own retry quota is shared by all calls of a client and ends when many
/// objects are throttled at once, however patient each of them is; the number of attempts bounds them already.
macro_rules! client {
    ($common:expr, $sdk:ident, $endpoint:ident) => {{
        use $sdk::config::retry::{ClientRateLimiter, RetryPartition, TokenBucket};
        let partition = RetryPartition::custom(stringify!($sdk)).token_bucket(TokenBucket::unlimited());
        let partition = if $common.adaptive {
            partition.client_rate_limiter(ClientRateLimiter::new(config::seconds_now()))
        } else {
            partition
        };
        let mut builder = $sdk::config::Builder::from(&$common.sdk)
            .retry_partition(partition.build())
            .interceptor($common.observer.clone());
        // None as well: what the SDK has read by itself is not checked.
        builder.set_endpoint_url($common.endpoints.$endpoint.clone());
        builder
    }};
}

impl Common {
    fn sts(&self, retries: Option<RetryConfig>) -> aws_sdk_sts::Client {
        let mut builder = client!(self, aws_sdk_sts, sts);
        if let Some(retries) = retries {
            builder = builder.retry_config(retries);
        }
        aws_sdk_sts::Client::from_conf(builder.build())
    }
}

impl Aws {
    fn new(
        settings: &Settings,
        common: Common,
        account_id: Option<String>,
        partition: String,
        region: String,
    ) -> Self {
        let tagging = common.endpoints.tagging_is_beside_ds().then(OnceLock::new);
        Self {
            account_id,
            partition,
            region,
            default_tags: settings.default_tags.clone(),
            ignore_tags: settings.ignore_tags.clone(),
            unknown_tags: settings.unknown_tags,
            common,
            generations: Generations::default(),
            ds: OnceLock::new(),
            ec2: OnceLock::new(),
            iam: OnceLock::new(),
            rds: OnceLock::new(),
            sts: OnceLock::new(),
            tagging,
        }
    }

    /// Directory Service.
    pub fn ds(&self) -> &DirectoryService {
        self.ds.get_or_init(|| {
            let config = client!(self.common, aws_sdk_directory, ds).build();
            DirectoryService::new(aws_sdk_directory::Client::from_conf(config), self.generations.ds.clone())
        })
    }

    /// EC2.
    pub fn ec2(&self) -> &Ec2 {
        self.ec2.get_or_init(|| {
            Ec2::new(aws_sdk_ec2::Client::from_conf(client!(self.common, aws_sdk_ec2, ec2).build()))
        })
    }

    /// IAM.
    pub fn iam(&self) -> &Iam {
        self.iam.get_or_init(|| {
            let config = client!(self.common, aws_sdk_iam, iam).build();
            Iam::new(aws_sdk_iam::Client::from_conf(config), self.generations.iam.clone())
        })
    }

    /// RDS.
    pub fn rds(&self) -> &Rds {
        self.rds.get_or_init(|| {
            let config = client!(self.common, aws_sdk_rds, rds).build();
            Rds::new(aws_sdk_rds::Client::from_conf(config), self.generations.rds.clone())
        })
    }

    /// STS.
    pub fn sts(&self) -> &Sts {
        self.sts.get_or_init(|| Sts::new(self.common.sts(None)))
    }

    /// The Resource Groups Tagging API; none where Directory Service is not AWS's own and nobody said where this
    /// service is then.
    pub fn tagging(&self) -> Option<&Tagging> {
        let tagging = self.tagging.as_ref()?;
        Some(tagging.get_or_init(|| {
            let config =
                client!(self.common, aws_sdk_resourcegroupstagging, resourcegroupstaggingapi).build();
            Tagging::new(
                aws_sdk_resourcegroupstagging::Client::from_conf(config),
                self.generations.ds.clone(),
            )
        }))
    }

    /// How often AWS has been called.
    pub fn calls(&self) -> &Calls {
        self.common.observer.calls()
    }

    /// AWS's clock.
    pub fn clock(&self) -> &Clock {
        self.common.observer.clock()
    }
}
