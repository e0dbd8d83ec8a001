//! What can go wrong without ending a run: an operation, and the system's error number.

use std::io;

use rustix::io::Errno;

/// What was being done when something failed; the words of the message follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// stat or lstat of an entry.
    Access,
    /// stat of what a symbolic link leads to, which is nothing: GNU du names the link and no reason.
    Follow,
    /// open or the first read of a directory: it counts, its contents do not.
    ReadDirectory,
    /// A later read of a directory: what was read counts.
    ReadOn,
    /// An operand of no length: which name of the list it was, or 0 on the command line. The path is the list's.
    EmptyName(u64),
    /// `-` in a list that is itself read from standard input.
    DashInList,
    /// open of the list of operands, or of an export. The path is its own.
    OpenNames,
    /// read of the list of operands.
    ReadNames,
    /// What the maker of an export did not succeed in: to read a directory.
    Exported,
    /// The same: to look at an entry, which does not count.
    ExportedEntry,
    /// open, or creation, of the file that the report goes to.
    CreateOutput,
    /// write to it, or its renaming.
    WriteOutput,
}

/// One failed operation: with the path, which is where the failure stands, the whole message.
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
