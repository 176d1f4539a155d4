use jiff::Timestamp;

use super::super::testing::{Double, Reply, xml, xml_error};
use super::super::{Flight, Freshness, Kind, instance_is_busy, role_not_visible_yet};
use super::{KerberosSupport, Member};

fn cluster(id: &str) -> String {
    format!(
        "<DBCluster><DBClusterIdentifier>{id}</DBClusterIdentifier><DBClusterArn>arn:{id}</DBClusterArn><Status>available</Status><Engine>aurora-postgresql</Engine><EngineVersion>16.4</EngineVersion><DBSubnetGroup>default</DBSubnetGroup><DBClusterMembers><DBClusterMember><DBInstanceIdentifier>{id}-1</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter></DBClusterMember></DBClusterMembers><DomainMemberships><DomainMembership><Domain>d-1</Domain><Status>kerberos-enabled</Status><FQDN>corp.example.com</FQDN><IAMRoleName>role</IAMRoleName></DomainMembership></DomainMemberships></DBCluster>"
    )
}

fn instance(id: &str, cluster: &str) -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBClusterIdentifier>{cluster}</DBClusterIdentifier><DBInstanceStatus>available</DBInstanceStatus><DBInstanceClass>db.r6g.large</DBInstanceClass><Engine>aurora-postgresql</Engine><EngineVersion>16.4</EngineVersion><DBSubnetGroup><VpcId>vpc-1</VpcId></DBSubnetGroup><VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-1</VpcSecurityGroupId></VpcSecurityGroupMembership></VpcSecurityGroups><DomainMemberships><DomainMembership><Domain>d-1</Domain><Status>pending-enable-kerberos</Status></DomainMembership></DomainMemberships></DBInstance>"
    )
}

fn clusters(found: &[&str]) -> Reply {
    let found: String = found.iter().map(|id| cluster(id)).collect();
    xml("DescribeDBClusters", &format!("<DBClusters>{found}</DBClusters>"))
}

fn not_found() -> Reply {
    xml_error(404, "DBClusterNotFoundFault", "DBCluster x not found.")
}

#[tokio::test]
async fn find_cluster() {
    let (double, aws) = Double::with_aws(|request| {
        if request.body == "DBClusterIdentifier=one" { clusters(&["one"]) } else { not_found() }
    })
    .await;
    let found = aws.rds().find_cluster("One", Freshness::Now).await.unwrap().unwrap();
    assert_eq!(found.members, [Member { instance_identifier: "one-1".to_owned(), writer: true }]);
    assert_eq!(found.memberships[0].status, "kerberos-enabled");
    assert_eq!(aws.rds().find_cluster("gone", Freshness::Now).await, Ok(None));
    // Within a walk, AWS is asked once, for what exists and for what does not.
    for id in ["one", "gone", "one", "gone"] {
        aws.rds().find_cluster(id, Freshness::Recent).await.unwrap();
    }
    assert_eq!(double.operations().len(), 4);
    // After a write it is asked again.
    aws.rds().leave_domain("one", true).await.unwrap_err();
    aws.rds().find_cluster("one", Freshness::Recent).await.unwrap();
    assert_eq!(double.operations().len(), 6);
}

#[tokio::test]
async fn clusters_are_joined_and_an_unknown_one_fails_nobody() {
    async fn check(refuses: bool, calls: usize) {
        let (double, aws) = Double::with_aws(move |request| match request.body.as_str() {
            "DBClusterIdentifier=one" => clusters(&["one"]),
            "DBClusterIdentifier=two" => clusters(&["two"]),
            body if body.starts_with("Filters") && !refuses => {
                assert!(body.contains("Filters.Filter.1.Name=db-cluster-id"), "{body}");
                clusters(&["one", "two"])
            }
            _ => not_found(),
        })
        .await;
        let rds = aws.rds();
        let (one, two, gone) = tokio::join!(
            rds.find_cluster("one", Freshness::Now),
            rds.find_cluster("two", Freshness::Now),
            rds.find_cluster("gone", Freshness::Now)
        );
        assert_eq!(one.unwrap().unwrap().identifier, "one");
        assert_eq!(two.unwrap().unwrap().identifier, "two");
        assert_eq!(gone.unwrap(), None);
        assert_eq!(double.operations().len(), calls);
    }
    check(false, 1).await;
    check(true, 4).await;
}

