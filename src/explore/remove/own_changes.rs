//! Changes of inodes that a removal has made itself. A file system without times of creation tells a new inode only by the
//! time of its last change, and that moves with each link that is unlinked, and with each entry that leaves a directory.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;

use super::look::{Seen, look_at};
use crate::count::usage::{FileTime, Inode};

/// The times of these changes, of inodes without a time of creation.
#[derive(Debug, Default)]
pub(super) struct OwnChanges(HashMap<Inode, FileTime>);

impl OwnChanges {
    /// The removal has changed this open inode.
    pub(super) fn note(&mut self, fd: BorrowedFd<'_>) {
        if let Ok(seen) = look_at(fd)
            && seen.born.is_none()
        {
            self.0.insert(seen.inode, seen.changed);
        }
    }

    /// The inode has no name any more.
    pub(super) fn forget(&mut self, inode: Inode) {
        self.0.remove(&inode);
    }

    /// Whether the last change of an inode was one of these.
    pub(super) fn has_made(&self, seen: &Seen) -> bool {
        self.0.get(&seen.inode) == Some(&seen.changed)
    }
}
