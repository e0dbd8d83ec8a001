//! Differences of sums, on their way upwards.

use std::collections::BTreeMap;

use super::info::{DirId, Sums};
use crate::count::usage::{FileTime, Usage};

/// Differences that may wait.
const MOST: usize = 4_096;

/// A difference of sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) allocated: i128,
    pub(super) apparent: i128,
    pub(super) entries: i128,
    pub(super) newest: i64,
}

impl Default for Delta {
    fn default() -> Self {
        Self {
            allocated: 0,
            apparent: 0,
            entries: 0,
            newest: FileTime::NEVER.seconds,
        }
    }
}

impl Delta {
    pub(super) fn of(usage: &Usage) -> Self {
        let fit = |number: u128| i128::try_from(number).unwrap_or(i128::MAX);
        Self {
            allocated: fit(usage.allocated),
            apparent: fit(usage.apparent),
            entries: usage.inodes.into(),
            newest: usage.newest.seconds,
        }
    }

    pub(super) fn of_sums(sums: &Sums) -> Self {
        Self {
            allocated: sums.allocated.into(),
            apparent: sums.apparent.into(),
            entries: sums.entries.into(),
            ..Self::default()
        }
    }

    /// So many times the sums; without the time.
    pub(super) fn times(self, factor: i128) -> Self {
        Self {
            allocated: self.allocated.saturating_mul(factor),
            apparent: self.apparent.saturating_mul(factor),
            entries: self.entries.saturating_mul(factor),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.allocated = self.allocated.saturating_add(other.allocated);
        self.apparent = self.apparent.saturating_add(other.apparent);
        self.entries = self.entries.saturating_add(other.entries);
        self.newest = self.newest.max(other.newest);
    }
}

impl Sums {
    /// A sum that has reached the greatest number stays there: how much more it was is not known.
    pub(super) fn change(&mut self, delta: &Delta) {
        let change = |sum: &mut u64, delta: i128| {
            if *sum != u64::MAX {
                let changed = i128::from(*sum).saturating_add(delta).max(0);
                *sum = u64::try_from(changed).unwrap_or(u64::MAX);
            }
        };
        change(&mut self.allocated, delta.allocated);
        change(&mut self.apparent, delta.apparent);
        change(&mut self.entries, delta.entries);
    }
}

/// The differences that are not carried upwards yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    deltas: BTreeMap<DirId, Delta>,
    /// The last one: most entries come directory by directory.
    last: Option<(DirId, Delta)>,
    /// Some of them have a time.
    has_times: bool,
}

impl Pending {
    pub(super) fn add(&mut self, id: DirId, delta: &Delta) {
        self.has_times |= delta.newest != FileTime::NEVER.seconds;
        match &mut self.last {
            Some((last, sum)) if *last == id => sum.add(delta),
            last => {
                let before = last.replace((id, *delta));
                self.keep(before);
            }
        }
    }

    fn keep(&mut self, delta: Option<(DirId, Delta)>) {
        if let Some((id, delta)) = delta {
            self.deltas.entry(id).or_default().add(&delta);
        }
    }

    /// The difference with the highest number, unless that is less than `limit`.
    pub(super) fn pop(&mut self, limit: DirId) -> Option<(DirId, Delta)> {
        let last = self.last.take();
        let is_highest = |(id, _): &(DirId, Delta)| {
            self.deltas
                .last_key_value()
                .is_none_or(|(other, _)| other < id)
        };
        if last.as_ref().is_some_and(is_highest)
            && last.as_ref().is_some_and(|last| last.0 >= limit)
        {
            return last;
        }
        self.keep(last);
        let Some(highest) = self.deltas.last_entry() else {
            self.has_times = false;
            return None;
        };
        (*highest.key() >= limit).then(|| highest.remove_entry())
    }

    /// True where all were carried upwards.
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none() && self.deltas.is_empty()
    }

    /// True where a time may be on its way upwards.
    pub(super) fn has_times(&self) -> bool {
        self.has_times
    }

    /// True where there are so many that they should be carried upwards.
    pub(super) fn is_full(&self) -> bool {
        self.deltas.len() >= MOST
    }
}