#[tokio::test]
async fn instances_of_two_clusters_in_one_request() {
    let (double, aws) = Double::with_aws(|request| {
        let page = if request.body.contains("Marker=m") {
            instance("one-2", "one")
        } else {
            format!("{}{}", instance("two-1", "two"), instance("one-3", "one"))
        };
        let marker = if request.body.contains("Marker=m") { "" } else { "<Marker>m</Marker>" };
        xml("DescribeDBInstances", &format!("<DBInstances>{page}</DBInstances>{marker}"))
    })
    .await;
    let rds = aws.rds();
    let (one, two, none) = tokio::join!(
        rds.list_instances("one", Freshness::Now),
        rds.list_instances("two", Freshness::Now),
        rds.list_instances("none", Freshness::Now)
    );
    let one = one.unwrap();
    let names: Vec<&str> = one.iter().map(|instance| instance.identifier.as_str()).collect();
    assert_eq!(names, ["one-2", "one-3"]);
    assert_eq!((one[0].vpc_id.as_deref(), one[0].security_group_ids.len()), (Some("vpc-1"), 1));
    assert_eq!(one[0].memberships[0].status, "pending-enable-kerberos");
    assert_eq!((two.unwrap().len(), none.unwrap().len()), (1, 0));
    assert_eq!(double.operations().len(), 2);
}

#[tokio::test]
async fn join_and_leave() {
    let (double, aws) = Double::with_aws(|request| match request.call {
        1 | 2 => xml("ModifyDBCluster", ""),
        3 => xml_error(
            400,
            "InvalidParameterCombination",
            "IAM role provided is not valid, please check that the role exists and has the correct policies",
        ),
        _ => xml_error(400, "InvalidDBClusterStateFault", "DB cluster is not available for modification"),
    })
    .await;
    let rds = aws.rds();
    let flight = Flight::default();
    rds.join_domain("one", "d-1", "role", true, &flight).await.unwrap();
    rds.leave_domain("one", false).await.unwrap();
    let flight = Flight::default();
    let error = rds.join_domain("one", "d-1", "role", true, &flight).await.unwrap_err();
    assert!(role_not_visible_yet(&error) && !error.ambiguous(), "{error}");
    let error = rds.join_domain("one", "d-1", "role", true, &flight).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(!flight.is_lost());
    assert_eq!(
        double.asked()[..2],
        [
            "ModifyDBCluster DBClusterIdentifier=one&ApplyImmediately=true&Domain=d-1&DomainIAMRoleName=role",
            "ModifyDBCluster DBClusterIdentifier=one&ApplyImmediately=false&Domain=none",
        ]
    );
}

/// What AWS says to a request that it was sent again says nothing of the one before.
#[tokio::test]
async fn a_refusal_does_not_hide_a_lost_answer() {
    let busy =
        || xml_error(400, "InvalidDBClusterStateFault", "DB cluster is not available for modification");
    for (first, expect) in [
        (Reply::Reset, true),
        (xml_error(500, "InternalFailure", "It broke."), true),
        (xml_error(400, "Throttling", "Rate exceeded"), false),
    ] {
        let what = format!("{first:?}");
        let (double, aws) =
            Double::with_aws(move |request| if request.call == 1 { first.clone() } else { busy() }).await;
        let flight = Flight::default();
        let error = aws.rds().join_domain("one", "d-1", "role", true, &flight).await.unwrap_err();
        assert_eq!((error.kind, double.operations().len()), (Kind::Conflict, 2), "{what}");
        assert_eq!(flight.is_lost(), expect, "{what}");
    }
}

#[tokio::test]
async fn an_instance_is_never_rebooted_twice() {
    let (double, aws) = Double::with_aws(|request| match request.call {
        1 => Reply::Reset,
        2 => xml_error(500, "InternalFailure", "x"),
        3 => xml_error(
            400,
            "InvalidDBInstanceState",
            "Instance cannot currently reboot due to an in-progress management operation.",
        ),
        4 => xml_error(400, "Throttling", "Rate exceeded"),
        _ => xml("RebootDBInstance", ""),
    })
    .await;
    for ambiguous in [true, true, false] {
        let error = aws.rds().reboot_instance("one-1").await.unwrap_err();
        assert_eq!(error.ambiguous(), ambiguous, "{error}");
        assert_eq!(instance_is_busy(&error), !ambiguous);
    }
    aws.rds().reboot_instance("one-1").await.unwrap();
    assert_eq!(double.operations().len(), 5);
}

