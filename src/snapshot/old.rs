//! The choice of the earlier snapshot that `--diff` compares with.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::directory::Stored;
use super::error::StoreError;
use super::names;
use super::search::{Found, search};
use crate::count::usage::Inode;
use crate::sys::status::Status;

/// An earlier snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierSnapshot {
    /// Its file.
    pub path: PathBuf,
    /// The identity of the file, so that `--keep` leaves it alone.
    pub inode: Inode,
}

/// The newest snapshot of a directory, or of one above it, that began at this time or before; the newest of all where no
/// time is given. Where all are younger, the oldest one, with a message. None where there is no snapshot.
///
/// A file in the place of a snapshot that is none has a message: the snapshot that is chosen may be an earlier one than
/// the user expects.
pub fn find_old(
    (store, root): (&Path, &[u8]),
    time: Option<Timestamp>,
    status: &mut Status,
) -> Result<Option<EarlierSnapshot>, StoreError> {
    let Some(found) = search(store, root)? else {
        return Ok(None);
    };
    found.report_damaged(status);
    let snapshots = &found.contents.snapshots;
    let is_old_enough = |stored: &&Stored| time.is_none_or(|time| stored.footer.started <= time);
    let chosen = snapshots.iter().rfind(is_old_enough);
    let Some(chosen) = chosen.or_else(|| snapshots.first()) else {
        return Ok(None);
    };
    if !is_old_enough(&chosen) {
        let started = names::in_seconds(chosen.footer.started);
        let message = format!("no snapshot is so old; the oldest one is of {started}");
        status.message(message.as_bytes());
    }
    Ok(Some(EarlierSnapshot {
        path: found.directory.path_of(&chosen.name),
        inode: chosen.inode,
    }))
}

impl Found {
    /// Writes a message for each file with the name of a snapshot that is none.
    fn report_damaged(&self, status: &mut Status) {
        for (name, error) in &self.contents.others {
            if names::is_of_snapshot(name.as_encoded_bytes()) {
                self.directory.report(name, error, status);
            }
        }
    }
}
