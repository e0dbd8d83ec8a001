//! The order of the rows: a number of 64 bits for each row, the smallest first. Rows of one number are in the order of
//! their names, or of their places.

use std::cmp::Ordering;

use crate::count::usage::FileTime;
use crate::format::Sort;

use super::shown_row::ShownRow;
use crate::forest::{Forest, ForestRow};

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The largest, the newest, the first by name.
    Usual,
    /// The opposite.
    Reversed,
}

/// Whether directories come before other entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// All entries are equal.
    Mixed,
    /// Directories come first.
    DirectoriesFirst,
}

impl Grouping {
    pub(super) fn toggled(self) -> Self {
        match self {
            Self::Mixed => Self::DirectoriesFirst,
            Self::DirectoriesFirst => Self::Mixed,
        }
    }
}

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortOrder {
    /// The sort key.
    pub sort: Sort,
    /// What comes first.
    pub direction: Direction,
    /// Where directories are.
    pub grouping: Grouping,
}

/// A row of a directory, with its number in the order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    key: u64,
    /// Where the row begins.
    pub(super) place: usize,
}

const LARGEST: u64 = u64::MAX >> 1;

impl SortOrder {
    /// The same key again reverses; another key comes with its usual direction.
    #[must_use]
    pub fn with(self, sort: Sort) -> Self {
        let direction = match (self.sort == sort, self.direction) {
            (true, Direction::Usual) => Direction::Reversed,
            _ => Direction::Usual,
        };
        Self {
            sort,
            direction,
            ..self
        }
    }

    /// The row with its number, which for names comes later. `amount` is the one that is shown.
    pub(super) fn rank(&self, forest: &Forest, row: &ForestRow<'_>, amount: u64) -> Ranked {
        let largest_first = |value: u64| self.directed(LARGEST - value.min(LARGEST));
        let key = match self.sort {
            Sort::None | Sort::Name => 0,
            Sort::Size => largest_first(amount),
            Sort::Inodes => largest_first(row.sums(forest).entries),
            Sort::Time => largest_first(seconds(row.newest(forest))),
        };
        let is_later = self.grouping == Grouping::DirectoriesFirst
            && !ShownRow::of(forest, row).is_directory();
        Ranked {
            key: key | u64::from(is_later) << 63,
            place: row.place,
        }
    }

    /// Adds the number of a name, without the bytes that all names begin with.
    pub(super) fn rank_by_name(&self, ranked: &mut Ranked, name: &[u8]) {
        ranked.key |= self.directed(first_bytes(name) >> 1);
    }

    fn directed(&self, key: u64) -> u64 {
        match self.direction {
            Direction::Usual => key,
            Direction::Reversed => LARGEST - key,
        }
    }

    /// The order of two rows; `by_name` is that of their names, or says that they are equal.
    pub(super) fn compare(
        &self,
        (a, b): (&Ranked, &Ranked),
        by_name: impl FnOnce() -> Ordering,
    ) -> Ordering {
        let directed = |sort, order: Ordering| match self.direction {
            Direction::Reversed if self.sort == sort => order.reverse(),
            _ => order,
        };
        a.key
            .cmp(&b.key)
            .then_with(|| directed(Sort::Name, by_name()))
            .then_with(|| directed(Sort::None, a.place.cmp(&b.place)))
    }
}

/// The seconds as a number that is never negative. Times outside of 150 billion years are equal.
fn seconds(time: FileTime) -> u64 {
    const HALF: i64 = 1 << 62;
    time.seconds
        .clamp(-HALF, HALF - 1)
        .wrapping_add(HALF)
        .cast_unsigned()
}

/// The first eight bytes as a number, which is in the order of the names.
fn first_bytes(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = name.len().min(8);
    bytes[..length].copy_from_slice(&name[..length]);
    u64::from_be_bytes(bytes)
}
