//! An open directory, its place in the tree, and the directory above it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::fd_budget::{Budget, Handle};
use super::stat::Stat;
use super::work_queue::Slot;
use crate::count::listing::{Branch, Key, Names};
use crate::count::record::Exclusion;
use crate::count::usage::Inode;

/// A name: the branch that announced it, and its index there.
pub(super) type Place = (Arc<Branch>, u32);

/// A directory that is being read.
#[derive(Debug)]
pub(super) struct Dir {
    pub(super) place: Place,
    pub(super) slot: Slot,
    pub(super) fd: Fd,
    pub(super) stat: Stat,
    pub(super) depth: u32,
    /// True where a directory above may be met again below this one.
    pub(super) may_cycle: bool,
    /// Its path, where a pattern needs it.
    pub(super) path: Option<Vec<u8>>,
    /// Why its contents are left out, if an export marks that.
    pub(super) exclusion: Option<Exclusion>,
}

/// The open directory: its walker's own, or shared by several walkers.
#[derive(Debug)]
pub(super) enum Fd {
    Own(OwnedFd),
    Shared(Arc<Handle>),
}

/// The directory in which a name is opened.
pub(super) enum Parent<'a> {
    /// The working directory: the name is an operand.
    WorkingDirectory,
    Shared(Arc<Handle>),
    Borrowed(BorrowedFd<'a>),
}

/// A directory whose subdirectories one walker has to walk alone: the budget had no descriptor for it.
#[derive(Debug)]
pub(super) struct Subtree {
    pub(super) slot: Slot,
    pub(super) branch: Arc<Branch>,
    pub(super) fd: Fd,
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Own(fd) => fd.as_fd(),
            Self::Shared(handle) => handle.as_fd(),
        }
    }
}

impl Dir {
    /// Makes the descriptor one that several walkers can hold.
    pub(super) fn share(mut self, budget: &Arc<Budget>) -> Self {
        self.fd = match self.fd {
            Fd::Own(fd) => Fd::Shared(budget.keep_anyway(fd)),
            shared @ Fd::Shared(_) => shared,
        };
        self
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The device that `-x` compares its entries with: the operand's.
    pub(super) fn device(&self) -> u64 {
        match self.depth {
            0 => self.stat.detail.inode.device,
            _ => self.place.0.device,
        }
    }
}

/// The operands as a branch without a parent: see [`crate::count::listing`].
#[must_use]
pub fn command_line(names: Names, first_key: Key, first_operand: u64) -> Arc<Branch> {
    Arc::new(Branch {
        parent: None,
        inode: Inode {
            device: u64::MAX,
            number: u64::MAX,
        },
        device: 0,
        operand: first_operand,
        may_cycle: false,
        child_depth: 0,
        first_key,
        fold: None,
        group: 0,
        names,
    })
}
