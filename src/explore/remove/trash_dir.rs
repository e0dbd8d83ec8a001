//! The directories for trash of a file system (Trash specification 1.0 of freedesktop.org), open.

use std::ffi::{CStr, CString};
use std::fs::DirBuilder;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::look::{Seen, look, look_at};
use super::way::{Opened, open_parent};
use crate::sys::retry::retry;

const PRIVATE: Mode = Mode::RWXU;
const SEARCH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An open directory for trash.
#[derive(Debug)]
pub(super) struct TrashDir {
    pub(super) fd: OwnedFd,
    pub(super) files: OwnedFd,
    pub(super) info: OwnedFd,
    /// The path that those in the info files are relative to; none where they are absolute.
    pub(super) top: Option<Vec<u8>>,
    made: Made,
}

impl TrashDir {
    /// Something lies in it: it stays.
    pub(super) fn keep(&mut self) {
        self.made.0.clear();
    }
}

/// Directories that were created, each with the one around it. Dropping this removes those that are empty: an attempt to
/// move something leaves nothing behind.
#[derive(Debug, Default)]
struct Made(Vec<(OwnedFd, CString)>);

impl Drop for Made {
    fn drop(&mut self) {
        for (at, name) in self.0.iter().rev() {
            let _ = retry(|| rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR));
        }
    }
}

/// What a directory for trash must be: on this device, and owned by this user.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    device: u64,
    user: u32,
}

/// Where a directory for trash may be, in the order in which they are tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum TrashPlace {
    /// `$XDG_DATA_HOME/Trash`.
    Home,
    /// `$top/.Trash/$uid`, where the administrator has made `.Trash`.
    Shared,
    /// `$top/.Trash-$uid`.
    Own,
}

impl TrashPlace {
    pub(super) const ALL: [Self; 3] = [Self::Home, Self::Shared, Self::Own];

    /// Opens the directory for what an open directory holds, and creates what lacks. None where it cannot be used.
    pub(super) fn open(self, base: &Opened, data_home: Option<&Path>) -> Option<TrashDir> {
        let wanted = Wanted {
            device: base.inode.device,
            user: rustix::process::geteuid().as_raw(),
        };
        match self {
            Self::Home => home(data_home?, wanted),
            Self::Shared => shared(base, wanted),
            Self::Own => own(base, wanted),
        }
    }
}

fn home(data_home: &Path, wanted: Wanted) -> Option<TrashDir> {
    // Nothing is created for a file system that is not that of the home, nor in the home of another user.
    let open = |path: &Path| retry(|| rustix::fs::openat(CWD, path, SEARCH, Mode::empty()));
    let above = data_home.ancestors().find_map(|path| open(path).ok())?;
    wanted.check(&above)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(PRIVATE.bits());
    builder.create(data_home).ok()?;
    let mut made = Made::default();
    let fd = wanted.make(open(data_home).ok()?.as_fd(), c"Trash", &mut made)?;
    wanted.open(fd, None, made)
}

fn shared(base: &Opened, wanted: Wanted) -> Option<TrashDir> {
    let top = top(base)?;
    let flags = SEARCH | OFlags::NOFOLLOW;
    let shared = retry(|| rustix::fs::openat(&top, c".Trash", flags, Mode::empty())).ok()?;
    if !look_at(shared.as_fd()).ok()?.mode.contains(Mode::SVTX) {
        return None;
    }
    let name = CString::new(wanted.user.to_string()).ok()?;
    let mut made = Made::default();
    let fd = wanted.make(shared.as_fd(), &name, &mut made)?;
    wanted.open(fd, Some(path_of(top.as_fd())?), made)
}

fn own(base: &Opened, wanted: Wanted) -> Option<TrashDir> {
    let top = top(base)?;
    let name = CString::new(format!(".Trash-{}", wanted.user)).ok()?;
    let mut made = Made::default();
    let fd = wanted.make(top.as_fd(), &name, &mut made)?;
    wanted.open(fd, Some(path_of(top.as_fd())?), made)
}

