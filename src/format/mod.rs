//! Turns records into bytes: one file per output format, each an implementation of [`Format`].
//!
//! A format reads no disk, no clock and no environment: its options contain all that it needs. All formats receive the
//! same records, except where an [`EntryRenderer`](crate::count::record::EntryRenderer) has written an entry already.
//! [`Selected`] decides which records have a line; [`Ranked`] sorts them where the order is not that of the walk; the
//! format writes the line.
//!
//! ```text
//!   events ─► Report ─► Tally ─► Record ──► Selected ──► (Ranked) ──► Lines, Json, Csv    one line per record, at once
//!               │                       ├─► Tree, which selects ─► Chart                  a chart, at the end
//!               │                       ├─► Ncdu                                          every entry, at once
//!               ▼                       └─► Classes                                       sums by class, at the end
//!             Page ─► output
//! ```
//!
//! A format appends to a buffer in memory, which cannot fail. [`report::Report`] writes the buffer to the output
//! whenever a page is full. At the end, a format may write more than one page: it gets the [`page::Page`] itself.

pub mod chart;
pub mod classes;
mod columns;
mod csv;
mod errno;
mod interface;
mod json;
mod kinds;
pub mod lines;
pub mod ncdu;
mod options;
pub mod outcome;
pub mod page;
mod ranked;
pub mod report;
mod selected;
pub mod tree;

pub use self::classes::Classes;
pub use self::csv::Csv;
pub use self::interface::{Completeness, Format, ReportError, Totals, Warning};
pub use self::json::Json;
pub use self::kinds::{Color, GroupBy, OutputFormat};
pub use self::lines::Lines;
pub use self::ncdu::Ncdu;
pub use self::options::{FormatOptions, format};
pub use self::ranked::{Ranked, Ranking, Sort};
pub use self::selected::{Selected, Selection, Threshold};
pub use self::tree::Tree;
pub use crate::count::usage::Measure;
