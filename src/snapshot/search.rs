//! Finds the snapshots that hold a directory: its own, or those of a directory above it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::directory::{Contents, Directory};
use super::error::StoreError;
use crate::gnu::quote::{self, Charset};

/// A directory of snapshots, and what is in it.
pub(super) struct Found {
    pub(super) directory: Directory,
    pub(super) contents: Contents,
}

/// The snapshots of the directory `path`, else those of the nearest directory above it that has some.
pub(super) fn search(store: &Path, path: &[u8]) -> Result<Option<Found>, StoreError> {
    let path = Path::new(OsStr::from_bytes(path));
    let mut first = None;
    for root in path.ancestors().filter(|root| root.is_absolute()) {
        let Some(directory) = Directory::open(store, root.as_os_str().as_bytes())? else {
            continue;
        };
        let contents = directory.contents()?;
        let is_empty = contents.snapshots.is_empty();
        let found = Found {
            directory,
            contents,
        };
        if !is_empty {
            return Ok(Some(found));
        }
        first.get_or_insert(found);
    }
    Ok(first)
}

/// The message that a store has no snapshot of a directory.
#[must_use]
pub fn no_snapshot((store, path): (&Path, &[u8]), charset: Charset) -> Vec<u8> {
    let quoted = |path: &[u8]| quote::quoteaf(path, charset);
    let (path, store) = (quoted(path), quoted(store.as_os_str().as_bytes()));
    [b"no snapshot of ", &*path, b" in ", &*store].concat()
}
