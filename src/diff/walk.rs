//! Compares a walk with a file, as an output format.

use super::change::{Sink, Summary};
use super::options::DiffOptions;
use super::record::Cursor;
use crate::count::record::Record;
use crate::format::page::Page;
use crate::format::parquet::ParquetOptions;
use crate::format::{EndResult, Format, Totals, Warning};
use crate::import::error::ImportError;

/// The format of a walk in the order of names (`WalkOrder::Names`), with details and times of modification, as for a
/// Parquet file.
pub struct WalkDiff {
    summary: Option<Summary>,
    error: Option<ImportError>,
}

impl WalkDiff {
    /// Compares OLD with a walk. `new` says what a Parquet file of the walk would contain.
    #[must_use]
    pub fn new(
        _options: DiffOptions,
        _old: Box<dyn Cursor>,
        _new: ParquetOptions,
        _sink: Box<dyn Sink>,
    ) -> Self {
        Self {
            summary: None,
            error: None,
        }
    }

    /// The summary; none where the walk did not come to its end. An error in OLD: nothing more was printed.
    pub fn result(&self) -> Result<Option<&Summary>, &ImportError> {
        self.error.as_ref().map_or(Ok(self.summary.as_ref()), Err)
    }
}

impl Format for WalkDiff {
    fn record(&mut self, _: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
        None
    }

    fn end(&mut self, _: &Totals, _: &mut Page<'_>) -> EndResult {
        Ok(None)
    }
}
