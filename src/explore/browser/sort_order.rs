//! The order of the rows: a number of 64 bits for each row, the smallest first.
//!
//! Rows of one number are in the order of their names, where the names are at hand: sorting a million of rows by number
//! needs 12 bytes for each, and 16 more with the names.

use std::cmp::Ordering;

use crate::count::usage::{FileTime, Measure};
use crate::format::Sort;

use super::shown_row::ShownRow;

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

/// A row of a directory, with its number in the order. 12 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    high: u32,
    low: u32,
    /// The number of the row among all rows of the directory.
    pub(super) number: u32,
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

    /// The row with its number. Names of equal beginnings, of so many bytes, differ after these.
    pub(super) fn rank(
        &self,
        row: &ShownRow<'_>,
        measure: Measure,
        number: u32,
        equal_bytes: usize,
    ) -> Ranked {
        let largest_first = |value: u64| LARGEST - value.min(LARGEST);
        let key = match self.sort {
            Sort::None => 0,
            Sort::Size => largest_first(row.amount(measure)),
            Sort::Inodes => largest_first(row.sums.entries),
            Sort::Time => largest_first(seconds(row.newest)),
            Sort::Name => first_bytes(row.name.get(equal_bytes..).unwrap_or_default()) >> 1,
        };
        let key = match self.direction {
            Direction::Usual => key,
            Direction::Reversed => LARGEST - key,
        };
        let is_later = self.grouping == Grouping::DirectoriesFirst && !row.is_directory();
        let key = key | u64::from(is_later) << 63;
        Ranked {
            high: (key >> 32) as u32,
            low: key as u32,
            number,
        }
    }

    /// The order of two rows. `names` has the name of each row, or is empty.
    pub(super) fn compare(&self, a: &Ranked, b: &Ranked, names: &[&[u8]]) -> Ordering {
        let name = |row: &Ranked| names.get(row.number as usize);
        let by_name = || {
            let order = name(a).cmp(&name(b));
            match (self.sort, self.direction) {
                (Sort::Name, Direction::Reversed) => order.reverse(),
                _ => order,
            }
        };
        let by_number = || match (self.sort, self.direction) {
            (Sort::None, Direction::Reversed) => b.number.cmp(&a.number),
            _ => a.number.cmp(&b.number),
        };
        (a.high, a.low)
            .cmp(&(b.high, b.low))
            .then_with(by_name)
            .then_with(by_number)
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
