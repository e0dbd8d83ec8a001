//! The rows of a history: one for each snapshot of a directory.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::count::amounts::Amounts;
use crate::count::usage::Usage;
use crate::import::error::ImportError;
use crate::import::parquet::{DirectoryTotal, Footer, MountedSpace, Snapshot};
use crate::snapshot::directory::{Directory, Stored};
use crate::sys::filesystems::Space;
use crate::sys::status::Status;

/// What one snapshot says of the directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) file: PathBuf,
    pub(super) started: Timestamp,
    /// Whether the snapshot has the directory.
    pub(super) presence: Presence,
    pub(super) total: Option<Usage>,
    /// The difference to the total of the row before; none where one of them is not known.
    pub(super) change: Option<Amounts>,
    pub(super) is_complete: bool,
    /// The space in the file system at that time.
    pub(super) space: Option<Space>,
}

/// Whether a snapshot has the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    #[default]
    There,
    /// The snapshot has no row of it, or cannot be read.
    Unknown,
    /// It did not exist.
    Absent,
}

/// Reads the rows of a directory. Where it is not the root, each file is opened once more for its row; a file that cannot be
/// read has a message, and its total is not known.
pub(super) fn read(
    directory: &Directory,
    snapshots: &[Stored],
    path: &[u8],
    status: &mut Status,
) -> (Vec<Row>, bool) {
    let (mut rows, mut has_failed) = (Vec::<Row>::new(), false);
    for stored in snapshots {
        let total = match directory.root() == path {
            true => Ok(Some(of_root(&stored.footer))),
            false => below_root(directory, stored, path),
        };
        let total = total.unwrap_or_else(|error| {
            directory.report(&stored.name, &error, status);
            has_failed = true;
            None
        });
        let mut row = row(&stored.footer, total, path);
        row.file = directory.path_of(&stored.name);
        let before = rows.last().and_then(|row| row.total);
        let pair = before.as_ref().zip(row.total.as_ref());
        row.change = pair.map(|(before, now)| Amounts::from(now) - Amounts::from(before));
        rows.push(row);
    }
    (rows, has_failed)
}

fn of_root(footer: &Footer) -> DirectoryTotal {
    DirectoryTotal {
        total: Some(footer.total),
        is_read: true,
    }
}

fn below_root(
    directory: &Directory,
    stored: &Stored,
    path: &[u8],
) -> Result<Option<DirectoryTotal>, ImportError> {
    Snapshot::open(directory.reopen(stored)?)?.directory(path)
}

fn row(footer: &Footer, total: Option<DirectoryTotal>, path: &[u8]) -> Row {
    let is_read = total.is_none_or(|total| total.is_read);
    Row {
        started: footer.started,
        presence: match total {
            Some(_) => Presence::There,
            // Its row may have been left out, or what is above it could not be read.
            None if footer.is_partial || !footer.is_complete => Presence::Unknown,
            None => Presence::Absent,
        },
        total: total.and_then(|total| total.total),
        is_complete: footer.is_complete && is_read,
        space: space_at(&footer.filesystems, path),
        ..Row::default()
    }
}

/// The space in the file system with the longest mount point that the path lies below.
fn space_at(filesystems: &[MountedSpace], path: &[u8]) -> Option<Space> {
    let path = String::from_utf8_lossy(path);
    let mount_of = |one: &MountedSpace| String::from_utf8_lossy(&one.mount_point).into_owned();
    let is_around = |one: &&MountedSpace| {
        !one.mount_point.is_empty() && Path::new(&*path).starts_with(mount_of(one))
    };
    let around = filesystems.iter().filter(is_around);
    around.max_by_key(|one| one.mount_point.len())?.space
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_is_that_of_the_nearest_mount() {
        let mount = |at: &str, available| MountedSpace {
            mount_point: at.into(),
            space: Some(Space {
                available,
                ..Space::default()
            }),
        };
        let all = [
            mount("", 0),
            mount("/srv", 1),
            mount("/", 2),
            mount("/srv/a", 3),
        ];
        for (path, expected) in [
            ("/srv/a/b", 3),
            ("/srv/a", 3),
            ("/srv/ab", 1),
            ("/srv2", 2),
            ("/", 2),
        ] {
            let space = space_at(&all, path.as_bytes()).map(|space| space.available);
            assert_eq!(space, Some(expected), "{path}");
        }
        assert!(space_at(&all[..2], b"/home").is_none());
    }
}
