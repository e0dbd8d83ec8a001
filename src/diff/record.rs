//! The records that are compared, and the cursor that reads those of OLD.
//!
//! Records have the order of a Parquet file of pdu: by path components, names compared as bytes, the contents of a
//! directory before the directory itself. A directory in which something could not be read has a mark before its contents
//! as well.

use rustix::fs::FileType;

use crate::count::amounts::Amounts;
use crate::count::usage::{FileTime, Measure};
use crate::format::Threshold;
use crate::format::parquet::CountedLinks;
pub use crate::format::parquet::schema::FsId;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;

/// An entry of a scan, without its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanEntry {
    /// The file type; [`FileType::Unknown`] where nothing is known of the entry.
    pub kind: FileType,
    /// What is known of it.
    pub state: State,
    /// Whether it adds to the totals: false for marks, for entries without a known size, and for further links of a file.
    pub counted: bool,
    /// Its own allocated and apparent size.
    pub own: (u64, u64),
    /// Of a directory: allocated, apparent, inodes, with all of its contents. Needed only where records are left out.
    pub totals: Option<[u64; 3]>,
    /// The file system that it lies on.
    pub fs: FsId,
    /// Its inode number, or 0.
    pub inode: u64,
    /// The number of its links, or 0.
    pub links: u32,
    /// The time of its last modification in microseconds since 1970; [`ScanEntry::NO_TIME`] where it is not known.
    pub mtime: i64,
    /// Its user and its group; [`Detail::NO_ID`](crate::count::usage::Detail::NO_ID) where they are not known.
    pub owner: (u32, u32),
}

/// An entry with its place. See the module for the order.
#[derive(Debug, Clone, Copy)]
pub struct ScanRecord<'a> {
    /// The path below the root: empty for the root itself, else a slash before each name.
    pub path: &'a [u8],
    /// The entry.
    pub entry: &'a ScanEntry,
}

impl ScanEntry {
    /// No time.
    pub const NO_TIME: i64 = i64::MIN;

    /// True for the mark of a directory that could not be read, which comes before the contents.
    #[must_use]
    pub fn is_mark(&self) -> bool {
        self.kind == FileType::Directory
            && !self.counted
            && matches!(self.state, State::Unread | State::Broken)
    }

    /// True for the own record of a directory that counts.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.kind == FileType::Directory && self.counted
    }

    /// What it adds to the totals by itself.
    #[must_use]
    pub fn sizes(&self) -> Amounts {
        match self.counted {
            true => Amounts {
                allocated: self.own.0.into(),
                apparent: self.own.1.into(),
                inodes: 1,
            },
            false => Amounts::ZERO,
        }
    }
}

impl<'a> ScanRecord<'a> {
    /// Its place in the order of the records.
    pub(super) fn place(&self) -> (&'a [u8], bool) {
        (self.path, self.entry.is_mark())
    }
}

/// What is known of a whole scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanInfo {
    /// The absolute path of its root.
    pub root: Vec<u8>,
    /// The file system of the root.
    pub fs: FsId,
    /// When the scan began, where that is known.
    pub started: Option<FileTime>,
    /// The options that change what is counted, as they could be typed.
    pub options: String,
    /// How often a file with several links counts.
    pub links: CountedLinks,
    /// The records that there are.
    pub kept: Kept,
    /// The measure that the scan does not have: the numbers in its place mean nothing.
    pub missing: Option<Measure>,
    /// False after errors.
    pub is_complete: bool,
}

/// The records that a scan has; others were left out by `-d` or `-t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Entries deeper than this have none; the root has depth 0.
    pub max_depth: u32,
    /// Entries of other sizes have none.
    pub threshold: Threshold,
    /// The measure of the threshold.
    pub measure: Measure,
}

impl Kept {
    /// Every entry has a record.
    pub const ALL: Self = Self {
        max_depth: u32::MAX,
        threshold: Threshold::AtLeast(0),
        measure: Measure::Allocated,
    };
}

/// Reads the records of a scan one after the other.
pub trait Cursor {
    /// What is known of the scan.
    fn info(&self) -> &ScanInfo;

    /// Reads the owners of entries too. Called before the first record.
    fn with_owners(&mut self) {}

    /// Goes to the next record, at first to the first one. False after the last.
    fn advance(&mut self) -> Result<bool, ImportError>;

    /// The record that the last call of `advance` went to.
    fn record(&self) -> ScanRecord<'_>;
}
