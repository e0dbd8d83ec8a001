//! Parquet: a table with a row for each entry, for SQL engines and for `--from`. docs/PARQUET.md describes the columns.
//!
//! Rows have the order of the walk, which is sorted for this format unless the file is a part (`--rest`): by path
//! components, names compared as bytes, the contents of a directory before the directory itself. A directory in which
//! something could not be read has a row without sizes (a mark) before its contents as well.
//!
//! ```text
//!   rendered (walkers) ─► text ─┐
//!                     records ──┴► walk_rows, writer (main thread) ─► Rows: 32,768 rows, or 4 MiB of text
//!                                               │                                      ║
//!                       out ◄───────────────────┘◄══ bytes of a row group ═══ encoder, pages, delta (second thread)
//! ```
//!
//! The encoder has a thread of its own once a thread may be started ([`Format::may_start_threads`]): until then, and
//! where none can be had, the main thread encodes. At most two row groups are in memory; the crate keeps the positions of
//! the finished ones until the footer. The footer is written only when the walk has come to its end, so no reader takes
//! the bytes of a cancelled run for a file.

use std::sync::Arc;

#[cfg(feature = "parquet")]
mod bounds;
#[cfg(feature = "parquet")]
mod delta;
#[cfg(feature = "parquet")]
mod encoder;
#[cfg(feature = "parquet")]
mod filesystems;
#[cfg(feature = "parquet")]
mod footer;
mod options;
#[cfg(feature = "parquet")]
mod pages;
#[cfg(feature = "parquet")]
mod rendered;
#[cfg(feature = "parquet")]
mod rows;
#[cfg(feature = "parquet")]
pub mod schema;
#[cfg(feature = "parquet")]
mod walk_rows;
#[cfg(feature = "parquet")]
mod writer;

#[cfg(feature = "parquet")]
pub use self::footer::{CHECK, check_of};
pub use self::options::{CountedLinks, NOT_BUILT, ParquetOptions, RowOrder, Scope};
#[cfg(feature = "parquet")]
pub(crate) use self::rows::Row;
#[cfg(feature = "parquet")]
pub(crate) use self::walk_rows::{PlacedRow, WalkRows};
use super::interface::Format;
use crate::count::record::EntryRenderer;

/// The first bytes of a Parquet file, and its last.
pub const MAGIC: &[u8] = b"PAR1";

/// The format with these options.
#[cfg(feature = "parquet")]
#[must_use]
pub fn format(options: ParquetOptions) -> Box<dyn Format> {
    Box::new(writer::Parquet::new(options))
}

/// The renderer of the rows of files, where each file has a row and counts once.
#[cfg(feature = "parquet")]
#[must_use]
pub fn renderer(options: &ParquetOptions) -> Option<Arc<dyn EntryRenderer>> {
    use super::selected::Threshold;

    let has_all = options.selection.all && options.selection.threshold == Threshold::AtLeast(0);
    let is_simple = has_all && options.links == CountedLinks::Once;
    is_simple.then(|| Arc::new(rendered::RowRenderer) as Arc<dyn EntryRenderer>)
}

/// Without the feature, nothing is rendered.
#[cfg(not(feature = "parquet"))]
#[must_use]
pub fn renderer(_: &ParquetOptions) -> Option<Arc<dyn EntryRenderer>> {
    None
}

/// The format with these options.
#[cfg(not(feature = "parquet"))]
#[must_use]
pub fn format(_: ParquetOptions) -> Box<dyn Format> {
    use super::interface::{EndResult, ReportError, Totals, Warning};
    use super::page::Page;
    use crate::count::record::Record;

    struct Missing;

    impl Format for Missing {
        fn record(&mut self, _: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
            None
        }

        fn end(&mut self, _: &Totals, _: &mut Page<'_>) -> EndResult {
            Err(ReportError::Empty(NOT_BUILT))
        }
    }

    Box::new(Missing)
}
