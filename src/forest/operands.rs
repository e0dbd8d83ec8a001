//! The operands that may be met again in other operands.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::info::DirId;
use crate::count::usage::Inode;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Operands {
    pub(super) count: u64,
    /// A list may name more of them.
    pub(super) more_may_come: bool,
    /// Those that may be met again, by what they are.
    pub(super) known: HashMap<Inode, DirId, FixedState>,
    /// What other operands were before they were read again.
    pub(super) former: HashSet<Inode, FixedState>,
    /// One of them is a file.
    pub(super) has_files: bool,
}

impl Operands {
    /// True for what an operand is, or was.
    pub(super) fn has(&self, inode: Inode) -> bool {
        self.known.contains_key(&inode) || self.former.contains(&inode)
    }

    pub(super) fn add(&mut self, count: u32) {
        self.count += u64::from(count);
    }
}
