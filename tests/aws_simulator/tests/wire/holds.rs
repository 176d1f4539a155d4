//! Holds: a call stands still at the boundary that was asked for, and goes on or ends there.

use std::time::Duration;

use aws_simulator::{Boundary, Service};

use super::client::{Client, directory_input, instant};

const LONG: Duration = Duration::from_secs(20);

/// Holds a creation at a boundary: how many directories there are meanwhile, and after the hold was released or cut.
fn check(boundary: Boundary, released: bool, expect: (usize, usize)) {
    let simulator = instant();
    let hold = simulator.hold(Service::Ds, "CreateMicrosoftAD", 2, boundary);
    let client = Client::new(&simulator);
    client.directory("first.example.com");
    assert!(!hold.is_reached());
    let count = || simulator.here(|here| here.directories.len() - 1);
    let (meanwhile, answered) = std::thread::scope(|scope| {
        let call = scope.spawn(|| client.try_ds("CreateMicrosoftAD", &directory_input("corp.example.com")));
        assert!(hold.reached_within(LONG));
        // Nobody else waits.
        Client::new(&simulator).query("iam", "ListRoles", &[]).ok();
        let meanwhile = count();
        if released {
            hold.release();
        } else {
            hold.cut();
        }
        (meanwhile, call.join().unwrap().is_ok())
    });
    assert_eq!((meanwhile, count()), expect, "{boundary:?}, released: {released}");
    assert_eq!(answered, released);
}

#[test]
fn a_call_is_held_before_its_effect() {
    check(Boundary::Before, true, (0, 1));
    check(Boundary::Before, false, (0, 0));
}

#[test]
fn a_call_is_held_after_its_effect() {
    check(Boundary::After, true, (1, 1));
    check(Boundary::After, false, (1, 1));
}

#[test]
fn a_hold_that_is_dropped_holds_nothing() {
    let simulator = instant();
    drop(simulator.hold(Service::Ds, "CreateMicrosoftAD", 1, Boundary::Before));
    Client::new(&simulator).directory("corp.example.com");
}
