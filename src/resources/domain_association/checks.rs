//! What would fail at apply time, found at plan time.
//!
//! What can be looked at and is wrong is an error; what may not be looked at is a warning. A cluster or role that does
//! not exist is a warning at plan time, since the same apply may create it under a name that is known already, and an
//! error at apply time, before the first change.

use tf_provider::framework::Diagnostics;

use super::facts::Facts;
use super::judge::{self, When};
use crate::aws::{self, Aws, Cluster, Error, Freshness, Instance, Kind};
use crate::resources::directory_access_role::{PlannedRoles, grant};

const CLUSTER: &str = "cluster_identifier";

/// What to check; what is not known yet is left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    pub(super) cluster: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) role: Option<String>,
    /// Whether the association is new, so that the cluster must not be in another domain.
    pub(super) is_new: bool,
}

/// Looks at everything. Gives the cluster too, as it was found.
pub(super) async fn check(
    aws: &Aws,
    subject: &Subject,
    planned: &PlannedRoles,
    when: When,
) -> (Diagnostics, Option<Facts>) {
    let of_cluster = async {
        let cluster = subject.cluster.as_deref()?;
        Some(match look_at(aws, cluster, when).await {
            Ok((cluster, instances)) => {
                let found = check_cluster(aws, &cluster, &instances, subject, when).await;
                (found, Some(Facts::of(cluster, instances)))
            }
            Err(said) => (said, None),
        })
    };
    let of_directory = async { Some(check_directory(aws, subject.directory.as_deref()?, when).await) };
    let of_role = async {
        let about_to_change = |role: &&str| when == When::Plan && planned.contains(role);
        let role = subject.role.as_deref().filter(|role| !about_to_change(role))?;
        let look = Look { when, freshness: Freshness::Recent };
        Some(check_role(aws, role, subject.directory.as_deref(), look).await)
    };
    let (of_cluster, of_directory, of_role) = tokio::join!(of_cluster, of_directory, of_role);
    let (mut found, facts) = of_cluster.unwrap_or_default();
    for more in [of_directory, of_role].into_iter().flatten() {
        found.extend(more);
    }
    (found, facts)
}

fn freshness(when: When) -> Freshness {
    match when {
        When::Plan => Freshness::Recent,
        When::Apply => Freshness::Now,
    }
}

/// A look that did not succeed keeps nobody from applying.
fn could_not_look(path: &str, what: &str, error: &Error) -> Diagnostics {
    let mut found = Diagnostics::new();
    let why = if error.kind == Kind::AccessDenied {
        "the permission to look is missing"
    } else {
        "the look failed"
    };
    let hint = error.hint().map(|hint| format!("\n\n{hint}")).unwrap_or_default();
    found.warn_at(
        path,
        format!("Not checked: {what}"),
        format!("It was not checked because {why}: {error}{hint}"),
    );
    found
}

/// The cluster and its instances, or what is to be said where they cannot be had.
async fn look_at(aws: &Aws, identifier: &str, when: When) -> Result<(Cluster, Vec<Instance>), Diagnostics> {
    let could_not = |error: &Error| {
        could_not_look(CLUSTER, &format!("whether cluster {identifier} can join a domain"), error)
    };
    let (cluster, instances) = tokio::join!(
        aws.rds().find_cluster(identifier, freshness(when)),
        aws.rds().list_instances(identifier, freshness(when)),
    );
    let cluster = cluster.map_err(|error| could_not(&error))?;
    let cluster = cluster.ok_or_else(|| judge::missing_cluster(identifier, when))?;
    Ok((cluster, instances.map_err(|error| could_not(&error))?))
}

async fn check_cluster(
    aws: &Aws,
    cluster: &Cluster,
    instances: &[Instance],
    subject: &Subject,
    when: When,
) -> Diagnostics {
    let mut found = judge::cluster(cluster, instances);
    if subject.is_new {
        found.extend(judge::other_domain(cluster, instances, subject.directory.as_deref()));
    }
    if !found.has_error() && when == When::Plan {
        let mut classes: Vec<&str> = instances.iter().map(|instance| instance.class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            match aws.rds().kerberos_support(&cluster.engine, &cluster.engine_version, class).await {
                Ok(support) => found.extend(judge::second_voice(cluster, class, support)),
                // Only a second voice: the table has spoken.
                Err(error) => {
                    tracing::debug!(%error, class, "DescribeOrderableDBInstanceOptions was not answered");
                }
            }
        }
    }
    found
}

async fn check_directory(aws: &Aws, id: &str, when: When) -> Diagnostics {
    let judge = |freshness| async move {
        match aws.ds().find_directory(id, freshness).await {
            Ok(directory) => judge::directory(id, directory.as_ref(), when),
            Err(error) => {
                could_not_look("directory_id", &format!("whether directory {id} is Active"), &error)
            }
        }
    };
    let found = judge(Freshness::Recent).await;
    if when == When::Apply && found.has_error() { judge(Freshness::Now).await } else { found }
}

/// When a look is taken, and how old its answer may be. What many associations have in common, the role and the
/// directory, is asked for once in a while where it is right, and anew where it is not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) when: When,
    pub(super) freshness: Freshness,
}

/// Checks the role alone, which an apply does again while IAM makes up its mind.
pub(super) async fn check_role(aws: &Aws, name: &str, directory: Option<&str>, look: Look) -> Diagnostics {
    const PATH: &str = "iam_role_name";
    let what = format!("whether Aurora can use the role {name}");
    let role = match aws.iam().find_role(name, look.freshness).await {
        Ok(Some(role)) => role,
        Ok(None) => return judge::missing_role(name, look.when),
        Err(error) => return could_not_look(PATH, &what, &error),
    };
    let mut found = judge::trust(&role);
    match missing_actions(aws, name, directory, look.freshness).await {
        Ok(missing) => found.extend(judge::permissions(name, &missing)),
        Err(error) => found.extend(could_not_look(PATH, &format!("what the role {name} allows"), &error)),
    }
    found
}

async fn missing_actions(
    aws: &Aws,
    role: &str,
    directory: Option<&str>,
    freshness: Freshness,
) -> aws::Result<Vec<&'static str>> {
    let iam = aws.iam();
    let attached = iam.find_attached_policies(role, freshness).await?.unwrap_or_default();
    let inline = iam.find_inline_policies(role, freshness).await?.unwrap_or_default();
    let aws_managed = grant::managed_policy(&aws.partition);
    let mut documents: Vec<String> = inline.into_values().collect();
    for policy in &attached {
        if policy.arn == aws_managed {
            // What AWS's own policy says needs no look.
            documents.push(grant::inline_policy());
        } else {
            documents.extend(iam.find_managed_policy(&policy.arn, freshness).await?);
        }
    }
    let arn = format!(
        "arn:{}:ds:{}:{}:directory/{}",
        aws.partition,
        aws.region,
        aws.account_id.as_deref().unwrap_or("000000000000"),
        directory.unwrap_or("d-0000000000")
    );
    Ok(grant::missing_actions(documents.iter().map(String::as_str), &arn))
}
