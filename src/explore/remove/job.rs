//! What the main thread and the thread that removes send each other.
//!
//! The main thread owns the tree. It sends a [`Job`], answers each [`RemovalReport::Ask`] with the entries of one directory, and
//! takes entries out of the tree when a report says that they are gone. A directory is known by its number in the tree;
//! this module does not know the tree.

use std::ffi::CString;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::FileType;

pub use super::method::Method;
use super::problem::Problem;
use super::summary::RemovalSummary;
use crate::count::usage::{FileTime, Inode};
use crate::sys::mounts::MountWatch;

/// The most entries of an answer to [`RemovalReport::Ask`].
pub const BATCH: usize = 4096;

/// The number of a directory in the tree.
pub type Directory = u32;

/// The number of a job. The main thread chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub u32);

/// Entries that the user chose to remove in one dialog.
#[derive(Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// How they are removed.
    pub method: Method,
    /// The operands, none of which is removed.
    pub operands: Vec<Inode>,
    /// Their directories, as far as they are open.
    pub operand_dirs: Vec<Arc<OwnedFd>>,
    /// The other operands, with their names, where directories go to the trash.
    pub other_operands: Vec<(CString, Inode)>,
    /// Tells whether something was mounted or unmounted since the job was made.
    pub mounts: MountWatch,
    /// The directories that hold the entries.
    pub places: Vec<RemovalPlace>,
}

/// A directory that holds entries to be removed.
#[derive(Debug)]
pub struct RemovalPlace {
    /// The operand above it.
    pub root: Root,
    /// The way from the operand to the directory; empty where the operand itself holds the entries.
    pub way: Vec<Step>,
    /// The number of the directory.
    pub directory: Directory,
    /// When the reading that showed the entries of the directory began. An inode that was created later is not one that was
    /// shown, although it may have the same number: file systems use numbers again.
    pub reading_began: FileTime,
    /// Whether something was mounted or unmounted since then. Another disk in the place of the one that was read may have the
    /// same number of the device, and the same inode numbers.
    pub has_old_mounts: bool,
    /// The entries. None of them is an operand, and no two are the same.
    pub targets: Vec<RemovalTarget>,
}

/// The directory of an operand.
#[derive(Debug, Clone)]
pub enum Root {
    /// The descriptor (`O_PATH`) of the directory that the walk opened.
    Open(Arc<OwnedFd>),
    /// The name of the operand as it was typed, and the inode that the walk found there.
    Typed(CString, Inode),
}

/// One directory on a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name in the directory above.
    pub name: Vec<u8>,
    /// Its inode, as the walk found it.
    pub inode: Inode,
}

/// An entry that the user chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalTarget {
    /// The entry.
    pub known: KnownEntry,
    /// How many entries it is, with those below it.
    pub entries: u64,
    /// The allocated bytes of these entries.
    pub allocated: u64,
}

/// An entry of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// Its name, one component.
    pub name: Vec<u8>,
    /// What the walk found there.
    pub found: EntryIdentity,
}

/// A directory of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDirectory {
    /// Its inode.
    pub inode: Inode,
    /// Its number in the tree.
    pub number: Directory,
    /// When the last reading of it, and of it alone, began; none where it was read with the one around it.
    pub reread_began: Option<FileTime>,
    /// Whether the tree has its entries.
    pub contents: Contents,
}

/// Whether the tree has the entries of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// All of them.
    Known,
    /// The directory, or a part of it, could not be read.
    Unread,
}

impl KnownDirectory {
    /// When the reading of it began, where that of the directory around it began at this time.
    pub(super) fn began(&self, around: FileTime) -> FileTime {
        self.reread_began.map_or(around, |time| time.max(around))
    }
}

/// What the walk found at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryIdentity {
    /// No directory: the number and the type of the inode.
    File(u64, FileType),
    /// A directory.
    Directory(KnownDirectory),
    /// Something that could not be looked at. It stays.
    Unread,
    /// Something that was left out of the walk, by a pattern or because it lies on another file system. It stays.
    LeftOut,
}

/// The answer to [`RemovalReport::Ask`].
#[derive(Debug)]
pub struct RemovalEntries {
    /// The job that asked.
    pub job: JobId,
    /// The directory.
    pub directory: Directory,
    /// Its entries from the row that was asked for, at most [`BATCH`], in the order of the rows.
    pub known: Vec<KnownEntry>,
    /// True where no more rows follow.
    pub is_last: bool,
}

/// What the thread that removes tells.
#[derive(Debug, PartialEq, Eq)]
pub enum RemovalReport {
    /// It needs the entries of a directory, from this row on. The rows of the directory must not be numbered anew before
    /// the directory has [`RemovalReport::Left`].
    Ask {
        /// The job.
        job: JobId,
        /// The directory.
        directory: Directory,
        /// How many rows it has had.
        after: usize,
    },
    /// The numbers of a job so far, ten times a second at most.
    Progress {
        /// The job.
        job: JobId,
        /// How many entries were removed.
        entries: u64,
        /// How many bytes that has freed.
        bytes: u128,
    },
    /// The job has left a directory; these entries are no longer in it. This may be left out for a directory that is gone
    /// itself: the report of the one above says so.
    Left {
        /// The job.
        job: JobId,
        /// The directory.
        directory: Directory,
        /// Which entries are gone. A subdirectory is gone with everything that it held.
        gone: GoneEntries,
    },
    /// A directory has entries that are not in the tree. It stays, with them.
    NewEntries {
        /// The job.
        job: JobId,
        /// The directory.
        directory: Directory,
        /// How many.
        count: u64,
    },
    /// An entry stays.
    Failed {
        /// The job.
        job: JobId,
        /// The directory that holds the entry.
        directory: Directory,
        /// The name of the entry.
        name: Vec<u8>,
        /// Why it stays.
        problem: Problem,
    },
    /// The job is at its end, or was stopped.
    Ended {
        /// The job.
        job: JobId,
        /// What it did.
        summary: RemovalSummary,
    },
}

/// Which entries of a directory are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoneEntries {
    /// Those of these names: targets of the job.
    Names(Vec<Vec<u8>>),
    /// Those of these rows, counted from 0 in the order of the answers to [`RemovalReport::Ask`].
    Rows(Vec<Range<usize>>),
}
