//! What happens when something fails? Disks, mounts, servers, system calls, streams, races, and input that is garbage.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod disks;
mod fuse_fixture;
mod fuzz;
mod mounts;
mod races;
mod streams;
mod sweep;
