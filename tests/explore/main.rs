//! The explorer: what it shows, what keys do, what it removes, and that the terminal is given back. On real
//! pseudo-terminals, whose screens vt100 shows.

#![cfg(feature = "explore")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod endings;
mod first_minute;
mod refusals;
mod removal;
mod removal_mounts;
mod removal_program;
mod results;
mod trash;
mod walk;
