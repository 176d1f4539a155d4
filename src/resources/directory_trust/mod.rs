//! `aurorakerberos_directory_trust`: a trust between a directory and another Active Directory domain.
//!
//! Aurora User Guide, *Setting up Kerberos authentication for PostgreSQL DB clusters*, step 2. The calls are those of AWS
//! Directory Service: CreateTrust, VerifyTrust, UpdateTrust, DeleteTrust, and those on conditional forwarders.

mod create;
mod password;
mod plan;
mod state;

use std::collections::BTreeSet;

use tf_provider::framework::{
    Apply, Blame, Config, Context, DefaultTimeouts, Diagnostic, Diagnostics, Failure, Plan, Progress,
    Resource, Scope, Secret, Timeouts, validate, wait_until,
};

use super::validators;
use crate::aws::{self, Aws};
use state::Outcome;

tf_provider::model! {
    /// Manages a trust between an AWS Managed Microsoft AD directory and another Active Directory domain, so that users of an
    /// on-premises domain log in to Aurora (step 2 of the Aurora guide).
    ///
    /// The other side of the trust, with the opposite direction and the same password, is set up in the other domain, by its
    /// administrators. Outgoing and two-way trusts are verified after their creation (VerifyTrust). A verification that fails
    /// is a warning by default, because it fails until the other side is set up; with `require_verified` it is an error, and
    /// every later plan asks for another verification until one succeeds.
    ///
    /// **Passwords.** AWS has no call that changes the password of a trust, so another one replaces the trust. With Terraform
    /// 1.11 or OpenTofu 1.11 and later, use `trust_password_wo` with `trust_password_wo_version`: the password is sent to AWS
    /// and stored nowhere. With `trust_password` it lies in the state and in plan files, in plain text for whoever can read
    /// them. An imported trust has no password in its state: the first one that is applied after an import is only recorded.
    ///
    /// **Killed applies.** Where Terraform or the provider is killed before the state is written, the next apply fails,
    /// names the trust that is there, and tells the `import` block that adopts it.
    ///
    /// **Failed creations.** Terraform marks a trust whose creation ended with an error as tainted, and replaces it at the
    /// next apply. `terraform untaint` keeps it instead: the next apply then goes on where the creation ended, and verifies
    /// it again where that is required.
    pub struct Trust / TrustView {
        /// Id of the AWS Managed Microsoft AD directory. Another directory replaces the trust.
        pub directory_id: String => required().replace().validate(validators::directory_id),
        /// Fully qualified name of the domain on the other side, such as `onprem.example.com`. Another domain replaces the
        /// trust.
        pub remote_domain_name: String => required().replace().validate(validators::remote_domain_name).spelling(bare),
        /// Direction, as seen from AWS: `One-Way: Outgoing` (the directory trusts the other domain, whose users log in),
        /// `One-Way: Incoming` (the other domain trusts the directory) or `Two-Way`. Another direction replaces the trust.
        pub trust_direction: String => required().replace()
            .one_of(&["One-Way: Outgoing", "One-Way: Incoming", "Two-Way"]),
        /// Type: `Forest` (with the whole forest of the other domain, which Kerberos authentication with Aurora needs) or
        /// `External` (with that one domain). Another type replaces the trust.
        pub trust_type: String => optional().default("Forest").replace().one_of(&["Forest", "External"]),
        /// Password that both sides of the trust agreed on, never stored: 1 to 128 letters, digits, punctuation marks and
        /// blanks. Needs `trust_password_wo_version`. A new trust needs either this or `trust_password`.
        pub trust_password_wo: Option<Secret> => optional().write_only().length(1, 128).validate(password::check),
        /// Version of `trust_password_wo`: any number; another one replaces the trust.
        pub trust_password_wo_version: Option<i64> => optional().replace_if(password::replaces),
        /// Password that both sides of the trust agreed on, **stored in the state and in plan files**; use `trust_password_wo`
        /// where Terraform is 1.11 or later. Another one replaces the trust. Conflicts with `trust_password_wo`.
        pub trust_password: Option<Secret> => optional().sensitive().replace_if(password::replaces).length(1, 128)
            .validate(password::check),
        /// Whether users of the other domain may use a resource only where they are allowed to explicitly: `Enabled` or
        /// `Disabled`. `Disabled` on a new trust where it is left out; an existing trust stays as it is.
        pub selective_auth: Option<String> => optional().computed().kept().one_of(&["Enabled", "Disabled"]),
        /// IPv4 addresses of one to four DNS servers of the other domain. The directory forwards queries about the domain to
        /// them; a conditional forwarder that is gone or changed is repaired. Where it is left out, the forwarder is left
        /// alone.
        pub conditional_forwarder_ip_addrs: Option<BTreeSet<String>> => optional().computed().kept().length(1, 4)
            .validate_each(validators::ipv4_address),
        /// Whether the conditional forwarder is deleted with the trust.
        pub delete_associated_conditional_forwarder: bool => optional().default(false),
        /// Whether a verification that fails is an error. Has no effect on incoming trusts, which cannot be verified
        /// from AWS.
        pub require_verified: bool => optional().default(false),
        /// Id of the trust, such as `t-1234567890`.
        pub id: String => computed().kept(),
        /// State of the trust: `Verified` when all is well, `Created` or `Updated` for an incoming trust.
        pub trust_state: String => computed().kept(),
        /// Why the trust is in this state, where AWS says so.
        pub trust_state_reason: Option<String> => computed().kept(),
        /// When the trust was created, in RFC 3339 notation.
        pub created_time: String => computed().kept(),
        /// When the trust was last updated, in RFC 3339 notation.
        pub last_updated_time: String => computed().kept(),
        /// When the state of the trust last changed, in RFC 3339 notation.
        pub state_last_updated_time: String => computed().kept(),
        /// How long operations may take; ten minutes each by default.
        pub timeouts: Option<Timeouts> => block(),
    }
}

