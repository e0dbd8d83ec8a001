//! The directory of the snapshots of one root: `WHERE/%2Fsrv`.
//!
//! Contract. After it was opened, its path is used in messages only: every file is reached through the open directory
//! and one name, and no link is followed. A run that writes holds the lock of the directory (flock), which ends with
//! the process. A file is a [`Stored`] snapshot only if it is a regular file with the name of a snapshot, whose footer
//! is whole, was written by pdu and names this root.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::StoreError;
use super::names;
use crate::count::usage::Inode;
use crate::format::parquet::MAGIC;
use crate::import::error::ImportError;
use crate::import::parquet::{Footer, Snapshot};
use crate::sys::output_file::{Readers, is_temporary};
use crate::sys::retry::retry;
use crate::sys::status::Status;

/// The permissions of directories: names of files are private.
const PRIVATE: Mode = Mode::from_raw_mode(0o700);

/// See the module.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    path: PathBuf,
    root: Vec<u8>,
}

/// A snapshot in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// The name of its file.
    pub(super) name: OsString,
    /// What its footer says.
    pub(super) footer: Footer,
    pub(super) inode: Inode,
    pub(super) owner: u32,
}

/// What is in the directory.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The snapshots, the oldest first.
    pub(super) snapshots: Vec<Stored>,
    /// Names of other files, each with the reason why it is no snapshot. Hidden files are not among them.
    pub(super) others: Vec<(OsString, ImportError)>,
}

