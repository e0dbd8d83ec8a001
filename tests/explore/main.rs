//! Does the explorer do what a person at a terminal expects? On real pseudo-terminals, whose screens vt100 shows.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod endings;
