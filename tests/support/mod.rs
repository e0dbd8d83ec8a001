//! Code that tests of several folders share. Where a new test goes stands in `tests/README.md`.
//!
//! ```text
//! run       one environment, one command builder, one answer with a time limit
//! skip      one way to skip a test, one meaning of PDU_THOROUGH
//! tree      trees as literals
//! sandbox   a tree with mounts below it, FUSE among them (fuse)
//! forest    the tree of the explorer, from a walk
//! gnu_du    the GNU du that pdu is compared with
//! terminal  a program on a pseudo-terminal
//! screen    what such a terminal shows
//! process   /proc of a running pdu
//! remover   a fake main thread for the removals of the explorer
//! ```
//!
//! Each folder of `tests/` is one test program, so its tests share one process and run side by side in threads. No test
//! and nothing here changes the state of that process (working directory, umask, environment, signal dispositions,
//! limits): each changes that of the programs that it starts.

#![allow(dead_code, reason = "each folder uses its part")]

pub(crate) mod forest;
pub(crate) mod fuse;
pub(crate) mod gnu_du;
pub(crate) mod process;
#[cfg(feature = "explore")]
pub(crate) mod remover;
pub(crate) mod run;
pub(crate) mod sandbox;
#[cfg(feature = "explore")]
pub(crate) mod screen;
pub(crate) mod skip;
pub(crate) mod terminal;
pub(crate) mod tree;
