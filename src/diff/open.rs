//! Opens a file of an earlier scan for a comparison.

use std::ffi::OsStr;

use super::loaded::Loaded;
use super::record::Cursor;
use super::stored::{Opened, StoredScan};
use crate::count::usage::Measure;
use crate::import::error::ImportError;
use crate::import::{Import, Links, is_parquet};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry;

/// The reason why a file cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// It cannot be opened.
    Failure(Failure),
    /// Its content is not valid.
    Import(ImportError),
}

/// Opens a file that is compared in this measure with the walk of a directory, or with another file; one whose entries are
/// in no order is loaded. Where the directory lies below the root of the file, the records are those of the directory;
/// roots that are in no relation are compared all the same.
pub fn open(
    name: &OsStr,
    walked: Option<&[u8]>,
    measure: Measure,
) -> Result<Box<dyn Cursor>, OpenError> {
    let file = retry::open(name)
        .map_err(|errno| OpenError::Failure(Failure::of(Operation::OpenNames, &errno.into())))?;
    let mut footer = None;
    if is_parquet(&file) {
        let copy = file.try_clone();
        let copy = copy.map_err(|error| Failure::of(Operation::OpenNames, &error));
        match StoredScan::open(copy.map_err(OpenError::Failure)?, walked)? {
            Opened::Sorted(scan) => return Ok(scan),
            Opened::Unsorted(info) => footer = Some(info),
        }
    }
    let import = Import::of(file, Links::Keep);
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
