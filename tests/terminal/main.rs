//! What does a person at a terminal see, and what do keys and signals do? On real pseudo-terminals.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod first_process;
mod interactive;
mod names;
mod signals;
mod supervise;
