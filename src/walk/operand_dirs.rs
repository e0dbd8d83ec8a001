//! The directories of the operands, kept open: for later calls below them that must not go by a path.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::fd_budget::{Budget, Handle};
use crate::count::listing::Key;
use crate::count::usage::Inode;
use crate::sys::retry::retry;

/// Operands after so many are not kept open: the walk needs the descriptors.
const MOST: u64 = 16;

/// The directory of an operand.
#[derive(Debug)]
pub struct OperandDir {
    /// The key of the operand.
    pub key: Key,
    /// Its identity.
    pub inode: Inode,
    directory: Arc<Handle>,
}

/// An operand whose directory was opened.
pub(super) struct Operand {
    pub(super) key: Key,
    /// Its number, counted from 0.
    pub(super) number: u64,
    pub(super) inode: Inode,
}

/// Sends the directories that the walkers open.
#[derive(Debug, Clone)]
pub struct OperandDirSender(Sender<OperandDir>);

/// A channel of the directories of operands, for [`WalkOptions`](super::WalkOptions).
#[must_use]
pub fn operand_dirs() -> (OperandDirSender, Receiver<OperandDir>) {
    let (sender, receiver) = unbounded();
    (OperandDirSender(sender), receiver)
}

impl OperandDirSender {
    /// Keeps a directory open, where the budget has a descriptor for it.
    pub(super) fn keep(&self, operand: &Operand, fd: BorrowedFd<'_>, budget: &Arc<Budget>) {
        if operand.number >= MOST {
            return;
        }
        let copy: Result<OwnedFd, _> = retry(|| rustix::io::fcntl_dupfd_cloexec(fd, 0));
        let directory = copy.ok().and_then(|copy| budget.keep(copy).ok());
        if let Some(directory) = directory {
            let _ = self.0.send(OperandDir {
                key: operand.key,
                inode: operand.inode,
                directory,
            });
        }
    }
}

impl AsFd for OperandDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}
