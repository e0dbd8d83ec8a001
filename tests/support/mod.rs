//! The parts of the differential test: what to plant, what to ask, whom to ask, and how to tell.
//!
//! ```text
//! dice ─► names ─► tree ──► plant ─┐
//!   └───► options, operands ─► command ─► run (judge, pdu) ─► verdict ─► report
//!                                            known ───────────┘
//! ```

pub(crate) mod command;
pub(crate) mod dice;
pub(crate) mod judge;
pub(crate) mod known;
pub(crate) mod names;
pub(crate) mod operands;
pub(crate) mod options;
pub(crate) mod plant;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod tree;
pub(crate) mod verdict;
