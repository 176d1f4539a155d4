//! Clusters that join a domain, and leave it.

use aws_simulator::{ClusterSeed, MYSQL_CLUSTER, POSTGRESQL_CLUSTER, ShownOn, Simulator};
use serde_json::json;

use super::client::{Client, POLICY, ROLE, instant, second, stepwise, trust_policy};

/// A directory and a role: the client and the directory's id.
fn prepare(simulator: &Simulator) -> (Client, String) {
    let client = Client::new(simulator);
    let directory = client.directory("corp.example.com");
    (0..3).for_each(|_| second(simulator));
    client.role();
    (client, directory)
}

fn status(client: &Client, operation: &str, parameter: &str, id: &str) -> String {
    let element = if operation == "DescribeDBClusters" { "Status" } else { "DBInstanceStatus" };
    client.query("rds", operation, &[(parameter, id)]).ok().text(element)
}

#[test]
fn a_cluster_joins_by_reboots() {
    let simulator = stepwise();
    let (client, directory) = prepare(&simulator);
    client.join(POSTGRESQL_CLUSTER, &directory).ok();
    assert_eq!(status(&client, "DescribeDBClusters", "DBClusterIdentifier", POSTGRESQL_CLUSTER), "modifying");
    let busy = client.reboot("aurora-demo-2");
    let message = "Instance cannot currently reboot due to an in-progress management operation".to_owned();
    assert_eq!(busy.error(), (400, "InvalidDBInstanceState".to_owned(), message));
    second(&simulator);
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["pending-enable-kerberos"; 3]);

    client.reboot("aurora-demo-2").ok();
    assert_eq!(status(&client, "DescribeDBInstances", "DBInstanceIdentifier", "aurora-demo-2"), "rebooting");
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER)[1], "pending-enable-kerberos");
    second(&simulator);
    assert_eq!(status(&client, "DescribeDBInstances", "DBInstanceIdentifier", "aurora-demo-2"), "available");
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER)[1], "enabling-kerberos");
    second(&simulator);
    let expect = ["pending-enable-kerberos", "kerberos-enabled", "pending-enable-kerberos"];
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), expect);

    let most_rebooting = || simulator.here(|here| here.clusters[POSTGRESQL_CLUSTER].most_rebooting);
    assert_eq!(most_rebooting(), 1);
    client.reboot_all(&["aurora-demo-1", "aurora-demo-3"]);
    assert_eq!(most_rebooting(), 2);
}

#[test]
fn a_failing_member_says_so_in_events_and_may_try_again() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    simulator.with(|state| state.orders.join_fails.add("aurora-demo-2", "Port 88 is closed.", 1));
    client.join(POSTGRESQL_CLUSTER, &directory).ok();
    client.reboot_all(&["aurora-demo-2", "aurora-demo-3", "aurora-demo-1"]);
    let expect = ["kerberos-enabled", "enable-kerberos-failed", "kerberos-enabled"];
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), expect);
    let source = [("SourceType", "db-instance"), ("SourceIdentifier", "aurora-demo-2")];
    let events = client.query("rds", "DescribeEvents", &source).ok().texts("Message");
    assert_eq!(events.last().unwrap(), "Failed to join a host to a domain. Port 88 is closed.");

    client.join(POSTGRESQL_CLUSTER, &directory).ok();
    let expect = ["kerberos-enabled", "pending-enable-kerberos", "kerberos-enabled"];
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), expect);
    client.reboot("aurora-demo-2").ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["kerberos-enabled"; 3]);
}

#[test]
fn a_failed_member_may_join_without_a_reboot_if_aws_is_like_that() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    simulator.with(|state| {
        state.options.retry_needs_reboot = false;
        state.orders.join_fails.add("*", "no", 1);
    });
    client.join(MYSQL_CLUSTER, &directory).ok();
    simulator.with(|state| state.options.mysql_shown_on = ShownOn::Both);
    client.reboot("aurora-mysql-demo-1").ok();
    assert_eq!(client.memberships(MYSQL_CLUSTER), ["enable-kerberos-failed", "pending-enable-kerberos"]);
    client.join(MYSQL_CLUSTER, &directory).ok();
    assert_eq!(client.memberships(MYSQL_CLUSTER), ["kerberos-enabled", "pending-enable-kerberos"]);
}

