//! A number for each measure: a size, or a change of a size.

use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use super::usage::{Measure, Usage};

/// Allocated bytes, apparent bytes, number of entries. Negative only where it is a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    /// `st_blocks * 512`.
    pub allocated: i128,
    /// `st_size` of files and symbolic links.
    pub apparent: i128,
    /// Number of entries.
    pub inodes: i128,
}

impl Amounts {
    /// Of nothing.
    pub const ZERO: Self = Self {
        allocated: 0,
        apparent: 0,
        inodes: 0,
    };

    /// The number of one measure.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i128 {
        match measure {
            Measure::Allocated => self.allocated,
            Measure::Apparent => self.apparent,
            Measure::Inodes => self.inodes,
        }
    }
}

impl From<&Usage> for Amounts {
    fn from(usage: &Usage) -> Self {
        Self {
            allocated: usage.allocated.cast_signed(),
            apparent: usage.apparent.cast_signed(),
            inodes: usage.inodes.into(),
        }
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        self.allocated += other.allocated;
        self.apparent += other.apparent;
        self.inodes += other.inodes;
    }
}

impl SubAssign for Amounts {
    fn sub_assign(&mut self, other: Self) {
        *self += -other;
    }
}

impl Add for Amounts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sub for Amounts {
    type Output = Self;

    fn sub(mut self, other: Self) -> Self {
        self -= other;
        self
    }
}

impl Neg for Amounts {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            allocated: -self.allocated,
            apparent: -self.apparent,
            inodes: -self.inodes,
        }
    }
}
