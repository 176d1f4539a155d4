//! What would fail at apply time, found at plan time.
//!
//! What can be looked at and is wrong is an error; what may not be looked at is a warning. A cluster or role that does
//! not exist is a warning at plan time, since the same apply may create it under a name that is known already, and an
//! error at apply time, before the first change.

use tf_provider::framework::Diagnostics;

use super::judge::{self, When};
use crate::aws::{self, Aws, Error, Freshness, Kind};
use crate::resources::directory_access_role::{PlannedRoles, grant};

/// What to check; what is not known yet is left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    pub(super) cluster: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) role: Option<String>,
    /// Whether the association is new, so that the cluster must not be in another domain.
    pub(super) is_new: bool,
}

/// Looks at everything.
pub(super) async fn check(aws: &Aws, subject: &Subject, planned: &PlannedRoles, when: When) -> Diagnostics {
    let mut found = Diagnostics::new();
    if let Some(cluster) = &subject.cluster {
        found.extend(check_cluster(aws, cluster, subject, when).await);
    }
    if let Some(directory) = &subject.directory {
        found.extend(check_directory(aws, directory, when).await);
    }
    if let Some(role) = &subject.role {
        let about_to_change = when == When::Plan && planned.contains(role);
        if !about_to_change {
            found.extend(check_role(aws, role, subject.directory.as_deref(), when).await);
        }
    }
    found
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

async fn check_cluster(aws: &Aws, identifier: &str, subject: &Subject, when: When) -> Diagnostics {
    const PATH: &str = "cluster_identifier";
    let what = format!("whether cluster {identifier} can join a domain");
    let cluster = match aws.rds().find_cluster(identifier, freshness(when)).await {
        Ok(Some(cluster)) => cluster,
        Ok(None) => return judge::missing_cluster(identifier, when),
        Err(error) => return could_not_look(PATH, &what, &error),
    };
    let instances = match aws.rds().list_instances(identifier, freshness(when)).await {
        Ok(instances) => instances,
        Err(error) => return could_not_look(PATH, &what, &error),
    };
    let mut found = judge::cluster(&cluster, &instances);
    if subject.is_new {
        found.extend(judge::other_domain(&cluster, &instances, subject.directory.as_deref()));
    }
    if !found.has_error() && when == When::Plan {
        let mut classes: Vec<&str> = instances.iter().map(|instance| instance.class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            match aws.rds().kerberos_support(&cluster.engine, &cluster.engine_version, class).await {
                Ok(support) => found.extend(judge::second_voice(&cluster, class, support)),
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
    match aws.ds().find_directory(id, freshness(when)).await {
        Ok(directory) => judge::directory(id, directory.as_ref(), when),
        Err(error) => could_not_look("directory_id", &format!("whether directory {id} is Active"), &error),
    }
}

/// Checks the role alone, which an apply does again while IAM makes up its mind.
pub(super) async fn check_role(aws: &Aws, name: &str, directory: Option<&str>, when: When) -> Diagnostics {
    const PATH: &str = "iam_role_name";
    let what = format!("whether Aurora can use the role {name}");
    let role = match aws.iam().find_role(name, freshness(when)).await {
        Ok(Some(role)) => role,
        Ok(None) => return judge::missing_role(name, when),
        Err(error) => return could_not_look(PATH, &what, &error),
    };
    let mut found = judge::trust(&role);
    match missing_actions(aws, name, directory, when).await {
        Ok(missing) => found.extend(judge::permissions(name, &missing)),
        Err(error) => found.extend(could_not_look(PATH, &format!("what the role {name} allows"), &error)),
    }
    found
}

async fn missing_actions(
    aws: &Aws,
    role: &str,
    directory: Option<&str>,
    when: When,
) -> aws::Result<Vec<&'static str>> {
    let iam = aws.iam();
    let attached = iam.find_attached_policies(role, freshness(when)).await?.unwrap_or_default();
    let inline = iam.find_inline_policies(role, freshness(when)).await?.unwrap_or_default();
    let aws_managed = grant::managed_policy(&aws.partition);
    let mut documents: Vec<String> = inline.into_values().collect();
    for policy in &attached {
        if policy.arn == aws_managed {
            // What AWS's own policy says needs no look.
            documents.push(grant::inline_policy());
        } else {
            documents.extend(iam.find_managed_policy(&policy.arn, freshness(when)).await?);
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
