//! The measures of a comparison.

use crate::count::amounts::Amounts;
use crate::count::usage::Measure;

/// The measures that both scans have. Files of some makers have one size only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    allocated: bool,
    apparent: bool,
}

impl Known {
    /// All of them.
    pub const ALL: Self = Self {
        allocated: true,
        apparent: true,
    };

    /// Without one of the sizes.
    #[must_use]
    pub fn without(self, measure: Option<Measure>) -> Self {
        Self {
            allocated: self.allocated && measure != Some(Measure::Allocated),
            apparent: self.apparent && measure != Some(Measure::Apparent),
        }
    }

    /// The numbers of allocated bytes, apparent bytes and entries, as far as they are known.
    #[must_use]
    pub fn of(self, sizes: Option<Amounts>) -> [Option<i128>; 3] {
        let part = |is_known: bool, number: fn(&Amounts) -> i128| {
            sizes.as_ref().filter(|_| is_known).map(number)
        };
        [
            part(self.allocated, |sizes| sizes.allocated),
            part(self.apparent, |sizes| sizes.apparent),
            part(true, |sizes| sizes.inodes),
        ]
    }
}
