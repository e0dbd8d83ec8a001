//! The directories that were opened, and for which operand first: only where everything is counted once.
//!
//! A directory that an earlier operand has listed is not read again for a later one; the tally skips it there anyway.
//! Without this, `du -L` over links to links, or a list of all directories as operands, would cost the product.
//!
//! A mutex: one short critical section a directory, with several operands or `-L` only. The walker needs the answer before
//! it goes on, so a channel to an owner of the table would be a slower lock.

#![expect(
    clippy::disallowed_types,
    reason = "one short section a directory; see above"
)]

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use super::options::{Follow, Remember, WalkOptions};
use crate::count::usage::Inode;
use crate::sys::schedule;

/// See the module.
#[derive(Debug)]
pub(super) struct Visited {
    first: Mutex<HashMap<Inode, u64>>,
    /// There is a single walker, which meets everything in order.
    single: bool,
}

impl Visited {
    pub(super) fn new(options: &WalkOptions) -> Option<Self> {
        (options.remember == Remember::Everything).then(|| Self {
            first: Mutex::new(HashMap::new()),
            single: options.follow == Follow::Always,
        })
    }

    /// Records a directory; true if its entries are listed before this place in the order.
    ///
    /// For an earlier operand that is certain. Within an operand it is only with a single walker.
    pub(super) fn is_known(&self, inode: Inode, operand: u64) -> bool {
        schedule::point();
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match first.entry(inode) {
            Entry::Vacant(place) => {
                place.insert(operand);
                false
            }
            Entry::Occupied(_) if self.single => true,
            Entry::Occupied(mut seen) => {
                let earlier = *seen.get() < operand;
                *seen.get_mut() = operand.min(*seen.get());
                earlier
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_operand_makes_a_directory_known() {
        let inode = Inode {
            device: 1,
            number: 2,
        };
        let visited = |single| Visited {
            first: Mutex::default(),
            single,
        };
        let several = visited(false);
        assert!(!several.is_known(inode, 3));
        assert!(!several.is_known(inode, 3));
        assert!(!several.is_known(inode, 1));
        assert!(several.is_known(inode, 3));
        let single = visited(true);
        assert!(!single.is_known(inode, 0));
        assert!(single.is_known(inode, 0));
    }
}
