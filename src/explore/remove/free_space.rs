//! How much more space a file system has free after a removal than before.
//!
//! This is not the sum of the removed files: other processes write meanwhile; blocks that a reflink or a snapshot shares
//! stay in use; and so does a file that a process has open.

use std::collections::HashSet;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::talk::Talk;
use crate::sys::retry::retry;

/// How often the free space is looked at again, and how long after the time before.
const LOOKS: u32 = 10;
const STEP: Duration = Duration::from_millis(50);

/// The sum over the places of a job.
#[derive(Debug, Default)]
pub(super) struct FreeSpace {
    more: Option<i128>,
    /// How often it was looked at again, for all places.
    looks: u32,
    devices: HashSet<u64>,
}

impl FreeSpace {
    /// Adds what has changed on the file system of an open directory, whose free bytes were `before`, by the removal of so
    /// many bytes. Some file systems free them in the background: waits a little for them.
    pub(super) fn add(
        &mut self,
        talk: &Talk,
        (fd, device): (BorrowedFd<'_>, u64),
        before: Option<i128>,
        removed: u128,
    ) {
        let removed = i128::try_from(removed).unwrap_or(i128::MAX);
        let more = || {
            before
                .zip(free_bytes(fd))
                .map(|(before, after)| after - before)
        };
        let mut now = more();
        while self.looks < LOOKS && now.is_some_and(|now| now < removed) {
            self.looks += 1;
            talk.wait(STEP);
            now = more();
        }
        if let Some(now) = now {
            self.more = Some(self.more.unwrap_or(0) + now);
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
