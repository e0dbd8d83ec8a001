//! What happens with too little, or too much? Depth, length of names, descriptors, threads, memory, processors.
//!
//! Expected numbers are counted by the fixture while it makes the tree. `PDU_THOROUGH=1` tries the same at full size:
//! more levels, a million files, a thousand runs.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod blocking;
mod cgroup;
mod concurrency;
mod deep_tree;
mod descriptors;
#[cfg(feature = "explore")]
mod forest;
mod limited;
#[cfg(feature = "parquet")]
mod loaded;
mod memory;
#[cfg(feature = "parquet")]
mod parts;
mod shape;
mod threads;
