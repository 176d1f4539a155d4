//! Every call of the protocol to the framework's toy provider, which does what it is asked without any cloud.

#![no_main]

use std::cell::LazyCell;

use hostile::toys::Toys;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static TOYS: LazyCell<Toys> = const { LazyCell::new(Toys::start) };
}

fuzz_target!(|bytes: &[u8]| TOYS.with(|toys| drop(toys.calls(bytes))));
