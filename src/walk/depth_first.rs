//! The way of one walker through a subtree, with two descriptors, for when the budget of descriptors is used up.
//!
//! [`Cursor::next`] gives the next directory in depth-first order; the walker opens and reads it, and calls
//! [`Cursor::enter`] where it has subdirectories. Only the directory that holds the next one is open. The cursor returns
//! to a directory through `..`, and checks that the opened directory is the one it left. Where it is not (the directory
//! was moved, a link was followed, `..` may not be searched), the cursor opens the path again from the operand, one name
//! at a time, and checks each directory. So a tree of any depth and any width takes two descriptors, at a cost linear in
//! the number of directories.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::dir::{Fd, Place, Subtree};
use super::options::Follow;
use super::work_queue::{Slot, WorkQueue};
use crate::count::listing::Branch;
use crate::sys::retry::retry;

/// A walker's position in a subtree.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The directories above that still have subdirectories to be walked.
    stack: Vec<Frame>,
    /// The open directory, where it could be opened.
    fd: Result<Fd, Errno>,
    /// Depth of the entries of the open directory; [`CLOSED`] where none is open.
    depth: u32,
}

/// No entry is as deep as this.
const CLOSED: u32 = u32::MAX;

#[derive(Debug)]
struct Frame {
    slot: Slot,
    branch: Arc<Branch>,
    next: u32,
}

impl Cursor {
    pub(super) fn new(subtree: Subtree) -> Self {
        let mut cursor = Self {
            stack: Vec::new(),
            depth: CLOSED,
            fd: Err(Errno::BADF),
        };
        cursor.enter(subtree);
        cursor
    }

    /// The next directory, with a new slot before that of its parent. [`Cursor::fd`] is the parent then.
    pub(super) fn next<T>(
        &mut self,
        work_queue: &WorkQueue<T>,
        follow: Follow,
    ) -> Option<(Place, Slot)> {
        while let Some(frame) = self.stack.pop_if(|frame| frame.next >= frame.branch.len()) {
            work_queue.finish(frame.slot, None);
        }
        let frame = self.stack.last_mut()?;
        let index = frame.next;
        frame.next += 1;
        let place = (Arc::clone(&frame.branch), index);
        let slot = work_queue.slot_before(frame.slot);
        if self.depth != place.0.child_depth {
            self.return_to(&place.0, follow);
        }
        Some((place, slot))
    }

    /// The directory that holds the one that [`Cursor::next`] gave.
    pub(super) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.fd.as_ref().map(Fd::as_fd).map_err(|errno| *errno)
    }

    /// Continues with the subdirectories of a directory.
    pub(super) fn enter(&mut self, subtree: Subtree) {
        self.depth = subtree.branch.child_depth;
        self.fd = Ok(subtree.fd);
        self.stack.push(Frame {
            slot: subtree.slot,
            branch: subtree.branch,
            next: 0,
        });
    }

    /// Closes the open directory.
    pub(super) fn close(&mut self) {
        self.fd = Err(Errno::BADF);
        self.depth = CLOSED;
    }

    fn return_to(&mut self, branch: &Branch, follow: Follow) {
        let levels = self.depth.saturating_sub(branch.child_depth);
        let here = std::mem::replace(&mut self.fd, Err(Errno::BADF));
        self.fd = here
            .and_then(|here| open_above(here, levels, branch))
            .or_else(|_| open_from_operand(branch, follow))
            .map(Fd::Own);
        self.depth = branch.child_depth;
    }
}

const SEARCH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The directory `levels` above, if it is that of `branch`. At most two are open at a time.
fn open_above(from: Fd, levels: u32, branch: &Branch) -> Result<OwnedFd, Errno> {
    let open = |at: BorrowedFd<'_>| retry(|| rustix::fs::openat(at, c"..", SEARCH, Mode::empty()));
    let mut fd = open(from.as_fd())?;
    drop(from);
    for _ in 1..levels {
        fd = open(fd.as_fd())?;
    }
    verify(fd, branch)
}

/// The directory of `branch`, opened from the operand downwards; each directory on the way is checked.
fn open_from_operand(branch: &Branch, follow: Follow) -> Result<OwnedFd, Errno> {
    let mut chain = Vec::new();
    let mut here = branch;
    while let Some((parent, index)) = &here.parent {
        chain.push((here, parent.names.name(*index)));
        here = parent;
    }
    let mut fd: Option<OwnedFd> = None;
    for (branch, name) in chain.into_iter().rev() {
        let follows = match fd {
            None => follow != Follow::Never,
            Some(_) => follow == Follow::Always,
        };
        let flags = if follows {
            SEARCH
        } else {
            SEARCH | OFlags::NOFOLLOW
        };
        let at = fd.as_ref().map_or(CWD, |fd| fd.as_fd());
        let opened = retry(|| rustix::fs::openat(at, name, flags, Mode::empty()))?;
        fd = Some(verify(opened, branch)?);
    }
    fd.ok_or(Errno::NOENT)
}

/// ESTALE where the descriptor is another directory than that of `branch`.
fn verify(fd: OwnedFd, branch: &Branch) -> Result<OwnedFd, Errno> {
    let stat = retry(|| rustix::fs::fstat(&fd))?;
    let same = u128::from(stat.st_ino) == u128::from(branch.inode.number)
        && u128::from(stat.st_dev) == u128::from(branch.inode.device);
    if same { Ok(fd) } else { Err(Errno::STALE) }
}
