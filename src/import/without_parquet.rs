//! Stands for the reader of Parquet files where pdu was built without the feature `parquet`.

use std::fs::File;

use crate::count::visitor::Visitor;
use crate::format::parquet::NOT_BUILT;
use crate::import::error::ImportError;

pub(super) const MAGIC: &[u8] = b"PAR1";

/// A reader that reads nothing.
pub struct ParquetReader;

impl ParquetReader {
    /// Takes the file.
    #[must_use]
    pub fn new(_: File, _dedup: bool) -> Self {
        Self
    }

    /// Refuses it.
    pub fn advance(&mut self, _: &mut impl Visitor, _most: usize) -> Result<bool, ImportError> {
        Err(ImportError::Message(NOT_BUILT.into()))
    }

    /// Nothing was begun.
    pub fn give_up(&mut self, _: &mut impl Visitor) {}
}
