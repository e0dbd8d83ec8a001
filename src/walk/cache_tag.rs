//! Cache directory tags (<https://bford.info/cachedir/>): a regular file of this name and signature marks a directory whose
//! contents can be made again.
//!
//! The only file that the walk opens. Its type is checked before, so that no device or pipe is.

use std::ffi::CStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::BorrowedFd;

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use super::dirents::Dirent;
use super::fd_budget::open;
use super::shared::Shared;
use super::stat::{Lookup, stat};
use crate::sys::retry::read_all;

const NAME: &CStr = c"CACHEDIR.TAG";

/// The first bytes of a tag; a reader ignores what follows.
const SIGNATURE: &[u8; 43] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// A valid tag.
#[derive(Debug)]
pub(super) struct Tag {
    number: u64,
    /// It has no other hard link.
    pub(super) is_single: bool,
}

/// True for the name of a tag.
pub(super) fn is_name(name: &CStr) -> bool {
    name == NAME
}

/// The tag as its directory lists it.
pub(super) fn dirent(number: u64) -> Dirent<'static> {
    Dirent {
        name: NAME,
        kind: FileType::RegularFile,
        number,
    }
}

impl Tag {
    /// The tag of a directory, if it has a valid one; an error where there is a file of that name that cannot be read.
    /// Where its stat fails there is none: the listing reports that error.
    pub(super) fn of(walk: &Shared, dir: BorrowedFd<'_>) -> Result<Option<Self>, Errno> {
        // Never through a symbolic link, also under `-L`.
        let tag = match stat(Some(dir), NAME, Lookup::Link, None) {
            Ok(stat) if stat.kind == FileType::RegularFile => Self {
                number: stat.detail.inode.number,
                is_single: stat.detail.links < 2,
            },
            Ok(_) | Err(_) => return Ok(None),
        };
        match has_signature(walk, dir) {
            Ok(true) => Ok(Some(tag)),
            Ok(false) | Err(Errno::NOENT | Errno::LOOP) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// The tag as its directory lists it.
    pub(super) fn dirent(&self) -> Dirent<'static> {
        dirent(self.number)
    }
}

fn has_signature(walk: &Shared, dir: BorrowedFd<'_>) -> Result<bool, Errno> {
    let file = open(dir, NAME, OFlags::NOFOLLOW, (&walk.budget, &walk.done))?;
    let mut start = Vec::new();
    let length = SIGNATURE.len() as u64;
    match read_all(File::from(file).take(length), &mut start) {
        Ok(()) => Ok(start == SIGNATURE),
        Err(error) => Err(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
    }
}
