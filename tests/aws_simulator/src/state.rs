//! Everything that the simulated AWS holds, by account and region.

use std::collections::BTreeMap;

use crate::clock::{Clock, Millis, Steps};
use crate::config::{Account, Config, Options, Orders};
use crate::ds::share::Share;
use crate::ds::{Directory, Trust};
use crate::ec2::{SecurityGroup, Subnet, Vpc};
use crate::faults::Faults;
use crate::holds::Holds;
use crate::iam::Iam;
use crate::journal::Journal;
use crate::rds::modify::end_leaving;
use crate::rds::{Cluster, Event, Instance, PendingMaintenance};
use crate::seed;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// What one account has in one region.
#[derive(Debug, Default)]
pub struct Region {
    /// By id.
    pub vpcs: BTreeMap<String, Vpc>,
    /// By id.
    pub subnets: BTreeMap<String, Subnet>,
    /// By id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// By id.
    pub directories: BTreeMap<String, Directory>,
    /// By id.
    pub trusts: BTreeMap<String, Trust>,
    /// By identifier.
    pub clusters: BTreeMap<String, Cluster>,
    /// By identifier.
    pub instances: BTreeMap<String, Instance>,
    /// In the order of their dates; those of the future are not told yet.
    pub events: Vec<Event>,
    /// What DescribePendingMaintenanceActions tells.
    pub pending_maintenance: Vec<PendingMaintenance>,
}

/// A secret that signs requests, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    pub(crate) secret: String,
    pub(crate) account: String,
    /// The caller's ARN.
    pub(crate) arn: String,
    pub(crate) user_id: String,
    /// The session token and its expiry on the wall clock, of temporary credentials.
    pub(crate) session: Option<(String, Millis)>,
}

/// The whole world.
#[derive(Debug)]
pub struct State {
    /// The clock of the state machines.
    pub clock: Clock,
    /// How long each step takes.
    pub steps: Steps,
    /// Habits of AWS.
    pub options: Options,
    /// What shall go wrong by itself.
    pub orders: Orders,
    /// What shall go wrong in calls.
    pub faults: Faults,
    pub(crate) holds: Holds,
    /// How many calls are answered yet before connections are refused, where that is ordered.
    pub(crate) calls_left: Option<u64>,
    /// Every call so far.
    pub journal: Journal,
    pub(crate) credentials: BTreeMap<String, Credential>,
    pub(crate) regions: BTreeMap<(String, String), Region>,
    pub(crate) iam: BTreeMap<String, Iam>,
    /// Shares of directories between accounts, by the shared directory's id.
    pub shares: BTreeMap<String, Share>,
    pub(crate) default_region: String,
    /// Half of a signature's work, done once for each scope: access key, day, region, service.
    pub(crate) signing_keys: BTreeMap<(String, String, String, String), Vec<u8>>,
    ids: fastrand::Rng,
}

impl State {
    pub(crate) fn new(config: &Config) -> Self {
        let mut state = Self {
            clock: Clock::default(),
            steps: config.steps,
            options: config.options.clone(),
            orders: Orders::default(),
            faults: Faults::default(),
            holds: Holds::default(),
            calls_left: None,
            journal: Journal::default(),
            credentials: BTreeMap::new(),
            regions: BTreeMap::new(),
            iam: BTreeMap::new(),
            shares: BTreeMap::new(),
            default_region: config.region.clone(),
            signing_keys: BTreeMap::new(),
            ids: fastrand::Rng::with_seed(config.id_seed),
        };
        for account in &config.accounts {
            state.add_account(account);
        }
        state
    }

    /// Accepts more credentials.
    pub fn add_account(&mut self, account: &Account) {
        let Account { access_key, secret_key, account_id } = account;
        let credential = Credential {
            secret: secret_key.clone(),
            account: account_id.clone(),
            arn: format!("arn:aws:iam::{account_id}:user/{access_key}"),
            user_id: format!("AIDA{}", self.letters(17)),
            session: None,
        };
        self.credentials.insert(access_key.clone(), credential);
        self.signing_keys.retain(|(known, ..), _| known != access_key);
    }

    /// Accepts temporary credentials, of the same account and for an hour.
    pub fn add_session(&mut self, account: &Account, token: &str) {
        self.add_account(account);
        let expires = self.clock.wall() + 3_600_000;
        if let Some(credential) = self.credentials.get_mut(&account.access_key) {
            credential.session = Some((token.to_owned(), expires));
        }
    }

    /// The secret keys and session tokens of all temporary credentials that are accepted: what STS gave out, too.
    pub fn session_secrets(&self) -> Vec<String> {
        let sessions = self.credentials.values().filter_map(|credential| {
            let (token, _) = credential.session.as_ref()?;
            Some([credential.secret.clone(), token.clone()])
        });
        sessions.flatten().collect()
    }

    /// What an account has in a region. The first look seeds it.
    pub fn region(&mut self, account: &str, region: &str) -> &mut Region {
        let seeded = self.options.seeded;
        let now = self.clock.now();
        self.regions
            .entry((account.to_owned(), region.to_owned()))
            .or_insert_with(|| if seeded { seed::region(account, region, now) } else { Region::default() })
    }

