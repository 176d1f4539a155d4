//! Every call of the protocol to the provider, with AWS out of reach.

#![no_main]

use std::cell::LazyCell;

use aurorakerberos::AuroraKerberos;
use hostile::Target;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static TARGET: LazyCell<Target<AuroraKerberos>> =
        const { LazyCell::new(|| Target::new(AuroraKerberos, hostile::no_aws(), "region")) };
}

fuzz_target!(|bytes: &[u8]| TARGET.with(|target| drop(target.calls(bytes))));
