//! What is interrupted: one object's whole life, with what it stands on.

use std::fmt;

use aws_simulator::{ClusterSeed, Config, DEFAULT_ACCOUNT, Options, Simulator};
use serde_json::{Value as Json, json};

use crate::support::simulator::{self, ROLE};
use crate::support::{Action, Core, Object, Planned, Report};

const CLUSTER: &str = "c";

/// What is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Directory,
    Trust,
    Role,
    Association,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Directory, Self::Trust, Self::Role, Self::Association];

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Directory => "aurorakerberos_directory",
            Self::Trust => "aurorakerberos_directory_trust",
            Self::Role => "aurorakerberos_directory_access_role",
            Self::Association => "aurorakerberos_domain_association",
        }
    }

    /// What a user does with it, in this order.
    pub(crate) fn steps(self) -> &'static [Step] {
        match self {
            // A second update would be the first one again; another cluster would be another life.
            Self::Association => &[Step::Create, Step::Change, Step::Destroy],
            _ => &[Step::Create, Step::Change, Step::Clear, Step::Replace, Step::Destroy],
        }
    }

    /// The call that makes it, of which an interruption must not make a second one. An association is made by the same
    /// modification that mends it.
    pub(crate) fn creation(self) -> Option<&'static str> {
        match self {
            Self::Directory => Some("CreateMicrosoftAD"),
            Self::Trust => Some("CreateTrust"),
            Self::Role => Some("CreateRole"),
            Self::Association => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name().trim_start_matches("aurorakerberos_"))
    }
}

/// One apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Create,
    /// Changes in place whatever can be, after somebody else changed the role's trust policy.
    Change,
    /// Takes back what can be.
    Clear,
    /// Changes what cannot be changed in place: deletes, and creates anew.
    Replace,
    Destroy,
}

impl Step {
    pub(crate) const ALL: [Self; 5] = [Self::Create, Self::Change, Self::Clear, Self::Replace, Self::Destroy];

    /// Whether an object is made in it.
    pub(crate) fn makes(self) -> bool {
        matches!(self, Self::Create | Self::Replace)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Change => "first update",
            Self::Clear => "second update",
            Self::Replace => "replacement",
            Self::Destroy => "delete",
        })
    }
}

/// A provider, AWS, and a state file.
pub(crate) struct Life {
    pub(crate) simulator: Simulator,
    pub(crate) core: Core,
    pub(crate) object: Object,
    kind: Kind,
    directories: Vec<Object>,
    role: Option<Object>,
}

impl Life {
    /// Everything that the object stands on, and not the object itself.
    pub(crate) async fn begin(kind: Kind) -> Self {
        Self::begin_with(kind, Options::default(), &[]).await
    }

    /// The same with other habits of AWS, and more in the provider's environment.
    pub(crate) async fn begin_with(kind: Kind, options: Options, more: &[(&str, &str)]) -> Self {
        let simulator = Simulator::start(Config { options, ..Config::default() }).await;
        simulator.seed_cluster(&ClusterSeed::new(CLUSTER, "aurora-postgresql", "16.6", 2));
        let env = [&[("AURORAKERBEROS_POLL_INTERVAL", "2ms"), ("AURORAKERBEROS_RETRY_PAUSE", "1ms")], more]
            .concat();
        let core = Core::start(&env, &simulator::provider_config(&simulator)).await;
        let object = core.resource(kind.type_name());
        let mut life = Self { simulator, core, object, kind, directories: Vec::new(), role: None };
        let names: &[&str] = match kind {
            Kind::Directory | Kind::Role => &[],
            Kind::Trust => &["corp.example.com"],
            Kind::Association => &["corp.example.com", "new.example.com"],
        };
        for name in names {
            let mut directory = life.core.resource(Kind::Directory.type_name());
            let mut config = simulator::directory();
            config["name"] = json!(name);
            directory.apply(&config).await.unwrap();
            life.directories.push(directory);
        }
        if kind == Kind::Association {
            let mut role = life.core.resource(Kind::Role.type_name());
            role.apply(&json!({"name": ROLE})).await.unwrap();
            life.role = Some(role);
        }
        life
    }

