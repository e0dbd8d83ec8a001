//! fork(2) and what only a process that has forked needs.

/// The result of a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForkResult {
    /// This process is the child.
    Child,
    /// This process is the parent; the number is the child's.
    Parent(i32),
    /// There is no child.
    Failed,
}

/// Makes a child process (fork(2)).
///
/// Only for a process with one thread: a lock that another thread held would stay locked for ever in the child.
#[must_use]
pub fn fork() -> ForkResult {
    // SAFETY: no other thread runs, so that the child finds every lock and every heap in order.
    match unsafe { libc::fork() } {
        -1 => ForkResult::Failed,
        0 => ForkResult::Child,
        child => ForkResult::Parent(child),
    }
}

/// Ends the process without flushing or dropping anything (_exit(2)): the child does that.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit ends all threads and runs no code of this program.
    unsafe { libc::_exit(status) }
}

/// Closes all descriptors but the standard streams, where the kernel can do that (close_range(2), Linux 5.9). Only for a
/// process that uses none of them and ends by [`exit_now`].
pub fn close_all_but_streams() {
    // SAFETY: the code that owns these descriptors never runs again.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}
