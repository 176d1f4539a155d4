//! What the fault matrix applies: everything that the provider has, created, changed in place twice, and destroyed;
//! and what others do meanwhile, so that every way that leads to AWS is gone.

use std::sync::Arc;

use aws_simulator::{
    ClusterSeed, Config, DEFAULT_ACCOUNT, Fault, FaultKind, Join, Membership, Policy, Service, Simulator,
    Tags, Timeline,
};
use serde_json::{Value as Json, json};

use crate::support::simulator::{self, ROLE};
use crate::support::{Action, Core, Object, Report};

const CLUSTER: &str = "c";
/// A cluster that somebody else has modified to join, and not rebooted.
const BEGUN: &str = "d";
const PARTNER: &str = "partner.example.com";
const POLICY: &str = "arn:aws:iam::111122223333:policy/audit";

/// A request is sent three times at most. [`READ_TIMEOUT`] in tests is short, but long enough for a busy machine.
pub(crate) const ATTEMPTS: u64 = 3;
pub(crate) const READ_TIMEOUT: &str = "1s";

/// What a user does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Applies the first configuration.
    Create,
    /// Applies the second.
    Change,
    /// Applies the third, which clears what the second set.
    Clear,
    /// Destroys everything.
    Destroy,
}

impl Walk {
    pub(crate) const ALL: [Self; 4] = [Self::Create, Self::Change, Self::Clear, Self::Destroy];
}

/// A state file with everything in it, and AWS.
pub(crate) struct Scenario {
    pub(crate) simulator: Arc<Simulator>,
    core: Option<Core>,
    directory: Option<Object>,
    role: Option<Object>,
    trust: Option<Object>,
    vanishing: Option<Object>,
    association: Option<Object>,
    begun: Option<Object>,
    crowd: Vec<Option<Object>>,
    failed: bool,
    settings: Settings,
}

/// Who plays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cast {
    /// One object of each kind, with everything that it can be.
    #[default]
    OneOfEach,
    /// Some objects of one kind, of which a refresh lists all at once.
    Crowd,
}

/// A refresh of fewer objects than five asks for each by its name.
pub(crate) const CROWD: usize = 6;

/// What differs from one test to the other.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) cast: Cast,
    /// `max_retries` of the provider configuration.
    pub(crate) max_retries: u64,
    /// How often waits ask, as `AURORAKERBEROS_POLL_INTERVAL` has it. A wait and a create bear with an outage for some of
    /// these.
    pub(crate) poll_interval: &'static str,
    /// Operations that are throttled when an apply begins, each for [`THROTTLED`] calls in a row.
    pub(crate) throttled: Vec<(Service, String)>,
}

pub(crate) const THROTTLED: u64 = 30;

impl Default for Settings {
    fn default() -> Self {
        Self { cast: Cast::OneOfEach, max_retries: ATTEMPTS - 1, poll_interval: "2ms", throttled: Vec::new() }
    }
}

/// The simulator alone: faults are ordered before the provider makes its first call.
pub(crate) async fn stage(cast: Cast) -> Scenario {
    stage_with(Settings { cast, ..Settings::default() }).await
}

/// As [`stage`], with other settings.
pub(crate) async fn stage_with(settings: Settings) -> Scenario {
    let simulator = Arc::new(Simulator::start(Config::default()).await);
    simulator.seed_cluster(&ClusterSeed::new(CLUSTER, "aurora-postgresql", "16.6", 2));
    simulator.seed_cluster(&ClusterSeed::new(BEGUN, "aurora-postgresql", "16.6", 1));
    Scenario {
        simulator,
        core: None,
        directory: None,
        role: None,
        trust: None,
        vanishing: None,
        association: None,
        begun: None,
        crowd: Vec::new(),
        failed: false,
        settings,
    }
}

impl Scenario {
    /// One run of Terraform. After one that failed, the provider is a new process; otherwise it stays, to save time.
    pub(crate) async fn run(&mut self, walk: Walk) -> Result<(), Report> {
        self.start().await?;
        let result = self.walk(walk).await;
        self.failed = result.is_err();
        result
    }

    async fn walk(&mut self, walk: Walk) -> Result<(), Report> {
        match (self.settings.cast, walk) {
            (Cast::OneOfEach, Walk::Destroy) => self.down().await,
            (Cast::OneOfEach, _) => self.up(walk).await,
            (Cast::Crowd, _) => self.crowd(walk).await,
        }
    }

