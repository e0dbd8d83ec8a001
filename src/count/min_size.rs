//! From which size on a file has a line.
//!
//! Where only the largest of all entries are shown, or those of some size, most files need no name: they are added
//! up where they are found, and neither they nor their names wait for their turn. What counts as too small grows as
//! larger ones are met, so the report tells the walkers here; they may hear it late, since it decides once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::count::usage::{Entry, Measure};

/// See the module. Copies are one and the same.
#[derive(Debug, Clone)]
pub struct MinSize {
    measure: Measure,
    /// Numbers beyond 64 bits are taken for the largest of these, which leaves out less.
    number: Arc<AtomicU64>,
}

impl MinSize {
    /// Lets everything of this measure pass that is no smaller than the number.
    #[must_use]
    pub fn new(measure: Measure, number: u128) -> Self {
        let number = Arc::new(AtomicU64::new(clamp(number)));
        Self { measure, number }
    }

    /// From now on, what is smaller than this is too small.
    pub fn raise(&self, number: u128) {
        self.number.fetch_max(clamp(number), Ordering::Relaxed);
    }

    /// True where an entry may have a line.
    #[must_use]
    pub fn admits(&self, entry: &Entry) -> bool {
        self.measure.of(&entry.usage()) >= self.number.load(Ordering::Relaxed).into()
    }
}

fn clamp(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::usage::FileTime;

    #[test]
    fn it_only_rises_and_never_leaves_out_what_is_as_large() {
        let least = MinSize::new(Measure::Allocated, 1024);
        let file = |blocks| Entry {
            blocks,
            size: 0,
            time: FileTime::NEVER,
            dedup_key: None,
        };
        assert!(!least.admits(&file(1)));
        assert!(least.admits(&file(2)));
        least.raise(1025);
        least.raise(7);
        assert!(!least.admits(&file(2)));
        assert!(least.admits(&file(3)));
        least.raise(u128::MAX);
        assert!(least.admits(&file(u64::MAX)));
    }
}
