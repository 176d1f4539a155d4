//! Arguments of a krb5.conf: they are refused, or the file means what they say.

#![no_main]

use aurorakerberos::krb5;
use libfuzzer_sys::fuzz_target;

#[path = "../../src/krb5/tests/any.rs"]
mod any;
#[path = "../../tests/kerberos/corpus.rs"]
#[expect(dead_code, reason = "its arguments by chance; here they come from the fuzzer")]
mod corpus;
#[path = "../../src/krb5/tests/strict.rs"]
mod strict;

fuzz_target!(|bytes: &[u8]| any::render(bytes));
