//! stat of one entry: statx relative to a directory, fstatat for files and where a sandbox refuses statx.
//!
//! Not through std, which fires automounts and rejects time stamps that it cannot represent.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, CWD, FileType, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::options::{Remember, WalkOptions};
use crate::count::record::Exclusion;
use crate::count::usage::{Detail, Entry, FileTime, Inode};
use crate::gnu::time_style::TimeKind;
use crate::sys::retry::retry;

/// The fields of `struct statx` that the count needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stat {
    pub(super) kind: FileType,
    pub(super) detail: Detail,
    /// True where something is mounted here. False where the kernel cannot tell.
    pub(super) mount_root: bool,
    /// The number of the mount. None where the kernel cannot tell.
    pub(super) mount_id: Option<u64>,
    /// Allocated size in units of 512 bytes.
    pub(super) blocks: u64,
    size: u64,
    time: FileTime,
}

/// How a name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The entry itself, be it a symbolic link (lstat).
    Link,
    /// What a symbolic link leads to (stat).
    Target,
    /// The entry itself, but only its device, its mount and whether that begins there: the kernel knows these, and asks
    /// no server. It does not check the caller's permission either (a FUSE mount of another user).
    Cached,
    /// What a symbolic link leads to, likewise.
    CachedTarget,
}

impl Stat {
    pub(super) fn is_directory(&self) -> bool {
        self.kind == FileType::Directory
    }

    /// True where an entry of this directory lies on another mount than the directory: it is mounted there, or a link
    /// leads there.
    pub(super) fn is_on_other_mount(&self, directory: &Self) -> bool {
        self.mount_root || self.mount_id.is_some() && self.mount_id != directory.mount_id
    }

    /// Why the entry is left out, if the type of its file system is.
    pub(super) fn exclusion(&self, options: &WalkOptions) -> Option<Exclusion> {
        let types = options.excluded_types.as_ref()?;
        match self.mount_id {
            Some(id) => types.of_mount(id),
            None => types.of_device(self.detail.inode.device),
        }
    }

    /// The entry to count, by the options.
    pub(super) fn entry(&self, options: &WalkOptions) -> Entry {
        let dedup_key = match options.remember {
            Remember::Nothing => false,
            Remember::Links => self.detail.links > 1 && !self.is_directory(),
            Remember::Everything => true,
        };
        let sized = matches!(self.kind, FileType::RegularFile | FileType::Symlink);
        // stx_size is unsigned; a value that is a negative off_t counts as 0, as in GNU du.
        let size = if i64::try_from(self.size).is_ok() {
            self.size
        } else {
            0
        };
        Entry {
            blocks: self.blocks,
            size: if sized { size } else { 0 },
            time: self.time,
            dedup_key: dedup_key.then_some(self.detail.inode),
        }
    }
}

/// stat of `name` in the directory `at` (the working directory where there is none).
pub(super) fn stat(
    at: Option<BorrowedFd<'_>>,
    name: &CStr,
    lookup: Lookup,
    time: Option<TimeKind>,
) -> Result<Stat, Errno> {
    let flags = match lookup {
        Lookup::Link => AtFlags::SYMLINK_NOFOLLOW,
        Lookup::Target => AtFlags::empty(),
        Lookup::Cached => AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC,
        Lookup::CachedTarget => AtFlags::STATX_DONT_SYNC,
    };
    let mask = match lookup {
        Lookup::Link | Lookup::Target => StatxFlags::BASIC_STATS,
        Lookup::Cached | Lookup::CachedTarget => StatxFlags::empty(),
    };
    let flags = flags | AtFlags::NO_AUTOMOUNT;
    call(at.unwrap_or(CWD), name, (flags, mask), time)
}

/// stat of an entry that is probably no directory. Some options need mounts, which only statx knows; without them fstatat
/// is enough: on a tree of small files that saves 2 % of the whole time.
pub(super) fn stat_file(
    at: BorrowedFd<'_>,
    name: &CStr,
    lookup: Lookup,
    options: &WalkOptions,
) -> Result<Stat, Errno> {
    let flags = match lookup {
        Lookup::Target if !options.depends_on_mounts() => AtFlags::NO_AUTOMOUNT,
        Lookup::Link if !options.depends_on_mounts() => {
            AtFlags::NO_AUTOMOUNT | AtFlags::SYMLINK_NOFOLLOW
        }
        _ => return stat(Some(at), name, lookup, options.time),
    };
    let stat = retry(|| rustix::fs::statat(at, name, flags))?;
    Ok(from_stat(&stat, options.time))
}