#[test]
fn postgresql_shows_on_instances_and_mysql_on_the_cluster() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    for cluster in [POSTGRESQL_CLUSTER, MYSQL_CLUSTER] {
        client.join(cluster, &directory).ok();
    }
    let on_cluster = |id: &str| {
        client.query("rds", "DescribeDBClusters", &[("DBClusterIdentifier", id)]).ok().texts("FQDN")
    };
    assert_eq!(on_cluster(POSTGRESQL_CLUSTER), [""; 0]);
    assert_eq!(on_cluster(MYSQL_CLUSTER), ["corp.example.com"]);
    assert_eq!(client.memberships(MYSQL_CLUSTER), ["-"; 2]);
    simulator.with(|state| state.options.postgresql_shown_on = ShownOn::Both);
    assert_eq!(on_cluster(POSTGRESQL_CLUSTER), ["corp.example.com"]);
}

/// The error of a join after `change`.
fn check(change: impl FnOnce(&Simulator, &Client), expect: (u16, &str, &str)) {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    change(&simulator, &client);
    let (status, code, message) = client.join(POSTGRESQL_CLUSTER, &directory).error();
    assert_eq!((status, code.as_str()), (expect.0, expect.1), "{message}");
    assert!(message.contains(expect.2), "{message}");
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["-"; 3]);
}

const NOT_VALID: &str =
    "IAM role provided is not valid, please check that the role exists and has the correct policies";

#[test]
fn a_role_that_is_not_good_enough_is_refused() {
    let set_trust = |services: &'static [&'static str]| {
        move |_: &Simulator, client: &Client| {
            let document = trust_policy(services);
            client
                .query("iam", "UpdateAssumeRolePolicy", &[("RoleName", ROLE), ("PolicyDocument", &document)])
                .ok();
        }
    };
    check(set_trust(&["rds.amazonaws.com"]), (400, "InvalidParameterCombination", NOT_VALID));
    check(
        set_trust(&["directoryservice.rds.amazonaws.com"]),
        (400, "InvalidParameterCombination", NOT_VALID),
    );
    let detach = |_: &Simulator, client: &Client| {
        client.query("iam", "DetachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", POLICY)]).ok();
    };
    let text = "IAM role ARN value is invalid or does not include the required permissions";
    check(detach, (400, "InvalidParameterValue", text));
    let delete = |simulator: &Simulator, _: &Client| {
        simulator.with(|state| state.iam(aws_simulator::DEFAULT_ACCOUNT).roles.clear());
    };
    check(delete, (400, "InvalidParameterCombination", NOT_VALID));
}

#[test]
fn a_directory_that_is_not_there_or_not_active_is_refused() {
    let vanish = |simulator: &Simulator, _: &Client| simulator.here(|here| here.directories.clear());
    check(vanish, (404, "DomainNotFoundFault", "was not found"));
    let fall_ill = |simulator: &Simulator, _: &Client| {
        simulator.here(|here| here.directories.values_mut().for_each(|d| d.set_stage("Inoperable", None, 0)));
    };
    check(fall_ill, (404, "DomainNotFoundFault", "its stage is Inoperable"));
}

#[test]
fn a_cluster_in_another_state_is_refused() {
    let busy = |simulator: &Simulator, _: &Client| {
        simulator.with(|state| state.orders.cluster_busy.add(POSTGRESQL_CLUSTER, "backing up", 1));
    };
    check(busy, (400, "InvalidDBClusterStateFault", "backing up"));
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    assert_eq!(client.join("nobody", &directory).error().1, "DBClusterNotFoundFault");
}

