//! From records to bytes: one file per output format, each behind [`Format`].
//!
//! A format asks no disk, no clock and no environment. It decides which records have a line, and how it looks;
//! all of them are given the same records. Bytes go to a writer that the caller chooses, errors come back at once.

mod lines;

use std::io::{self, Write};

use rustix::io::Errno;

pub use self::lines::Lines;
use crate::block_size::BlockSize;
use crate::quote::{Charset, Style};
use crate::record::Record;
use crate::time_style::TimeStyle;
use crate::usage::Usage;

/// An output format.
pub trait Format {
    /// Writes what the format has to say about a record, if anything.
    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written>;

    /// Writes the sum over all operands.
    fn total(&mut self, usage: &Usage, out: &mut dyn Write) -> io::Result<Written>;
}

/// How a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As it should be.
    Well,
    /// These seconds could not be written as a date, and stand there as a number. Worth a word, but no error.
    TimeOutOfRange(i64),
}

/// Which measure is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// `st_blocks * 512`.
    #[default]
    Allocated,
    /// `st_size` of files and symbolic links.
    Apparent,
    /// Number of entries.
    Inodes,
}

impl Measure {
    /// The number to print.
    #[must_use]
    pub fn of(self, usage: &Usage) -> u128 {
        match self {
            Self::Allocated => usage.allocated,
            Self::Apparent => usage.apparent,
            Self::Inodes => usage.inodes.into(),
        }
    }
}

/// Which records have a line, by size (`-t`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// Those of this many bytes (or entries) or more.
    AtLeast(u128),
    /// Those of no more.
    AtMost(u128),
}

impl Threshold {
    fn lets(self, value: u128) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// What is shown and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which number.
    pub measure: Measure,
    /// In which unit.
    pub block_size: BlockSize,
    /// Records deeper than this have no line; operands have depth 0.
    pub max_depth: u32,
    /// Files have lines too (`-a`); operands always do.
    pub all: bool,
    /// Which sizes have lines.
    pub threshold: Threshold,
    /// The newest time in the tree, in this style and time zone.
    pub time: Option<(TimeStyle, jiff::tz::TimeZone)>,
    /// What ends a line: a newline, or NUL.
    pub end_of_line: u8,
    /// How names are written.
    pub quoting: (Style, Charset),
}

/// How often an interrupted write is made again.
const INTERRUPTIONS: usize = 100;

/// Standard output, unbuffered; unlike std's, it tells when it is closed.
#[derive(Debug, Clone, Copy)]
pub struct Stdout {
    is_closed: bool,
}

impl Stdout {
    /// The process's standard output; `is_closed` where it had none when it started, and now has `/dev/null`.
    #[must_use]
    pub fn new(is_closed: bool) -> Self {
        Self { is_closed }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Err(Errno::BADF.into());
        }
        // Who calls this calls again while it is interrupted, and would do so for ever.
        for _ in 0..INTERRUPTIONS {
            match rustix::io::write(rustix::stdio::stdout(), bytes) {
                Err(Errno::INTR) => {}
                written => return Ok(written?),
            }
        }
        Err(Errno::IO.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
