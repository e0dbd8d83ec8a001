//! A difference of sizes, in each measure.

use crate::count::usage::{Measure, Usage};

/// A difference of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) allocated: i128,
    pub(super) apparent: i128,
    pub(super) inodes: i128,
}

impl Change {
    /// The difference of two totals.
    pub(super) fn between(before: &Usage, now: &Usage) -> Self {
        let difference = |measure: Measure| {
            measure
                .of(now)
                .cast_signed()
                .saturating_sub(measure.of(before).cast_signed())
        };
        Self::of(difference)
    }

    /// The number that is given for each measure.
    pub(super) fn of(number: impl Fn(Measure) -> i128) -> Self {
        Self {
            allocated: number(Measure::Allocated),
            apparent: number(Measure::Apparent),
            inodes: number(Measure::Inodes),
        }
    }

    /// The number of one measure.
    pub(super) fn in_measure(&self, measure: Measure) -> i128 {
        match measure {
            Measure::Allocated => self.allocated,
            Measure::Apparent => self.apparent,
            Measure::Inodes => self.inodes,
        }
    }
}
