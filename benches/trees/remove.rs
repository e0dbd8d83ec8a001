//! Removes trees of any depth with two directory fds.
//!
//! Neither recursion nor a stack of fds fits a chain of 20,000 directories, and no path reaches its end. So the tree is
//! flattened from the top: the subdirectories of a child of the root are renamed into the root before that child is
//! removed, until the root is empty. Each directory moves once.

use std::ffi::{CString, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawDir, SeekFrom, openat, renameat, seek, statat,
    unlinkat,
};
use rustix::io::Errno;

/// Removes the directory `root` and all below it.
pub(super) fn remove(root: &Path) -> io::Result<()> {
    let top = open(CWD, root)?;
    let mut moved = 0_u64;
    loop {
        let subdirs = unlink_files(&top)?;
        if subdirs.is_empty() {
            break;
        }
        for name in subdirs {
            let child = open(&top, &name)?;
            for grandchild in unlink_files(&child)? {
                move_up(&child, &grandchild, &top, &mut moved)?;
            }
            unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
        }
    }
    unlinkat(CWD, root, AtFlags::REMOVEDIR)?;
    Ok(())
}

/// Renames `name` into `top`, under the next number that an interrupted removal has not left there. (An empty directory
/// of that name is replaced, and so removed.) No generated name begins with a dot.
fn move_up(dir: &OwnedFd, name: &CString, top: &OwnedFd, moved: &mut u64) -> io::Result<()> {
    loop {
        *moved += 1;
        match renameat(dir, name, top, format!(".removed-{moved}")) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => {}
            other => return Ok(other?),
        }
    }
}

/// The names in a directory.
pub(super) fn names(dir: &Path) -> io::Result<Vec<OsString>> {
    let dir = open(CWD, dir)?;
    let mut found = Vec::new();
    each_entry(&dir, |name, _| {
        found.push(OsString::from_vec(name.into_bytes()));
        Ok(())
    })?;
    Ok(found)
}

/// Unlinks all that is not a directory; gives the names of the directories.
fn unlink_files(dir: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut subdirs = Vec::new();
    each_entry(dir, |name, kind| {
        if kind == FileType::Directory {
            subdirs.push(name);
            return Ok(());
        }
        unlinkat(dir, &name, AtFlags::empty())
    })?;
    Ok(subdirs)
}

/// Calls back with name and type of each entry; the type comes from a stat where the listing has none.
fn each_entry(
    dir: &OwnedFd,
    mut visit: impl FnMut(CString, FileType) -> rustix::io::Result<()>,
) -> io::Result<()> {
    // The fd may have been read before.
    seek(dir, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); 32 * 1024];
    let mut entries = RawDir::new(dir, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                FileType::from_raw_mode(statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode)
            }
            known => known,
        };
        visit(name.to_owned(), kind)?;
    }
    Ok(())
}

fn open<P: rustix::path::Arg>(parent: impl AsFd, name: P) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}