    /// `terraform apply` or `destroy` of the object.
    pub(crate) async fn run(&mut self, step: Step) -> Result<(), Report> {
        let config = self.config(step);
        let plan = plan(&mut self.object, &config).await?;
        apply(&mut self.object, plan.as_ref(), &config).await
    }

    /// Panics unless the next plan is empty.
    pub(crate) async fn assert_settled(&mut self, step: Step) {
        let left = self.object.refresh().await.unwrap();
        let config = self.config(step);
        if config.is_null() {
            assert_eq!(left, Json::Null, "still in the state");
            return;
        }
        let plan = self.object.plan(&config).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "not converged: {left} to {}", plan.planned);
    }

    /// What happens before an update: somebody else changes the role, and the reboots of the create get old, so that
    /// nothing waits for them.
    pub(crate) fn prepare(&self, step: Step) {
        if step != Step::Change {
            return;
        }
        self.simulator.here(|region| region.events.clear());
        if self.kind != Kind::Role {
            return;
        }
        self.simulator.with(|state| {
            for role in state.iam(DEFAULT_ACCOUNT).roles.values_mut() {
                role.trust_policy =
                    role.trust_policy.replace("directoryservice.rds.amazonaws.com", "ec2.amazonaws.com");
            }
        });
    }

    /// Destroys what the object stands on; returns what is left then.
    pub(crate) async fn end(mut self) -> Vec<String> {
        for object in self.role.iter_mut().chain(&mut self.directories) {
            object.destroy().await.unwrap();
        }
        self.simulator.leftovers()
    }

    /// Null where the object is to be destroyed.
    pub(crate) fn config(&self, step: Step) -> Json {
        match self.kind {
            _ if step == Step::Destroy => Json::Null,
            Kind::Directory => directory(step),
            Kind::Trust => trust(step, &self.directories[0].state_json()["id"]),
            Kind::Role => role(step),
            Kind::Association => json!({
                "cluster_identifier": CLUSTER,
                "directory_id": self.directories[usize::from(step != Step::Create)].state_json()["id"],
                "iam_role_name": ROLE,
                "reboot_strategy": "rolling",
            }),
        }
    }
}

/// Refreshes and plans; none where that is a destroy.
pub(crate) async fn plan(object: &mut Object, config: &Json) -> Result<Option<Planned>, Report> {
    object.refresh().await?;
    if config.is_null() { Ok(None) } else { object.plan(config).await.map(Some) }
}

/// Carries the plan out.
pub(crate) async fn apply(object: &mut Object, plan: Option<&Planned>, config: &Json) -> Result<(), Report> {
    match plan {
        None => object.destroy().await,
        Some(plan) => object.apply_plan(plan, config).await.map(|_| ()),
    }
}

fn directory(step: Step) -> Json {
    let mut config = simulator::directory();
    config["alias"] = json!("corp-interrupted");
    config["enable_sso"] = json!(step != Step::Change);
    config["enable_directory_data_access"] = json!(step != Step::Change);
    config["tags"] = json!({"team": "db", "stage": "test"});
    if step != Step::Create {
        config["edition"] = json!("Enterprise");
        config["admin_password_wo"] = json!("Correct-Horse-8");
        config["admin_password_wo_version"] = json!(2);
        config["desired_number_of_domain_controllers"] = json!(3);
        config["tags"] = json!({"team": "identity"});
    }
    if step == Step::Replace {
        config["description"] = json!("Another one");
    }
    config
}

fn role(step: Step) -> Json {
    let mut config = simulator::role(step == Step::Change);
    if step == Step::Replace {
        config["path"] = json!("/aurora/");
    }
    config
}

fn trust(step: Step, directory: &Json) -> Json {
    let mut config = simulator::trust(directory);
    config["conditional_forwarder_ip_addrs"] = json!(["10.1.0.10"]);
    match step {
        Step::Change => {
            config["selective_auth"] = json!("Enabled");
            config["conditional_forwarder_ip_addrs"] = json!(["10.1.0.11"]);
        }
        Step::Clear => config["selective_auth"] = json!("Disabled"),
        Step::Replace => config["trust_password_wo_version"] = json!(2),
        _ => {}
    }
    config
}
