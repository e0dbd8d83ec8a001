//! Trees without measure, and processes with hardly anything: depth, names, descriptors, threads, memory.
//!
//! What is expected is what the fixture made, counted by the fixture. `PDU_THOROUGH=1` tries the same at the size
//! that hurts: more levels, a million files, a thousand runs.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the walls are for src"
)]

#[path = "support/fuse/mod.rs"]
mod fuse;

#[path = "limits/blocking.rs"]
mod blocking;
#[path = "limits/descriptors.rs"]
mod descriptors;
#[path = "limits/memory.rs"]
mod memory;
#[path = "limits/planted.rs"]
mod planted;
#[path = "limits/run.rs"]
mod run;
#[path = "limits/shape.rs"]
mod shape;
#[path = "limits/threads.rs"]
mod threads;
#[path = "support/worker.rs"]
mod worker;
