//! stat of an entry, with what a removal compares.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, Mode, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::problem::Problem;
use crate::count::usage::{FileTime, Inode};
use crate::sys::retry::retry;

/// A directory as it was shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct AsRead {
    pub(super) inode: Inode,
    /// When the reading of its entries began.
    pub(super) began: FileTime,
}

/// An entry as it is now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) inode: Inode,
    pub(super) kind: FileType,
    pub(super) mode: Mode,
    pub(super) owner: u32,
    pub(super) links: u64,
    /// In bytes.
    pub(super) allocated: u64,
    /// Whether something is mounted here. None where the kernel cannot tell.
    pub(super) is_mount_root: Option<bool>,
    /// When the inode was created. None where the file system does not store it.
    born: Option<FileTime>,
}

/// The entry of this name in an open directory; no link is followed.
pub(super) fn look(at: BorrowedFd<'_>, name: &CStr) -> Result<Seen, Errno> {
    call(at, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// An open directory itself.
pub(super) fn look_at(fd: BorrowedFd<'_>) -> Result<Seen, Errno> {
    call(fd, c"", AtFlags::EMPTY_PATH)
}

fn call(at: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> Result<Seen, Errno> {
    let flags = flags | AtFlags::NO_AUTOMOUNT;
    let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    match retry(|| rustix::fs::statx(at, name, flags, mask)) {
        Ok(statx) => Ok(from_statx(&statx)),
        // A kernel without the call, or a sandbox that refuses it.
        Err(Errno::NOSYS | Errno::PERM) => {
            retry(|| rustix::fs::statat(at, name, flags)).map(|stat| from_stat(&stat))
        }
        Err(errno) => Err(errno),
    }
}

fn from_statx(statx: &rustix::fs::Statx) -> Seen {
    let knows = |attribute| statx.stx_attributes_mask.contains(attribute);
    let mount_root = StatxAttributes::MOUNT_ROOT;
    let has_birth = statx.stx_mask & StatxFlags::BTIME.bits() != 0;
    let birth = FileTime::of_file(statx.stx_btime.tv_sec, statx.stx_btime.tv_nsec);
    Seen {
        inode: Inode {
            device: rustix::fs::makedev(statx.stx_dev_major, statx.stx_dev_minor),
            number: statx.stx_ino,
        },
        kind: FileType::from_raw_mode(statx.stx_mode.into()),
        mode: Mode::from_raw_mode(statx.stx_mode.into()),
        owner: statx.stx_uid,
        links: statx.stx_nlink.into(),
        allocated: statx.stx_blocks.saturating_mul(512),
        is_mount_root: knows(mount_root).then(|| statx.stx_attributes.contains(mount_root)),
        born: has_birth.then_some(birth),
    }
}

#[allow(
    clippy::unnecessary_cast,
    reason = "the widths of struct stat differ from one architecture to the next"
)]
fn from_stat(stat: &rustix::fs::Stat) -> Seen {
    Seen {
        inode: Inode {
            device: stat.st_dev as u64,
            number: stat.st_ino as u64,
        },
        kind: FileType::from_raw_mode(stat.st_mode),
        mode: Mode::from_raw_mode(stat.st_mode),
        owner: stat.st_uid,
        links: stat.st_nlink as u64,
        allocated: (stat.st_blocks as u64).saturating_mul(512),
        is_mount_root: None,
        born: None,
    }
}

impl Seen {
    /// Fails unless this is a file with this number and type, created at `reading_began` or before, on which nothing is
    /// mounted. The device is not compared: a file of an overlay may have another one than its directory.
    pub(super) fn must_be_file(
        &self,
        number: u64,
        kind: FileType,
        reading_began: FileTime,
    ) -> Result<(), Problem> {
        if self.is_mount_root == Some(true) {
            return Err(Problem::Mounted);
        }
        let is_same = self.inode.number == number && self.kind == kind;
        self.must_be(is_same && kind != FileType::Directory, reading_began)
    }

    /// Fails unless this is a directory with this inode, created when the reading of it began or before.
    pub(super) fn must_be_directory(&self, read: AsRead) -> Result<(), Problem> {
        let is_same = self.inode == read.inode && self.kind == FileType::Directory;
        self.must_be(is_same, read.began)
    }

    fn must_be(&self, is_same: bool, reading_began: FileTime) -> Result<(), Problem> {
        let is_newer = self.born.is_some_and(|born| born > reading_began);
        match is_same && !is_newer {
            true => Ok(()),
            false => Err(Problem::Changed),
        }
    }
}
