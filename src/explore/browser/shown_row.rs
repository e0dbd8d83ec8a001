//! A row with the numbers that are shown: its own, or for a directory those of everything in it.

use rustix::fs::FileType;

use super::flag::Flag;
use crate::count::record::Kind;
use crate::count::usage::{FileTime, Measure};
use crate::count::visitor::Extent;
use crate::forest::entry::ForestEntry;
use crate::forest::{DirId, Forest, ForestRow, Sums};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct ShownRow<'a> {
    /// Empty for entries without names.
    pub name: &'a [u8],
    /// The entry itself.
    pub entry: ForestEntry,
    /// The number of a directory.
    pub directory: Option<DirId>,
    /// It and everything below.
    pub sums: Sums,
    /// The part of it with links elsewhere, where that is known and not nothing.
    pub shared: Option<Sums>,
    /// The newest time of it and everything below.
    pub newest: FileTime,
    /// The flag.
    pub flag: Option<Flag>,
}

impl<'a> ShownRow<'a> {
    /// The numbers of a row at this moment.
    #[must_use]
    pub fn of(forest: &Forest, row: &ForestRow<'a>) -> Self {
        let entry = row.entry;
        let info = row.directory.map(|id| forest.dir(id));
        let sums = row.sums(forest);
        let shared = match row.directory {
            Some(id) => forest.shared(id),
            None => entry.is_linked().then_some(sums),
        };
        let shared = shared.filter(|shared| *shared != Sums::default());
        Self {
            name: row.name,
            entry,
            directory: row.directory,
            sums,
            shared,
            newest: row.newest(forest),
            flag: Flag::of(row, info.as_ref(), shared.is_some()),
        }
    }

    /// The number of a measure.
    #[must_use]
    pub fn amount(&self, measure: Measure) -> u64 {
        amount(&self.sums, measure)
    }

    /// The number of a measure of a directory without its contents.
    #[must_use]
    pub fn own_amount(forest: &Forest, directory: DirId, measure: Measure) -> u64 {
        amount(&Sums::of(&forest.own(directory)), measure)
    }

    /// A directory, or another entry.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.entry.kind {
            FileType::Directory => Kind::Directory(Extent::Whole),
            _ => Kind::File,
        }
    }

    /// True for a directory. An operand that could not be looked at has a number, but no kind.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        let is_known = self.flag != Some(Flag::Unread) || self.sums.entries > 0;
        self.directory.is_some() && self.entry.kind == FileType::Directory && is_known
    }
}

/// The number of a measure.
#[must_use]
pub fn amount(sums: &Sums, measure: Measure) -> u64 {
    match measure {
        Measure::Allocated => sums.allocated,
        Measure::Apparent => sums.apparent,
        Measure::Inodes => sums.entries,
    }
}