/// The root of the mount that an open directory lies on. None for what lies in a subvolume that is not mounted itself:
/// programs look for trash at the roots of mounts only, and the device of those is another one.
fn top(base: &Opened) -> Option<OwnedFd> {
    let mut here = base.fd.try_clone().ok()?;
    loop {
        let seen = look_at(here.as_fd()).ok()?;
        if seen.is_mount_root == Some(true) {
            return Some(here);
        }
        let above = open_parent(here.as_fd()).ok()?;
        let inode = look_at(above.as_fd()).ok()?.inode;
        if inode == seen.inode {
            return Some(here);
        }
        if inode.device != seen.inode.device {
            // An old kernel does not tell the roots of mounts.
            return seen.is_mount_root.is_none().then_some(here);
        }
        here = above;
    }
}

/// The path of an open directory. None where another entry, or none, has this path: the kernel adds ` (deleted)` to a name
/// that it has dropped, and leaves out where a mount lay that was taken away.
pub(super) fn path_of(fd: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let path = retry(|| rustix::fs::readlinkat(CWD, &link, Vec::new())).ok()?;
    let expected = look_at(fd).ok().map(|seen| seen.inode);
    let is_it = match look(CWD, &path) {
        Ok(seen) => Some(seen.inode) == expected,
        Err(Errno::NOENT) => false,
        // A directory above may not be searched.
        Err(_) => true,
    };
    is_it.then(|| path.into_bytes())
}

impl Wanted {
    fn check(self, fd: impl AsFd) -> Option<Seen> {
        let seen = look_at(fd.as_fd()).ok()?;
        let fits = seen.inode.device == self.device && seen.owner == self.user;
        // Others could take files out of it, or put others in their places.
        let others = Mode::WGRP | Mode::WOTH;
        (fits && !seen.mode.intersects(others)).then_some(seen)
    }

    /// Opens a directory, which is created where there is none, and follows no link.
    fn make(self, at: BorrowedFd<'_>, name: &CStr, made: &mut Made) -> Option<OwnedFd> {
        match retry(|| rustix::fs::mkdirat(at, name, PRIVATE)) {
            Ok(()) => made
                .0
                .push((at.try_clone_to_owned().ok()?, name.to_owned())),
            Err(Errno::EXIST) => {}
            Err(_) => return None,
        }
        let flags = SEARCH | OFlags::NOFOLLOW;
        let fd = retry(|| rustix::fs::openat(at, name, flags, Mode::empty())).ok()?;
        self.check(&fd)?;
        Some(fd)
    }

    fn open(self, fd: OwnedFd, top: Option<Vec<u8>>, mut made: Made) -> Option<TrashDir> {
        let files = self.make(fd.as_fd(), c"files", &mut made)?;
        let info = self.make(fd.as_fd(), c"info", &mut made)?;
        Some(TrashDir {
            fd,
            files,
            info,
            top,
            made,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    /// The kernel adds ` (deleted)` to the path of a directory whose name it has dropped: another one may have this path.
    #[test]
    fn the_path_of_a_directory_leads_to_it_or_is_none() {
        let root = std::env::temp_dir().join(format!("pdu-path-{}", std::process::id()));
        let (at, other) = (root.join("d"), root.join("d (deleted)"));
        fs::create_dir_all(&at).expect("it can be written");
        let open = File::open(&at).expect("it is there");
        let path = path_of(open.as_fd()).expect("it has one");
        assert!(path.ends_with(b"/d"));
        fs::remove_dir(&at).expect("it is empty");
        fs::create_dir(&at).expect("it can be written");
        assert_eq!(path_of(open.as_fd()), None);
        fs::create_dir(&other).expect("it can be written");
        assert_eq!(path_of(open.as_fd()), None);
        let open = File::open(&other).expect("it is there");
        let path = path_of(open.as_fd()).expect("it has one");
        assert!(path.ends_with(b"/d (deleted)"));
        let _ = fs::remove_dir_all(&root);
    }
}