impl Directory {
    /// Creates the directory where there is none, and locks it.
    pub(super) fn create(store: &Path, root: &[u8]) -> Result<Self, StoreError> {
        let errno = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
        let mut builder = DirBuilder::new();
        let created = builder.recursive(true).mode(PRIVATE.bits()).create(store);
        created.map_err(|error| StoreError::create(store, errno(error)))?;
        let path = store.join(names::of_root(root));
        let failed = |errno| StoreError::create(&path, errno);
        match rustix::fs::mkdirat(CWD, &path, PRIVATE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(error)),
        }
        let fd = open(&path).map_err(failed)?;
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(StoreError::Locked(path)),
            Err(error) => return Err(failed(error)),
        }
        let root = root.to_vec();
        Ok(Self { fd, path, root })
    }

    /// Opens the directory for reading; none where there is none.
    pub(super) fn open(store: &Path, root: &[u8]) -> Result<Option<Self>, StoreError> {
        let path = store.join(names::of_root(root));
        match open(&path) {
            Ok(fd) => {
                let root = root.to_vec();
                Ok(Some(Self { fd, path, root }))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(StoreError::read(&path, errno)),
        }
    }

    /// The path of a file in it, for messages.
    pub(super) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Writes the message that a file in it is no snapshot, or cannot be read.
    pub(super) fn report(&self, name: &OsStr, error: &ImportError, status: &mut Status) {
        let path = status.quoted(self.path_of(name).as_os_str().as_bytes());
        status.message(&error.message(&path));
    }

    /// The root of the snapshots in it.
    pub(super) fn root(&self) -> &[u8] {
        &self.root
    }

    /// Reads what is in it.
    pub(super) fn contents(&self) -> Result<Contents, StoreError> {
        let failed = |errno| StoreError::read(&self.path, errno);
        let mut contents = Contents::default();
        for entry in Dir::read_from(&self.fd).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
            if name.starts_with(b".") {
                continue;
            }
            let name = OsString::from_vec(name);
            match self.stored(&name) {
                Ok(stored) => contents.snapshots.push(stored),
                // A run has just removed it.
                Err(ImportError::Read(errno)) if errno == Errno::NOENT.raw_os_error() => {}
                Err(error) => contents.others.push((name, error)),
            }
        }
        let order = |stored: &Stored| (stored.footer.started, stored.name.clone());
        contents.snapshots.sort_by_key(order);
        contents
            .others
            .sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(contents)
    }

    /// Checks that a file is a snapshot of this root.
    fn stored(&self, name: &OsStr) -> Result<Stored, ImportError> {
        if !names::is_of_snapshot(name.as_bytes()) {
            return Err(ImportError::damaged("no name of a snapshot"));
        }
        let (file, stat) = self.open_file(name)?;
        let footer = Snapshot::open(file)?.footer().clone();
        if footer.operands != [String::from_utf8_lossy(&self.root).as_bytes()] {
            return Err(ImportError::damaged("a snapshot of another directory"));
        }
        Ok(Stored {
            name: name.into(),
            footer,
            inode: inode(&stat),
            owner: stat.st_uid,
        })
    }

    /// Opens a snapshot again.
    pub(super) fn reopen(&self, stored: &Stored) -> Result<File, ImportError> {
        match self.open_file(&stored.name)? {
            (file, stat) if inode(&stat) == stored.inode => Ok(file),
            _ => Err(ImportError::damaged("the file has changed")),
        }
    }

    /// Opens a regular file. No other file is opened: to open a device may change it.
    fn open_file(&self, name: &OsStr) -> Result<(File, Stat), ImportError> {
        let failed = |errno: Errno| ImportError::Read(errno.raw_os_error());
        let is_file = |stat: &Stat| FileType::from_raw_mode(stat.st_mode).is_file();
        let irregular = || ImportError::damaged("not a regular file");
        if !is_file(&self.stat(name).map_err(failed)?) {
            return Err(irregular());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.fd, name, flags, Mode::empty());
        let file = File::from(retry(open).map_err(failed)?);
        let stat = rustix::fs::fstat(&file).map_err(failed)?;
        match is_file(&stat) {
            true => Ok((file, stat)),
            false => Err(irregular()),
        }
    }

    fn stat(&self, name: &OsStr) -> rustix::io::Result<Stat> {
        rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// A name for a snapshot that began at this time, which nothing in the directory has.
    pub(super) fn free_name(&self, started: Timestamp) -> rustix::io::Result<OsString> {
        let mut number = 1;
        loop {
            let name = names::of_snapshot(started, number);
            match self.stat(&name) {
                Err(Errno::NOENT) => return Ok(name),
                Err(error) => return Err(error),
                Ok(_) => number += 1,
            }
        }
    }

    /// Removes a snapshot, unless its name stands for another file by now.
    pub(super) fn remove(&self, stored: &Stored) -> Result<(), StoreError> {
        match self.stat(&stored.name) {
            Ok(stat) if inode(&stat) == stored.inode => self.unlink(&stored.name),
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(StoreError::remove(&self.path_of(&stored.name), errno)),
        }
    }

    /// Removes what a killed run has left on a file system where a file cannot be without a name: temporary files of this
    /// user that are empty, or begin as a snapshot does. No other run writes one: this run holds the lock.
    pub(super) fn remove_leftovers(&self) -> Result<(), StoreError> {
        let failed = |errno| StoreError::read(&self.path, errno);
        for entry in Dir::read_from(&self.fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if is_temporary(name) && self.is_leftover(name) {
                self.unlink(name)?;
            }
        }
        Ok(())
    }

    fn is_leftover(&self, name: &OsStr) -> bool {
        let Ok((file, stat)) = self.open_file(name) else {
            return false;
        };
        let mut start = [0; MAGIC.len()];
        let mut is_begun = || file.read_exact_at(&mut start, 0).is_ok() && start == *MAGIC;
        stat.st_uid == rustix::process::geteuid().as_raw()
            && stat.st_mode & 0o7777 == Readers::Owner.mode().bits()
            && (stat.st_size == 0 || is_begun())
    }

    fn unlink(&self, name: &OsStr) -> Result<(), StoreError> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(StoreError::remove(&self.path_of(name), errno)),
        }
    }

    /// Waits until the disk has the names of the files.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        match retry(|| rustix::fs::fsync(&self.fd)) {
            // Not every file system can do that.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(errno) => Err(StoreError::create(&self.path, errno)),
        }
    }

    /// The open directory.
    pub(super) fn fd(&self) -> &OwnedFd {
        &self.fd
    }
}

pub(super) fn inode(stat: &Stat) -> Inode {
    Inode {
        device: stat.st_dev,
        number: stat.st_ino,
    }
}

fn open(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    retry(|| rustix::fs::openat(CWD, path, flags, Mode::empty()))
}
