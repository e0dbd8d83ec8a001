//! The process and its terminal: streams, signals, cancellation, the second process, retries.

pub mod absolute;
mod attributes;
pub mod cancel;
pub mod columns;
pub mod failure;
pub mod filesystems;
pub mod human_size;
pub mod locale;
pub mod mounts;
pub mod output_file;
pub mod owners;
pub mod panics;
pub mod retry;
pub(crate) mod schedule;
#[cfg(feature = "explore")]
pub mod screen;
pub mod signals;
pub mod status;
pub mod stdin;
pub mod stdout;
pub mod supervise;
