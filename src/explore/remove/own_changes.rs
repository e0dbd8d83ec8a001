//! Changes of inodes that a removal has made itself. A file system without times of creation tells a new inode only by the
//! time of its last change, and that moves with each link that is unlinked, and with each entry that leaves a directory.

use std::collections::HashMap;

use crate::count::usage::{FileTime, Inode};

/// The times of these changes, of inodes without a time of creation.
#[derive(Debug, Default)]
pub(super) struct OwnChanges(HashMap<Inode, FileTime>);

impl OwnChanges {
    /// The removal has changed this inode, at this time.
    pub(super) fn insert(&mut self, inode: Inode, changed: FileTime) {
        self.0.insert(inode, changed);
    }

    /// The inode has no name any more.
    pub(super) fn forget(&mut self, inode: Inode) {
        self.0.remove(&inode);
    }

    /// Whether the last change of an inode was one of these.
    pub(super) fn has_made(&self, inode: Inode, changed: FileTime) -> bool {
        self.0.get(&inode) == Some(&changed)
    }
}
