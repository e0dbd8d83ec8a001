//! How much more space a file system has free after a removal than before.
//!
//! This is not the sum of the removed files: other processes write meanwhile; blocks that a reflink or a snapshot shares
//! stay in use; and so does a file that a process has open.

use std::collections::HashSet;
use std::os::fd::BorrowedFd;

use crate::sys::retry::retry;

/// The sum over the places of a job.
#[derive(Debug, Default)]
pub(super) struct FreeSpace {
    more: Option<i128>,
    devices: HashSet<u64>,
}

impl FreeSpace {
    /// Adds what has changed on the file system of an open directory, whose free bytes were `before`.
    pub(super) fn add(&mut self, fd: BorrowedFd<'_>, device: u64, before: Option<i128>) {
        if let Some((before, after)) = before.zip(free_bytes(fd)) {
            self.more = Some(self.more.unwrap_or(0) + after - before);
            self.devices.insert(device);
        }
    }

    pub(super) fn more(&self) -> Option<i128> {
        self.more
    }

    pub(super) fn file_systems(&self) -> usize {
        self.devices.len()
    }
}

/// The free bytes of the file system of an open directory. None where it does not count them.
pub(super) fn free_bytes(fd: BorrowedFd<'_>) -> Option<i128> {
    let stat = retry(|| rustix::fs::fstatvfs(fd)).ok()?;
    (stat.f_blocks > 0).then(|| i128::from(stat.f_bfree) * i128::from(stat.f_frsize))
}
