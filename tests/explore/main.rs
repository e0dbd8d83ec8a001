//! The explorer: what it shows, what keys do, and what it removes.

#![cfg(feature = "explore")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod removal;
mod removal_mounts;
mod trash;
