//! What must be true of an entry that goes to the trash: whatever is in it goes along.

use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::delete::Tools;
use super::job::{Contents, Directory, EntryIdentity, KnownDirectory, KnownEntry};
use super::look::look_at;
use super::problem::Problem;
use super::trash_dir::path_of;
use super::way::{mount_id, open_parent};
use crate::count::usage::Inode;
use crate::sys::mounts::{self, Mount};
use crate::sys::retry::retry;

/// Fails where something is mounted below an open entry: it would go along, and whoever empties the trash would remove
/// what is mounted. Likewise where something below it is mounted elsewhere: that may be an operand, or the working
/// directory, from which no `..` leads here.
pub(super) fn must_hold_no_mount(entry: BorrowedFd<'_>) -> Result<(), Problem> {
    let known = path_of(entry).zip(mount_id(entry)).zip(mounts::list().ok());
    let ((path, id), list) = known.ok_or(Problem::MountsUnknown)?;
    let all: HashMap<u64, Mount<'_>> = mounts::mounts(&list)
        .map(|mount| (mount.id, mount))
        .collect();
    // A mount that was taken away from the others is in no list, nor are those in it.
    let own = all.get(&id).ok_or(Problem::MountsUnknown)?;
    let inside = place_in(own, &escaped(&path)).ok_or(Problem::MountsUnknown)?;
    let inside = join(&inside, b"");
    // By the place in the file system: the mount may be seen through another mount of the same directories only.
    let is_inside = |mount: &&Mount<'_>| {
        let parent = all
            .get(&mount.parent)
            .filter(|parent| parent.device == own.device);
        let place = parent.and_then(|parent| place_in(parent, mount.at));
        place.is_some_and(|place| place.starts_with(&inside))
    };
    let is_elsewhere = |mount: &&Mount<'_>| {
        mount.device == own.device && join(mount.root, b"").starts_with(&inside)
    };
    if all.values().any(|mount| is_inside(&mount)) {
        return Err(Problem::MountedBelow);
    }
    match all.values().any(|mount| is_elsewhere(&mount)) {
        true => Err(Problem::MountedElsewhere),
        false => Ok(()),
    }
}

/// Where a path below a mount is in the file system of the mount.
fn place_in(mount: &Mount<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let at = mount.at.strip_suffix(b"/").unwrap_or(mount.at);
    let below = path.strip_prefix(at)?;
    match below {
        [] => Some(mount.root.to_vec()),
        [b'/', rest @ ..] => Some(join(mount.root, rest)),
        _ => None,
    }
}

/// Whether a directory is the other one, or above it.
pub(super) fn is_above(directory: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    look_at(directory).is_ok_and(|seen| lies_in(other, seen.inode) == Some(true))
}

/// Fails where an operand lies in this directory by now, wherever it was when it was read.
pub(super) fn must_hold_no_operand(tools: &Tools<'_>, inode: Inode) -> Result<(), Problem> {
    let others = tools.above_others.as_ref().ok_or(Problem::OperandMoved)?;
    if others.contains(&inode) {
        return Err(Problem::HoldsOperand);
    }
    let list = mounts::list().map_err(|_| Problem::MountsUnknown)?;
    let mounted: HashSet<u64> = mounts::mounts(&list).map(|mount| mount.id).collect();
    for operand in tools.operand_dirs {
        match lies_in(operand.as_fd(), inode) {
            Some(true) => return Err(Problem::HoldsOperand),
            // From a mount that was taken away no `..` leads to where it lies.
            Some(false) if mount_id(operand.as_fd()).is_some_and(|id| mounted.contains(&id)) => {}
            Some(false) | None => return Err(Problem::OperandMoved),
        }
    }
    Ok(())
}

/// The directories that operands lie in, or are, by their names. None where a name stands for something else by now: the
/// operand may lie anywhere.
pub(super) fn above_operands(operands: &[(CString, Inode)]) -> Option<HashSet<Inode>> {
    let mut above = HashSet::new();
    for (name, inode) in operands {
        let directory = open_operand(name, *inode)?;
        for inode in and_above(directory) {
            if !above.insert(inode.ok()?) {
                break;
            }
        }
    }
    Some(above)
}

