//! Is a report right? Trees, JSON, CSV, exports, classes and sorted lines, held to GNU du, to foreign programs that read
//! them, or to output that is written here.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../support/mod.rs"]
mod support;

mod by;
mod chart;
#[cfg(feature = "parquet")]
mod cluster;
#[cfg(feature = "parquet")]
mod damaged;
#[cfg(feature = "parquet")]
mod diff;
#[cfg(feature = "parquet")]
mod diff_exports;
mod export;
mod left_out;
mod makers;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "parquet")]
mod parts;
mod prometheus;
mod ranked;
mod scripts;
#[cfg(feature = "parquet")]
mod snapshot;
