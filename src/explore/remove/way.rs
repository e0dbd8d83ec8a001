//! From an operand down to a directory, and up again: each directory is opened by one name and compared with the tree.
//!
//! `openat2` refuses links, `..` and mounts in the kernel. Where the kernel lacks it, or a sandbox refuses it, `openat`
//! follows no link, and `statx` tells where a mount begins; where neither can tell, the mount numbers of
//! `/proc/self/fdinfo`; without these, no directory is entered. The descriptors are `O_PATH`: no directory is opened for
//! reading.

use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::job::{Root, Step};
use super::look::{AsRead, Seen, look_at};
use super::own_changes::OwnChanges;
use super::problem::Problem;
use crate::count::usage::{FileTime, Inode};
use crate::sys::retry::{read_file, retry};

/// `f_type` of btrfs in statfs(2).
const BTRFS: u64 = 0x9123_683E;

/// The number of the root of each subvolume of btrfs.
const SUBVOLUME: u64 = 256;

const DIRECTORY: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// An open directory, and its inode, which was compared.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) fd: OwnedFd,
    pub(super) inode: Inode,
    /// When it was created.
    pub(super) born: Option<FileTime>,
}

/// A directory at the end of its way from an operand.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) base: Opened,
    pub(super) crossed: Crossed,
    /// The directories below the operand on this way, and when they were created.
    pub(super) births: Vec<(Inode, Option<FileTime>)>,
}

/// What the way to a directory leads through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossed {
    /// Directories of one file system.
    Nothing,
    /// Roots of mounts, or a typed name.
    Mounts,
}

/// Whether a directory may be the root of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mounts {
    /// A mount is refused.
    Refused,
    /// The walk has found this mount, and the user has gone into it.
    Found,
}

/// Opens directories.
#[derive(Debug)]
pub(super) struct Way {
    has_openat2: Cell<bool>,
}

impl Way {
    pub(super) fn new() -> Self {
        Self {
            has_openat2: Cell::new(true),
        }
    }

    /// Opens a directory, the reading of which began at this time, by its way from an operand.
    pub(super) fn open_way(
        &self,
        root: &Root,
        way: &[Step],
        began: FileTime,
        own_changes: &OwnChanges,
    ) -> Result<Reached, Problem> {
        let mut here = open_root(root, began)?;
        let mut births = Vec::new();
        let mut crossed = match root {
            Root::Open(_) => Crossed::Nothing,
            Root::Typed(..) => Crossed::Mounts,
        };
        for step in way {
            if step.inode.device != here.inode.device {
                crossed = Crossed::Mounts;
            }
            here = self.open_step(&here, step, (began, own_changes))?;
            births.push((here.inode, here.born));
        }
        Ok(Reached {
            base: here,
            crossed,
            births,
        })
    }

    /// A step to another device is a mount that the walk has found, or a subvolume.
    fn open_step(
        &self,
        above: &Opened,
        step: &Step,
        (began, own_changes): (FileTime, &OwnChanges),
    ) -> Result<Opened, Problem> {
        let mounts = match step.inode.device == above.inode.device {
            true => Mounts::Refused,
            false => Mounts::Found,
        };
        let name = one_name(&step.name)?;
        let inode = step.inode;
        let read = AsRead { inode, began };
        let opened = self.open(above.fd.as_fd(), &name, (read, own_changes), mounts)?;
        if mounts == Mounts::Found {
            must_be_same_subvolume(above.fd.as_fd(), opened.fd.as_fd(), began)?;
        }
        Ok(opened)
    }

    /// Opens a subdirectory of a directory whose entries are removed. It must lie on the same file system.
    pub(super) fn open_below(
        &self,
        above: BorrowedFd<'_>,
        device: u64,
        name: &CStr,
        (read, own_changes): (AsRead, &OwnChanges),
    ) -> Result<Opened, Problem> {
        if read.inode.device != device {
            return Err(match is_subvolume(above, read.inode) {
                true => Problem::Subvolume,
                false => Problem::Mounted,
            });
        }
        self.open(above, name, (read, own_changes), Mounts::Refused)
    }

    fn open(
        &self,
        above: BorrowedFd<'_>,
        name: &CStr,
        (read, own_changes): (AsRead, &OwnChanges),
        mounts: Mounts,
    ) -> Result<Opened, Problem> {
        let fd = self.open_name(above, name, mounts)?;
        let seen = look_at(fd.as_fd()).map_err(Problem::Failed)?;
        if mounts == Mounts::Refused {
            self.must_not_be_mounted(above, fd.as_fd(), &seen)?;
        }
        seen.must_be_directory(read, own_changes)?;
        let (inode, born) = (read.inode, seen.born);
        Ok(Opened { fd, inode, born })
    }

