//! `aurorakerberos_domain_association`: an Aurora cluster joined to a directory, rebooted, verified (step 6 of the guide).
//!
//! The way into the domain is decided by the pure module `step` from what AWS shows (`facts`) and what was done
//! (`round`); `drive` carries it out, `leave` is the way out. `checks` looks at plan time at what would fail later.

mod checks;
mod drive;
mod engines;
mod explain;
mod facts;
mod judge;
mod leave;
mod names;
mod ready;
mod round;
mod standing;
mod state;
mod step;
mod turns;

use std::sync::Arc;

use tf_provider::framework::{
    Apply, Blame, Context, DefaultTimeouts, Diagnostic, Diagnostics, Failure, Plan, Resource, Scope,
    Timeouts, View,
};

use crate::aws::{Aws, Freshness};
use crate::resources::directory_access_role::{PlannedRoles, names as role_names};
use crate::resources::validators;

use checks::Subject;
use facts::{Facts, glance, observe};
use judge::When;
use standing::Standing;
use step::Goal;
use turns::Turns;

const ROLLING: &str = "rolling";

tf_provider::model! {
    /// Joins an Amazon Aurora cluster to an AWS Managed Microsoft AD directory and sees to it that the join succeeds.
    ///
    /// The cluster is modified, its instances are rebooted if `reboot_strategy` allows it (readers first and one at a
    /// time, the writer last), and the apply ends when every instance says `kerberos-enabled`. A join that fails ends
    /// the apply with the RDS events that say why. Applied again, the work goes on where it stopped; no instance is
    /// rebooted twice. A membership that fails, vanishes or is moved later shows in the plan and is mended by the next
    /// apply, as does a reader that was added and has not joined.
    ///
    /// Destroying the association takes the cluster out of the domain. That is applied immediately, whatever
    /// `apply_immediately` says.
    ///
    /// Where the AWS provider manages the cluster, its `aws_rds_cluster` needs
    /// `lifecycle { ignore_changes = [domain, domain_iam_role_name] }`. These two arguments read back what this resource
    /// has set, so without it the AWS provider plans to take the cluster out of the domain again.
    pub struct DomainAssociation / DomainAssociationView {
        /// Identifier of the cluster, in lower case.
        pub id: String => computed().kept(),
        /// Identifier of the Aurora cluster. Another cluster is another association.
        pub cluster_identifier: String => required().replace().validate(names::cluster_identifier).spelling(str::to_ascii_lowercase),
        /// Identifier of the directory; of a shared one, its identifier in the cluster's account. Another directory is
        /// joined in place, with the same reboots.
        pub directory_id: String => required().validate(validators::directory_id),
        /// Name of the IAM role with which Aurora calls Directory Service, see `aurorakerberos_directory_access_role`.
        pub iam_role_name: String => required().validate(role_names::role_name),
        /// How instances come to their reboot, without which none joins: `rolling` reboots them one after the other,
        /// readers first, the writer last; `none` leaves it to you: the apply then ends with the list of instances to
        /// reboot. There is no default, because a reboot interrupts connections.
        pub reboot_strategy: String => required().one_of(&[ROLLING, "none"]),
        /// Whether to join now and not in the cluster's next maintenance window. In the window's case the apply ends
        /// when all instances wait for it.
        pub apply_immediately: bool => optional().default(true),
        /// Worst status of the instances' memberships: `kerberos-enabled` when all have joined, `not-joined` when one
        /// has no membership, `no-instances` for a cluster that has none.
        pub status: String => computed().kept(),
        /// Fully qualified name of the domain.
        pub domain_fqdn: Option<String> => computed().kept(),
        /// Kerberos realm of the domain: its name in upper case.
        pub realm: Option<String> => computed().kept(),
        /// Engine of the cluster: `aurora-postgresql` or `aurora-mysql`.
        pub engine: String => computed().kept(),
        /// Engine version of the cluster.
        pub engine_version: String => computed().kept(),
        /// Memberships of the cluster's instances: the readers by name, then the writer.
        pub domain_memberships: Vec<InstanceMembership> => computed().kept(),
        /// Instances that join with their next reboot, in the order in which to reboot them.
        pub pending_reboot: Vec<String> => computed().kept(),
        /// How long operations may take.
        pub timeouts: Option<Timeouts> => block(),
    }
}

tf_provider::model! {
    /// The membership of an instance in the domain.
    pub struct InstanceMembership / InstanceMembershipView {
        /// Identifier of the instance.
        pub instance_identifier: String => computed(),
        /// Role of the instance in the cluster: `writer` or `reader`.
        pub role: String => computed(),
        /// Status of the membership as AWS has it, or `not-joined` where there is none.
        pub status: String => computed(),
        /// Identifier of the directory.
        pub domain: Option<String> => computed(),
        /// Fully qualified name of the domain.
        pub fqdn: Option<String> => computed(),
        /// Name of the IAM role.
        pub iam_role_name: Option<String> => computed(),
    }
}

