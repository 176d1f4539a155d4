//! From what AWS shows to the attributes.

use super::facts::{Facts, Member};
use super::{DomainAssociation, InstanceMembership, explain};

impl DomainAssociation {
    /// Takes over what AWS shows and the configuration does not say.
    pub(super) fn set_facts(&mut self, facts: &Facts) {
        self.id.clone_from(&facts.identifier);
        self.status = facts.worst();
        self.engine.clone_from(&facts.engine);
        self.engine_version.clone_from(&facts.engine_version);
        self.domain_memberships = facts.members.iter().map(InstanceMembership::of).collect();
        self.pending_reboot =
            explain::pending_reboot(facts).into_iter().map(|member| member.id.clone()).collect();
        let ours = facts.memberships().find(|found| found.domain == self.directory_id);
        if let Some(fqdn) = ours.and_then(|found| found.fqdn.clone()) {
            self.set_fqdn(&fqdn);
        }
    }

    /// Sets the domain's name and its realm.
    pub(super) fn set_fqdn(&mut self, fqdn: &str) {
        self.domain_fqdn = Some(fqdn.to_owned());
        self.realm = Some(fqdn.to_uppercase());
    }

    /// Takes over another directory and another role, where any instance is in them: the plan then shows the way back.
    pub(super) fn set_drift(&mut self, facts: &Facts) {
        if let Some(foreign) = facts.memberships().find(|found| found.domain != self.directory_id) {
            self.directory_id.clone_from(&foreign.domain);
            self.domain_fqdn = None;
            self.realm = None;
        }
        let ours = facts.memberships().filter(|found| found.domain == self.directory_id);
        let other_role = ours
            .filter_map(|found| found.iam_role_name.as_ref())
            .find(|role| !role.is_empty() && **role != self.iam_role_name);
        if let Some(role) = other_role {
            self.iam_role_name.clone_from(role);
        }
    }

    /// Whether a refresh with these facts would leave the state as it is.
    pub(super) fn agrees_with(&self, facts: &Facts) -> bool {
        let mut refreshed = self.clone();
        refreshed.set_drift(facts);
        refreshed.set_facts(facts);
        refreshed == *self
    }

    /// What the plan had promised stays as promised.
    pub(super) fn keep_planned(&mut self, planned: &Self) {
        self.id.clone_from(&planned.id);
        if planned.domain_fqdn.is_some() {
            self.domain_fqdn.clone_from(&planned.domain_fqdn);
            self.realm.clone_from(&planned.realm);
        }
        if !planned.engine.is_empty() {
            self.engine.clone_from(&planned.engine);
            self.engine_version.clone_from(&planned.engine_version);
        }
    }
}

impl InstanceMembership {
    fn of(member: &Member) -> Self {
        let membership = member.membership.as_ref();
        Self {
            instance_identifier: member.id.clone(),
            role: member.role_word().to_owned(),
            status: member.status_word().to_owned(),
            domain: membership.map(|found| found.domain.clone()),
            fqdn: membership.and_then(|found| found.fqdn.clone()),
            iam_role_name: membership.and_then(|found| found.iam_role_name.clone()),
        }
    }
}
