//! The limits of the process on descriptors and on its address space, and how the walk fits into them.

use std::os::fd::AsRawFd;

use rustix::fs::{Dir, Mode, OFlags};

use super::fd_budget::Budget;

/// Directories that may wait open before the open descriptors are counted: none where the limit is tight.
pub(super) fn spare_at_start() -> isize {
    if descriptor_limit() < 64 { 0 } else { 4 }
}

fn descriptor_limit() -> usize {
    usize::try_from(pdu_startup::descriptor_limit()).unwrap_or(usize::MAX)
}

/// The number of walkers that the limits allow; the budget gets the descriptors that they leave.
///
/// A walker needs two descriptors at a time (the directory above and the one it opens) and one more on its way up. No
/// walker at all where the address space has no room for one.
pub(super) fn fit(walkers: usize, budget: &Budget) -> usize {
    const NEEDED: usize = 3;
    const SET_ASIDE: usize = 4;
    let free = descriptor_limit().saturating_sub(open_descriptors() + SET_ASIDE);
    let walkers = walkers.min(free / NEEDED).max(1).min(threads_with_room());
    let spare = free.saturating_sub(walkers * NEEDED);
    budget.grow(isize::try_from(spare).unwrap_or(isize::MAX / 2));
    walkers
}

/// How many threads the limit on the address space has room for, each with its stack and its heap. A thread that starts
/// without room would end the process.
fn threads_with_room() -> usize {
    const OURS: u64 = 8 << 20;
    const EACH: u64 = 1 << 20;
    let Some(limit) = pdu_startup::address_space_limit() else {
        return usize::MAX;
    };
    usize::try_from(limit.saturating_sub(OURS) / EACH).unwrap_or(usize::MAX)
}

/// How many descriptors are open; where `/proc` is not mounted, as many as lie below the lowest free one.
fn open_descriptors() -> usize {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(fd) = rustix::fs::open("/proc/self/fd", flags, Mode::empty()) else {
        let lowest = rustix::fs::open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        return lowest.map_or(3, |fd| usize::try_from(fd.as_raw_fd()).unwrap_or(3));
    };
    let names = Dir::new(fd).into_iter().flatten();
    // Not ".", "..", nor the descriptor that reads the list.
    names.take_while(Result::is_ok).count().saturating_sub(3)
}