tf_provider::model! {
    /// What identifies a trust: a directory has at most one with each domain.
    pub struct TrustIdentity / TrustIdentityView {
        /// Id of the directory.
        pub directory_id: String => required(),
        /// Name of the domain on the other side, in lower case and without a final dot.
        pub remote_domain_name: String => required(),
        /// Id of the AWS account.
        pub account_id: Option<String> => optional(),
        /// AWS Region.
        pub region: Option<String> => optional(),
    }
}

/// The resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trusts;

const INCOMING: &str = "One-Way: Incoming";

impl Resource for Trusts {
    type Client = Aws;
    type Model = Trust;
    type Identity = TrustIdentity;

    const NAME: &'static str = "directory_trust";
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(10, 10, 10);

    fn label(&self, trust: &Trust) -> String {
        match (trust.id.as_str(), trust.directory_id.as_str()) {
            ("", "") => trust.remote_domain_name.clone(),
            ("", directory) => format!("{directory}/{}", trust.remote_domain_name),
            (id, _) => id.to_owned(),
        }
    }

    fn validate(&self, config: &Config<'_, Trust>, found: &mut Diagnostics) {
        validate::at_most_one_of(config.value, &["trust_password", "trust_password_wo"], found);
        validate::requires(config.value, "trust_password_wo", "trust_password_wo_version", found);
        validate::requires(config.value, "trust_password_wo_version", "trust_password_wo", found);
    }

    fn adjust_plan(&self, plan: &mut Plan<'_, Trust>, _client: Option<&Aws>) {
        plan::adjust(plan);
    }

    async fn check_plan(&self, aws: &Aws, plan: &Plan<'_, Trust>, _context: &Context) -> Diagnostics {
        plan::check_directory(aws, plan).await
    }

    async fn create(&self, aws: &Aws, mut trust: Trust, apply: &Apply<Trust>) -> Result<Trust, Failure> {
        trust.selective_auth.get_or_insert_with(|| "Disabled".to_owned());
        trust.id = create::request(aws, &trust, apply).await?;
        apply.set_object(format!("aurorakerberos_directory_trust ({})", trust.id));
        apply.save(&trust);
        match create::finish(aws, &mut trust, apply).await {
            // An error would taint a trust that is as good as any.
            Err(failure) if failure.blame == Blame::Stopped => {
                apply.warn(interrupted(&trust, &failure));
                Ok(trust)
            }
            failed => failed.map(|()| trust),
        }
    }

    async fn read(&self, aws: &Aws, mut state: Trust, context: &Context) -> Result<Option<Trust>, Failure> {
        let trust = async {
            if state.id.is_empty() {
                aws.ds().find_trust_by_domain(&state.directory_id, &state.remote_domain_name).await
            } else {
                state::find(aws, &state, context).await
            }
        };
        // After an import the name may be another spelling of AWS's, which this takes as well.
        let forwarder = aws.ds().find_forwarder(&state.directory_id, &state.remote_domain_name);
        let (found, forwarder) = tokio::join!(trust, forwarder);
        let Some(found) = found? else { return Ok(None) };
        state.conditional_forwarder_ip_addrs =
            forwarder?.map(|forwarder| forwarder.dns_ip_addrs.into_iter().collect());
        state.remote_domain_name.clone_from(&found.remote_domain_name);
        state.trust_direction.clone_from(&found.direction);
        state.trust_type.clone_from(&found.trust_type);
        state.selective_auth = Some(selective_auth(&found));
        state.observe(&found);
        Ok(Some(state))
    }

