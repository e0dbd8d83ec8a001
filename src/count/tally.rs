//! From steps to records: plain sequential `du`.
//!
//! Adds up the directory that the walk is in, keeps its path, and counts once what must be counted once. It knows
//! nothing of threads or disks: the steps come in the order of a lone walker, so the first link in order is the
//! one that counts, as in GNU du. No I/O; cannot fail. Memory: a sum and a number a level, and the inodes seen.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::count::listing::push_name;
use crate::count::order::{Extent, Step};
use crate::count::record::{Kind, Record};
use crate::count::usage::{FileTime, Inode, Item, Usage};
use crate::sys::failure::Failure;

/// What the count is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TallyOptions {
    /// Directories do not count their subdirectories (`-S`).
    pub separate: bool,
    /// The grand total is never older than the epoch, be it the total of nothing, as GNU du has it. An export may know
    /// no times at all, and no time is not a time.
    pub since_epoch: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Tally {
    options: TallyOptions,
    levels: Vec<Level>,
    /// The path of the directory that the walk is in, up to `here`; then what was told last.
    path: Vec<u8>,
    here: usize,
    seen: InodeSet,
    counts: Counts,
}

/// What was counted so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The sum over all operands.
    pub total: Usage,
    /// How many of the entries are directories.
    pub directories: u64,
    /// How many operations failed.
    pub errors: u64,
    /// Directories that were not walked to their end.
    pub unfinished: u64,
}

/// A directory on the way down.
#[derive(Debug)]
struct Level {
    sum: Usage,
    /// Length of the path of the directory above.
    above: usize,
}

/// What is to be done about a step.
#[derive(Debug)]
pub enum Told<'a> {
    /// A directory is entered: the record is of itself alone; what is in it follows, and then a record of it all.
    /// False where it is known already that something in it could not be read.
    Entered(Record<'a>, bool),
    /// Nothing to say.
    Nothing,
    /// The directory just entered was counted before: none of it counts again.
    Skip,
    /// Something has a size and a name.
    Record(Record<'a>),
    /// What was written of entries by who found them.
    Written(&'a [u8]),
    /// A complaint about this path.
    Failed(&'a [u8], Failure),
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
            tally.counts.total.newest = FileTime {
                seconds: 0,
                nanoseconds: 0,
            };
        }
        tally
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes the next step.
    pub fn take<'a>(&'a mut self, step: &Step<'a>) -> Told<'a> {
        self.path.truncate(self.here);
        match *step {
            Step::Enter {
                name,
                item,
                is_readable,
            } => self.enter(name, item, is_readable),
            Step::File { name, item } => self.file(name, item),
            Step::Written {
                text,
                usage,
                directories,
            } => {
                self.sum(usage, directories);
                Told::Written(text)
            }
            Step::Sum { usage, directories } => {
                self.sum(usage, directories);
                Told::Nothing
            }
            Step::Failed { path, failure } => {
                self.counts.errors += 1;
                if !path.is_empty() {
                    push_name(&mut self.path, path);
                }
                Told::Failed(&self.path, failure)
            }
            Step::Leave { read } => self.leave(read),
        }
    }

    fn enter<'a>(&'a mut self, name: &[u8], item: Item<'a>, is_readable: bool) -> Told<'a> {
        if !self.is_new(&item) {
            return Told::Skip;
        }
        let depth = depth(self.levels.len());
        let sum = item.usage;
        self.counts.directories += 1;
        self.counts.total += &sum;
        self.levels.push(Level {
            sum,
            above: self.here,
        });
        push_name(&mut self.path, name);
        self.here = self.path.len();
        let record = Record {
            path: &self.path,
            depth,
            kind: Kind::Directory,
            usage: sum,
            detail: item.detail,
        };
        Told::Entered(record, is_readable)
    }

    fn file<'a>(&'a mut self, name: Option<&[u8]>, item: Item<'a>) -> Told<'a> {
        if !self.is_new(&item) {
            return Told::Nothing;
        }
        let usage = item.usage;
        self.add(&usage);
        let Some(name) = name else {
            return Told::Nothing;
        };
        push_name(&mut self.path, name);
        Told::Record(Record {
            path: &self.path,
            depth: depth(self.levels.len()),
            kind: Kind::File,
            usage,
            detail: item.detail,
        })
    }

    fn leave(&mut self, read: Extent) -> Told<'_> {
        let Some(Level { sum, above }) = self.levels.pop() else {
            return Told::Nothing;
        };
        self.here = above;
        if let Some(level) = self.levels.last_mut()
            && !self.options.separate
        {
            level.sum += &sum;
        }
        let kind = match read {
            Extent::Whole => Kind::Directory,
            Extent::Broken => Kind::BrokenDirectory,
            Extent::Unfinished => {
                self.counts.unfinished += 1;
                Kind::UnfinishedDirectory
            }
        };
        Told::Record(Record {
            path: &self.path,
            depth: depth(self.levels.len()),
            kind,
            usage: sum,
            detail: None,
        })
    }

    fn sum(&mut self, usage: &Usage, directories: u64) {
        self.counts.directories += directories;
        self.add(usage);
    }

    /// Counts something in the directory that the walk is in.
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

/// Inodes met so far: a table of numbers for each device, some 16 bytes an inode.
#[derive(Debug, Default)]
struct InodeSet {
    devices: HashMap<u64, usize>,
    numbers: Vec<HashSet<u64, FixedState>>,
    /// The device met last and its table: they come in long runs.
    last: Option<(u64, usize)>,
}

impl InodeSet {
    /// True if the inode was not there.
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
