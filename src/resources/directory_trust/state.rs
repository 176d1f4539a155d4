//! The states of a trust: waiting for those that last, verifying, and what to tell when that fails.

use std::fmt::Write as _;
use std::time::Duration;

use tf_provider::framework::{Context, Diagnostic, Failure, Progress, wait_until};
use tokio::time::Instant;

use super::{INCOMING, Trust};
use crate::aws::{self, Aws, Freshness};
use crate::resources::late::{look_again, scaled};

/// How long a new trust may stay invisible.
const INVISIBLE: Duration = Duration::from_mins(1);
/// How many times the state from before VerifyTrust is taken for a lagging answer, before AWS is asked again.
const LAGGING: u32 = 3;
/// How long AWS may take to begin the verification, the one that is asked for or its own of a new trust.
const BEGINS: Duration = Duration::from_mins(1);

/// How a trust turned out.
pub(super) enum Outcome {
    /// Verified, or incoming and in place.
    Good(aws::Trust),
    /// In place, but AWS could not verify it, or refused to.
    NotVerified(aws::Trust, Option<aws::Error>),
}

/// Whether AWS is still working on a trust in this state.
pub(super) fn is_on_the_way(state: &str) -> bool {
    matches!(state, "Creating" | "Verifying" | "Updating")
}

/// How often a trust is looked at that was asked for and never seen, and may yet show.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// The trust of a state that has its id; none where it is gone.
pub(super) async fn find(aws: &Aws, trust: &Trust, context: &Context) -> aws::Result<Option<aws::Trust>> {
    let is_import = trust.trust_direction.is_empty();
    let never_seen = trust.trust_state.is_empty() && !is_import;
    let look = || aws.ds().find_trust(&trust.directory_id, &trust.id);
    let doubtful = |found: &Option<aws::Trust>| found.is_none() && never_seen;
    look_again(context, LOOKS, BETWEEN_LOOKS, look, doubtful).await
}

/// Waits until the trust is in a state that lasts.
pub(super) async fn settled(aws: &Aws, trust: &Trust, context: &Context) -> Result<aws::Trust, Failure> {
    let (mut seen, began) = (false, Instant::now());
    wait_until(
        context,
        &format!("trust {} to settle", trust.id),
        || async { Ok(aws.ds().find_trust(&trust.directory_id, &trust.id).await?) },
        |found: Option<aws::Trust>| {
            seen |= found.is_some();
            match found {
                None if !seen && began.elapsed() < INVISIBLE => Progress::pending("not visible yet"),
                found => progress(&trust.id, found),
            }
        },
    )
    .await
}

fn progress(id: &str, found: Option<aws::Trust>) -> Progress<aws::Trust> {
    let Some(found) = found else {
        return Progress::Failed(
            Failure::unexpected(format!("Trust {id} is gone: somebody deleted it."))
                .advise("The next plan finds out and creates a new one."),
        );
    };
    match found.state.as_str() {
        state if is_on_the_way(state) => Progress::Pending(found.state),
        "Created" | "Updated" | "Verified" | "VerifyFailed" => Progress::Done(found),
        state => Progress::Failed(Failure::unexpected(format!(
            "Trust {id} is in the state {state}: {}",
            reason(&found)
        ))),
    }
}

/// Waits until the trust is in a state that lasts, and asks AWS to verify it where it can be verified and is not.
pub(super) async fn verified(aws: &Aws, trust: &Trust, context: &Context) -> Result<Outcome, Failure> {
    let before = settled(aws, trust, context).await?;
    if trust.is_incoming() || before.state == "Verified" {
        return Ok(Outcome::Good(before));
    }
    let (patience, asked) = (scaled(context, BEGINS, 40), Instant::now());
    loop {
        context.go_on("verifying the trust")?;
        let refusal = match aws.ds().verify_trust(&trust.id).await {
            Ok(()) => None,
            // AWS verifies a new trust by itself too, and refuses while it does.
            Err(error) if matches!(error.kind, aws::Kind::Refused | aws::Kind::Conflict) => {
                tracing::info!(
                    trust = trust.id,
                    "AWS does not take the request to verify the trust: {error}"
                );
                Some(error)
            }
            Err(error) => return Err(error.into()),
        };
        let mut lagging = 0;
        let found = wait_until(
            context,
            &format!("trust {} to be verified", trust.id),
            || async { Ok(aws.ds().find_trust(&trust.directory_id, &trust.id).await?) },
            |found: Option<aws::Trust>| match found {
                Some(found) if is_as_before(&found, &before) && lagging < LAGGING => {
                    lagging += 1;
                    Progress::Pending(found.state)
                }
                found => progress(&trust.id, found),
            },
        )
        .await?;
        if found.state == "Verified" {
            return Ok(Outcome::Good(found));
        }
        // A trust does not stay as it was where it was verified.
        if !is_as_before(&found, &before) || asked.elapsed() >= patience {
            let refusal = refusal.filter(|_| is_as_before(&found, &before));
            return Ok(Outcome::NotVerified(found, refusal));
        }
    }
}

