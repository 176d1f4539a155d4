//! An HTTP double of AWS: Directory Service, RDS, IAM, EC2 and STS on one loopback URL, as far as the provider
//! calls them, with state, time and faults.
//!
//! Requests must be signed (Signature Version 4); the signature's scope says which service is meant, whose region,
//! and by its access key, whose account. State is held apart by account and region, IAM's by account. What takes AWS
//! minutes takes the [`Steps`] here, nothing by default; a step that is longer than nothing shows every stage in
//! between. [`Fault`]s spoil single calls, a [`Hold`] stops one where a test wants it, [`Orders`] let objects fail by themselves, [`Options`] switch habits of AWS
//! that are undocumented or vary. The [`Call`]s that were made stand in a journal, without secrets.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use aws_simulator::{Config, Fault, FaultKind, Service, Simulator};
//!
//! let simulator = Simulator::start(Config::default()).await;
//! simulator.fault(Fault::new(Service::Ds, "CreateMicrosoftAD", FaultKind::ResetAfter).times(1));
//! // … clients use simulator.url() with the credentials test/test …
//! assert!(simulator.leftovers().is_empty());
//! # }
//! ```
//!
//! The binary `aws-simulator` is the same for drivers in other languages, which steer it through `/_simulator/`
//! (`tests/aws_simulator/src/control/mod.rs` lists the paths). What this does not do: check the caller's permissions, restore snapshots, or hold
//! users and groups. Where AWS's documentation does not tell a message, it is ours; codes are always AWS's.

mod auth;
mod clock;
mod config;
mod control;
mod dispatch;
mod ds;
mod ec2;
mod error;
mod faults;
mod holds;
mod iam;
mod journal;
mod query;
mod rds;
mod seed;
mod server;
mod service;
pub mod sigv4;
mod simulator;
mod state;
mod sts;
mod tagging;
mod xml;

pub use clock::{Clock, Millis, Steps, Timeline, wall_clock};
pub use config::{Account, Config, DEFAULT_ACCOUNT, Options, OrderList, Orders, ShownOn};
pub use ds::share::Share;
pub use ds::{Directory, Trust};
pub use ec2::{SecurityGroup, Subnet, Vpc};
pub use faults::{Fault, FaultKind, Faults};
pub use holds::{Boundary, Hold};
pub use iam::{Iam, Policy, Role};
pub use journal::{Call, GIVEN, Journal};
pub use rds::{Cluster, Event, Instance, Join, Membership, PendingMaintenance};
pub use seed::{
    ClusterSeed, DIRECTORY_POLICY, MYSQL_CLUSTER, MemberSeed, POSTGRESQL_CLUSTER, SECOND_VPC, VPC,
};
pub use service::Service;
pub use simulator::Simulator;
pub use state::{Region, State, Tags};
