//! Adds up the events of a walk: plain sequential `du`.
//!
//! The tally keeps the path and the sum of every directory on the way down, and counts an entry with a dedup key once.
//! It knows nothing of threads or disks: the events arrive in the order of a walk by one thread, so the first
//! link in that order counts, as in GNU du. Each method takes the [event](crate::count::visitor::Visitor) of the same
//! name, and returns the record that follows from it, if one does.
//!
//! No I/O; no errors. Memory: a sum and a number per level, and the inodes that count once (`inode_set`).

use crate::count::inode_set::InodeSet;
use crate::count::listing::push_name;
use crate::count::record::{Kind, Record};
use crate::count::usage::{Detail, FileTime, Item, Usage};
use crate::count::visitor::Extent;

/// The options of the count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TallyOptions {
    /// Directories do not count their subdirectories (`-S`).
    pub separate: bool,
    /// The grand total is never older than the epoch, even the total of nothing, as in GNU du. Off for an export,
    /// which may contain no times at all.
    pub since_epoch: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Tally {
    options: TallyOptions,
    levels: Vec<Level>,
    /// The path of the current directory, up to `here`; then the rest of the path of the last event.
    path: Vec<u8>,
    here: usize,
    seen: InodeSet,
    counts: Counts,
}

/// The sums over all operands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The grand total.
    pub total: Usage,
    /// Number of entries that are directories.
    pub directories: u64,
    /// Number of failed operations.
    pub errors: u64,
    /// Number of directories that were not walked to their end.
    pub unfinished: u64,
}

/// A directory on the way down.
#[derive(Debug)]
struct Level {
    sum: Usage,
    /// Length of the path of the directory above.
    above: usize,
}

impl Tally {
    /// A count of nothing yet.
    #[must_use]
    pub fn new(options: TallyOptions) -> Self {
        let mut tally = Self {
            options,
            ..Self::default()
        };
        if options.since_epoch {
            tally.counts.total.newest = FileTime::EPOCH;
        }
        tally
    }

    /// The sums so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts a directory and goes down into it. The record is of the directory alone. `None` where the directory
    /// was counted before; then nothing in it counts again.
    pub fn enter<'a>(&'a mut self, name: &[u8], item: &Item<'a>) -> Option<Record<'a>> {
        if !self.is_new(item) {
            return None;
        }
        self.counts.directories += 1;
        self.counts.total += &item.usage;
        let depth = self.depth();
        self.levels.push(Level {
            sum: item.usage,
            above: self.here,
        });
        self.append(name);
        self.here = self.path.len();
        let kind = Kind::Directory(Extent::Whole);
        Some(self.record(depth, kind, item.usage, item.detail))
    }

    /// Counts a file. `None` where it was counted before, and where it has no name.
    pub fn file<'a>(&'a mut self, name: Option<&[u8]>, item: &Item<'a>) -> Option<Record<'a>> {
        if !self.is_new(item) {
            return None;
        }
        self.add(&item.usage);
        self.append(name?);
        Some(self.record(self.depth(), Kind::File, item.usage, item.detail))
    }

    /// The record of a file that [`Tally::file`] did not count, or of another entry that does not count.
    pub fn uncounted<'a>(&'a mut self, name: &[u8], item: &Item<'a>) -> Record<'a> {
        self.append(name);
        self.record(self.depth(), Kind::File, item.usage, item.detail)
    }

    /// Counts entries without events of their own in the current directory.
    pub fn sum(&mut self, usage: &Usage, directories: u64) {
        self.counts.directories += directories;
        self.add(usage);
    }

    /// Counts a failure, and returns its whole path.
    pub fn failed(&mut self, path: &[u8]) -> &[u8] {
        self.counts.errors += 1;
        match path {
            b"" => self.path.truncate(self.here),
            _ => self.append(path),
        }
        &self.path
    }

    /// Counts a failure that concerns the last record, and returns the path of that.
    pub fn record_failed(&mut self) -> &[u8] {
        self.counts.errors += 1;
        &self.path
    }

    /// Leaves the current directory. The record is of all that is in it.
    pub fn leave(&mut self, extent: Extent) -> Option<Record<'_>> {
        let Level { sum, above } = self.levels.pop()?;
        self.path.truncate(self.here);
        self.here = above;
        if let Some(level) = self.levels.last_mut()
            && !self.options.separate
        {
            level.sum += &sum;
        }
        self.counts.unfinished += u64::from(extent == Extent::Unfinished);
        Some(self.record(self.depth(), Kind::Directory(extent), sum, None))
    }

    /// Makes the path that of a name in the current directory.
    fn append(&mut self, name: &[u8]) {
        self.path.truncate(self.here);
        push_name(&mut self.path, name);
    }

    fn record<'a>(
        &'a self,
        depth: u32,
        kind: Kind,
        usage: Usage,
        detail: Option<&'a Detail>,
    ) -> Record<'a> {
        Record {
            path: &self.path,
            depth,
            kind,
            usage,
            detail,
        }
    }

    /// The depth of entries in the current directory.
    fn depth(&self) -> u32 {
        u32::try_from(self.levels.len()).unwrap_or(u32::MAX)
    }

    /// Adds to the current directory and to the total.
    fn add(&mut self, usage: &Usage) {
        self.counts.total += usage;
        if let Some(level) = self.levels.last_mut() {
            level.sum += usage;
        }
    }

    fn is_new(&mut self, item: &Item<'_>) -> bool {
        item.dedup_key.is_none_or(|inode| self.seen.insert(inode))
    }
}
