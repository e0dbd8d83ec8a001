//! Opens a file of an earlier scan for a comparison.

use std::ffi::OsStr;

use super::record::Cursor;
use super::stored::StoredScan;
use crate::import::error::ImportError;
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

/// Opens a file that is compared with the walk of a directory, or with another file. Where the directory lies below the root
/// of the file, the records are those of the directory; roots that are in no relation are compared all the same.
pub fn open(name: &OsStr, walked: Option<&[u8]>) -> Result<Box<dyn Cursor>, OpenError> {
    let file = retry::open(name)
        .map_err(|errno| OpenError::Failure(Failure::of(Operation::OpenNames, &errno.into())))?;
    match StoredScan::open(file, walked).map_err(OpenError::Import)? {
        Some(scan) => Ok(Box::new(scan)),
        None => Err(OpenError::Import(ImportError::damaged(
            "the rows are not in the order of their paths",
        ))),
    }
}