    /// What an account has in IAM. The first look adds AWS's managed policies.
    pub fn iam(&mut self, account: &str) -> &mut Iam {
        self.iam.entry(account.to_owned()).or_insert_with(seed::iam)
    }

    /// Takes every change that is due, and removes what is gone.
    pub fn settle(&mut self) {
        let now = self.clock.now();
        for region in self.regions.values_mut() {
            region.settle(now);
        }
        for share in self.shares.values_mut() {
            share.status.settle(now);
        }
        self.shares.retain(|_, share| share.gone_at.is_none_or(|at| at > now));
    }

    /// Shows what AWS has yet to show, as it does after some time.
    pub fn reveal(&mut self) {
        for directory in self.regions.values_mut().flat_map(|region| region.directories.values_mut()) {
            directory.hidden_reads = 0;
        }
        for role in self.iam.values_mut().flat_map(|iam| iam.roles.values_mut()) {
            (role.hidden_from_iam, role.hidden_from_rds) = <_>::default();
        }
    }

    /// A new id: the prefix and hexadecimal digits.
    pub(crate) fn id(&mut self, prefix: &str, digits: usize) -> String {
        let digits: String = (0..digits).map(|_| self.ids.digit(16)).collect();
        format!("{prefix}{digits}")
    }

    /// Upper-case letters and digits, as in IAM's unique ids.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| self.ids.alphanumeric().to_ascii_uppercase()).collect()
    }

    /// A request id.
    pub(crate) fn request_id(&mut self) -> String {
        let digits = self.id("", 32);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }

    /// What exists that was not there at the start: one line each, `kind account/region/id`. Memberships count for
    /// seeded clusters too. Empty when nothing is left over.
    pub fn leftovers(&mut self) -> Vec<String> {
        self.settle();
        let mut left = Vec::new();
        for ((account, name), region) in &self.regions {
            let mut add = |kind: &str, id: &str| left.push(format!("{kind} {account}/{name}/{id}"));
            for directory in region.directories.values() {
                add("directory", &directory.id);
                directory.forwarders.keys().for_each(|domain| {
                    add("conditional-forwarder", &format!("{}/{domain}", directory.id));
                });
            }
            region.trusts.keys().for_each(|id| add("trust", id));
            for cluster in region.clusters.values() {
                if !cluster.seeded {
                    add("cluster", &cluster.id);
                }
                if let Some(join) = &cluster.join {
                    add("association", &format!("{}/{}", cluster.id, join.domain));
                }
            }
            for instance in region.instances.values() {
                if !instance.seeded {
                    add("instance", &instance.id);
                }
                if let Some(membership) = &instance.membership {
                    add("membership", &format!("{}/{}", instance.id, membership.domain));
                }
            }
            region.security_groups.values().filter(|group| !group.seeded).for_each(|group| {
                add("security-group", &group.id);
            });
        }
        for share in self.shares.values() {
            left.push(format!("share {}/{}/{}", share.owner_account, share.region, share.id));
        }
        for (account, iam) in &self.iam {
            iam.roles.keys().for_each(|name| left.push(format!("role {account}/{name}")));
            let own = iam.policies.keys().filter(|arn| !arn.contains("::aws:"));
            own.for_each(|arn| left.push(format!("policy {account}/{arn}")));
        }
        left
    }
}

impl Region {
    fn settle(&mut self, now: Millis) {
        for directory in self.directories.values_mut() {
            directory.settle(now);
        }
        let gone = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        let (groups, trusts) = (&mut self.security_groups, &mut self.trusts);
        self.directories.retain(|id, directory| {
            let stays = !gone(directory.gone_at);
            if !stays {
                groups.remove(&directory.security_group);
                trusts.retain(|_, trust| trust.directory != *id);
            }
            stays
        });
        for trust in self.trusts.values_mut() {
            trust.state.settle(now);
        }
        self.trusts.retain(|_, trust| !gone(trust.gone_at));
        for instance in self.instances.values_mut() {
            instance.settle(now);
        }
        self.instances.retain(|_, instance| !gone(instance.gone_at));
        for cluster in self.clusters.values_mut() {
            end_leaving(cluster, self.instances.values(), now);
            cluster.settle(now);
        }
        self.clusters.retain(|_, cluster| !gone(cluster.gone_at));
    }
}

/// Who calls: an authenticated principal in a region.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    pub(crate) region: String,
}

impl Caller {
    /// The partition of the caller's region, as it stands in ARNs.
    pub(crate) fn partition(&self) -> &'static str {
        match self.region.get(..3) {
            Some("cn-") => "aws-cn",
            Some("us-") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The DNS suffix of the caller's partition.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

/// What a handler works on: the world, and who calls.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) caller: &'a Caller,
    pub(crate) now: Millis,
}

impl World<'_> {
    /// The caller's account and region.
    pub(crate) fn here(&mut self) -> &mut Region {
        self.state.region(&self.caller.account, &self.caller.region)
    }

    /// The caller's IAM.
    pub(crate) fn iam(&mut self) -> &mut Iam {
        self.state.iam(&self.caller.account)
    }

    pub(crate) fn steps(&self) -> Steps {
        self.state.steps
    }

    /// An ARN of a service in the caller's account and region.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let Caller { account, region, .. } = self.caller;
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.caller.partition())
    }
}
