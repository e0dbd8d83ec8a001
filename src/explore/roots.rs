//! The directories of the operands, which the walk has opened, and the ways down from there.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use crossbeam_channel::{Receiver, never};

use super::remove::job::{Root, Step};
use crate::count::usage::Inode;
use crate::forest::{DirId, DirState, Forest};
use crate::walk::OperandDir;

/// See the module.
#[derive(Debug)]
pub(super) struct Roots {
    coming: Receiver<OperandDir>,
    open: HashMap<DirId, (Arc<OwnedFd>, Inode)>,
    /// Those of the second walk.
    again: Receiver<OperandDir>,
}

impl Roots {
    pub(super) fn new(coming: Receiver<OperandDir>) -> Self {
        Self {
            coming,
            again: never(),
            open: HashMap::new(),
        }
    }

    /// The operand above a directory, and the way down from there.
    pub(super) fn way(
        &mut self,
        forest: &Forest,
        mut directory: DirId,
    ) -> Option<(Root, Vec<Step>)> {
        let mut way = Vec::new();
        loop {
            let info = forest.dir(directory);
            let above = info.parent.filter(|_| info.state != DirState::Nothing)?;
            if above == DirId::TOP {
                way.reverse();
                return Some((self.root(forest, directory)?, way));
            }
            way.push(Step {
                name: forest.name(directory).to_vec(),
                inode: info.inode,
            });
            directory = above;
        }
    }

    /// A second walk begins, which sends the directory that it opens, if that is an operand.
    pub(super) fn read_again(&mut self, dirs: Receiver<OperandDir>) {
        self.take_coming();
        self.again = dirs;
    }

    /// A directory was read again. The one that was opened first for an operand may be another one.
    pub(super) fn replaced(&mut self, directory: DirId) {
        self.open.remove(&directory);
        let opened = self.again.try_iter().last().and_then(|dir| copy(&dir));
        self.open.extend(opened.map(|opened| (directory, opened)));
    }

    fn take_coming(&mut self) {
        for dir in self.coming.try_iter() {
            let id = u32::try_from(dir.key + 1).ok().map(DirId);
            self.open.extend(id.zip(copy(&dir)));
        }
    }

    /// The directories that the walk has opened so far.
    pub(super) fn open_dirs(&mut self) -> Vec<Arc<OwnedFd>> {
        self.take_coming();
        let open = self.open.values();
        open.map(|(fd, _)| Arc::clone(fd)).collect()
    }

    /// The operands whose directories are not open.
    pub(super) fn others(&mut self, forest: &Forest) -> Vec<(CString, Inode)> {
        self.take_coming();
        let is_open = |directory| self.open.contains_key(&directory);
        let operands = forest
            .rows(DirId::TOP)
            .filter(|row| !row.directory.is_some_and(is_open));
        // One that could not be looked at has no number.
        let known = operands.filter(|row| row.entry.inode.number != 0);
        known
            .filter_map(|row| Some((CString::new(row.name).ok()?, row.entry.inode)))
            .collect()
    }

    /// The directory of an operand: the one that the walk opened, or else its name.
    fn root(&mut self, forest: &Forest, operand: DirId) -> Option<Root> {
        self.take_coming();
        let shown = forest.dir(operand).inode;
        match self.open.get(&operand) {
            // It was read again since, and may have been replaced before.
            Some((fd, inode)) if *inode == shown => Some(Root::Open(Arc::clone(fd))),
            Some(_) | None => {
                let name = CString::new(forest.name(operand)).ok()?;
                Some(Root::Typed(name, shown))
            }
        }
    }
}

/// A descriptor beside the budget of the walk, which ends.
fn copy(dir: &OperandDir) -> Option<(Arc<OwnedFd>, Inode)> {
    let copy = dir.as_fd().try_clone_to_owned().ok()?;
    Some((Arc::new(copy), dir.inode))
}