    async fn start(&mut self) -> Result<(), Report> {
        if let Some(core) = &self.core {
            if self.failed {
                core.try_restart().await?;
            }
            return Ok(());
        }
        let mut config = simulator::provider_config(&self.simulator);
        for keys in ["access_key", "secret_key"] {
            config.as_object_mut().expect("an object").remove(keys);
        }
        config["assume_role_with_web_identity"] = json!([{
            "role_arn": "arn:aws:iam::111122223333:role/pipeline",
            "web_identity_token": "token",
        }]);
        config["assume_role"] = json!([{"role_arn": "arn:aws:iam::111122223333:role/deploy"}]);
        config["max_retries"] = json!(self.settings.max_retries);
        let env = [
            ("AURORAKERBEROS_POLL_INTERVAL", self.settings.poll_interval),
            ("AURORAKERBEROS_RETRY_PAUSE", "1ms"),
            ("AURORAKERBEROS_READ_TIMEOUT", READ_TIMEOUT),
        ];
        let core = Core::try_start(&env, &config).await?;
        self.directory = Some(core.resource("aurorakerberos_directory"));
        self.role = Some(core.resource("aurorakerberos_directory_access_role"));
        self.trust = Some(core.resource("aurorakerberos_directory_trust"));
        let kinds = ["aurorakerberos_directory", "aurorakerberos_directory_access_role"];
        self.crowd = kinds.iter().flat_map(|kind| (0..CROWD).map(|_| Some(core.resource(kind)))).collect();
        self.vanishing = Some(core.resource("aurorakerberos_directory_trust"));
        self.association = Some(core.resource("aurorakerberos_domain_association"));
        self.begun = Some(core.resource("aurorakerberos_domain_association"));
        self.core = Some(core);
        Ok(())
    }

    async fn up(&mut self, walk: Walk) -> Result<(), Report> {
        let hook = Hook { simulator: &self.simulator, throttled: &self.settings.throttled };
        let directory = hook.apply(&mut self.directory, &directory(walk)).await?;
        hook.apply(&mut self.role, &role(walk)).await?;
        hook.apply(&mut self.trust, &trust(walk, &directory["id"])).await?;
        hook.apply(&mut self.vanishing, &vanishing(&directory["id"])).await?;
        self.lend_policy(true);
        if walk == Walk::Create {
            // The provider has looked at the role a moment ago, and a new process has not.
            self.core.as_ref().expect("a provider").try_restart().await?;
        }
        let joined = hook.apply(&mut self.association, &association(CLUSTER, &directory["id"])).await;
        self.lend_policy(false);
        assert_eq!(joined?["status"], "kerberos-enabled", "the apply ended without an error");
        self.begin_join(directory["id"].as_str().expect("an id"));
        let joined = hook.apply(&mut self.begun, &association(BEGUN, &directory["id"])).await?;
        assert_eq!(joined["status"], "kerberos-enabled", "the apply ended without an error");
        let core = self.core.as_ref().expect("a provider");
        core.data("aurorakerberos_krb5_conf", &json!({"directory_id": directory["id"]})).await?;
        Ok(())
    }

    /// Directories, then roles; what is applied again has not changed.
    async fn crowd(&mut self, walk: Walk) -> Result<(), Report> {
        let hook = Hook { simulator: &self.simulator, throttled: &self.settings.throttled };
        if walk == Walk::Change {
            // Faster than objects that were made a moment ago are forgotten, a refresh reads them all.
            for object in self.crowd.iter_mut().flatten() {
                object.refresh().await?;
            }
        }
        for (n, object) in self.crowd.iter_mut().enumerate() {
            match walk {
                Walk::Destroy => hook.destroy(object, || {}).await?,
                _ if n < CROWD => {
                    let mut config = simulator::directory();
                    config["name"] = json!(format!("corp{n}.example.com"));
                    config["tags"] = json!({"team": "db"});
                    hook.apply(object, &config).await?;
                }
                _ => {
                    let config = json!({"name": format!("{ROLE}-{n}"), "tags": {"team": "db"}});
                    hook.apply(object, &config).await?;
                }
            }
        }
        Ok(())
    }

    async fn down(&mut self) -> Result<(), Report> {
        let hook = Hook { simulator: &self.simulator, throttled: &self.settings.throttled };
        for object in [&mut self.begun, &mut self.association] {
            hook.destroy(object, || {}).await?;
        }
        hook.destroy(&mut self.trust, || {}).await?;
        // Somebody deletes this one after Terraform has seen it, and leaves its forwarder.
        let vanish = || {
            self.simulator.here(|region| region.trusts.retain(|_, trust| trust.remote_domain != PARTNER));
        };
        hook.destroy(&mut self.vanishing, vanish).await?;
        hook.destroy(&mut self.role, || {}).await?;
        hook.destroy(&mut self.directory, || {}).await
    }

    /// What others have done before that walk.
    pub(crate) fn disturb(&self, walk: Walk) {
        if self.settings.cast == Cast::Crowd {
            return;
        }
        self.simulator.with(|state| match walk {
            Walk::Change => {
                let role = state.iam(DEFAULT_ACCOUNT).roles.get_mut(ROLE).expect("the role");
                role.trust_policy =
                    role.trust_policy.replace("directoryservice.rds.amazonaws.com", "ec2.amazonaws.com");
            }
            Walk::Destroy => state.orders.directory_in_use.add("*", "a file server", 2),
            Walk::Create | Walk::Clear => {}
        });
    }

