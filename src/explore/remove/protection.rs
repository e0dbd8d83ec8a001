//! Directories that are not removed, whatever was chosen: `/`, the operands, the working directory and those above it.

use std::collections::HashMap;
use std::os::fd::AsFd;

use rustix::fs::{CWD, Mode, OFlags};

use super::look::look_at;
use super::problem::{Problem, Protected};
use super::way::open_parent;
use crate::count::usage::Inode;
use crate::sys::retry::retry;

/// See the module.
#[derive(Debug)]
pub(super) struct Protection(HashMap<Inode, Protected>);

impl Protection {
    pub(super) fn new(operands: &[Inode]) -> Self {
        let operands = operands.iter().map(|inode| (*inode, Protected::Operand));
        let mut protection = Self(operands.collect());
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
            self.0.insert(inode, Protected::Root);
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
            let known = self.0.entry(seen.inode);
            known.or_insert(Protected::WorkingDirectory);
            below = Some(seen.inode);
            opened = open_parent(fd.as_fd());
        }
    }

    /// Fails for one of them.
    pub(super) fn check(&self, inode: Inode) -> Result<(), Problem> {
        match self.0.get(&inode) {
            Some(protected) => Err(Problem::Protected(*protected)),
            None => Ok(()),
        }
    }
}
