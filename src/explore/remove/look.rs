//! stat of an entry, with what a removal compares.

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::own_changes::OwnChanges;
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
    pub(super) born: Option<FileTime>,
    /// When the inode was changed last.
    pub(super) changed: FileTime,
}

/// The entry of this name in an open directory; no link is followed.
pub(super) fn look(at: BorrowedFd<'_>, name: &CStr) -> Result<Seen, Errno> {
    call(at, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// An open directory itself.
pub(super) fn look_at(fd: BorrowedFd<'_>) -> Result<Seen, Errno> {
    call(fd, c"", AtFlags::EMPTY_PATH)
}

/// The removal has changed this open inode, which had no other changes before.
pub(super) fn note_own_change(fd: BorrowedFd<'_>, own_changes: &mut OwnChanges) {
    if let Ok(seen) = look_at(fd)
        && seen.born.is_none()
    {
        own_changes.insert(seen.inode, seen.changed);
    }
}

/// Whether there is no entry of this name: a call that says so may have asked a cache of a network file system.
pub(super) fn has_vanished(at: BorrowedFd<'_>, name: &CStr) -> bool {
    matches!(look(at, name), Err(Errno::NOENT))
}

/// Opens the entry of this name (`O_PATH`), whatever it is.
pub(super) fn open_file(at: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Problem> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = retry(|| rustix::fs::openat(at, name, flags, Mode::empty()));
    opened.map_err(Problem::Failed)
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
        changed: FileTime::of_file(statx.stx_ctime.tv_sec, statx.stx_ctime.tv_nsec),
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
        changed: FileTime::of_file(stat.st_ctime as i64, stat.st_ctime_nsec as u32),
    }
}

impl Seen {
    /// Fails unless this is a file with this number and type, which was there before its reading began, and on which nothing
    /// is mounted. The device is not compared: a file of an overlay may have another one than its directory.
    pub(super) fn must_be_file(
        &self,
        number: u64,
        kind: FileType,
        (began, own_changes): (FileTime, &OwnChanges),
    ) -> Result<(), Problem> {
        if self.is_mount_root == Some(true) {
            return Err(Problem::Mounted);
        }
        let is_same = self.inode.number == number && self.kind == kind;
        let is_file = is_same && kind != FileType::Directory;
        must(is_file && !self.may_be_new(began, own_changes))
    }

    /// Fails unless this is a directory with this inode, created before the reading of it began. Where the file system
    /// stores no time of creation, it may be another one with the same number: its entries tell.
    pub(super) fn must_be_directory(
        &self,
        read: AsRead,
        own_changes: &OwnChanges,
    ) -> Result<(), Problem> {
        let is_same = self.inode == read.inode && self.kind == FileType::Directory;
        must(is_same && !(self.born.is_some() && self.may_be_new(read.began, own_changes)))
    }

    /// Fails unless this is the directory that is open with this inode, which nothing else can have while it is open. An
    /// overlay that has copied it, to remove an entry from it, gives it another time of creation.
    pub(super) fn must_be_open(&self, inode: Inode) -> Result<(), Problem> {
        must(self.inode == inode && self.kind == FileType::Directory)
    }

    /// Fails where an entry has come into this directory, or has left it, since this time: a subvolume in it may be another
    /// one. The removal's own changes are no excuse: others may have come with them.
    pub(super) fn must_be_unchanged(&self, began: FileTime) -> Result<(), Problem> {
        must(is_before(self.changed, began))
    }

    /// Fails where the inode may have been created since this time.
    pub(super) fn must_be_old(
        &self,
        began: FileTime,
        own_changes: &OwnChanges,
    ) -> Result<(), Problem> {
        must(!self.may_be_new(began, own_changes))
    }

    /// A new inode was changed last when it was created, or later.
    fn may_be_new(&self, began: FileTime, own_changes: &OwnChanges) -> bool {
        match self.born {
            Some(born) => !is_before(born, began) && !own_changes.has_copied(self.inode, born),
            None => {
                !is_before(self.changed, began) && !own_changes.has_made(self.inode, self.changed)
            }
        }
    }
}

fn must(is_so: bool) -> Result<(), Problem> {
    match is_so {
        true => Ok(()),
        false => Err(Problem::Changed),
    }
}

/// Whether what has this time was certainly before the other one. File systems store whole seconds (ext2), every other
/// one (FAT), or hundredths (exFAT): then it may have been up to that much later.
fn is_before(time: FileTime, other: FileTime) -> bool {
    let (seconds, nanoseconds) = match time.nanoseconds {
        0 => (2, 0),
        nanoseconds if nanoseconds.is_multiple_of(10_000_000) => (0, 10_000_000),
        _ => (0, 0),
    };
    let latest = FileTime {
        seconds: time.seconds.saturating_add(seconds),
        nanoseconds: time.nanoseconds + nanoseconds,
    };
    latest < other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_earlier_only_when_no_coarse_clock_can_have_made_it_so() {
        let time = |seconds, nanoseconds| FileTime {
            seconds,
            nanoseconds,
        };
        let began = time(100, 500_000_001);
        for (earlier, is) in [
            (time(100, 499_999_999), true),
            (time(100, 500_000_001), false),
            (time(100, 500_000_002), false),
            // Hundredths of a second.
            (time(100, 500_000_000), false),
            (time(100, 490_000_000), true),
            // Whole seconds.
            (time(100, 0), false),
            (time(99, 0), false),
            (time(98, 0), true),
            (time(i64::MAX, 0), false),
        ] {
            assert_eq!(is_before(earlier, began), is, "{earlier:?}");
        }
    }
}
