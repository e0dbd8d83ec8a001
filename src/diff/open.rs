//! Opens a file of an earlier scan for a comparison.

use std::ffi::OsStr;

use super::record::Cursor;
use crate::import::error::ImportError;
use crate::sys::failure::{Failure, Operation};

/// The reason why a file cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// It cannot be opened.
    Failure(Failure),
    /// Its content is not valid.
    Import(ImportError),
}

/// Opens a file. Where `below` is a directory below the root of the file, the records are those of that directory; the
/// roots of two scans that are in no relation are compared all the same.
pub fn open(_name: &OsStr, _below: Option<&[u8]>) -> Result<Box<dyn Cursor>, OpenError> {
    Err(OpenError::Failure(Failure::without_errno(
        Operation::OpenNames,
    )))
}
