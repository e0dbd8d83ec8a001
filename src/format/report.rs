//! What becomes of the steps of a walk, or of an export: the count, the lines, the messages.
//!
//! Steps are counted (`tally`), what has a size and a name is shown (`show`), what failed is told (`status`). The
//! two streams may be the same terminal or file, so their order is kept.

use std::io::{self, Write};
use std::time::Instant;

use crate::count::order::Step;
use crate::count::tally::{self, Counts, Tally, Told};
use crate::format::{Completeness, End, Format, Written};
use crate::sys::status::{Status, Summary};

/// Bytes of finished lines that are written at once; with the last line, no more than a pipe holds.
const PAGE: usize = 60 * 1024;

/// See the module.
pub struct Report<'a> {
    tally: Tally,
    format: &'a mut dyn Format,
    page: Page<'a>,
    /// Standard error.
    pub status: &'a mut Status,
    started: Instant,
}

/// Finished lines on their way out. No `BufWriter`: that would write, when it is full, behind the progress.
struct Page<'a> {
    lines: Vec<u8>,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.lines.len() >= PAGE
    }

    fn write_lines(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.lines);
        self.lines.clear();
        written
    }

    fn turn(&mut self, status: &mut Status) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        status.clear();
        self.write_lines()
    }
}

/// For what is written when no progress is drawn any more.
impl Write for Page<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.extend_from_slice(bytes);
        if self.is_full() {
            self.write_lines()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_lines()
    }
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next step.
    Go,
    /// The directory just entered was counted before: none of its steps.
    Skip,
}

impl<'a> Report<'a> {
    /// A report of nothing yet.
    pub fn new(
        tally: tally::TallyOptions,
        format: &'a mut dyn Format,
        out: &'a mut dyn Write,
        status: &'a mut Status,
    ) -> Self {
        Self {
            tally: Tally::new(tally),
            format,
            page: Page {
                lines: Vec::with_capacity(64 * 1024),
                out,
            },
            status,
            started: Instant::now(),
        }
    }

    /// Writes what comes before everything.
    pub fn begin(&mut self) -> io::Result<()> {
        self.format.begin(&mut self.page.lines)
    }

    /// Takes the next step.
    pub fn take(&mut self, step: &Step<'_>) -> io::Result<Next> {
        match self.tally.take(step) {
            Told::Nothing => {}
            Told::Skip => return Ok(Next::Skip),
            Told::Entered(record, readable) => {
                self.format.enter(&record, readable, &mut self.page.lines)?;
            }
            Told::Record(record) => {
                let written = self.format.record(&record, &mut self.page.lines)?;
                self.remark(written)?;
            }
            Told::Written(text) => self.page.lines.extend_from_slice(text),
            Told::Failed(path, failure) => {
                self.page.turn(self.status)?;
                self.status.failure(path, failure);
                self.format.failure(path, failure, &mut self.page.lines)?;
            }
        }
        if self.page.is_full() {
            self.flush()?;
        }
        Ok(Next::Go)
    }

    fn remark(&mut self, written: Written) -> io::Result<()> {
        if let Written::TimeOutOfRange(seconds) = written {
            self.flush()?;
            self.status.time_out_of_range(seconds);
        }
        Ok(())
    }

    /// Writes the lines that are finished.
    pub fn flush(&mut self) -> io::Result<()> {
        self.page.turn(self.status)
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.tally.counts()
    }

    /// Writes what comes after everything; `outcome` is what only the walk knows.
    pub fn end(&mut self, outcome: Completeness) -> io::Result<()> {
        let counts = *self.counts();
        let end = End {
            total: counts.total,
            directories: counts.directories,
            errors: counts.errors,
            elapsed: self.started.elapsed(),
            outcome,
        };
        self.status.clear();
        let written = self.format.end(&end, &mut self.page)?;
        self.remark(written)?;
        self.flush()?;
        self.status.clear();
        self.status.summary(&Summary {
            files: counts.total.inodes.saturating_sub(counts.directories),
            directories: counts.directories,
            bytes: counts.total.allocated,
            errors: counts.errors,
        });
        Ok(())
    }
}
