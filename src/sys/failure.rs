//! Failures that do not end a run: an operation, and the system's error number.

use std::io;

use rustix::io::Errno;

/// The operation that failed; the text of the message follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// stat or lstat of an entry.
    Access,
    /// stat of the target of a symbolic link, which does not exist: GNU du names the link and no reason.
    Follow,
    /// open or the first read of a directory: the directory counts, its entries do not.
    ReadDirectory,
    /// A later read of a directory: the entries that were read count.
    ReadOn,
    /// open or read of a cache directory tag: the directory counts with its contents.
    ReadTag,
    /// An empty operand: its number in the list, or 0 on the command line. The path is that of the list.
    EmptyName(u64),
    /// `-` in a list that is itself read from standard input.
    DashInList,
    /// open of the list of operands, or of an export. The path is that of this file.
    OpenNames,
    /// read of the list of operands.
    ReadNames,
    /// The program that made an export could not read a directory.
    Exported,
    /// The program that made an export read a directory in part.
    ExportedInPart,
    /// The program that made an export had no stat of an entry, which does not count.
    ExportedEntry,
    /// The format of the report cannot hold the size of an entry.
    StoreSize,
    /// The size in an export is the largest one that its format can hold: that of the entry is not known.
    ExportedSize,
    /// open, or creation, of the file that the report goes to.
    CreateOutput,
    /// write to it, or its renaming.
    WriteOutput,
    /// unlink of an earlier snapshot.
    RemoveFile,
}

/// One failed operation. The path is that of the place where the failure is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub operation: Operation,
    /// The system's error number.
    pub errno: i32,
}

impl Failure {
    /// An operation that failed with this error number.
    #[must_use]
    pub fn new(operation: Operation, errno: Errno) -> Self {
        let errno = errno.raw_os_error();
        Self { operation, errno }
    }

    /// A failure that has no error number.
    #[must_use]
    pub fn without_errno(operation: Operation) -> Self {
        Self {
            operation,
            errno: 0,
        }
    }

    /// An operation that failed with an error of std.
    #[must_use]
    pub fn of(operation: Operation, error: &io::Error) -> Self {
        let errno = error.raw_os_error().unwrap_or(0);
        Self { operation, errno }
    }
}