    fn open_name(
        &self,
        above: BorrowedFd<'_>,
        name: &CStr,
        mounts: Mounts,
    ) -> Result<OwnedFd, Problem> {
        let mut resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        if mounts == Mounts::Refused {
            resolve |= ResolveFlags::NO_XDEV;
        }
        if self.has_openat2.get() {
            match retry(|| rustix::fs::openat2(above, name, DIRECTORY, Mode::empty(), resolve)) {
                Err(Errno::NOSYS | Errno::PERM) => self.has_openat2.set(false),
                result => return result.map_err(problem_of_open),
            }
        }
        retry(|| rustix::fs::openat(above, name, DIRECTORY, Mode::empty())).map_err(problem_of_open)
    }

    fn must_not_be_mounted(
        &self,
        above: BorrowedFd<'_>,
        fd: BorrowedFd<'_>,
        seen: &Seen,
    ) -> Result<(), Problem> {
        let is_mounted = match seen.is_mount_root {
            Some(is_mounted) => is_mounted,
            None if self.has_openat2.get() => false,
            None => {
                let mounts = mount_id(above).zip(mount_id(fd));
                let (above, here) = mounts.ok_or(Problem::MountsUnknown)?;
                above != here
            }
        };
        match is_mounted {
            true => Err(Problem::Mounted),
            false => Ok(()),
        }
    }

    /// Opens the directory above, if it is the one that is expected there.
    pub(super) fn open_above(below: BorrowedFd<'_>, inode: Inode) -> Result<OwnedFd, Problem> {
        let fd = open_parent(below).map_err(Problem::Failed)?;
        let seen = look_at(fd.as_fd()).map_err(Problem::Failed)?;
        match seen.inode == inode {
            true => Ok(fd),
            false => Err(Problem::Changed),
        }
    }
}

/// Opens a directory of the tree (`O_PATH`), compared as for a removal, whenever it was created. This may wait for a file
/// system that does not answer.
///
/// # Errors
///
/// A directory on the way cannot be opened, or is not the one that was shown.
pub fn open_way(root: &Root, way: &[Step]) -> Result<OwnedFd, Problem> {
    const ANY_TIME: FileTime = FileTime {
        seconds: i64::MAX,
        nanoseconds: 0,
    };
    let reached = Way::new().open_way(root, way, ANY_TIME, &OwnChanges::default())?;
    Ok(reached.base.fd)
}

/// `..` of an open directory.
pub(super) fn open_parent(below: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    retry(|| rustix::fs::openat(below, c"..", DIRECTORY, Mode::empty()))
}

/// Looks whether an entry that was removed from an open directory has had the directories of a way copied: those that end
/// with it, with the times of creation that they had.
pub(super) fn note_copies(
    fd: BorrowedFd<'_>,
    way: &[(Inode, Option<FileTime>)],
    own_changes: &mut OwnChanges,
) {
    let mut here = fd.try_clone_to_owned().ok();
    for &(inode, born_before) in way.iter().rev() {
        let seen = here.as_ref().and_then(|here| look_at(here.as_fd()).ok());
        let Some(seen) = seen.filter(|seen| seen.inode == inode && seen.born != born_before) else {
            return;
        };
        if let Some(born) = seen.born {
            own_changes.insert_copy(inode, born);
        }
        here = here.and_then(|here| open_parent(here.as_fd()).ok());
    }
}

/// The directory of an operand. A link in the typed name is followed: the inode tells whether it leads where it led.
fn open_root(root: &Root, began: FileTime) -> Result<Opened, Problem> {
    let (fd, expected) = match root {
        Root::Open(fd) => (fd.try_clone().map_err(failed)?, None),
        Root::Typed(name, inode) => {
            let flags = DIRECTORY.difference(OFlags::NOFOLLOW);
            let opened = retry(|| rustix::fs::openat(CWD, name, flags, Mode::empty()));
            let fd = opened.map_err(problem_of_open)?;
            let above = open_parent(fd.as_fd()).map_err(Problem::Failed)?;
            must_be_same_subvolume(above.as_fd(), fd.as_fd(), began)?;
            (fd, Some(*inode))
        }
    };
    let Seen { inode, born, .. } = look_at(fd.as_fd()).map_err(Problem::Failed)?;
    match expected {
        Some(expected) if expected != inode => Err(Problem::Changed),
        _ => Ok(Opened { fd, inode, born }),
    }
}