/// Opens an operand, or the directory that holds it where it is a file. None where it is not there.
fn open_operand(name: &CStr, inode: Inode) -> Option<OwnedFd> {
    let open = |name: &CStr, flags| {
        let flags = OFlags::PATH | OFlags::CLOEXEC | flags;
        retry(|| rustix::fs::openat(CWD, name, flags, Mode::empty())).ok()
    };
    // A link that is an operand was followed, or not.
    for flags in [OFlags::NOFOLLOW, OFlags::empty()] {
        let fd = open(name, flags)?;
        let seen = look_at(fd.as_fd()).ok()?;
        // The device of a file says nothing on an overlay.
        match seen.kind == FileType::Directory {
            true if seen.inode == inode => return Some(fd),
            false if seen.inode.number == inode.number => {
                let path = path_of(fd.as_fd())?;
                let holder = Path::new(OsStr::from_bytes(&path)).parent()?;
                let holder = CString::new(holder.as_os_str().as_bytes()).ok()?;
                return open(&holder, OFlags::DIRECTORY);
            }
            _ => {}
        }
    }
    None
}

/// Whether a directory has this inode, or one above it has. None where one of them cannot be opened: it may not be searched.
fn lies_in(other: BorrowedFd<'_>, wanted: Inode) -> Option<bool> {
    for inode in and_above(other.try_clone_to_owned().ok()?) {
        if inode.ok()? == wanted {
            return Some(true);
        }
    }
    Some(false)
}

/// The inodes of a directory and of those above it. The last one may be an error.
fn and_above(directory: OwnedFd) -> impl Iterator<Item = Result<Inode, Errno>> {
    let (mut next, mut below) = (Some(Ok(directory)), None);
    std::iter::from_fn(move || {
        let seen = next
            .take()?
            .and_then(|fd| Ok((look_at(fd.as_fd())?.inode, fd)));
        let (inode, fd) = match seen {
            Ok(seen) => seen,
            Err(errno) => return Some(Err(errno)),
        };
        // The root is above itself.
        if below.replace(inode) == Some(inode) {
            return None;
        }
        next = Some(open_parent(fd.as_fd()));
        Some(Ok(inode))
    })
}

/// Fails unless the tree has all that is below a directory, and nothing of it must stay: it would go along.
pub(super) fn may_move(
    tools: &mut Tools<'_>,
    device: u64,
    top: &KnownDirectory,
) -> Result<(), Problem> {
    if top.contents == Contents::Unread {
        return Err(Problem::Unread);
    }
    let mut waiting = vec![top.number];
    while let Some(directory) = waiting.pop() {
        let mut after = 0;
        let mut is_last = false;
        while !is_last {
            let rows = tools.talk.ask(directory, after);
            let rows = rows.filter(|_| !tools.talk.is_stopped());
            let rows = rows.ok_or(Problem::Stopped)?;
            for known in &rows.known {
                waiting.extend(may_go_along(tools, device, known)?);
            }
            if rows.known.is_empty() && !rows.is_last {
                return Err(Problem::Changed);
            }
            after += rows.known.len();
            is_last = rows.is_last;
        }
    }
    Ok(())
}

/// Fails for an entry that must stay. Gives the number of a directory.
fn may_go_along(
    tools: &Tools<'_>,
    device: u64,
    known: &KnownEntry,
) -> Result<Option<Directory>, Problem> {
    match known.found {
        EntryIdentity::LeftOut => Err(Problem::HoldsLeftOut),
        EntryIdentity::Unread => Err(Problem::HoldsUnread),
        EntryIdentity::Directory(below) if below.contents == Contents::Unread => {
            Err(Problem::HoldsUnread)
        }
        EntryIdentity::Directory(below) if below.inode.device != device => {
            Err(Problem::HoldsSubvolume)
        }
        EntryIdentity::Directory(below) => {
            tools.protection.check_directory(below.inode)?;
            Ok(Some(below.number))
        }
        EntryIdentity::File(number, _) => {
            tools.protection.check_file(number)?;
            Ok(None)
        }
    }
}

pub(super) fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    [path, &b"/"[..], name].concat()
}

/// A path as the list of mounts has it.
fn escaped(path: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in path {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' => text.extend(format!("\\{byte:03o}").bytes()),
            byte => text.push(byte),
        }
    }
    text
}
