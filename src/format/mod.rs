//! Turns records into bytes: one file per output format, each an implementation of [`Format`].
//!
//! A format reads no disk, no clock and no environment: its options contain all that it needs. All formats receive the
//! same records, except where an [`EntryRenderer`](crate::count::record::EntryRenderer) has written an entry already.
//! A [`Selection`] decides which records have a line, and a [`Ranking`] their order and number; the format writes the
//! line.
//!
//! ```text
//!   events ─► Report ─► Tally ─► Record ──► Selected (─► Candidates) ─► Lines, Json, Csv     one line per record
//!               │                       │                          └─► Prometheus           metric by metric, at the end
//!               │                       ├─► Tree, which selects ─► Chart                     a chart, at the end
//!               │                       ├─► Ncdu, Parquet                                    every entry, at once
//!               ▼                       └─► Classes                                          sums by class, at the end
//!             Page ─► output
//! ```
//!
//! A format appends to a buffer in memory, which cannot fail. [`report::Report`] writes the buffer to the output
//! whenever a page is full. At the end, a format may write more than one page: it gets the [`page::Page`] itself.

pub mod chart;
pub mod classes;
pub mod columns;
pub mod csv;
pub mod errno;
mod interface;
pub mod json;
mod kinds;
pub mod lines;
pub mod ncdu;
mod options;
pub mod outcome;
pub mod page;
pub mod parquet;
mod prometheus;
mod ranked;
pub mod report;
mod rest;
mod selected;
pub mod tee;
pub mod tree;

pub use self::interface::{Completeness, EndResult, Format, ReportError, Totals, Warning};
pub use self::kinds::{Color, GroupBy, OutputFormat};
pub use self::options::{FormatOptions, format};
pub use self::ranked::{Ranking, Sort};
pub use self::rest::RestList;
pub use self::selected::{Selection, Threshold};
pub use crate::count::usage::Measure;
