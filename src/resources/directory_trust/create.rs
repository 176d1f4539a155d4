//! Creating a trust, exactly once.
//!
//! CreateTrust has no idempotency token, but a directory has at most one trust with each domain: after a lost answer,
//! the trust that was not there before is the one.

use std::time::Duration;

use tf_provider::framework::{Apply, Diagnostic, Failure};

use super::state::{self, Outcome};
use super::{Trust, forward};
use crate::adoption::adopt;
use crate::aws::{self, Aws, CreateTrust};
use crate::resources::late::pause;

/// How often the request is sent where AWS keeps losing it without effect.
const REQUESTS: u32 = 5;
/// How often the trusts are looked at after each lost answer, since a new one may take a while to show.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// Asks for the trust and gives its id.
pub(super) async fn request(aws: &Aws, trust: &Trust, apply: &Apply<Trust>) -> Result<String, Failure> {
    let password = trust.password().ok_or_else(|| {
        Failure::config("trust_password_wo", "A new trust needs a password, and the value is null.")
    })?;
    let input = CreateTrust {
        directory_id: trust.directory_id.clone(),
        remote_domain_name: trust.remote_domain_name.clone(),
        password: aws::Secret::new(password.expose()),
        direction: trust.trust_direction.clone(),
        trust_type: trust.trust_type.clone(),
        selective_auth: trust.selective_auth.as_deref() == Some("Enabled"),
        conditional_forwarder_ip_addrs: trust
            .conditional_forwarder_ip_addrs
            .iter()
            .flatten()
            .cloned()
            .collect(),
    };
    let ds = aws.ds();
    if let Some(found) = ds.find_trust_by_domain(&trust.directory_id, &trust.remote_domain_name).await? {
        return Err(Failure::config(
            "remote_domain_name",
            format!(
                "Directory {} has a trust with {} already: {}.",
                trust.directory_id, trust.remote_domain_name, found.id
            ),
        )
        .advise(one_at_most(trust)));
    }
    let mut requests = 1;
    loop {
        apply.go_on("creating the trust")?;
        let lost = match ds.create_trust(&input).await {
            Ok(id) => return Ok(id),
            Err(error) if error.ambiguous() => error,
            // Somebody else was faster, a moment ago.
            Err(error) if error.kind == aws::Kind::AlreadyExists => {
                return Err(Failure::from(error).at("remote_domain_name").advise(one_at_most(trust)));
            }
            Err(error) => return Err(error.into()),
        };
        tracing::warn!(directory = trust.directory_id, "the answer to CreateTrust was lost: {lost}");
        if let Some(id) = look(aws, &input, &lost, apply).await? {
            apply.warn(adopted(&id, &input, &lost));
            return Ok(id);
        }
        if requests == REQUESTS {
            return Err(lost.into());
        }
        requests += 1;
    }
}

fn one_at_most(trust: &Trust) -> String {
    let id = format!("{}/{}", trust.directory_id, trust.remote_domain_name);
    format!(
        "A directory has at most one trust with each domain. {}Otherwise delete it, and apply again.",
        adopt("aurorakerberos_directory_trust", &id)
    )
}

/// Looks for the trust that a lost request made, for as long as one may take to show.
async fn look(
    aws: &Aws,
    input: &CreateTrust,
    lost: &aws::Error,
    apply: &Apply<Trust>,
) -> Result<Option<String>, Failure> {
    for look in 1..=LOOKS {
        let found = aws.ds().find_trust_by_domain(&input.directory_id, &input.remote_domain_name).await;
        let found = found.map_err(|error| {
            Failure::from(error).advise(format!(
                "The answer to CreateTrust was lost before ({lost}), so a trust with {} may exist that this state does not \
                 know. If there is one, the next apply names it, and says how to adopt it.",
                input.remote_domain_name
            ))
        })?;
        match found {
            Some(found) if found.direction == input.direction && found.trust_type == input.trust_type => {
                return Ok(Some(found.id));
            }
            Some(found) => {
                return Err(Failure::unexpected(format!(
                    "The answer to CreateTrust was lost ({lost}), and the trust with {} that appeared meanwhile, {}, is another \
                     one: {}, {}.",
                    input.remote_domain_name, found.id, found.direction, found.trust_type
                ))
                .advise("Look whose it is. The next apply says how to adopt it."));
            }
            None if look == LOOKS => {}
            // Even when Terraform asks to stop: giving up here could leave a trust behind.
            None => pause(apply, BETWEEN_LOOKS).await,
        }
    }
    Ok(None)
}

fn adopted(id: &str, input: &CreateTrust, lost: &aws::Error) -> Diagnostic {
    Diagnostic::warning(
        format!("Adopted trust {id} after a lost answer"),
        format!(
            "The answer to the request that creates the trust was lost ({lost}). {id} is the trust of directory {} with {} \
             that was not there before, so it is the one.",
            input.directory_id, input.remote_domain_name
        ),
    )
}

/// Waits for the new trust, verifies it, and sees that the forwarder is what it should be.
pub(super) async fn finish(aws: &Aws, trust: &mut Trust, apply: &Apply<Trust>) -> Result<(), Failure> {
    let ds = aws.ds();
    let planned = trust.conditional_forwarder_ip_addrs.clone();
    let outcome = state::verified(aws, trust, apply).await?;
    let found = match &outcome {
        Outcome::Good(found) | Outcome::NotVerified(found, _) => found,
    };
    trust.observe(found);
    // CreateTrust leaves a forwarder alone that was there before.
    if let Some(addresses) = &planned {
        forward(aws, trust, addresses).await?;
    } else {
        let forwarder = ds.find_forwarder(&trust.directory_id, &trust.remote_domain_name).await?;
        trust.conditional_forwarder_ip_addrs =
            forwarder.map(|forwarder| forwarder.dns_ip_addrs.into_iter().collect());
    }
    apply.save(trust);
    match outcome {
        Outcome::NotVerified(found, refusal) => {
            state::report_unverified(aws, trust, &found, refusal.as_ref(), apply).await
        }
        Outcome::Good(_) => Ok(()),
    }
}
