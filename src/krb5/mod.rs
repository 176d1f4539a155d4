//! The client's `krb5.conf`: what may be asked for, and the file that says it.
//!
//! A Kerberos client accepts many wrong files in silence. An indented first section, a byte order mark, an upper-case
//! key in `[domain_realm]` or a realm block on one line all load without a word and then have no effect; a line break
//! inside a value becomes a relation of its own, and `module` before the first section makes every client load a
//! shared object. So nothing is checked after the fact here: every word of the file is a type that cannot hold
//! anything dangerous ([`Realm`], [`HostPort`], [`DomainKey`], [`Lifetime`], [`Enctype`]), [`Config::parse`] turns what
//! an engineer wrote into those types or says, argument by argument, why it cannot, and [`render()`] only writes down.
//!
//! The steps: [`Arguments`] (raw strings) → [`Config::parse`] → [`Config`] (+ [`Warning`]s) → [`render()`].
//! [`principal`] and [`windows_endpoint`] answer two questions of the same guide that need no file.
//!
//! Supported is what a client of AWS Managed Microsoft AD needs: `[libdefaults]`, `[realms]` and `[domain_realm]`. Not
//! supported, on purpose: comments and free text, `include`, `module`, `[capaths]`, `[appdefaults]`, `auth_to_local`,
//! and quoted values (Heimdal keeps the quotes).
//!
//! Sources: krb5.conf(5) of MIT krb5 1.20 and of Heimdal 7.8; AWS, *Setting up Kerberos authentication for PostgreSQL
//! DB clusters*, step 8.
//!
//! Invariants: this module imports nothing else of the crate, does no I/O and is not async. Each rendered line is
//! shorter than the 2,047 bytes at which clients split lines.

mod arguments;
mod config;
mod endpoint;
mod host;
mod name;
mod principal;
mod problem;
mod realm;
mod render;
mod setting;

#[cfg(test)]
mod tests;

pub use arguments::{Arguments, RealmArguments};
pub use config::{Config, Parsed, RDS_SUFFIXES};
pub use endpoint::{InvalidEndpoint, windows_endpoint};
pub use host::{Host, HostPort, InvalidHost};
pub use name::{InvalidName, Normalized};
pub use principal::{InvalidPrincipal, Principal, principal};
pub use problem::{Argument, Problem, Scope, Segment, Warning};
pub use realm::{DomainKey, InvalidDomain, Realm};
pub use render::render;
pub use setting::{Canonicalize, Enctype, InvalidSetting, Lifetime, Style, UdpLimit};