    async fn update(
        &self,
        aws: &Aws,
        prior: Trust,
        mut planned: Trust,
        apply: &Apply<Trust>,
    ) -> Result<Trust, Failure> {
        // What AWS does not hold: should anything fail from here on, a refresh finds out all else.
        apply.save(&Trust {
            trust_password: planned.trust_password.clone(),
            trust_password_wo_version: planned.trust_password_wo_version,
            delete_associated_conditional_forwarder: planned.delete_associated_conditional_forwarder,
            require_verified: planned.require_verified,
            timeouts: planned.timeouts.clone(),
            ..prior.clone()
        });
        if planned.conditional_forwarder_ip_addrs != prior.conditional_forwarder_ip_addrs
            && let Some(addresses) = &planned.conditional_forwarder_ip_addrs
        {
            forward(aws, &planned, addresses).await?;
        }
        if let Some(selective) =
            planned.selective_auth.as_deref().filter(|_| planned.selective_auth != prior.selective_auth)
        {
            state::settled(aws, &planned, apply).await?;
            let result = aws.ds().update_trust(&planned.id, selective == "Enabled").await;
            result.map_err(|error| Failure::from(error).at("selective_auth"))?;
        }
        // Left open by the plan: the state has to be found out anew.
        if planned.trust_state.is_empty() {
            let found = match state::verified(aws, &planned, apply).await? {
                Outcome::Good(found) => found,
                Outcome::NotVerified(found, refusal) => {
                    state::report_unverified(aws, &planned, &found, refusal.as_ref(), apply).await?;
                    found
                }
            };
            planned.observe(&found);
        }
        Ok(planned)
    }

    async fn delete(&self, aws: &Aws, state: Trust, apply: &Apply<Trust>) -> Result<(), Failure> {
        let with_forwarder = state.delete_associated_conditional_forwarder;
        wait_until(
            apply,
            &format!("AWS to let trust {} be deleted", state.id),
            || ask_to_delete(aws, &state, with_forwarder),
            |refusal| match refusal {
                None => Progress::Done(()),
                Some((_, trust)) if state::is_on_the_way(&trust.state) => Progress::Pending(trust.state),
                Some((error, _)) => Progress::Failed(error.into()),
            },
        )
        .await?;
        wait_until(
            apply,
            &format!("trust {} to be gone", state.id),
            || async { Ok(aws.ds().find_trust(&state.directory_id, &state.id).await?) },
            |found: Option<aws::Trust>| match found {
                None => Progress::Done(()),
                Some(found) => Progress::Pending(found.state),
            },
        )
        .await
    }

    fn scope(&self, client: &Aws) -> Scope {
        super::in_region(client)
    }

    fn parse_import_id(&self, id: &str) -> Result<TrustIdentity, String> {
        match id.split_once('/') {
            Some((directory, domain)) => to_identity(directory, domain),
            None => Err(IMPORT_ID.to_owned()),
        }
    }

    fn imported(&self, identity: TrustIdentity) -> Result<Trust, Failure> {
        let TrustIdentity { directory_id, remote_domain_name, .. } =
            to_identity(&identity.directory_id, &identity.remote_domain_name)
                .map_err(|problem| Failure::config("directory_id", problem))?;
        Ok(Trust { directory_id, remote_domain_name, ..Trust::default() })
    }

    fn identity(&self, aws: &Aws, trust: &Trust) -> TrustIdentity {
        TrustIdentity {
            directory_id: trust.directory_id.clone(),
            remote_domain_name: bare(&trust.remote_domain_name),
            account_id: aws.account_id.clone(),
            region: Some(aws.region.clone()),
        }
    }
}

impl Trust {
    /// The password that the configuration gives, if any.
    fn password(&self) -> Option<&Secret> {
        self.trust_password_wo.as_ref().or(self.trust_password.as_ref())
    }

    fn is_incoming(&self) -> bool {
        self.trust_direction == INCOMING
    }

    /// Takes over what only AWS knows.
    fn observe(&mut self, found: &aws::Trust) {
        let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        self.id.clone_from(&found.id);
        self.trust_state.clone_from(&found.state);
        self.trust_state_reason.clone_from(&found.state_reason);
        self.created_time = time(found.created_time);
        self.last_updated_time = time(found.last_updated_time);
        self.state_last_updated_time = time(found.state_last_updated_time);
    }
}