#[test]
fn rds_may_see_a_new_role_late() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    simulator.with(|state| state.options.iam_hidden_reads = 2);
    client.query("iam", "AttachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", POLICY)]).ok();
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(client.join(POSTGRESQL_CLUSTER, &directory).code());
    }
    assert_eq!(codes, ["InvalidParameterCombination", "InvalidParameterCombination", ""]);
}

#[test]
fn a_directory_in_use_stays_until_the_cluster_has_left() {
    let simulator = stepwise();
    let (client, directory) = prepare(&simulator);
    client.join(MYSQL_CLUSTER, &directory).ok();
    second(&simulator);
    client.reboot_all(&["aurora-mysql-demo-2", "aurora-mysql-demo-1"]);
    (0..2).for_each(|_| second(&simulator));
    let delete = || client.ds("DeleteDirectory", &json!({ "DirectoryId": directory }));
    let message = "Cannot delete the directory because it still has authorized applications.".to_owned();
    assert_eq!(delete().error(), (400, "ClientException".to_owned(), message));

    let params = [("DBClusterIdentifier", MYSQL_CLUSTER), ("Domain", "none"), ("ApplyImmediately", "true")];
    client.query("rds", "ModifyDBCluster", &params).ok();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer =
            client.query("rds", "DescribeDBClusters", &[("DBClusterIdentifier", MYSQL_CLUSTER)]).ok();
        seen.push(answer.texts("Status").last().unwrap().clone());
        second(&simulator);
    }
    // Without a membership, the last status is that of the security group.
    assert_eq!(seen, ["pending-disable-kerberos", "disabling-kerberos", "active"]);
    delete().ok();
}

#[test]
fn leaving_may_take_reboots() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    simulator.with(|state| state.options.leave_needs_reboot = true);
    client.join(POSTGRESQL_CLUSTER, &directory).ok();
    let all = ["aurora-demo-2", "aurora-demo-3", "aurora-demo-1"];
    client.reboot_all(&all);
    let params =
        [("DBClusterIdentifier", POSTGRESQL_CLUSTER), ("Domain", "none"), ("ApplyImmediately", "true")];
    client.query("rds", "ModifyDBCluster", &params).ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["pending-disable-kerberos"; 3]);
    client.reboot_all(&all);
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["-"; 3]);
    let associations = simulator.leftovers().into_iter().filter(|line| line.starts_with("association"));
    assert_eq!(associations.count(), 0);
}

#[test]
fn what_is_not_applied_immediately_waits_for_the_window() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    let params = [
        ("DBClusterIdentifier", POSTGRESQL_CLUSTER),
        ("Domain", directory.as_str()),
        ("DomainIAMRoleName", ROLE),
    ];
    client.query("rds", "ModifyDBCluster", &params).ok();
    client.reboot("aurora-demo-1").ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["pending-maintenance-enable-kerberos"; 3]);
    simulator.with(aws_simulator::State::open_maintenance_window);
    client.reboot("aurora-demo-1").ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER)[0], "kerberos-enabled");

    client
        .query("rds", "ModifyDBCluster", &[("DBClusterIdentifier", POSTGRESQL_CLUSTER), ("Domain", "none")])
        .ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["pending-maintenance-disable-kerberos", "-", "-"]);
    simulator.with(aws_simulator::State::open_maintenance_window);
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["-"; 3]);
}

#[test]
fn a_later_instance_joins_with_the_next_modification() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    simulator.seed_cluster(&ClusterSeed::new("grows", "aurora-postgresql", "16.6", 1));
    client.join("grows", &directory).ok();
    client.reboot("grows-1").ok();
    let add = |id: &str| {
        let params = [
            ("DBInstanceIdentifier", id),
            ("DBClusterIdentifier", "grows"),
            ("Engine", "aurora-postgresql"),
            ("DBInstanceClass", "db.serverless"),
        ];
        client.query("rds", "CreateDBInstance", &params).ok();
    };
    add("grows-2");
    assert_eq!(client.memberships("grows"), ["kerberos-enabled", "-"]);
    client.join("grows", &directory).ok();
    assert_eq!(client.memberships("grows"), ["kerberos-enabled", "pending-enable-kerberos"]);
    simulator.with(|state| state.options.new_members_join = true);
    add("grows-3");
    assert_eq!(client.memberships("grows")[2], "kerberos-enabled");
}

