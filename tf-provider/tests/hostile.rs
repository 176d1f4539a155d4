//! The entry points of the fuzz targets, with bytes by chance and with what broke other programs: an answer each time,
//! never a panic, never a hang.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::cell::RefCell;
use std::collections::BTreeSet;

use hostile::CALLS;
use hostile::toys::Toys;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Runs the entry point so often, with up to `longest` bytes.
fn check(cases: u32, longest: usize, entry: impl Fn(&[u8])) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = |bytes: Vec<u8>| {
        entry(&bytes);
        Ok(())
    };
    TestRunner::new(config).run(&vec(any::<u8>(), 0..longest), run).unwrap();
}

#[test]
fn msgpack_of_any_bytes() {
    let toys = Toys::start();
    check(512, 512, |bytes| toys.target().msgpack(bytes));
}

#[test]
fn stored_states_of_any_bytes() {
    let toys = Toys::start();
    check(512, 512, |bytes| toys.target().upgrade(bytes));
}

#[test]
fn import_ids_of_any_bytes() {
    let toys = Toys::start();
    check(512, 64, |bytes| toys.target().import(bytes));
    toys.target().import(b"\0toy-bear");
    // An accent of its own: the id of an object that Terraform knows with an accented letter.
    toys.target().import("\0toy-ge\u{301}ant".as_bytes());
}

/// In so many cases that each call is made.
#[test]
fn every_call_of_any_bytes() {
    let (toys, called) = (Toys::start(), RefCell::new(BTreeSet::new()));
    check(768, 2048, |bytes| called.borrow_mut().extend(toys.calls(bytes)));
    assert_eq!(called.into_inner(), CALLS.iter().copied().collect());
}

#[test]
fn deep_and_long_documents() {
    let toys = Toys::start();
    let json = [
        b"[".repeat(100_000),
        b"{\"name\":\"bear\",\"size\":1e999999999,\"wheel\":[{}]}".to_vec(),
        [b"{\"labels\":".as_slice(), &b"{\"a\":".repeat(50_000)].concat(),
        [b"\"".as_slice(), &b"\\ud800".repeat(50_000)].concat(),
    ];
    for document in json {
        toys.target().upgrade(&[b"\x02", document.as_slice()].concat());
    }
    for document in [vec![0x91; 100_000], vec![0x81; 100_000], vec![0xdd; 100_000], vec![0xc7; 100_000]] {
        toys.target().msgpack(&[b"\0", document.as_slice()].concat());
    }
}

#[test]
fn environments_of_any_bytes() {
    check(256, 256, hostile::environment);
    let certificate = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
    hostile::environment(certificate.as_bytes());
    hostile::environment(b"\0\x31\0\x30\0|\n\0|\n\0true\x006\0TRACE");
}
