//! The smallest size of a file that can have a line.
//!
//! Where only the largest entries are shown, or those of at least some size, most files need no name: the walkers add
//! them up, and neither the files nor their names wait for their turn. The minimum grows as larger entries are found:
//! the format raises it, the walkers read it. They may read an old value, because the format checks every record
//! again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::count::usage::{Entry, Measure};

/// See the module. Clones share one value.
#[derive(Debug, Clone)]
pub struct MinSize {
    measure: Measure,
    /// At most `u64::MAX`: a minimum beyond 64 bits is lowered to it, which admits more.
    number: Arc<AtomicU64>,
}

impl MinSize {
    /// A minimum of this many bytes (or entries), in this measure.
    #[must_use]
    pub fn new(measure: Measure, number: u128) -> Self {
        let number = Arc::new(AtomicU64::new(clamp(number)));
        Self { measure, number }
    }

    /// Raises the minimum; a smaller number changes nothing.
    pub fn raise(&self, number: u128) {
        self.number.fetch_max(clamp(number), Ordering::Relaxed);
    }

    /// True where the entry has at least the minimum.
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
    fn it_only_rises_and_admits_entries_of_equal_size() {
        let min_size = MinSize::new(Measure::Allocated, 1024);
        let file = |blocks| Entry {
            blocks,
            size: 0,
            time: FileTime::NEVER,
            dedup_key: None,
        };
        assert!(!min_size.admits(&file(1)));
        assert!(min_size.admits(&file(2)));
        min_size.raise(1025);
        min_size.raise(7);
        assert!(!min_size.admits(&file(2)));
        assert!(min_size.admits(&file(3)));
        min_size.raise(u128::MAX);
        assert!(min_size.admits(&file(u64::MAX)));
    }
}
