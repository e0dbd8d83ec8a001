//! Directories that are not removed, whatever was chosen: `/`, the operands, the working directory and those above it.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

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
    /// The directories above the working directory are not all known.
    may_be_any: bool,
}

impl Protection {
    pub(super) fn new(operands: &[Inode]) -> Self {
        let known = operands.iter().map(|inode| (*inode, Protected::Operand));
        let mut protection = Self {
            known: known.collect(),
            numbers: operands.iter().map(|inode| inode.number).collect(),
            may_be_any: false,
        };
        protection.add_root();
        protection.add_working_directory();
        protection
    }

    fn add_root(&mut self) {
        if let Ok(stat) = retry(|| rustix::fs::stat("/")) {
            self.known.insert(inode_of(&stat), Protected::Root);
        }
    }

    /// Through `..`, and by the path where a directory must not be searched. Where neither leads to all directories above it,
    /// any directory may be one of them.
    fn add_working_directory(&mut self) {
        let has_all = self.add_from_working_directory() || self.add_path_of_working_directory();
        self.may_be_any = !has_all;
    }

    /// Goes up until `..` leads to the same directory. False where a directory cannot be opened.
    fn add_from_working_directory(&mut self) -> bool {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut opened = retry(|| rustix::fs::openat(CWD, c".", flags, Mode::empty()));
        let mut below = None;
        while let Ok(fd) = opened {
            let Ok(seen) = look_at(fd.as_fd()) else {
                return false;
            };
            if below == Some(seen.inode) {
                return true;
            }
            self.add(seen.inode);
            below = Some(seen.inode);
            opened = open_parent(fd.as_fd());
        }
        false
    }

    /// False where the path is not known.
    fn add_path_of_working_directory(&mut self) -> bool {
        let path = match rustix::process::getcwd(Vec::new()) {
            // It was removed.
            Err(Errno::NOENT) => return true,
            path => path.map(|path| PathBuf::from(OsString::from_vec(path.into_bytes()))),
        };
        let Ok(path) = path else { return false };
        // `/proc/self/cwd` needs no right to search it.
        let all = path
            .ancestors()
            .skip(1)
            .chain([Path::new("/proc/self/cwd")]);
        let inodes = all.map(|path| Some(inode_of(&retry(|| rustix::fs::stat(path)).ok()?)));
        let inodes: Option<Vec<Inode>> = inodes.collect();
        let is_known = path.is_absolute() && inodes.is_some();
        inodes
            .into_iter()
            .flatten()
            .for_each(|inode| self.add(inode));
        is_known
    }

    fn add(&mut self, inode: Inode) {
        let known = self.known.entry(inode);
        known.or_insert(Protected::WorkingDirectory);
    }

    /// Fails for one of them.
    pub(super) fn check(&self, inode: Inode) -> Result<(), Problem> {
        match self.known.get(&inode) {
            Some(protected) => Err(Problem::Protected(*protected)),
            None => Ok(()),
        }
    }

    /// Fails for a directory that is one of them, or may be.
    pub(super) fn check_directory(&self, inode: Inode) -> Result<(), Problem> {
        self.check(inode)?;
        match self.may_be_any {
            true => Err(Problem::Protected(Protected::Perhaps)),
            false => Ok(()),
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

#[allow(
    clippy::unnecessary_cast,
    reason = "the widths of struct stat differ from one architecture to the next"
)]
fn inode_of(stat: &rustix::fs::Stat) -> Inode {
    Inode {
        device: stat.st_dev as u64,
        number: stat.st_ino as u64,
    }
}
