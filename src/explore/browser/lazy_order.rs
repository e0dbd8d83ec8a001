//! Items of which only the parts that are asked for are put in order: of a million rows, a screen shows fifty.
//!
//! The order is made in blocks. A block is cut out of the items around it by selection, in linear time, and then sorted.
//! Where a block was cut, all items before are smaller than all items after, so that later cuts have less to look at.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

/// The number of items that are sorted together.
const BLOCK: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(super) struct LazyOrder<T> {
    items: Vec<T>,
    /// Where blocks were cut.
    cuts: BTreeSet<usize>,
    /// The blocks that are in order.
    sorted: BTreeSet<usize>,
}

impl<T> Default for LazyOrder<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            cuts: BTreeSet::new(),
            sorted: BTreeSet::new(),
        }
    }
}

impl<T: Copy> LazyOrder<T> {
    /// Removes all items.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.cuts.clear();
        self.sorted.clear();
    }

    /// Adds an item, before anything is put in order.
    pub(super) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// The items, in any order; what is changed in them must come before anything is put in order.
    pub(super) fn items_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The item at a place that was put in order.
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let item = self.items.get(index)?;
        debug_assert!(
            self.sorted.contains(&(index / BLOCK)),
            "{index} was not put in order"
        );
        Some(item)
    }

    /// Puts the items at these places in order. No two items may be equal.
    pub(super) fn sort(&mut self, places: Range<usize>, compare: impl Fn(&T, &T) -> Ordering) {
        let end = places.end.min(self.items.len());
        for block in places.start / BLOCK..end.div_ceil(BLOCK) {
            if self.sorted.insert(block) {
                let start = block * BLOCK;
                let end = (start + BLOCK).min(self.items.len());
                self.cut(start, &compare);
                self.cut(end, &compare);
                self.items[start..end].sort_unstable_by(&compare);
            }
        }
    }

    /// Moves smaller items to the places before this one, and larger ones behind.
    fn cut(&mut self, at: usize, compare: impl Fn(&T, &T) -> Ordering) {
        let last = self.cuts.range(..=at).next_back();
        let first = last.copied().unwrap_or(0);
        let end = self.cuts.range(at..).next().copied();
        let end = end.unwrap_or(self.items.len());
        if first < at && at < end {
            self.items[first..end].select_nth_unstable_by(at - first, compare);
            self.cuts.insert(at);
        }
    }

    /// The place in the order of the item for which `is_it` is true.
    pub(super) fn place(
        &self,
        is_it: impl FnMut(&&T) -> bool,
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Option<usize> {
        let item = self.items.iter().find(is_it)?;
        let is_before = |other: &&T| compare(other, item) == Ordering::Less;
        Some(self.items.iter().filter(is_before).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn places_that_are_asked_for_are_those_of_a_whole_sort(
            seed in any::<u64>(),
            count in 0_usize..40_000,
            asked in proptest::collection::vec((0_usize..45_000, 0_usize..100), 1..12),
        ) {
            let mut order = LazyOrder::default();
            let values = (0..count as u64).map(|n| (n.wrapping_mul(seed | 1).rotate_left(17) % 1000, n));
            let mut expected: Vec<_> = values.collect();
            for &value in &expected {
                order.push(value);
            }
            expected.sort_unstable();
            for (start, length) in asked {
                let places = start..start + length;
                order.sort(places.clone(), Ord::cmp);
                for place in places {
                    prop_assert_eq!(order.get(place), expected.get(place));
                }
                if let Some(item) = expected.get(start) {
                    let place = order.place(|other| *other == item, Ord::cmp);
                    prop_assert_eq!(place, Some(start));
                }
            }
        }
    }
}
