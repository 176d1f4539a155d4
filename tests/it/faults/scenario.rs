//! What the fault matrix applies: everything that the provider has, created, changed in place twice, and destroyed.

use aws_simulator::{ClusterSeed, Config, DEFAULT_ACCOUNT, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, Report, simulator};

const CLUSTER: &str = "c";
const ROLE: &str = "kerberos";

/// A request is sent three times at most. [`READ_TIMEOUT`] in tests is short, but long enough for a busy machine.
pub(super) const ATTEMPTS: u64 = 3;
pub(super) const READ_TIMEOUT: &str = "400ms";

/// What a user does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// Applies the first configuration.
    Create,
    /// Applies the second, after somebody changed the role's trust policy.
    Change,
    /// Applies the third, which clears what the second set.
    Clear,
    /// Destroys everything.
    Destroy,
}

impl Walk {
    pub(super) const ALL: [Self; 4] = [Self::Create, Self::Change, Self::Clear, Self::Destroy];
}

/// A state file with everything in it, and AWS.
pub(super) struct Scenario {
    pub(super) simulator: Simulator,
    core: Option<Core>,
    directory: Option<Object>,
    role: Option<Object>,
    trust: Option<Object>,
    association: Option<Object>,
    failed: bool,
}

/// The simulator alone: faults are ordered before the provider makes its first call.
pub(super) async fn stage() -> Scenario {
    let simulator = Simulator::start(Config::default()).await;
    simulator.seed_cluster(&ClusterSeed::new(CLUSTER, "aurora-postgresql", "16.6", 2));
    Scenario {
        simulator,
        core: None,
        directory: None,
        role: None,
        trust: None,
        association: None,
        failed: false,
    }
}

impl Scenario {
    /// One run of Terraform. After one that failed, the provider is a new process; otherwise it stays, to save time.
    pub(super) async fn run(&mut self, walk: Walk) -> Result<(), Report> {
        self.start().await?;
        let result = self.walk(walk).await;
        self.failed = result.is_err();
        result
    }

    async fn walk(&mut self, walk: Walk) -> Result<(), Report> {
        if walk == Walk::Destroy { self.down().await } else { self.up(walk).await }
    }

    async fn start(&mut self) -> Result<(), Report> {
        if let Some(core) = &self.core {
            if self.failed {
                core.restart().await;
            }
            return Ok(());
        }
        let mut config = simulator::provider_config(&self.simulator);
        config["max_retries"] = json!(ATTEMPTS - 1);
        let env = [
            ("AURORAKERBEROS_POLL_INTERVAL", "2ms"),
            ("AURORAKERBEROS_RETRY_PAUSE", "1ms"),
            ("AURORAKERBEROS_READ_TIMEOUT", READ_TIMEOUT),
        ];
        let core = Core::try_start(&env, &config).await?;
        self.directory = Some(core.resource("aurorakerberos_directory"));
        self.role = Some(core.resource("aurorakerberos_directory_access_role"));
        self.trust = Some(core.resource("aurorakerberos_directory_trust"));
        self.association = Some(core.resource("aurorakerberos_domain_association"));
        self.core = Some(core);
        Ok(())
    }

    async fn up(&mut self, walk: Walk) -> Result<(), Report> {
        let directory = apply(&mut self.directory, &directory(walk)).await?;
        apply(&mut self.role, &role(walk)).await?;
        apply(&mut self.trust, &trust(walk, &directory["id"])).await?;
        let config = json!({
            "cluster_identifier": CLUSTER,
            "directory_id": directory["id"],
            "iam_role_name": ROLE,
            "reboot_strategy": "rolling",
        });
        let joined = apply(&mut self.association, &config).await?;
        assert_eq!(joined["status"], "kerberos-enabled", "the apply ended without an error");
        let core = self.core.as_ref().expect("a provider");
        core.data("aurorakerberos_krb5_conf", &json!({"directory_id": directory["id"]})).await?;
        Ok(())
    }

    async fn down(&mut self) -> Result<(), Report> {
        for object in [&mut self.association, &mut self.trust, &mut self.role, &mut self.directory] {
            let object = object.as_mut().expect("a provider");
            object.refresh().await?;
            object.destroy().await?;
        }
        Ok(())
    }

    /// Somebody else changes the role.
    pub(super) fn disturb(&self) {
        self.simulator.with(|state| {
            let role = state.iam(DEFAULT_ACCOUNT).roles.get_mut(ROLE).expect("the role");
            role.trust_policy =
                role.trust_policy.replace("directoryservice.rds.amazonaws.com", "ec2.amazonaws.com");
        });
    }
}

/// Refreshes, plans and applies, as `terraform apply` does; where something was changed, the next plan is empty.
async fn apply(object: &mut Option<Object>, config: &Json) -> Result<Json, Report> {
    let object = object.as_mut().expect("a provider");
    object.refresh().await?;
    let plan = object.plan(config).await?;
    if plan.action != Action::NoOp {
        object.apply_plan(&plan, config).await?;
        object.refresh().await?;
        let again = object.plan(config).await?;
        assert_eq!(again.action, Action::NoOp, "not converged: {}", again.planned);
    }
    Ok(object.state_json())
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
    let mut config = json!({"name": ROLE, "tags": {"team": "db", "stage": "test"}});
    if walk == Walk::Change {
        config["description"] = json!("For Aurora");
        config["permissions_boundary"] =
            json!("arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess");
        config["policy"] = json!("inline");
        config["tags"] = json!({"team": "identity"});
    }
    config
}

fn trust(walk: Walk, directory: &Json) -> Json {
    let mut config = json!({
        "directory_id": directory,
        "remote_domain_name": "onprem.example.com",
        "trust_direction": "Two-Way",
        "trust_password_wo": "shared between both sides",
        "trust_password_wo_version": 1,
        "delete_associated_conditional_forwarder": true,
    });
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