/// stat of an open directory.
pub(super) fn stat_open(fd: BorrowedFd<'_>, time: Option<TimeKind>) -> Result<Stat, Errno> {
    let how = (AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS);
    call(fd, c"", how, time)
}

/// How many inodes the file system that is mounted at `name` uses, if one is mounted there and it counts them.
pub(super) fn used_inodes(name: &CStr) -> Option<u64> {
    let stat = stat(None, name, Lookup::Target, None).ok()?;
    let all = rustix::fs::statvfs(name).ok()?;
    let used = all.f_files.saturating_sub(all.f_ffree);
    (stat.mount_root && used > 0).then_some(used)
}

fn call(
    at: BorrowedFd<'_>,
    name: &CStr,
    (flags, mask): (AtFlags, StatxFlags),
    time: Option<TimeKind>,
) -> Result<Stat, Errno> {
    match retry(|| rustix::fs::statx(at, name, flags, mask)) {
        Ok(statx) => Ok(from_statx(&statx, time)),
        Err(Errno::NOSYS | Errno::PERM) => {
            let flags = flags.difference(AtFlags::STATX_DONT_SYNC);
            retry(|| rustix::fs::statat(at, name, flags)).map(|stat| from_stat(&stat, time))
        }
        Err(errno) => Err(errno),
    }
}

fn from_statx(statx: &rustix::fs::Statx, time: Option<TimeKind>) -> Stat {
    let moment = |stamp: rustix::fs::StatxTimestamp| FileTime::of_file(stamp.tv_sec, stamp.tv_nsec);
    let time = match time {
        None => FileTime::NEVER,
        Some(TimeKind::Modified) => moment(statx.stx_mtime),
        Some(TimeKind::Accessed) => moment(statx.stx_atime),
        Some(TimeKind::Changed) => moment(statx.stx_ctime),
    };
    Stat {
        kind: FileType::from_raw_mode(statx.stx_mode.into()),
        detail: Detail {
            inode: Inode {
                device: rustix::fs::makedev(statx.stx_dev_major, statx.stx_dev_minor),
                number: statx.stx_ino,
            },
            links: statx.stx_nlink,
            mode: statx.stx_mode.into(),
            uid: statx.stx_uid,
            gid: statx.stx_gid,
        },
        mount_root: statx.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
        // The kernel gives it unasked; to ask for it would be a request to the server where nothing else is asked for.
        mount_id: (statx.stx_mask & StatxFlags::MNT_ID.bits() != 0).then_some(statx.stx_mnt_id),
        blocks: statx.stx_blocks,
        size: statx.stx_size,
        time,
    }
}

/// fstatat does not know mount points: they are taken for ordinary entries.
#[allow(
    clippy::unnecessary_cast,
    reason = "the widths of struct stat differ from one architecture to the next"
)]
fn from_stat(stat: &rustix::fs::Stat, time: Option<TimeKind>) -> Stat {
    let moment = |seconds, nanoseconds| FileTime::of_file(seconds as i64, nanoseconds as u32);
    let time = match time {
        None => FileTime::NEVER,
        Some(TimeKind::Modified) => moment(stat.st_mtime, stat.st_mtime_nsec),
        Some(TimeKind::Accessed) => moment(stat.st_atime, stat.st_atime_nsec),
        Some(TimeKind::Changed) => moment(stat.st_ctime, stat.st_ctime_nsec),
    };
    Stat {
        kind: FileType::from_raw_mode(stat.st_mode),
        detail: Detail {
            inode: Inode {
                device: stat.st_dev as u64,
                number: stat.st_ino as u64,
            },
            links: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
            mode: stat.st_mode,
            uid: stat.st_uid,
            gid: stat.st_gid,
        },
        mount_root: false,
        mount_id: None,
        blocks: stat.st_blocks as u64,
        size: stat.st_size as u64,
        time,
    }
}
