//! The interface of an output format: the trait, and the types that its methods take and return.

use std::io;
use std::time::Duration;

use super::page::Page;
use crate::count::record::Record;
use crate::count::tally::Counts;
use crate::count::usage::FileTime;
use crate::count::visitor::Absence;
use crate::sys::failure::Failure;

/// An output format. The methods append to `out`, which cannot fail; only `end` writes to the output.
///
/// The calls are `begin`, then any number of `enter`, `record`, `link`, `away`, `absent` and `failure`, then
/// `end`. For a directory, `enter` comes before the records of its contents, and `record` after them.
pub trait Format {
    /// Appends the text before all records.
    fn begin(&mut self, _out: &mut Vec<u8>) {}

    /// From now on the format may start threads: the process will not fork any more.
    fn may_start_threads(&mut self) {}

    /// The scan is read from a file, and began at this time, as far as that is known.
    fn began_at(&mut self, _: Option<FileTime>) {}

    /// Appends the beginning of a directory. The record is of the directory alone. With the error in it, where that is
    /// already known.
    fn enter(&mut self, _: &Record<'_>, _: Option<Failure>, _out: &mut Vec<u8>) {}

    /// Appends a file, or the end of a directory, whose record then includes its contents.
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning>;

    /// Appends a further link of a file that was counted already.
    fn link(&mut self, _: &Record<'_>, _out: &mut Vec<u8>) -> Option<Warning> {
        None
    }

    /// Appends the text of files of the current directory that their walkers have rendered.
    fn rendered(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(text);
    }

    /// Appends an entry that `-x` leaves out; the record has its attributes and no usage.
    fn away(&mut self, _: &Record<'_>, _out: &mut Vec<u8>) {}

    /// Appends a directory that does not count in this process; the record has its path alone.
    fn absent(&mut self, _: &Record<'_>, _: Absence, _out: &mut Vec<u8>) {}

    /// Appends a failure. Standard error has the message already.
    fn failure(&mut self, _path: &[u8], _: Failure, _out: &mut Vec<u8>) {}

    /// Appends the text after all records, and writes every page that is full meanwhile.
    fn end(&mut self, _: &Totals, _: &mut Page<'_>) -> EndResult {
        Ok(None)
    }
}

/// The result of [`Format::end`].
pub type EndResult = Result<Option<Warning>, ReportError>;

/// A message about a line that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// This time, in seconds since the epoch, has no date; a line of du contains the number.
    TimeOutOfRange(i64),
    /// The format cannot hold the size of the entry; the line contains the largest size that it can hold. An error.
    SizeTooLarge,
}

/// The reason why a report has no end.
#[derive(Debug)]
pub enum ReportError {
    /// A write to the output failed.
    Write(io::Error),
    /// The format has nothing that it could write, for this reason.
    Empty(&'static str),
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// The sums at the end of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// The sums over all operands.
    pub counts: Counts,
    /// The duration of the run.
    pub elapsed: Duration,
    /// Whether anything is missing in the sums.
    pub completeness: Completeness,
}

/// Whether a report covers the whole tree, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// It does.
    Whole,
    /// The walk went to its end; some operations failed, each with a message.
    Errors,
    /// The user cancelled the walk.
    Cancelled,
    /// A walker panicked, and its part of the tree is lost.
    WalkerFailed,
    /// The export could not be read to its end.
    ImportFailed,
}

impl Completeness {
    /// True where the walk went to its end, so that its total has a line.
    #[must_use]
    pub fn is_end_of_walk(self) -> bool {
        matches!(self, Self::Whole | Self::Errors)
    }

    /// Why something is missing; none where nothing is.
    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Errors => Some("errors"),
            Self::Cancelled => Some("cancelled"),
            Self::WalkerFailed => Some("internal error"),
            Self::ImportFailed => Some("unreadable export"),
        }
    }
}