/// A newer snapshot in the place of the one that was read may have all its numbers and times; but it has come into the
/// directory above.
fn must_be_same_subvolume(
    above: BorrowedFd<'_>,
    below: BorrowedFd<'_>,
    began: FileTime,
) -> Result<(), Problem> {
    let above = look_at(above).map_err(Problem::Failed)?;
    let below = look_at(below).map_err(Problem::Failed)?;
    let may_be_subvolume = below.inode.device != above.inode.device;
    match may_be_subvolume && below.is_mount_root != Some(true) {
        true => above.must_be_unchanged(began),
        false => Ok(()),
    }
}

/// The problem of an error of std.
pub(super) fn failed(error: std::io::Error) -> Problem {
    Problem::Failed(Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

fn problem_of_open(errno: Errno) -> Problem {
    match errno {
        Errno::XDEV => Problem::Mounted,
        // A link, or no directory.
        Errno::LOOP | Errno::NOTDIR => Problem::Changed,
        errno => Problem::Failed(errno),
    }
}

/// A name of the tree as a system call takes it. A name that would lead elsewhere is refused.
pub(super) fn one_name(name: &[u8]) -> Result<CString, Problem> {
    let leads_elsewhere = matches!(name, b"" | b"." | b"..") || name.contains(&b'/');
    match CString::new(name) {
        Ok(name) if !leads_elsewhere => Ok(name),
        _ => Err(Problem::Changed),
    }
}

/// Whether a directory in `above` with this inode is a subvolume of btrfs.
pub(super) fn is_subvolume(above: BorrowedFd<'_>, inode: Inode) -> bool {
    let kind = rustix::fs::fstatfs(above).map_or(0, |statfs| statfs.f_type as u64);
    inode.number == SUBVOLUME && kind == BTRFS
}

/// The number of the mount that a descriptor lies on.
pub(super) fn mount_id(fd: BorrowedFd<'_>) -> Option<u64> {
    let path = PathBuf::from(format!("/proc/self/fdinfo/{}", fd.as_raw_fd()));
    let text = String::from_utf8(read_file(&path, 4096)?).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("mnt_id:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Opens a subdirectory as a removal does.
    fn open(way: &Way, above: &Path, name: &str, inode: Inode) -> Result<Opened, Problem> {
        let above = fs::File::open(above).expect("it is there");
        let device = inode.device;
        let name = CString::new(name).expect("no NUL");
        let began = FileTime {
            seconds: i64::MAX,
            nanoseconds: 0,
        };
        let read = (AsRead { inode, began }, &OwnChanges::default());
        way.open_below(above.as_fd(), device, &name, read)
    }

    fn inode(path: &Path) -> Inode {
        let file = fs::File::open(path).expect("it is there");
        look_at(file.as_fd()).expect("it is open").inode
    }

    #[test]
    fn without_openat2_links_and_mounts_are_refused_as_well() {
        let root = std::env::temp_dir().join(format!("pdu-way-{}", std::process::id()));
        fs::create_dir_all(root.join("a")).expect("it can be written");
        std::os::unix::fs::symlink("a", root.join("link")).expect("the name is free");
        for has_openat2 in [true, false] {
            let way = Way::new();
            way.has_openat2.set(has_openat2);
            let a = inode(&root.join("a"));
            assert!(open(&way, &root, "a", a).is_ok());
            let other = Inode { number: 1, ..a };
            let refused = |name, inode| open(&way, &root, name, inode).err();
            assert_eq!(refused("a", other), Some(Problem::Changed));
            assert_eq!(refused("link", a), Some(Problem::Changed));
            assert_eq!(refused("none", a), Some(Problem::Failed(Errno::NOENT)));
            // procfs is mounted there on every machine.
            let proc = inode(Path::new("/proc"));
            let refused = open(&way, Path::new("/"), "proc", proc).err();
            assert_eq!(refused, Some(Problem::Mounted));
            // The same directory by statx that does not know mount roots.
            let (above, below) = (fs::File::open("/"), fs::File::open("/proc"));
            let (above, below) = (above.expect("it is there"), below.expect("it is there"));
            let mut seen = look_at(below.as_fd()).expect("it is open");
            seen.is_mount_root = None;
            let checked = way.must_not_be_mounted(above.as_fd(), below.as_fd(), &seen);
            match has_openat2 {
                // The kernel has refused it before.
                true => assert_eq!(checked, Ok(())),
                false => assert_eq!(checked, Err(Problem::Mounted)),
            }
            let checked = way.must_not_be_mounted(above.as_fd(), above.as_fd(), &seen);
            assert_eq!(checked, Ok(()));
        }
        let _ = fs::remove_dir_all(&root);
    }
}
