//! One walker, one descriptor: a subtree walked without keeping directories open.
//!
//! When the budget of descriptors is used up, the walker of a directory goes down alone, as GNU du does: it opens
//! a subdirectory by its name, lets go of the directory above, and comes back through `..`, where it checks that
//! it has come back to the directory that it left. Where it has not (the directory was moved, a link was
//! followed, `..` may not be searched), it goes down again from the operand, a name at a time, and checks each.
//! While a large directory is read, which holds a descriptor for itself, it waits, and holds none where none can
//! be spared. So a tree of any depth and any width is walked with two descriptors, at a cost linear in the number
//! of directories.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::work_queue::Slot;
use super::{Above, Fd, Follow, Kept, Shared, bare};
use crate::count::listing::{Branch, Found};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::retry;

/// A walker on its way through a subtree.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The directories above that still have subdirectories to be walked.
    stack: Vec<Frame>,
    /// The open directory, where it could be opened.
    fd: Result<Fd, Errno>,
    /// Depth of the entries of the open directory; none is as deep as [`NOWHERE`].
    depth: u32,
}

/// The depth of a walker that has let go of its directory.
const NOWHERE: u32 = u32::MAX;

#[derive(Debug)]
struct Frame {
    slot: Slot,
    branch: Arc<Branch>,
    next: u32,
}

/// Walks the subtree of a directory whose subdirectories could not be handed out.
pub(super) fn descend(walk: &Arc<Shared>, kept: Kept) {
    Cursor::at(kept).go_on(walk);
}

/// The same, when what is being read has been read.
pub(super) fn descend_later(walk: &Arc<Shared>, kept: Kept) {
    walk.push_alone(Cursor::at(kept));
}

impl Cursor {
    fn at(kept: Kept) -> Self {
        let mut cursor = Self {
            stack: Vec::new(),
            depth: NOWHERE,
            fd: Err(Errno::BADF),
        };
        cursor.enter(kept);
        cursor
    }

    /// Walks on, until a large directory has to be read first, lest more and more of them be open. On the main
    /// thread only one directory, since nobody else would take its listing.
    pub(super) fn go_on(mut self, walk: &Arc<Shared>) {
        while self.step(walk) {
            let waits = walk.work_queue.is_urgent();
            if waits && walk.budget.is_overdrawn() {
                self.fd = Err(Errno::BADF);
                self.depth = NOWHERE;
            }
            if waits || walk.pool.get().is_none() {
                walk.push_alone(self);
                return;
            }
        }
    }

    /// Walks one directory; false after the last one.
    fn step(&mut self, walk: &Arc<Shared>) -> bool {
        self.leave_finished(walk);
        let Some(frame) = self.stack.last_mut() else {
            return false;
        };
        if walk.done.is_cancelled() {
            return false;
        }
        let index = frame.next;
        frame.next += 1;
        let place = (Arc::clone(&frame.branch), index);
        let slot = walk.work_queue.place_before(frame.slot);
        let inside = frame.branch.child_depth;
        if self.depth != inside {
            self.climb(&place.0, walk);
        }
        match &self.fd {
            Ok(fd) => {
                if let Some(kept) = walk.visit(place, slot, Above::Lent(fd.as_fd())) {
                    self.enter(kept);
                }
            }
            Err(errno) => {
                let failure = Failure {
                    operation: Operation::Access,
                    errno: errno.raw_os_error(),
                };
                walk.send(bare(place, Found::Nothing, Some(failure)));
                walk.work_queue.finish(slot, None);
            }
        }
        true
    }

    fn enter(&mut self, kept: Kept) {
        self.depth = kept.branch.child_depth;
        self.fd = Ok(kept.fd);
        self.stack.push(Frame {
            slot: kept.slot,
            branch: kept.branch,
            next: 0,
        });
    }

    /// Forgets the directories whose subdirectories have all been walked: no need to come back to them.
    fn leave_finished(&mut self, walk: &Arc<Shared>) {
        while let Some(frame) = self.stack.last() {
            if frame.next < frame.branch.len() {
                return;
            }
            walk.work_queue.finish(frame.slot, None);
            self.stack.pop();
        }
    }

    /// Comes back to the directory of `branch`.
    fn climb(&mut self, branch: &Branch, walk: &Shared) {
        let levels = self.depth.saturating_sub(branch.child_depth);
        let here = std::mem::replace(&mut self.fd, Err(Errno::BADF));
        self.fd = here
            .and_then(|here| up(here, levels, branch))
            .or_else(|_| down(branch, walk.options.follow))
            .map(Fd::Own);
        self.depth = branch.child_depth;
    }
}

const SEARCH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The directory `levels` above, if it is that of `branch`. Never are more than two open.
fn up(from: Fd, levels: u32, branch: &Branch) -> Result<OwnedFd, Errno> {
    let open = |at: BorrowedFd<'_>| retry(|| rustix::fs::openat(at, c"..", SEARCH, Mode::empty()));
    let mut fd = open(from.as_fd())?;
    drop(from);
    for _ in 1..levels {
        fd = open(fd.as_fd())?;
    }
    verify(fd, branch)
}

/// The directory of `branch`, from the operand down, each one checked.
fn down(branch: &Branch, follow: Follow) -> Result<OwnedFd, Errno> {
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

/// ESTALE where the name leads elsewhere now: as if the directory had been replaced, which it has.
fn verify(fd: OwnedFd, branch: &Branch) -> Result<OwnedFd, Errno> {
    let stat = retry(|| rustix::fs::fstat(&fd))?;
    let same = u128::from(stat.st_ino) == u128::from(branch.inode.number)
        && u128::from(stat.st_dev) == u128::from(branch.inode.device);
    if same { Ok(fd) } else { Err(Errno::STALE) }
}
