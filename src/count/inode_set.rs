//! The inodes that were counted: a set in little memory, since backups have millions of hard links.
//!
//! A slot of 64 bits holds up to 16 inodes whose numbers differ in the last four bits only: the other 60 bits of the
//! number are mixed, the upper 12 of them choose a table, the lower 48 are in the slot, beside one bit for each of
//! the 16 inodes. The mixing is a bijection, so that the slot alone tells its inodes.
//!
//! ```text
//!   number >> 4 ── mix ──► table: 12 bits │ rest: 48 bits    number & 15 ─► bit
//!                                         └─► slot: rest << 16 │ 16 bits; 0 is an empty slot
//! ```
//!
//! The tables are small and grow one at a time, by a quarter: growth needs no second copy of the whole set. Measured
//! peaks, for a million inodes and more: 1 byte per inode where the numbers are dense, as on most file systems; 14
//! where they are random, as where a union file system hashes them. A table of std takes 28 while it grows.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::count::usage::Inode;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct InodeSet(HashMap<(u64, u16), Table, FixedState>);

impl InodeSet {
    /// True if the inode was not in the set.
    pub(crate) fn insert(&mut self, inode: Inode) -> bool {
        let mixed = mix(inode.number >> 4);
        let table = (mixed >> REST_BITS) as u16;
        let rest = mixed & ((1 << REST_BITS) - 1);
        let table = self.0.entry((inode.device, table)).or_default();
        table.insert(rest, 1 << (inode.number & 15))
    }
}

/// The bits of a mixed number that are in a slot.
const REST_BITS: u32 = 48;

/// A bijection on numbers of 60 bits after which each bit depends on nearly all bits of the number. An odd factor and a
/// shift by half of the width can both be undone.
fn mix(number: u64) -> u64 {
    const MASK: u64 = (1 << 60) - 1;
    // The finalizer of splitmix64.
    [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb]
        .into_iter()
        .fold(number ^ number >> 30, |number, factor: u64| {
            let product = number.wrapping_mul(factor) & MASK;
            product ^ product >> 30
        })
}

/// A hash table with linear probing.
#[derive(Debug, Default)]
struct Table {
    slots: Box<[u64]>,
    used: u32,
}

impl Table {
    /// Adds a bit to the slot of `rest`. True if it was not set.
    fn insert(&mut self, rest: u64, bit: u64) -> bool {
        // At most four of five slots are used: then a search reads 13 slots on average where nothing is found.
        if self.used as usize * 5 >= self.slots.len() * 4 {
            self.grow();
        }
        let slot = find(&mut self.slots, rest);
        let before = *slot;
        self.used += u32::from(before == 0);
        *slot = before | rest << 16 | bit;
        before & bit == 0
    }

    fn grow(&mut self) {
        let length = self.slots.len();
        let empty = vec![0; length + length / 4 + 2].into();
        for slot in std::mem::replace(&mut self.slots, empty) {
            if slot != 0 {
                *find(&mut self.slots, slot >> 16) = slot;
            }
        }
    }
}

/// The slot of `rest`, or the empty slot for it. There is at least one empty slot.
fn find(slots: &mut [u64], rest: u64) -> &mut u64 {
    let mut index = ((u128::from(rest) * slots.len() as u128) >> REST_BITS) as usize;
    while slots[index] != 0 && slots[index] >> 16 != rest {
        index += 1;
        if index == slots.len() {
            index = 0;
        }
    }
    &mut slots[index]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Numbers at equal distances on one of three devices.
    fn series() -> impl Strategy<Value = Vec<Inode>> {
        let first = prop_oneof![Just(0), Just(u64::MAX), 0..64_u64, any::<u64>()];
        let distance = prop_oneof![
            0..20_u64,
            (0..64_u32).prop_map(|bit| 1 << bit),
            any::<u64>()
        ];
        (0..3_u64, first, distance, 0..300_u64).prop_map(|(device, first, distance, count)| {
            let number = |index| distance.wrapping_mul(index).wrapping_add(first);
            let inode = |index| Inode {
                device,
                number: number(index),
            };
            (0..count).map(inode).collect()
        })
    }

    proptest! {
        #[test]
        fn each_inode_is_new_once(all in vec(series(), 1..20)) {
            let (mut set, mut model) = (InodeSet::default(), HashSet::new());
            for inode in all.concat() {
                prop_assert_eq!(set.insert(inode), model.insert(inode), "{:?}", inode);
            }
        }

        #[test]
        fn mixing_can_be_undone(number in prop_oneof![0..64_u64, any::<u64>()]) {
            let number = number >> 4;
            prop_assert_eq!(mix(number) >> 60, 0);
            prop_assert_eq!(unmix(mix(number)), number);
        }
    }

    /// The inverse of [`mix`]: a shift by half of the width undoes itself.
    fn unmix(number: u64) -> u64 {
        [0x94d0_49bb_1331_11eb, 0xbf58_476d_1ce4_e5b9_u64]
            .into_iter()
            .fold(number ^ number >> 30, |number, factor| {
                // Newton's method: each step doubles the number of right bits, of which three are right at first.
                let inverse = (0..5).fold(factor, |inverse, _| {
                    inverse.wrapping_mul(2_u64.wrapping_sub(factor.wrapping_mul(inverse)))
                });
                let quotient = number.wrapping_mul(inverse) & ((1 << 60) - 1);
                quotient ^ quotient >> 30
            })
    }

    /// The longest sequence of used slots limits the time of a search, and the slots are the memory.
    #[test]
    fn common_factors_of_the_numbers_cost_nothing() {
        const COUNT: u64 = 50_000;
        for bit in (4..48).step_by(4) {
            for numbers in [
                (|index, bit| index << bit) as fn(u64, u32) -> u64,
                |index, bit| !(index << bit),
                |index, bit| (index << bit).reverse_bits(),
                |index, bit| (index % 16) << bit | (index / 16) << 4,
            ] {
                let mut set = InodeSet::default();
                for index in 0..COUNT {
                    let number = numbers(index, bit);
                    set.insert(Inode { device: 1, number });
                }
                let tables = || set.0.values().map(|table| &table.slots);
                let slots: usize = tables().map(|slots| slots.len()).sum();
                assert!(slots < COUNT as usize * 2, "bit {bit}: {slots} slots");
                let longest = tables()
                    .flat_map(|slots| slots.split(|&slot| slot == 0))
                    .map(<[u64]>::len)
                    .max();
                assert!(longest < Some(100), "bit {bit}: {longest:?} slots in a row");
            }
        }
    }
}