#[test]
fn a_cluster_without_members_joins_and_leaves() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    simulator.seed_cluster(&ClusterSeed::new("empty", "aurora-mysql", "8.0.mysql_aurora.3.08.0", 0));
    client.join("empty", &directory).ok();
    let inside = |id: &str| {
        client
            .query("rds", "DescribeDBClusters", &[("DBClusterIdentifier", id)])
            .ok()
            .text("DomainMemberships")
    };
    assert!(inside("empty").contains("<Status>kerberos-enabled</Status>"));
    let params = [("DBClusterIdentifier", "empty"), ("Domain", "none"), ("ApplyImmediately", "true")];
    client.query("rds", "ModifyDBCluster", &params).ok();
    assert_eq!(inside("empty"), "");
}

#[test]
fn another_directory_takes_over_and_an_empty_one_changes_nothing() {
    let simulator = instant();
    let (client, directory) = prepare(&simulator);
    client.join(POSTGRESQL_CLUSTER, &directory).ok();
    client.reboot_all(&["aurora-demo-2", "aurora-demo-3", "aurora-demo-1"]);
    let nothing = [("DBClusterIdentifier", POSTGRESQL_CLUSTER), ("Domain", ""), ("ApplyImmediately", "true")];
    client.query("rds", "ModifyDBCluster", &nothing).ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["kerberos-enabled"; 3]);
    let other = client.directory("other.example.com");
    client.join(POSTGRESQL_CLUSTER, &other).ok();
    assert_eq!(client.memberships(POSTGRESQL_CLUSTER), ["pending-enable-kerberos"; 3]);
    client.ds("DeleteDirectory", &json!({ "DirectoryId": directory })).ok();
}

#[test]
fn clusters_and_instances_come_and_go() {
    let simulator = stepwise();
    let client = Client::new(&simulator);
    let cluster = [("DBClusterIdentifier", "C1"), ("Engine", "aurora-postgresql")];
    client.query("rds", "CreateDBCluster", &cluster).ok();
    assert_eq!(client.query("rds", "CreateDBCluster", &cluster).code(), "DBClusterAlreadyExistsFault");
    assert_eq!(status(&client, "DescribeDBClusters", "DBClusterIdentifier", "c1"), "creating");
    let instance = [
        ("DBInstanceIdentifier", "i1"),
        ("DBClusterIdentifier", "c1"),
        ("Engine", "aurora-postgresql"),
        ("DBInstanceClass", "db.r6g.large"),
    ];
    client.query("rds", "CreateDBInstance", &instance).ok();
    second(&simulator);
    assert_eq!(status(&client, "DescribeDBInstances", "DBInstanceIdentifier", "i1"), "available");
    let delete = [("DBClusterIdentifier", "c1"), ("SkipFinalSnapshot", "true")];
    assert_eq!(client.query("rds", "DeleteDBCluster", &delete).code(), "InvalidDBClusterStateFault");
    client.query("rds", "DeleteDBInstance", &[("DBInstanceIdentifier", "i1")]).ok();
    client.query("rds", "DeleteDBCluster", &delete).ok();
    second(&simulator);
    assert!(simulator.leftovers().is_empty());
    let gone = client.query("rds", "DescribeDBClusters", &[("DBClusterIdentifier", "c1")]);
    assert_eq!(
        gone.error(),
        (404, "DBClusterNotFoundFault".to_owned(), "DBCluster c1 not found.".to_owned())
    );
}