fn is_as_before(found: &aws::Trust, before: &aws::Trust) -> bool {
    found.state == before.state && found.state_last_updated_time == before.state_last_updated_time
}

/// A warning, or an error where the configuration requires a verified trust.
pub(super) async fn report_unverified(
    aws: &Aws,
    trust: &Trust,
    found: &aws::Trust,
    refusal: Option<&aws::Error>,
    context: &Context,
) -> Result<(), Failure> {
    let servers = match aws.ds().find_directory(&trust.directory_id, Freshness::Recent).await {
        Ok(Some(directory)) => directory.dns_ip_addresses,
        _ => Vec::new(),
    };
    let mut problem = format!(
        "Trust {} with {} is in the state {}: {}",
        found.id,
        found.remote_domain_name,
        found.state,
        reason(found)
    );
    if let Some(refusal) = refusal {
        let _ = write!(problem, " It does not take the request to verify the trust: {refusal}");
    }
    let advice = other_side(&found.direction, &found.remote_domain_name, &servers);
    if trust.require_verified {
        return Err(Failure::unexpected(problem)
            .advise(advice)
            .advise("The next apply verifies it again.")
            .at("require_verified"));
    }
    let summary = format!("Trust {} is not verified", found.id);
    context.warn(Diagnostic::warning(summary, format!("{problem}\n\n{advice}")).at("trust_state"));
    Ok(())
}

fn reason(found: &aws::Trust) -> &str {
    found.state_reason.as_deref().unwrap_or("AWS gives no reason.")
}

/// What has to be set up in the other domain (AWS Directory Service Administration Guide, *Creating a trust
/// relationship*; Aurora User Guide, step 2, for the suffix routing).
fn other_side(direction: &str, domain: &str, servers: &[String]) -> String {
    let opposite = match direction {
        "One-Way: Outgoing" => "a one-way incoming",
        INCOMING => "a one-way outgoing",
        _ => "a two-way",
    };
    let servers =
        if servers.is_empty() { "the directory's DNS servers".to_owned() } else { servers.join(" and ") };
    format!(
        "AWS can verify it once the other side is set up. In {domain}: create {opposite} trust with the same password and \
         type; forward DNS queries for the directory's domain to {servers}; enable name suffix routing for the directory's \
         domain on the trust; and let the domain controllers of both sides reach each other (TCP and UDP 53, 88, 389, 464; \
         TCP 135, 445, 636, 3268, 3269, 49152-65535; UDP 123). In AWS: conditional_forwarder_ip_addrs must be DNS servers \
         that know {domain}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_end_the_wait_or_not() {
        let check = |state: &str, expect: &str| {
            let found = aws::Trust {
                state: state.to_owned(),
                state_reason: Some("Wrong password.".to_owned()),
                ..aws::Trust::default()
            };
            let shown = match progress("t-1", Some(found)) {
                Progress::Pending(state) => format!("pending {state}"),
                Progress::Done(found) => format!("done {}", found.state),
                Progress::Failed(failure) => failure.problem,
            };
            assert_eq!(shown, expect);
        };
        check("Creating", "pending Creating");
        check("Verifying", "pending Verifying");
        check("Created", "done Created");
        check("VerifyFailed", "done VerifyFailed");
        check("Failed", "Trust t-1 is in the state Failed: Wrong password.");
        check("UpdateFailed", "Trust t-1 is in the state UpdateFailed: Wrong password.");
        check("Deleting", "Trust t-1 is in the state Deleting: Wrong password.");
        assert!(matches!(progress("t-1", None), Progress::Failed(_)));
    }

    #[test]
    fn the_other_side_is_told_what_to_do() {
        let check = |direction: &str, expect: &str| {
            let advice = other_side(
                direction,
                "onprem.example.com",
                &["10.0.0.10".to_owned(), "10.0.1.10".to_owned()],
            );
            assert!(advice.contains(expect), "{advice}");
            assert!(advice.contains("10.0.0.10 and 10.0.1.10"), "{advice}");
        };
        check("One-Way: Outgoing", "create a one-way incoming trust");
        check("Two-Way", "create a two-way trust");
    }
}
