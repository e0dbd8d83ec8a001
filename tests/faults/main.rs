//! What happens when something fails? Disks, mounts, servers, system calls, streams, races, and input that is garbage.
//!
//! The sweep of system calls is a binary of its own (`sweep/main.rs`): mounts of the tests here would send pdu other ways.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod comparison;
mod disks;
mod flow;
mod fuse_fixture;
mod fuzz;
mod lists;
mod mounts;
mod races;
#[cfg(feature = "parquet")]
mod snapshots;
mod streams;
