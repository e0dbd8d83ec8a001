//! The result of a comparison, and the trait of what prints it.

use std::io;
use std::ops::AddAssign;

use rustix::fs::FileType;

use super::known::Known;
use super::record::ScanEntry;
use crate::count::amounts::Amounts;
use crate::count::usage::FileTime;
use crate::format::page::Page;

/// What happened to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is there now and was not before.
    New,
    /// It was there before and is not now.
    Gone,
    /// It has become larger, or stayed equal in the shown measure.
    Grew,
    /// It has become smaller.
    Shrank,
    /// The same inode has another path now.
    Moved,
    /// A file became a directory, or the reverse.
    Type,
    /// It could be read at one time only.
    Unread,
    /// It was mounted, or left out by `-x`, at one time only.
    Away,
}

impl Event {
    /// Its word in the output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Grew => "grew",
            Self::Shrank => "shrank",
            Self::Moved => "moved",
            Self::Type => "type",
            Self::Unread => "unread",
            Self::Away => "away",
        }
    }
}

/// One line of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub event: Event,
    /// The path now; of an entry that is gone, the path before. Begins with the root of the options.
    pub path: Vec<u8>,
    /// The path before, where the entry was moved.
    pub from: Option<Vec<u8>>,
    /// The file type now, or before where the entry is gone; [`FileType::Unknown`] where neither is known.
    pub kind: FileType,
    /// The depth of `path`; 0 for the root.
    pub depth: u32,
    /// The size before, with all contents; zero of a new entry, none where it is not known.
    pub before: Option<Amounts>,
    /// The size now, likewise.
    pub now: Option<Amounts>,
    /// What counts as change, with all contents; none where it is not known.
    pub change: Option<Amounts>,
    /// The part of the change that no other line tells.
    pub residue: Amounts,
    /// Where the other scan leaves records out: the change may be nearer to 0 than `change`, but not nearer than this. In
    /// the measure of that scan.
    pub at_least: Option<i128>,
}

/// The end of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffSummary {
    /// The path of the root, as it is shown.
    pub root: Vec<u8>,
    /// The change of the root: what is comparable at both times.
    pub change: Amounts,
    /// The part of it that no line tells.
    pub rest: Amounts,
    /// The total before. `inodes` is the number of entries.
    pub before: Amounts,
    /// The total now.
    pub now: Amounts,
    /// When the scans began, where that is known: before and now.
    pub times: (Option<FileTime>, Option<FileTime>),
    /// What could be read at one time only: the sizes at that time.
    pub unread: Sum,
    /// What was there at one time only because of a mount or of `-x`.
    pub away: Sum,
    /// The entries that were moved, and their sizes now.
    pub moved: Sum,
    /// Entries that were no candidates for a move, because there were too many.
    pub dropped_candidates: u64,
    /// Neither scan had errors.
    pub is_complete: bool,
    /// Why the comparison may mislead.
    pub warnings: Vec<DiffWarning>,
}

/// A number of places, and their sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Number of lines that there are, or would be without a limit.
    pub places: u64,
    /// Their sizes.
    pub sizes: Amounts,
}

impl Sum {
    /// Adds a place of this size.
    pub(super) fn add(&mut self, size: Amounts) {
        *self += Self {
            places: 1,
            sizes: size,
        };
    }
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.places += other.places;
        self.sizes += other.sizes;
    }
}

/// Why a comparison may mislead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffWarning {
    /// The roots lie on different file systems: all may be different.
    RootFileSystem,
    /// The roots have different paths: before and now.
    RootPath(Vec<u8>, Vec<u8>),
    /// Options that change what is counted differ: before and now.
    Options(String, String),
    /// OLD is newer than NEW.
    ClockWentBack,
    /// The scan of OLD had errors.
    OldIncomplete,
    /// OLD has no records of entries that were too deep or too small for it.
    OldInPart,
}

impl DiffWarning {
    /// True where the numbers cannot be compared: an error with `--fail-if-grew`.
    #[must_use]
    pub fn concerns_numbers(&self) -> bool {
        matches!(self, Self::RootFileSystem | Self::Options(..))
    }
}

/// Whether the entries that were passed to [`Sink::entry`] count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// They do.
    Counts,
    /// Something was mounted there at one time only: they do not.
    TakenBack,
}

/// Receives a comparison. The methods append to `out`, which cannot fail; only `end` writes to the output.
pub trait Sink {
    /// Appends the text before all changes, whose numbers mean something where they are known.
    fn begin(&mut self, _: Known, _out: &mut Vec<u8>) {}

    /// True where [`Sink::entry`] uses the owners of entries.
    fn needs_owners(&self) -> bool {
        false
    }

    /// Appends a change.
    fn change(&mut self, change: &Change, out: &mut Vec<u8>);

    /// A counted entry, with its path below the root, at both times; for sums by class. Not called for entries that do
    /// not count as change.
    fn entry(&mut self, _path: &[u8], _before: Option<&ScanEntry>, _now: Option<&ScanEntry>) {}

    /// An entry begins that has calls of [`Sink::entry`] for itself and for its contents. Most files have no such call.
    fn enter(&mut self) {}

    /// The entry entered last ends. What was mounted at it is known only now.
    fn leave(&mut self, _: Counting) {}

    /// Appends the text after all changes, and writes every page that is full meanwhile.
    fn end(&mut self, summary: &DiffSummary, page: &mut Page<'_>) -> io::Result<()>;
}
