//! Directories that are not removed, whatever was chosen: `/`, the operands, the working directory and those above it.

use std::collections::{HashMap, HashSet};
use std::os::fd::AsFd;

use rustix::fs::{CWD, Mode, OFlags};

use super::look::look_at;
use super::problem::{Problem, Protected};
use super::way::open_parent;
use crate::count::usage::Inode;
use crate::sys::retry::retry;

/// See the module.
#[derive(Debug)]
pub(super) struct Protection {
    known: HashMap<Inode, Protected>,
    /// Those of the operands.
    numbers: HashSet<u64>,
}

impl Protection {
    pub(super) fn new(operands: &[Inode]) -> Self {
        let known = operands.iter().map(|inode| (*inode, Protected::Operand));
        let mut protection = Self {
            known: known.collect(),
            numbers: operands.iter().map(|inode| inode.number).collect(),
        };
        protection.add_root();
        protection.add_working_directory();
        protection
    }

    fn add_root(&mut self) {
        if let Ok(stat) = retry(|| rustix::fs::stat("/")) {
            let inode = Inode {
                device: stat.st_dev,
                number: stat.st_ino,
            };
            self.known.insert(inode, Protected::Root);
        }
    }

    /// Goes up until `..` leads to the same directory. A directory that cannot be opened ends the way: what lies above is
    /// not known.
    fn add_working_directory(&mut self) {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut opened = retry(|| rustix::fs::openat(CWD, c".", flags, Mode::empty()));
        let mut below = None;
        while let Ok(fd) = opened {
            let Ok(seen) = look_at(fd.as_fd()) else {
                return;
            };
            if below == Some(seen.inode) {
                return;
            }
            let known = self.known.entry(seen.inode);
            known.or_insert(Protected::WorkingDirectory);
            below = Some(seen.inode);
            opened = open_parent(fd.as_fd());
        }
    }

    /// Fails for one of them.
    pub(super) fn check(&self, inode: Inode) -> Result<(), Problem> {
        match self.known.get(&inode) {
            Some(protected) => Err(Problem::Protected(*protected)),
            None => Ok(()),
        }
    }

    /// Fails for a file that may be an operand: its device is not known, for files of an overlay have others than their
    /// directories.
    pub(super) fn check_file(&self, number: u64) -> Result<(), Problem> {
        match self.numbers.contains(&number) {
            true => Err(Problem::Protected(Protected::Operand)),
            false => Ok(()),
        }
    }
}