fn interrupted(trust: &Trust, failure: &Failure) -> Diagnostic {
    Diagnostic::warning(
        format!("Creation of trust {} was interrupted", trust.id),
        format!(
            "{} AWS goes on creating it. The state holds the trust, and the next apply waits for it and verifies it.",
            failure.problem
        ),
    )
}

const IMPORT_ID: &str = "The import id is the id of the directory and the name of the domain on the other side, \
    separated by a slash: d-1234567890/onprem.example.com.";

fn to_identity(directory: &str, domain: &str) -> Result<TrustIdentity, String> {
    let domain = bare(domain);
    if !validators::is_directory_id(directory) || !validators::is_domain_name(&domain) {
        return Err(IMPORT_ID.to_owned());
    }
    Ok(TrustIdentity {
        directory_id: directory.to_owned(),
        remote_domain_name: domain,
        ..TrustIdentity::default()
    })
}

/// A domain's name in one spelling.
fn bare(domain: &str) -> String {
    domain.strip_suffix('.').unwrap_or(domain).to_lowercase()
}

fn selective_auth(found: &aws::Trust) -> String {
    if found.selective_auth { "Enabled" } else { "Disabled" }.to_owned()
}

/// Makes the conditional forwarder what it should be, whether it is there or not.
async fn forward(aws: &Aws, trust: &Trust, addresses: &BTreeSet<String>) -> Result<(), Failure> {
    let (ds, directory, domain) = (aws.ds(), &trust.directory_id, &trust.remote_domain_name);
    let servers: Vec<String> = addresses.iter().cloned().collect();
    let found = ds.find_forwarder(directory, domain).await?;
    let result = match found {
        Some(found) if found.dns_ip_addrs.iter().cloned().collect::<BTreeSet<_>>() == *addresses => Ok(()),
        Some(_) => ds.update_forwarder(directory, domain, &servers).await,
        None => match ds.create_forwarder(directory, domain, &servers).await {
            // Made by a request whose answer was lost, or by somebody else since.
            Err(error) if error.kind == aws::Kind::AlreadyExists || error.ambiguous() => {
                match ds.update_forwarder(directory, domain, &servers).await {
                    // It was not made: a second create is harmless, since there is one forwarder of a domain at most.
                    Err(gone) if gone.not_found() => ds.create_forwarder(directory, domain, &servers).await,
                    result => result,
                }
            }
            result => result,
        },
    };
    result.map_err(|error| Failure::from(error).at("conditional_forwarder_ip_addrs"))
}

/// Asks AWS to delete the trust. Gives the refusal, with the trust as it is, where it is still there.
async fn ask_to_delete(
    aws: &Aws,
    trust: &Trust,
    with_forwarder: bool,
) -> Result<Option<(aws::Error, aws::Trust)>, Failure> {
    let ds = aws.ds();
    let mut result = ds.delete_trust(&trust.id, with_forwarder).await;
    if with_forwarder && matches!(&result, Err(error) if error.not_found()) {
        // It may be the forwarder that does not exist, or the trust, which then leaves its forwarder behind.
        result = ds.delete_trust(&trust.id, false).await;
        match ds.delete_forwarder(&trust.directory_id, &trust.remote_domain_name).await {
            Err(error) if !error.not_found() => return Err(error.into()),
            _ => {}
        }
    }
    match result {
        Ok(()) => Ok(None),
        Err(error) if error.not_found() => Ok(None),
        Err(error) if matches!(error.kind, aws::Kind::Refused | aws::Kind::Conflict) => {
            let found = ds.find_trust(&trust.directory_id, &trust.id).await?;
            Ok(found.map(|found| (error, found)))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_ids() {
        let check = |id: &str, expect: Option<(&str, &str)>| {
            let found = Trusts.parse_import_id(id);
            let found = found.as_ref().map(|id| (id.directory_id.as_str(), id.remote_domain_name.as_str()));
            assert_eq!(found.ok(), expect, "{id}");
        };
        check("d-1234567890/onprem.example.com", Some(("d-1234567890", "onprem.example.com")));
        check("d-1234567890/OnPrem.example.com.", Some(("d-1234567890", "onprem.example.com")));
        check("d-1234567890", None);
        check("t-1234567890", None);
        check("d-1234567890/onprem", None);
        check("d-1234567890/a.b/c.d", None);
        check("/onprem.example.com", None);
    }
}
