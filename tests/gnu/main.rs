//! Is the answer GNU du's? Lines, order, messages and statuses, held to GNU du itself or to what it printed once.
//!
//! `gnu-suite.sh` beside this folder runs GNU's own tests of du on pdu.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod abbreviations;
mod differential;
mod forest;
mod golden;
mod locale;
mod order;
mod zone;
