//! What callers give and get: numbers, states, rows, targets.

use super::entry::ForestEntry;
use crate::count::usage::{FileTime, Inode};
use crate::sys::failure::Failure;

/// The number of a directory. Those of its subdirectories are larger. The key `k` of a walk is the number `k + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirId(pub u32);

impl DirId {
    /// The command line: a directory without a name, whose rows are the operands.
    pub const TOP: Self = Self(0);
}

/// How a walk or an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything was read that can be.
    Whole,
    /// It was stopped, or failed.
    Stopped,
}

/// Whether each link of a file counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkCounting {
    /// Each inode once.
    #[default]
    Once,
    /// Each link (`-l`).
    Each,
    /// Each link, and nothing is known of them: for the diff.
    Ignored,
}

/// How far a task is that is done in slices of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// Call again.
    More,
    /// It is done.
    Done,
}

/// An entry that the user means to remove.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The directory that holds it.
    pub parent: DirId,
    /// Its name.
    pub name: Vec<u8>,
}

/// How entries went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Unlinked: a file with several links has one less.
    Deleted,
    /// Moved, into the trash.
    Moved,
}

/// Why a target must not be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is an operand.
    Operand,
    /// It is not read to its end.
    Unfinished,
    /// An operand was not read: it may be this entry, or lie in it.
    OperandUnread,
    /// It is not in the tree.
    Unknown,
    /// Its name is there twice: the listing gave it twice.
    Twice,
}

/// What the removal of some targets means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Freed {
    /// Entries in the targets, themselves included: each link of a file is one.
    pub entries: u64,
    /// What the targets take, each inode once.
    pub allocated: u64,
    /// What is free afterwards: an inode counts if all its links lie in the targets.
    pub freed: u64,
    /// Directories below the targets that stay, with everything in them: they lie on another file system, or are operands.
    /// They are not a part of the other numbers.
    pub staying: u64,
    /// Targets that must not be removed.
    pub refused: Vec<(Target, Refusal)>,
}

/// A failure, for the list of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForestFailure {
    /// The directory that failed, or that holds the entry.
    pub directory: DirId,
    /// Empty for the directory itself.
    pub name: Box<[u8]>,
    /// What failed.
    pub failure: Failure,
}

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

impl ForestRow<'_> {
    /// No row.
    pub(super) const NOTHING: Self = Self {
        name: b"",
        entry: ForestEntry::UNKNOWN,
        directory: None,
        place: 0,
        is_being_removed: false,
    };
}

impl Sums {
    /// Those of an entry alone.
    #[must_use]
    pub fn of(entry: &ForestEntry) -> Self {
        Self {
            allocated: entry.sizes.0,
            apparent: entry.sizes.1,
            entries: entry.count,
        }
    }
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
    /// Entries came or went.
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
    /// Where it begins among the rows of its directory: valid until [`Forest::rewrites`](super::Forest::rewrites)
    /// changes.
    pub place: usize,
    /// It is being removed.
    pub is_being_removed: bool,
}
