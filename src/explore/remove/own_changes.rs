//! Changes of inodes that a removal has made itself. A file system without times of creation tells a new inode only by the
//! time of its last change, and that moves with each link that is unlinked, and with each entry that leaves a directory. An
//! overlay copies a directory of a lower layer, and those above it, to remove an entry from it: they have other times of
//! creation then.

use std::collections::HashMap;

use crate::count::usage::{FileTime, Inode};

/// The times of these changes, of inodes without a time of creation; and the times of creation of copies.
#[derive(Debug, Default)]
pub(super) struct OwnChanges {
    changed: HashMap<Inode, FileTime>,
    copied: HashMap<Inode, FileTime>,
}

impl OwnChanges {
    /// The removal has changed this inode, at this time.
    pub(super) fn insert(&mut self, inode: Inode, changed: FileTime) {
        self.changed.insert(inode, changed);
    }

    /// The inode has no name any more.
    pub(super) fn forget(&mut self, inode: Inode) {
        self.changed.remove(&inode);
    }

    /// Whether the last change of an inode was one of these.
    pub(super) fn has_made(&self, inode: Inode, changed: FileTime) -> bool {
        self.changed.get(&inode) == Some(&changed)
    }

    /// The removal has had this directory copied; the copy was created at this time.
    pub(super) fn insert_copy(&mut self, inode: Inode, born: FileTime) {
        self.copied.insert(inode, born);
    }

    /// Whether a directory that was created at this time is such a copy.
    pub(super) fn has_copied(&self, inode: Inode, born: FileTime) -> bool {
        self.copied.get(&inode) == Some(&born)
    }
}