#[tokio::test]
async fn events_of_the_cluster_and_its_instances_in_order() {
    let (double, aws) = Double::with_aws(|request| {
        let (time, source) = if request.body.contains("db-cluster") { (2, "one") } else { (1, "one-1") };
        let event = format!(
            "<Event><SourceIdentifier>{source}</SourceIdentifier><Date>2026-01-01T00:00:0{time}Z</Date><Message>Failed to join a host to a domain</Message></Event>"
        );
        xml("DescribeEvents", &format!("<Events>{event}</Events>"))
    })
    .await;
    let since: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let events = aws.rds().list_events("one", &["one-1".to_owned()], since).await.unwrap();
    let sources: Vec<&str> = events.iter().map(|event| event.source.as_str()).collect();
    assert_eq!(sources, ["one-1", "one"]);
    assert!(
        double.asked()[0]
            .contains("SourceIdentifier=one&SourceType=db-cluster&StartTime=2026-01-01T00:00:00Z"),
        "{:?}",
        double.asked()
    );
}

#[tokio::test]
async fn clusters_in_a_domain_are_found_by_cluster_and_by_instance() {
    let (double, aws) = Double::with_aws(|request| match request.operation.as_str() {
        "DescribeDBClusters" => clusters(&["two"]),
        _ => xml("DescribeDBInstances", &format!("<DBInstances>{}</DBInstances>", instance("one-1", "one"))),
    })
    .await;
    let users = aws.rds().list_domain_users("d-1").await.unwrap();
    let names: Vec<_> = users.iter().filter_map(|user| user.cluster_identifier.as_deref()).collect();
    assert_eq!(names, ["two", "one"]);
    assert_eq!(users[1].instance_identifier.as_deref(), Some("one-1"));
    assert_eq!(aws.rds().list_domain_users("d-2").await.unwrap(), []);
    assert!(double.asked()[0].contains("Filters.Filter.1.Name=domain&Filters.Filter.1.Values.Value.1=d-1"));
}

#[tokio::test]
async fn catalog() {
    let (double, aws) = Double::with_aws(|request| {
        let options = if request.body.contains("db.r6g") {
            "<OrderableDBInstanceOptions><OrderableDBInstanceOption><SupportsKerberosAuthentication>false</SupportsKerberosAuthentication></OrderableDBInstanceOption><OrderableDBInstanceOption><SupportsKerberosAuthentication>true</SupportsKerberosAuthentication></OrderableDBInstanceOption></OrderableDBInstanceOptions>"
        } else {
            "<OrderableDBInstanceOptions/>"
        };
        xml("DescribeOrderableDBInstanceOptions", options)
    })
    .await;
    let rds = aws.rds();
    for _ in 0..2 {
        let support = rds.kerberos_support("aurora-postgresql", "16.4", "db.r6g.large").await;
        assert_eq!(support, Ok(KerberosSupport::Supported));
    }
    let support = rds.kerberos_support("aurora-postgresql", "16.4", "db.x").await;
    assert_eq!(support, Ok(KerberosSupport::Unknown));
    assert_eq!(double.operations().len(), 2);
}

#[tokio::test]
async fn a_walk_over_many_clusters_lists_them_once() {
    async fn check(pages: usize, expect: usize) {
        let (double, aws) = Double::with_aws(move |request| {
            let filtered = request.body.contains("Filters");
            let more = !filtered && request.call < pages;
            let marker = if more { format!("<Marker>{}</Marker>", request.call) } else { String::new() };
            let found = if request.operation == "DescribeDBClusters" {
                let found: String = (0..40).map(|n| cluster(&format!("c{n}"))).collect();
                format!("<DBClusters>{found}</DBClusters>")
            } else {
                let found: String = (0..40).map(|n| instance(&format!("c{n}-1"), &format!("c{n}"))).collect();
                format!("<DBInstances>{found}</DBInstances>")
            };
            xml(&request.operation, &format!("{found}{marker}"))
        })
        .await;
        let rds = aws.rds();
        for walk in 0..4 {
            futures_util::future::join_all((0..10).map(|n| async move {
                let id = format!("C{}", walk * 10 + n);
                assert!(rds.find_cluster(&id, Freshness::Recent).await.unwrap().is_some());
                assert_eq!(rds.list_instances(&id, Freshness::Recent).await.unwrap().len(), 1);
            }))
            .await;
        }
        assert_eq!(double.operations().len(), expect);
    }
    check(1, 2).await;
    // The account is too large for a listing: ten pages show it, and then each ten are asked for, once.
    check(14, 2 * (10 + 1)).await;
}
