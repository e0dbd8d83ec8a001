//! Adds up the events of a walk: plain sequential `du`.
//!
//! The tally keeps the path and the sum of every directory on the way down, and counts once what must be counted
//! once. It knows nothing of threads or disks: the events arrive in the order of a walk by one thread, so the first
//! link in that order counts, as in GNU du. Each method takes the [event](crate::count::visitor::Visitor) of the same
//! name, and returns the record that follows from it, if one does.
//!
//! No I/O; no errors. Memory: a sum and a number per level, and about 16 bytes per inode that counts once.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::count::listing::push_name;
use crate::count::record::{Kind, Record};
use crate::count::usage::{FileTime, Inode, Item, Usage};
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
        let depth = depth(self.levels.len());
        self.levels.push(Level {
            sum: item.usage,
            above: self.here,
        });
        self.append(name);
        self.here = self.path.len();
        Some(self.record(depth, Kind::Directory, item))
    }

    /// Counts a file. `None` where it was counted before, and where it has no name.
    pub fn file<'a>(&'a mut self, name: Option<&[u8]>, item: &Item<'a>) -> Option<Record<'a>> {
        if !self.is_new(item) {
            return None;
        }
        self.add(&item.usage);
        self.append(name?);
        Some(self.record(depth(self.levels.len()), Kind::File, item))
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
        let kind = match extent {
            Extent::Whole => Kind::Directory,
            Extent::Broken => Kind::BrokenDirectory,
            Extent::Unfinished => {
                self.counts.unfinished += 1;
                Kind::UnfinishedDirectory
            }
        };
        let item = Item {
            usage: sum,
            dedup_key: None,
            detail: None,
        };
        Some(self.record(depth(self.levels.len()), kind, &item))
    }

    /// Makes the path that of a name in the current directory.
    fn append(&mut self, name: &[u8]) {
        self.path.truncate(self.here);
        push_name(&mut self.path, name);
    }

    fn record<'a>(&'a self, depth: u32, kind: Kind, item: &Item<'a>) -> Record<'a> {
        Record {
            path: &self.path,
            depth,
            kind,
            usage: item.usage,
            detail: item.detail,
        }
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

fn depth(levels: usize) -> u32 {
    u32::try_from(levels).unwrap_or(u32::MAX)
}

/// The inodes counted so far: a table of numbers per device, about 16 bytes per inode.
#[derive(Debug, Default)]
struct InodeSet {
    devices: HashMap<u64, usize>,
    numbers: Vec<HashSet<u64, FixedState>>,
    /// The device of the last inode and its table: inodes of one device arrive in long runs.
    last: Option<(u64, usize)>,
}

impl InodeSet {
    /// True if the inode was not in the set.
    fn insert(&mut self, inode: Inode) -> bool {
        let index = match self.last {
            Some((device, index)) if device == inode.device => index,
            _ => self.table(inode.device),
        };
        match self.numbers.get_mut(index) {
            Some(numbers) => numbers.insert(inode.number),
            None => true,
        }
    }

    fn table(&mut self, device: u64) -> usize {
        let next = self.numbers.len();
        let index = *self.devices.entry(device).or_insert(next);
        if index == next {
            self.numbers.push(HashSet::default());
        }
        self.last = Some((device, index));
        index
    }
}
