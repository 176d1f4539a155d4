//! How a simulator is set up: accounts, options, and orders for things that shall go wrong by themselves.

use std::time::Duration;

use crate::clock::Steps;

/// The account of the default credentials.
pub const DEFAULT_ACCOUNT: &str = "111122223333";

/// Credentials that the simulator accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The access key's id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: String,
    /// The account's number, twelve digits.
    pub account_id: String,
}

impl Account {
    /// Credentials of an account.
    pub fn new(access_key: &str, secret_key: &str, account_id: &str) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
            account_id: account_id.to_owned(),
        }
    }
}

/// Which answer of RDS carries `DomainMemberships`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownOn {
    /// DescribeDBInstances only.
    Instances,
    /// DescribeDBClusters only.
    Cluster,
    /// Both.
    Both,
}

impl ShownOn {
    pub(crate) fn instances(self) -> bool {
        self != Self::Cluster
    }

    pub(crate) fn cluster(self) -> bool {
        self != Self::Instances
    }
}

/// Habits of AWS that are undocumented or vary, each with a default.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, set by name")]
pub struct Options {
    /// Whether each account and region begins with the default network and clusters. Managed policies always exist.
    pub seeded: bool,
    /// Directories an account may have in a region.
    pub directory_limit: usize,
    /// Accounts that a Standard directory may be shared with.
    pub share_limit: usize,
    /// Entries on a page when the caller names no limit; it may name no larger one.
    pub page_size: usize,
    /// Where the memberships of Aurora PostgreSQL show (Aurora User Guide: DescribeDBInstances).
    pub postgresql_shown_on: ShownOn,
    /// Where the memberships of Aurora MySQL show (Aurora User Guide: DescribeDBClusters).
    pub mysql_shown_on: ShownOn,
    /// Whether leaving a domain takes a reboot of each member.
    pub leave_needs_reboot: bool,
    /// Whether an instance that is created in a joined cluster joins by itself.
    pub new_members_join: bool,
    /// Whether a failed member that is told to join again waits for a reboot.
    pub retry_needs_reboot: bool,
    /// What DescribeOrderableDBInstanceOptions says of `SupportsKerberosAuthentication`.
    pub orderable_kerberos: bool,
    /// Whether the caller may ask DescribeDBClusters for one cluster by its name, and for nothing else: so it is with a
    /// policy that names clusters by their ARNs.
    pub clusters_by_name_only: bool,
    /// How many answers of DescribeDirectories leave out a new directory.
    pub directory_hidden_reads: u32,
    /// How long a change of IAM stays invisible: a new role to IAM, and any change of a role to RDS.
    pub iam_delay: Duration,
    /// For how many requests it stays invisible, each of IAM's that concern the role and of RDS's.
    pub iam_hidden_reads: u32,
    /// Whether AssumeRole refuses roles that do not exist.
    pub assumed_roles_must_exist: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seeded: true,
            directory_limit: 20,
            share_limit: 25,
            page_size: 100,
            postgresql_shown_on: ShownOn::Instances,
            mysql_shown_on: ShownOn::Cluster,
            leave_needs_reboot: false,
            new_members_join: false,
            retry_needs_reboot: true,
            orderable_kerberos: true,
            clusters_by_name_only: false,
            directory_hidden_reads: 0,
            iam_delay: Duration::ZERO,
            iam_hidden_reads: 0,
            assumed_roles_must_exist: false,
        }
    }
}

/// How a simulator starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// How long each step takes.
    pub steps: Steps,
    /// Credentials that are accepted.
    pub accounts: Vec<Account>,
    /// Habits of AWS.
    pub options: Options,
    /// The region of calls that carry no signature.
    pub region: String,
    /// From what ids are drawn: the same seed and the same calls give the same ids.
    pub id_seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            steps: Steps::default(),
            accounts: vec![Account::new("test", "test", DEFAULT_ACCOUNT)],
            options: Options::default(),
            region: "us-east-1".to_owned(),
            id_seed: 2015,
        }
    }
}

/// A failure that awaits an object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Order {
    object: String,
    reason: String,
    times: u32,
}

/// Failures of one kind that await objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderList(Vec<Order>);

impl OrderList {
    /// Orders that the next `times` attempts of `object` (`*` is any) fail for that reason.
    pub fn add(&mut self, object: &str, reason: &str, times: u32) {
        self.0.push(Order { object: object.to_owned(), reason: reason.to_owned(), times });
    }

    /// Takes every order back.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The reason to fail this attempt, if it shall fail.
    pub(crate) fn take(&mut self, object: &str) -> Option<String> {
        let order = self
            .0
            .iter_mut()
            .find(|order| order.times > 0 && (order.object == "*" || order.object == object))?;
        order.times -= 1;
        Some(order.reason.clone())
    }
}

macro_rules! orders {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What shall go wrong by itself, without a fault in any call.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Orders {
            $($(#[doc = $doc])+ pub $name: OrderList,)+
        }

        impl Orders {
            /// The list of that name.
            pub fn list(&mut self, name: &str) -> Option<&mut OrderList> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }
        }
    };
}

orders! {
    /// Directories, by name, that end in the stage Failed with the reason.
    directory_fails,
    /// Directories, by name, that refuse to be deleted because an application of AWS uses them.
    directory_in_use,
    /// Trusts, by remote domain, that end in the state Failed at creation.
    trust_fails,
    /// Trusts, by remote domain, whose verification fails.
    trust_verify_fails,
    /// Directories, by id, whose data access ends in Failed.
    data_access_fails,
    /// Shares, by the account that they are for, that end in ShareFailed.
    share_fails,
    /// Instances, by identifier, that fail to join their domain.
    join_fails,
    /// Instances, by identifier, that refuse a reboot for an operation in progress.
    instance_busy,
    /// Clusters, by identifier, that refuse a modification for their state.
    cluster_busy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_counts_its_attempts() {
        let mut list = OrderList::default();
        list.add("a", "broken", 1);
        list.add("*", "always", u32::MAX);
        let taken: Vec<_> = ["a", "a", "b"].map(|object| list.take(object).unwrap()).into();
        assert_eq!(taken, ["broken", "always", "always"]);
    }
}
