//! The errors of a store of snapshots.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::import::error::ImportError;
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::Status;

/// Why a store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// An operation failed at this path.
    Failed(PathBuf, Failure),
    /// A file that may be a snapshot cannot be read.
    Unreadable(PathBuf, ImportError),
    /// Another run holds the lock of this directory.
    Locked(PathBuf),
}

impl StoreError {
    /// The creation of a directory or file failed.
    pub(super) fn create(path: &Path, errno: Errno) -> Self {
        Self::Failed(path.into(), Failure::new(Operation::CreateOutput, errno))
    }

    /// A directory cannot be read.
    pub(super) fn read(path: &Path, errno: Errno) -> Self {
        Self::Failed(path.into(), Failure::new(Operation::ReadDirectory, errno))
    }

    /// A file cannot be removed.
    pub(super) fn remove(path: &Path, errno: Errno) -> Self {
        Self::Failed(path.into(), Failure::new(Operation::RemoveFile, errno))
    }

    /// Writes the message.
    pub fn report(&self, status: &mut Status) {
        match self {
            Self::Failed(path, failure) => status.failure(path.as_os_str().as_bytes(), *failure),
            Self::Unreadable(path, error) => {
                let path = status.quoted(path.as_os_str().as_bytes());
                status.message(&error.message(&path));
            }
            Self::Locked(path) => {
                let path = status.quoted(path.as_os_str().as_bytes());
                status.message(&[&*path, b": another run writes a snapshot"].concat());
            }
        }
    }
}