    /// Attaches a policy of the account's own to the role, or takes it away.
    fn lend_policy(&self, attached: bool) {
        self.simulator.with(|state| {
            let iam = state.iam(DEFAULT_ACCOUNT);
            iam.policies.remove(POLICY);
            let role = iam.roles.get_mut(ROLE).expect("the role");
            role.attached.retain(|arn| arn != POLICY);
            if attached {
                role.attached.push(POLICY.to_owned());
                iam.policies.insert(POLICY.to_owned(), audit());
            }
        });
    }

    /// The cluster is modified to join, unless it has been.
    fn begin_join(&self, directory: &str) {
        self.simulator.with(|state| {
            let now = state.clock.now();
            let region = state.region(DEFAULT_ACCOUNT, "us-east-1");
            let cluster = region.clusters.get_mut(BEGUN).expect("the cluster");
            if cluster.join.is_some() {
                return;
            }
            let status = Timeline::new("pending-enable-kerberos", now);
            let (domain, fqdn, role) = (directory.to_owned(), "corp.example.com".to_owned(), ROLE.to_owned());
            for instance in region.instances.values_mut().filter(|instance| instance.cluster == BEGUN) {
                let (domain, fqdn, role) = (domain.clone(), fqdn.clone(), role.clone());
                instance.membership = Some(Membership { domain, fqdn, role, status: status.clone() });
            }
            cluster.join = Some(Join { domain, fqdn, role, status });
        });
    }
}

/// What surrounds each apply.
struct Hook<'a> {
    simulator: &'a Simulator,
    throttled: &'a [(Service, String)],
}

impl Hook<'_> {
    fn order(&self) {
        for (service, operation) in self.throttled {
            self.simulator.fault(Fault::new(*service, operation, FaultKind::Throttled).times(THROTTLED));
        }
    }

    fn clear(&self) {
        if !self.throttled.is_empty() {
            self.simulator.clear_faults();
        }
    }

    /// Refreshes, plans and applies, as `terraform apply` does; where something was changed, the next plan is empty.
    async fn apply(&self, object: &mut Option<Object>, config: &Json) -> Result<Json, Report> {
        let object = object.as_mut().expect("a provider");
        object.refresh().await?;
        let plan = object.plan(config).await?;
        if plan.action != Action::NoOp {
            self.order();
            let applied = object.apply_plan(&plan, config).await;
            self.clear();
            applied?;
            object.refresh().await?;
            let again = object.plan(config).await?;
            assert_eq!(again.action, Action::NoOp, "not converged: {}", again.planned);
        }
        Ok(object.state_json())
    }

    /// Refreshes and destroys.
    async fn destroy(&self, object: &mut Option<Object>, meanwhile: impl Fn()) -> Result<(), Report> {
        let object = object.as_mut().expect("a provider");
        object.refresh().await?;
        meanwhile();
        self.order();
        let destroyed = object.destroy().await;
        self.clear();
        destroyed
    }
}

fn audit() -> Policy {
    Policy {
        id: "ANPAAUDIT".to_owned(),
        name: "audit".to_owned(),
        path: "/".to_owned(),
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#
            .to_owned(),
        description: String::new(),
        created: 0,
        tags: Tags::new(),
    }
}

fn association(cluster: &str, directory: &Json) -> Json {
    json!({
        "cluster_identifier": cluster,
        "directory_id": directory,
        "iam_role_name": ROLE,
        "reboot_strategy": "rolling",
    })
}

fn directory(walk: Walk) -> Json {
    let mut config = simulator::directory();
    config["tags"] = json!({"team": "db", "stage": "test"});
    if walk != Walk::Create {
        config["alias"] = json!("corp-faults");
        config["edition"] = json!("Enterprise");
        config["admin_password_wo"] = json!("Correct-Horse-8");
        config["admin_password_wo_version"] = json!(2);
        config["desired_number_of_domain_controllers"] = json!(3);
        config["enable_sso"] = json!(walk == Walk::Change);
        config["enable_directory_data_access"] = json!(walk == Walk::Change);
        config["tags"] = json!({"team": "identity"});
    }
    config
}

fn role(walk: Walk) -> Json {
    simulator::role(walk == Walk::Change)
}

fn trust(walk: Walk, directory: &Json) -> Json {
    let mut config = simulator::trust(directory);
    match walk {
        Walk::Create => {}
        Walk::Change => {
            config["selective_auth"] = json!("Enabled");
            config["conditional_forwarder_ip_addrs"] = json!(["10.1.0.10"]);
        }
        _ => {
            config["selective_auth"] = json!("Disabled");
            config["conditional_forwarder_ip_addrs"] = json!(["10.1.0.11"]);
        }
    }
    config
}

fn vanishing(directory: &Json) -> Json {
    json!({
        "directory_id": directory,
        "remote_domain_name": PARTNER,
        "trust_direction": "One-Way: Incoming",
        "trust_password_wo": "shared between both sides",
        "trust_password_wo_version": 1,
        "conditional_forwarder_ip_addrs": ["10.2.0.10"],
        "delete_associated_conditional_forwarder": true,
    })
}
