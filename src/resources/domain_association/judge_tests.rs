use std::fmt::Write as _;

use super::*;
use tf_provider::framework::Severity;

/// `E` or `W` and the summary of each message.
fn said(found: &Diagnostics) -> String {
    found.iter().fold(String::new(), |mut all, one| {
        let mark = if one.severity == Severity::Error { 'E' } else { 'W' };
        let _ = write!(all, "{}{mark} {}", if all.is_empty() { "" } else { "; " }, one.summary);
        all
    })
}

fn a_cluster() -> Cluster {
    Cluster {
        identifier: "c".into(),
        engine: "aurora-postgresql".into(),
        engine_version: "16.6".into(),
        engine_mode: Some("provisioned".into()),
        subnet_group: Some("default".into()),
        ..Cluster::default()
    }
}

fn an_instance(status: &str, domain: &str) -> Instance {
    let membership =
        DomainMembership { domain: domain.into(), status: status.into(), ..DomainMembership::default() };
    Instance {
        identifier: "i".into(),
        vpc_id: Some("vpc-1".into()),
        memberships: Some(membership).filter(|_| !status.is_empty()).into_iter().collect(),
        ..Instance::default()
    }
}

#[test]
fn clusters() {
    fn check(change: impl FnOnce(&mut Cluster, &mut Vec<Instance>), expect: &str) {
        let (mut found, mut instances) = (a_cluster(), vec![an_instance("", "")]);
        change(&mut found, &mut instances);
        assert_eq!(said(&cluster(&found, &instances)), expect);
    }
    check(|_, _| {}, "");
    check(|_, instances| instances.clear(), "");
    check(|cluster, _| cluster.engine = "postgres".into(), "E Cluster c is not an Aurora cluster");
    check(
        |cluster, _| cluster.engine_version = "9.6.1".into(),
        "E Cluster c runs a version without Kerberos",
    );
    check(
        |cluster, _| cluster.engine_version = "next".into(),
        "W Not checked: whether the version of cluster c knows Kerberos",
    );
    check(
        |cluster, _| cluster.engine_mode = Some("serverless".into()),
        "E Cluster c is Aurora Serverless v1",
    );
    check(|_, instances| instances[0].vpc_id = None, "E Cluster c is not in a VPC");
    check(
        |cluster, instances| {
            cluster.subnet_group = None;
            instances.clear();
        },
        "E Cluster c is not in a VPC",
    );
}

#[test]
fn domains() {
    fn check(directory: Option<&str>, statuses: &[(&str, &str)], expect: &str) {
        let instances: Vec<Instance> =
            statuses.iter().map(|(status, domain)| an_instance(status, domain)).collect();
        assert_eq!(said(&other_domain(&a_cluster(), &instances, directory)), expect, "{statuses:?}");
    }
    let ours = Some("d-1");
    check(ours, &[("", "")], "");
    check(ours, &[("kerberos-enabled", "d-1")], "W Cluster c is joined already");
    check(ours, &[("kerberos-enabled", "d-1"), ("pending-enable-kerberos", "d-1")], "");
    check(ours, &[("kerberos-enabled", "d-2")], "E Cluster c is in another domain");
    check(ours, &[("enable-kerberos-failed", "d-2")], "W Cluster c is moved from another domain");
    // The directory is not created yet, so any domain is another one.
    check(None, &[("kerberos-enabled", "d-2")], "E Cluster c is in another domain");
}

#[test]
fn directories() {
    fn check(when: When, kind: &str, stage: &str, share: Option<&str>, expect: &str) {
        let found = Directory {
            directory_type: kind.into(),
            stage: stage.into(),
            share_status: share.map(str::to_owned),
            ..Directory::default()
        };
        assert_eq!(said(&directory("d-1", Some(&found), when)), expect, "{kind} {stage} {share:?}");
    }
    check(When::Plan, "MicrosoftAD", "Active", None, "");
    check(When::Plan, "MicrosoftAD", "Creating", None, "W Directory d-1 is not Active yet");
    check(When::Apply, "MicrosoftAD", "Creating", None, "E Directory d-1 is not Active");
    check(When::Plan, "MicrosoftAD", "Impaired", None, "W Directory d-1 is not Active");
    check(When::Plan, "MicrosoftAD", "Failed", None, "E Directory d-1 is not Active");
    check(When::Plan, "SimpleAD", "Active", None, "E Directory d-1 is no AWS Managed Microsoft AD");
    check(When::Plan, "SharedMicrosoftAD", "Active", Some("Shared"), "");
    check(
        When::Plan,
        "SharedMicrosoftAD",
        "Active",
        Some("PendingAcceptance"),
        "E Directory d-1 is not shared yet",
    );
    assert_eq!(said(&directory("d-1", None, When::Plan)), "E Directory d-1 does not exist");
}

#[test]
fn roles_and_clusters_that_are_not_there() {
    assert_eq!(said(&missing_role("r", When::Plan)), "W Role r does not exist yet");
    assert_eq!(said(&missing_role("r", When::Apply)), "E Role r does not exist");
    assert_eq!(said(&missing_cluster("c", When::Plan)), "W Cluster c does not exist yet");
    assert_eq!(said(&missing_cluster("c", When::Apply)), "E Cluster c does not exist");
}

#[test]
fn roles() {
    let with = |policy: String| Role { name: "r".into(), assume_role_policy: policy, ..Role::default() };
    assert_eq!(said(&trust(&with(grant::trust_policy()))), "");
    let rds_only = grant::trust_policy().replace("directoryservice.rds", "s3");
    let found = trust(&with(rds_only));
    assert_eq!(said(&found), "E Role r cannot be assumed by Aurora");
    assert!(
        found.iter().all(|one| one.detail.contains("it does not let directoryservice.rds.amazonaws.com"))
    );
    assert_eq!(said(&permissions("r", &[])), "");
    assert_eq!(said(&permissions("r", &["ds:X"])), "E Role r does not allow what Aurora needs");
}

#[test]
fn the_second_voice_only_warns() {
    let voice = |support| said(&second_voice(&a_cluster(), "db.r6g.large", support));
    assert_eq!(voice(KerberosSupport::Supported), "");
    assert_eq!(voice(KerberosSupport::Unknown), "");
    assert_eq!(voice(KerberosSupport::Unsupported), "W AWS may not support Kerberos on db.r6g.large");
}
