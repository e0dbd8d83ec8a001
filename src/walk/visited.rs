//! The directories that were opened, and for which operand first: only where everything is remembered.
//!
//! What an earlier operand has listed is not read again for a later one; `tally` skips it there anyway. Without
//! this, `du -L` over links to links, or a list of all directories as operands, would cost the product.
//!
//! A mutex: one short critical section a directory, with several operands or `-L` only. The answer must be there
//! before the walker goes on, so a channel to somebody who owns the table would only be a slower lock.

#![expect(
    clippy::disallowed_types,
    reason = "one short section a directory; see above"
)]

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use super::{Follow, Remember, WalkOptions};
use crate::count::usage::Inode;
use crate::sys::schedule;

/// See the module.
#[derive(Debug)]
pub(super) struct Visited {
    first: Mutex<HashMap<Inode, u64>>,
    /// One walker goes after the other, in order.
    in_turn: bool,
}

impl Visited {
    pub(super) fn new(options: &WalkOptions) -> Option<Self> {
        (options.remember == Remember::Everything).then(|| Self {
            first: Mutex::new(HashMap::new()),
            in_turn: options.follow == Follow::Always,
        })
    }

    /// Notes a directory; true if what is in it is listed before its turn here.
    ///
    /// For an earlier operand it surely is. Within an operand only walkers that go in order can tell.
    pub(super) fn is_known(&self, inode: Inode, operand: u64) -> bool {
        schedule::point();
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match first.entry(inode) {
            Entry::Vacant(place) => {
                place.insert(operand);
                false
            }
            Entry::Occupied(_) if self.in_turn => true,
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
        let visited = |in_turn| Visited {
            first: Mutex::default(),
            in_turn,
        };
        let several = visited(false);
        assert!(!several.is_known(inode, 3));
        assert!(!several.is_known(inode, 3));
        assert!(!several.is_known(inode, 1));
        assert!(several.is_known(inode, 3));
        let in_turn = visited(true);
        assert!(!in_turn.is_known(inode, 0));
        assert!(in_turn.is_known(inode, 0));
    }
}
