//! Tells the linker to pack what the loader has to relocate, where the loader can unpack it.
//!
//! The tables of the AWS SDK need 60 000 relative relocations: 1.4 MB in the file that every start reads through. Packed
//! (DT_RELR) they are some kilobytes. glibc understands them from 2.36 on, and an older one refuses the whole program:
//! they are packed only where the machine that builds has such a glibc and builds for itself. Releases are linked with
//! musl and are left as they are.

use std::env;
use std::process::Command;

/// The first minor version of glibc 2 that reads DT_RELR.
const READS_RELR: u32 = 36;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    let gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let native = env::var("TARGET").ok() == env::var("HOST").ok();
    if gnu && native && glibc_minor().is_some_and(|minor| minor >= READS_RELR) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Of this machine; `None` where it is another C library, or does not tell.
fn glibc_minor() -> Option<u32> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().strip_prefix("glibc 2.")?.split('.').next()?.parse().ok()
}
