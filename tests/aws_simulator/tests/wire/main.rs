//! The simulator over real HTTP, with requests signed by hand.

#![expect(clippy::unwrap_used, reason = "test code; the lint knows functions marked as tests only")]

mod client;
mod directories;
mod faults;
mod holds;
mod iam;
mod joins;
mod network;
mod shares;
mod signatures;
mod steering;
mod trusts;
