//! The entry points of the fuzz targets on the whole provider, with bytes by chance and AWS out of reach: an answer each
//! time, never a panic, never a hang.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aurorakerberos::AuroraKerberos;
use hostile::{CALLS, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Runs the entry point so often, with up to `longest` bytes.
fn check(cases: u32, longest: usize, entry: impl Fn(&Target<AuroraKerberos>, &[u8])) {
    let target = Target::new(AuroraKerberos, hostile::no_aws(), "region");
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = |bytes: Vec<u8>| {
        entry(&target, &bytes);
        Ok(())
    };
    TestRunner::new(config).run(&vec(any::<u8>(), 0..longest), run).unwrap();
}

#[test]
fn msgpack_of_any_bytes() {
    check(256, 512, Target::msgpack);
}

#[test]
fn stored_states_of_any_bytes() {
    check(256, 512, Target::upgrade);
}

#[test]
fn import_ids_of_any_bytes() {
    check(256, 64, Target::import);
}

/// In so many cases that each call is made.
#[test]
fn every_call_of_any_bytes() {
    let called = RefCell::new(BTreeSet::new());
    check(512, 2048, |target, bytes| called.borrow_mut().extend(target.calls(bytes)));
    assert_eq!(called.into_inner(), CALLS.iter().copied().collect());
}