tf_provider::model! {
    /// What identifies an association.
    pub struct AssociationIdentity / AssociationIdentityView {
        /// Identifier of the cluster.
        pub cluster_identifier: String => required().validate(names::cluster_identifier),
        /// Account of the cluster.
        pub account_id: Option<String> => optional(),
        /// Region of the cluster.
        pub region: Option<String> => optional(),
    }
}

/// The resource.
#[derive(Debug, Default)]
pub(crate) struct DomainAssociations {
    roles: Arc<PlannedRoles>,
    planning: Turns,
    applying: Turns,
}

impl DomainAssociations {
    /// The resource, which asks `roles` for roles that are about to change.
    pub(crate) fn new(roles: Arc<PlannedRoles>) -> Self {
        Self { roles, ..Self::default() }
    }
}

impl DomainAssociation {
    fn goal(&self) -> Goal {
        Goal {
            cluster: self.cluster_identifier.to_ascii_lowercase(),
            directory_id: self.directory_id.clone(),
            iam_role_name: self.iam_role_name.clone(),
            rolling: self.reboot_strategy == ROLLING,
            immediately: self.apply_immediately,
        }
    }
}

impl Resource for DomainAssociations {
    type Client = Aws;
    type Model = DomainAssociation;
    type Identity = AssociationIdentity;

    const NAME: &'static str = "domain_association";
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(120, 120, 60);

    fn label(&self, model: &DomainAssociation) -> String {
        if model.id.is_empty() { model.cluster_identifier.clone() } else { model.id.clone() }
    }

    fn identity(&self, client: &Aws, model: &DomainAssociation) -> AssociationIdentity {
        AssociationIdentity {
            cluster_identifier: model.cluster_identifier.clone(),
            account_id: client.account_id.clone(),
            region: Some(client.region.clone()),
        }
    }

    fn scope(&self, client: &Aws) -> Scope {
        super::in_region(client)
    }

    fn parse_import_id(&self, id: &str) -> Result<AssociationIdentity, String> {
        names::cluster_identifier(&id.into()).map_err(|form| {
            format!("The import id must be the cluster's identifier, such as aurora-demo. {form}")
        })?;
        Ok(AssociationIdentity {
            cluster_identifier: id.to_ascii_lowercase(),
            ..AssociationIdentity::default()
        })
    }

    fn imported(&self, identity: AssociationIdentity) -> Result<DomainAssociation, Failure> {
        let cluster = identity.cluster_identifier;
        names::cluster_identifier(&cluster.as_str().into())
            .map_err(|form| Failure::config("cluster_identifier", form))?;
        Ok(DomainAssociation { cluster_identifier: cluster, ..DomainAssociation::default() })
    }

    fn adjust_plan(&self, plan: &mut Plan<'_, DomainAssociation>, _client: Option<&Aws>) {
        let Some(prior) = &plan.prior else { return };
        let standing = prior.status.text().map_or(Standing::Unknown, Standing::of);
        let suffices = match (&plan.planned.reboot_strategy, &plan.planned.apply_immediately) {
            (View::Known(strategy), View::Known(immediately)) => {
                standing.suffices(strategy == ROLLING, *immediately)
            }
            // Until these are known, only a cluster that has joined needs nothing whatever they turn out to be.
            _ => standing.suffices(true, true),
        };
        let moves = plan.changes("directory_id");
        let is_nameless = prior.domain_fqdn.is_null();
        // It is in the directory that the configuration names, and this resource does not know how it came there: an
        // apply was killed after it had moved the cluster, or somebody else did. Now it is this resource's.
        let joined = leave::noted(plan.private);
        let takes_over = joined.is_some_and(|joined| prior.directory_id.text() != Some(joined.as_str()));
        // Nor may it be taken for done what was asked for without an answer, where nothing shows it.
        let is_doubtful = leave::perhaps(plan.private).is_some();
        if suffices && !moves && !takes_over && !is_doubtful && !plan.changes("iam_role_name") {
            return;
        }
        for changing in ["status", "domain_memberships", "pending_reboot"] {
            plan.set_unknown(changing);
        }
        if moves || is_nameless {
            plan.set_unknown("domain_fqdn");
            plan.set_unknown("realm");
        }
    }

    async fn check_plan(
        &self,
        client: &Aws,
        plan: &Plan<'_, DomainAssociation>,
        _context: &Context,
    ) -> Diagnostics {
        // Timeouts and the like change nothing in AWS.
        if !plan.planned.status.is_unknown() {
            return Diagnostics::new();
        }
        let text = |view: &View<String>| view.text().map(str::to_owned);
        let subject = Subject {
            cluster: text(&plan.planned.cluster_identifier).map(|cluster| cluster.to_ascii_lowercase()),
            directory: text(&plan.planned.directory_id),
            role: text(&plan.planned.iam_role_name),
            is_new: plan.is_create(),
        };
        // Terraform never plans one resource twice at a time; two plans for one cluster are two associations.
        let _turn = match subject.cluster.as_deref().map(|cluster| self.planning.take(cluster)) {
            Some(None) => return judge::managed_twice(subject.cluster.as_deref().unwrap_or_default()),
            Some(turn) => turn,
            None => None,
        };
        checks::check(client, &subject, &self.roles, When::Plan).await.0
    }

