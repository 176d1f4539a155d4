//! Faults, and what the journal says of them.

use std::time::{Duration, Instant};

use aws_simulator::{Fault, FaultKind, Service};
use serde_json::json;

use super::client::{Client, directory_input, instant};

/// A fault on CreateMicrosoftAD: the answer's status and code (0 for none), and how many directories exist then.
fn check(kind: &FaultKind, expect: (u16, &str), directories: usize) {
    let simulator = instant();
    simulator.fault(Fault::new(Service::Ds, "CreateMicrosoftAD", kind.clone()).times(1));
    let client = Client::new(&simulator);
    let answer = client.try_ds("CreateMicrosoftAD", &directory_input("corp.example.com"));
    let told = answer.map_or((0, String::new()), |answer| (answer.status, answer.code()));
    assert_eq!((told.0, told.1.as_str()), expect, "{kind:?}");
    assert_eq!(simulator.here(|here| here.directories.len()), directories, "{kind:?}");
    let call = &simulator.journal()[0];
    assert_eq!((call.status, call.effective), (expect.0, directories == 1), "{kind:?}");
    client.directory("again.example.com");
}

#[test]
fn faults_without_effect() {
    check(&FaultKind::Throttled, (400, "ThrottlingException"), 0);
    check(&FaultKind::InternalFailure, (500, "InternalFailure"), 0);
    check(&FaultKind::ServiceUnavailable, (503, "ServiceUnavailableException"), 0);
    check(&FaultKind::AccessDenied, (400, "AccessDeniedException"), 0);
    check(&FaultKind::ExpiredToken, (400, "ExpiredTokenException"), 0);
    check(
        &FaultKind::Refused(400, "ServiceException".to_owned(), "m".to_owned()),
        (400, "ServiceException"),
        0,
    );
    check(&FaultKind::ResetBefore, (0, ""), 0);
}

#[test]
fn faults_with_effect() {
    check(&FaultKind::ResetAfter, (0, ""), 1);
    check(&FaultKind::Delay(Duration::ZERO), (200, ""), 1);
}

#[test]
fn the_query_services_have_their_own_words() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let code = |service: Service, operation: &str, kind: FaultKind| {
        simulator.clear_faults();
        simulator.fault(Fault::new(service, operation, kind));
        let (status, code, message) = client.query(service.name(), operation, &[]).error();
        (
            status,
            code,
            message.contains("User: arn:aws:iam::111122223333:user/test is not authorized to perform: "),
        )
    };
    let expect = |status: u16, code: &str, named: bool| (status, code.to_owned(), named);
    assert_eq!(
        code(Service::Rds, "DescribeDBClusters", FaultKind::Throttled),
        expect(400, "Throttling", false)
    );
    assert_eq!(
        code(Service::Ec2, "DescribeSubnets", FaultKind::Throttled),
        expect(503, "RequestLimitExceeded", false)
    );
    assert_eq!(code(Service::Iam, "ListRoles", FaultKind::AccessDenied), expect(403, "AccessDenied", true));
    assert_eq!(
        code(Service::Ec2, "DescribeVpcs", FaultKind::AccessDenied),
        expect(403, "UnauthorizedOperation", true)
    );
    assert_eq!(
        code(Service::Sts, "GetCallerIdentity", FaultKind::ExpiredToken),
        expect(403, "ExpiredToken", false)
    );
}

#[test]
fn bodies_may_be_cut_or_garbled() {
    let simulator = instant();
    let client = Client::new(&simulator);
    simulator.fault(Fault::new(Service::Iam, "ListRoles", FaultKind::Truncated).times(1));
    simulator.fault(Fault::new(Service::Iam, "ListRoles", FaultKind::Malformed).from_call(2));
    let cut = client.query("iam", "ListRoles", &[]);
    let promised =
        cut.head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap();
    assert_eq!(cut.body.len(), promised.parse::<usize>().unwrap() / 2);
    assert!(!client.query("iam", "ListRoles", &[]).body.starts_with("<ListRoles"));
}

#[test]
fn an_answer_may_be_late() {
    let simulator = instant();
    simulator.fault(Fault::everywhere(FaultKind::Delay(Duration::from_millis(150))));
    let start = Instant::now();
    Client::new(&simulator).query("iam", "ListRoles", &[]).ok();
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[test]
fn the_journal_tells_every_call() {
    let simulator = instant();
    let client = Client::new(&simulator);
    client.query("iam", "GetRole", &[("RoleName", "nobody")]);
    client.ds("DescribeDirectories", &json!({ "Limit": 3 })).ok();
    let journal = simulator.journal();
    let told: Vec<_> = journal
        .iter()
        .map(|call| {
            (
                call.number,
                call.service.name(),
                call.operation.as_str(),
                call.outcome.as_str(),
                call.account.as_str(),
            )
        })
        .collect();
    let account = aws_simulator::DEFAULT_ACCOUNT;
    assert_eq!(
        told,
        [(1, "iam", "GetRole", "NoSuchEntity", account), (2, "ds", "DescribeDirectories", "ok", account)]
    );
    assert_eq!((simulator.count("GetRole"), journal[0].parameter("RoleName")), (1, Some("nobody")));
    simulator.clear_journal();
    assert!(simulator.journal().is_empty());
}

#[test]
fn a_closed_port_refuses_and_forgets_nothing() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    simulator.close();
    let refused = client.try_ds("DescribeDirectories", &json!({})).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    simulator.reopen().unwrap();
    assert_eq!(client.describe(&id)["Stage"], "Active");
}

#[test]
fn connections_are_refused_after_so_many_calls() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let describe = || client.try_ds("DescribeDirectories", &json!({}));
    for calls in 0..3 {
        simulator.close_after(calls);
        for _ in 0..calls {
            describe().unwrap();
        }
        assert_eq!(describe().unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused, "after {calls}");
        simulator.close();
        simulator.reopen().unwrap();
        describe().unwrap();
    }
}

#[test]
fn many_callers_at_once_lose_nothing() {
    let (simulator, other) = (instant(), instant());
    let client = Client::new(&simulator);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let client = client.clone();
            scope.spawn(move || {
                for n in 0..25 {
                    let name = format!("role-{worker}-{n}");
                    let document = super::client::trust_policy(&["rds.amazonaws.com"]);
                    let params = [("RoleName", name.as_str()), ("AssumeRolePolicyDocument", &document)];
                    client.query("iam", "CreateRole", &params).ok();
                }
            });
        }
    });
    assert_eq!((simulator.leftovers().len(), simulator.count("CreateRole")), (200, 200));
    let numbers: Vec<u64> = simulator.journal().iter().map(|call| call.number).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<u64>>());
    assert!(other.leftovers().is_empty() && other.journal().is_empty());
}
