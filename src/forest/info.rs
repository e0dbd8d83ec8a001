//! What is known of a directory and of a row, as the explorer shows them.

use super::DirId;
use super::entry::ForestEntry;
use crate::count::usage::{FileTime, Inode};

/// Sums stop at 2^64 - 1: then they are at least that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Allocated bytes.
    pub allocated: u64,
    /// Apparent bytes.
    pub apparent: u64,
    /// Number of entries.
    pub entries: u64,
}

/// The state of a directory, or of the entry in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DirState {
    /// There is none: a number that is not in use, a name that had vanished, or a directory that was removed.
    #[default]
    Nothing,
    /// Its name is known, and nothing else yet.
    Announced,
    /// It, or a directory below it, is being read.
    Reading,
    /// It and everything below was read.
    Whole,
    /// Reading it failed after some of its entries.
    Broken,
    /// It, or its entries, could not be read.
    Unread,
    /// The walk ended before it, or a directory below it, was read.
    Stopped,
    /// It lies on another file system (`-x`).
    Away,
    /// A pattern, or the type of its file system, leaves it out.
    Excluded,
    /// The name is that of a file: an operand, or an entry that was replaced.
    File,
}

impl DirState {
    /// True where numbers mean "at least": `~` and `?`.
    #[must_use]
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Announced | Self::Reading | Self::Stopped)
    }
}

/// What is known of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirInfo {
    /// The directory around it; none for [`DirId::TOP`].
    pub parent: Option<DirId>,
    /// It and everything below, each inode once.
    pub sums: Sums,
    /// The newest time of it and everything below.
    pub newest: FileTime,
    /// Its identity; the number is 0 where it is not known.
    pub inode: Inode,
    /// The state of it and everything below.
    pub state: DirState,
    /// Number of directories in it that are not read to their end.
    pub open_children: u32,
    /// An entry below could not be read.
    pub has_unread_below: bool,
    /// It holds entries that were not there when it was read.
    pub has_new: bool,
    /// It is being removed.
    pub is_being_removed: bool,
}

/// What has changed in the shown directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// Nothing.
    #[default]
    No,
    /// Sums or states of its directories.
    Sums,
    /// Entries came or went: no [`RowPlace`](super::RowPlace) in it is valid any more.
    Rows,
}

/// An entry of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForestRow<'a> {
    /// Empty for the sum of entries without names, which an import may contain.
    pub name: &'a [u8],
    /// The entry itself, without the contents of a directory.
    pub entry: ForestEntry,
    /// The number of a directory that has one; its sums are in [`DirInfo`].
    pub directory: Option<DirId>,
    /// It is being removed.
    pub is_being_removed: bool,
}