    async fn create(
        &self,
        client: &Aws,
        mut association: DomainAssociation,
        apply: &Apply<DomainAssociation>,
    ) -> Result<DomainAssociation, Failure> {
        apply.go_on("joining the cluster to the directory")?;
        let goal = association.goal();
        let twice = || ready::failure(&judge::managed_twice(&goal.cluster));
        let turn = self.applying.take(&goal.cluster).ok_or_else(twice)?;
        if turn.was_kept() {
            return Err(twice());
        }
        let found_in = ready::before_the_first_change(client, &goal, true, apply).await?;
        let mut saved = None;
        let joined = drive::join(client, &goal, found_in, apply, |facts| {
            association.set_facts(facts);
            apply.save(&association);
            saved = Some(association.clone());
        })
        .await;
        match (joined, saved) {
            (Ok(facts), _) => {
                association.set_facts(&facts);
                turn.keep();
                self.finish(client, &mut association, &facts, apply).await;
                Ok(association)
            }
            // With an error Terraform would mark the association as tainted, and the next apply would take the cluster
            // out of the domain before it joins it again. Without one it goes on from here.
            (Err(failure), Some(saved)) if failure.blame == Blame::Stopped => {
                turn.keep();
                apply.warn(interrupted(&goal.cluster, &failure));
                Ok(saved)
            }
            (Err(failure), _) => Err(failure),
        }
    }

    async fn read(
        &self,
        client: &Aws,
        mut association: DomainAssociation,
        context: &Context,
    ) -> Result<Option<DomainAssociation>, Failure> {
        let cluster = association.cluster_identifier.to_ascii_lowercase();
        let is_import = association.directory_id.is_empty();
        if !is_import && glance(client, &cluster).await.is_some_and(|facts| association.agrees_with(&facts)) {
            return Ok(Some(association));
        }
        let Some(facts) = observe(client, &cluster).await? else { return Ok(None) };
        if is_import && facts.memberships().next().is_none() {
            // There is nothing to import.
            return Ok(None);
        }
        if !is_import {
            // What was asked for, before the state tells where others have moved the cluster: a destroy ends no more.
            leave::note_directory(context, &association.directory_id);
        }
        association.set_drift(&facts);
        if is_import {
            ROLLING.clone_into(&mut association.reboot_strategy);
            association.apply_immediately = true;
        }
        association.set_facts(&facts);
        Ok(Some(association))
    }

    async fn update(
        &self,
        client: &Aws,
        _prior: DomainAssociation,
        planned: DomainAssociation,
        apply: &Apply<DomainAssociation>,
    ) -> Result<DomainAssociation, Failure> {
        // The plan knows the status: nothing changes in AWS.
        if !planned.status.is_empty() {
            return Ok(planned);
        }
        let goal = planned.goal();
        let twice = || ready::failure(&judge::managed_twice(&goal.cluster));
        let _turn = self.applying.take(&goal.cluster).ok_or_else(twice)?;
        let found_in = ready::before_the_first_change(client, &goal, false, apply).await?;
        let mut association = planned.clone();
        let facts = drive::join(client, &goal, found_in, apply, |facts| {
            association.set_facts(facts);
            apply.save(&association);
        })
        .await?;
        association.set_facts(&facts);
        self.finish(client, &mut association, &facts, apply).await;
        association.keep_planned(&planned);
        Ok(association)
    }

    async fn delete(
        &self,
        client: &Aws,
        association: DomainAssociation,
        apply: &Apply<DomainAssociation>,
    ) -> Result<(), Failure> {
        let goal = association.goal();
        // A refresh may have found the cluster in a domain that others moved it to, which is not ours to end.
        let directory = apply.private(|private| leave::noted(private));
        let perhaps = apply.private(|private| leave::perhaps(private));
        let directory = directory.as_ref().unwrap_or(&goal.directory_id);
        leave::leave(client, &goal.cluster, directory, goal.rolling, apply).await?;
        if *directory != goal.directory_id && perhaps.as_ref() != Some(&goal.directory_id) {
            apply.warn(explain::left_where_it_is(&goal, directory, &client.region));
        }
        self.applying.forget(&goal.cluster);
        Ok(())
    }
}

impl DomainAssociations {
    /// What remains to be said of a cluster that has joined as far as the configuration lets it.
    async fn finish(
        &self,
        client: &Aws,
        association: &mut DomainAssociation,
        facts: &Facts,
        context: &Context,
    ) {
        if association.domain_fqdn.is_none()
            && let Ok(Some(directory)) =
                client.ds().find_directory(&association.directory_id, Freshness::Recent).await
        {
            association.set_fqdn(&directory.name);
        }
        if association.reboot_strategy != ROLLING
            && let Some(warning) = explain::reboot_by_hand(facts, &client.region)
        {
            context.warn(warning);
        }
        if let Some(warning) = explain::maintenance_window(facts) {
            context.warn(warning);
        }
    }
}

fn interrupted(cluster: &str, failure: &Failure) -> Diagnostic {
    Diagnostic::warning(
        format!("Cluster {cluster} is on its way into the domain"),
        format!("{}\n\nThe next apply goes on from there.", failure.problem),
    )
}
