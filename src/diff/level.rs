//! A directory between the root and the current record.

use super::change::{Change, Event, Sum};
use super::record::{Kept, ScanEntry};
use super::scope::{Scope, Side};
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;

/// See the module.
#[derive(Debug)]
pub(super) struct Level {
    /// Length of its path.
    pub(super) end: usize,
    pub(super) scope: Scope,
    /// The scope is its own, not that of the directory around it.
    pub(super) is_top: bool,
    /// Was read in part.
    broken: [bool; 2],
    /// What counts in it at each time.
    pub(super) before: Amounts,
    pub(super) now: Amounts,
    /// The part of `now - before` that does not count as change.
    pub(super) excluded: Amounts,
    pub(super) unread: Sum,
    pub(super) away: Sum,
    /// The lines that an explanation has of what lies below, directories after their contents.
    pub(super) lines: Vec<Change>,
    /// The change that lines tell of what lies below.
    pub(super) told: Amounts,
    /// The change of the tree in the shown measure, without this directory, when the directory began.
    pub(super) change_around: i128,
    /// Number of candidates for moves when the directory began.
    pub(super) first_candidate: u64,
}

impl Level {
    pub(super) fn new(end: usize, (scope, is_top): (Scope, bool), broken: [bool; 2]) -> Self {
        Self {
            end,
            scope,
            is_top,
            broken,
            before: Amounts::ZERO,
            now: Amounts::ZERO,
            excluded: Amounts::ZERO,
            unread: Sum::default(),
            away: Sum::default(),
            lines: Vec::new(),
            told: Amounts::ZERO,
            change_around: 0,
            first_candidate: 0,
        }
    }

    /// True where a scan read the directory in part.
    pub(super) fn is_broken(&self, side: Side) -> bool {
        match side {
            Side::Old => self.broken[0],
            Side::New => self.broken[1],
        }
    }

    /// What counts as change.
    pub(super) fn change(&self) -> Amounts {
        match self.scope {
            Scope::Hidden(..) => Amounts::ZERO,
            Scope::Both | Scope::One(_) | Scope::Type(_) => self.now - self.before - self.excluded,
        }
    }

    /// The change of the tree so far.
    pub(super) fn change_so_far(&self, measure: Measure) -> i128 {
        self.change_around + self.change().of(measure)
    }

    /// The size with all contents in one scan.
    pub(super) fn size(&self, side: Side) -> Amounts {
        match side {
            Side::Old => self.before,
            Side::New => self.now,
        }
    }

    /// Adds the own records of the entry. Where a scan leaves records out, the total of a directory is that of its record.
    pub(super) fn add_own(
        &mut self,
        (old, new): (Option<&ScanEntry>, Option<&ScanEntry>),
        kept: &[Kept; 2],
    ) {
        add(&mut self.before, old, &kept[0]);
        add(&mut self.now, new, &kept[1]);
    }

    /// It is on another file system at one time only. Takes back what was told of it.
    pub(super) fn hide(&mut self) {
        self.scope = Scope::Hidden(Event::Away, None);
        self.lines.clear();
        self.told = Amounts::ZERO;
        self.unread = Sum::default();
        self.away = Sum::default();
    }

    /// Counts the directory, where the event says that it cannot be compared.
    pub(super) fn count_hidden(&mut self, event: Event, size: Amounts) {
        match event {
            Event::Unread => self.unread.add(size),
            Event::Away => self.away.add(size),
            _ => {}
        }
    }

    /// Adds a directory that has ended in this one.
    pub(super) fn add_level(&mut self, level: &Self) {
        self.before += level.before;
        self.now += level.now;
        self.excluded += match level.scope {
            Scope::Hidden(..) => level.now - level.before,
            Scope::Both | Scope::One(_) | Scope::Type(_) => level.excluded,
        };
        self.unread += level.unread;
        self.away += level.away;
    }
}

fn add(sum: &mut Amounts, entry: Option<&ScanEntry>, kept: &Kept) {
    let Some(entry) = entry else { return };
    *sum += entry.sizes();
    if let Some([allocated, apparent, inodes]) = entry.totals.filter(|_| *kept != Kept::ALL) {
        *sum = Amounts {
            allocated: allocated.into(),
            apparent: apparent.into(),
            inodes: inodes.into(),
        };
    }
}
