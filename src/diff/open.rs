//! Opens a file of an earlier scan for a comparison.

use std::ffi::OsStr;

use super::loaded::Loaded;
use super::record::Cursor;
use super::stored::{Opened, StoredScan};
use crate::count::usage::Measure;
use crate::import::error::ImportError;
use crate::import::{Import, Links};
use crate::sys::failure::Failure;

/// The reason why a file cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// It cannot be opened.
    Failure(Failure),
    /// Its content is not valid.
    Import(ImportError),
}

/// Opens a file, or standard input (`-`), that is compared in this measure with the walk of a directory, or with
/// another file; one whose entries are in no order is loaded. Where the directory lies below the root of the file, the
/// records are those of the directory; roots that are in no relation are compared all the same.
pub fn open(
    name: &OsStr,
    walked: Option<&[u8]>,
    measure: Measure,
) -> Result<Box<dyn Cursor>, OpenError> {
    let import = Import::open(name, Links::Keep).map_err(OpenError::Failure)?;
    let mut footer = None;
    if let Some(file) = import.parquet_file()? {
        match StoredScan::open(file, walked)? {
            Opened::Sorted(scan) => return Ok(scan),
            Opened::Unsorted(info) => footer = Some(info),
        }
    }
    let loaded = Loaded::load(import, footer, walked)?;
    match loaded.info().missing {
        Some(missing) if missing == measure => Err(lacking(measure).into()),
        _ => Ok(Box::new(loaded)),
    }
}

fn lacking(measure: Measure) -> ImportError {
    ImportError::damaged(match measure {
        Measure::Apparent => "it has no apparent sizes (without -A, the allocated ones count)",
        _ => "it has no allocated sizes (with -A, the apparent ones count)",
    })
}

impl From<ImportError> for OpenError {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}
