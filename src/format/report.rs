//! Turns the events of a walk, or of an export, into lines and messages.
//!
//! The report is the [`Visitor`] of a run. It passes each event to the tally, the record that follows to the format,
//! and a failure to standard error. Both streams may go to the same terminal or file, so their order is kept: the
//! lines before a message are written before it.
//!
//! A full page is written at once. After a failed write, nothing more is written to either stream and no directory is
//! entered; [`Report::check`] returns the error.

use std::io::{self, Write};
use std::time::Instant;

use super::interface::{Completeness, Format, ReportError, Totals, Warning};
use super::page::Page;
use crate::count::tally::{Counts, Tally, TallyOptions};
use crate::count::usage::{Detail, FileTime, Item, Usage};
use crate::count::visitor::{Absence, Extent, Flow, Visitor};
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::{Status, Summary};

/// See the module.
pub struct Report<'a> {
    tally: Tally,
    format: &'a mut dyn Format,
    page: Page<'a>,
    /// Of the first write that failed.
    write_error: Option<io::Error>,
    /// Standard error.
    pub status: &'a mut Status,
    started: Instant,
}

impl<'a> Report<'a> {
    /// A report without any event.
    pub fn new(
        tally: TallyOptions,
        format: &'a mut dyn Format,
        out: &'a mut dyn Write,
        status: &'a mut Status,
    ) -> Self {
        Self {
            tally: Tally::new(tally),
            format,
            page: Page::new(out),
            write_error: None,
            status,
            started: Instant::now(),
        }
    }

    /// Appends the text before all records.
    pub fn begin(&mut self) {
        self.format.begin(&mut self.page.lines);
    }

    /// The process will not fork any more.
    pub fn may_start_threads(&mut self) {
        self.format.may_start_threads();
    }

    /// The scan is read from a file, and began at this time, as far as that is known.
    pub fn began_at(&mut self, time: Option<FileTime>) {
        self.format.began_at(time);
    }

    /// The error of a write that failed since the last call.
    pub fn check(&mut self) -> io::Result<()> {
        self.write_error.take().map_or(Ok(()), Err)
    }

    /// Writes the finished lines.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write_page();
        self.check()
    }

    /// The sums so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.tally.counts()
    }

    /// Writes the text after all records, and the summary.
    pub fn end(&mut self, completeness: Completeness) -> Result<(), ReportError> {
        let counts = *self.counts();
        let totals = Totals {
            counts,
            elapsed: self.started.elapsed(),
            completeness,
        };
        self.status.clear();
        let warning = self.format.end(&totals, &mut self.page)?;
        if warning.is_some() {
            self.warn(warning);
        }
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

    /// Writes the page if it is full, or if a warning follows it.
    fn turn(&mut self, warning: Option<Warning>) {
        if warning.is_some() {
            self.warn(warning);
        } else if self.page.is_full() {
            self.write_page();
        }
    }

    #[cold]
    fn warn(&mut self, warning: Option<Warning>) {
        self.write_page();
        match warning {
            _ if self.write_error.is_some() => {}
            Some(Warning::TimeOutOfRange(seconds)) => self.status.time_out_of_range(seconds),
            Some(Warning::SizeTooLarge) => {
                let failure = Failure::without_errno(Operation::StoreSize);
                self.status.failure(self.tally.record_failed(), failure);
            }
            None => {}
        }
    }

    fn write_page(&mut self) {
        if self.write_error.is_some() {
            self.page.lines.clear();
        } else if !self.page.lines.is_empty() {
            self.status.clear();
            self.write_error = self.page.write().err();
        }
    }
}

/// An entry that does not count.
fn nothing(detail: Option<&Detail>) -> Item<'_> {
    Item {
        usage: Usage::default(),
        dedup_key: None,
        detail,
    }
}

impl Visitor for Report<'_> {
    fn enter(&mut self, name: &[u8], item: &Item<'_>, failure: Option<Failure>) -> Flow {
        if self.write_error.is_some() {
            return Flow::Skip;
        }
        let Some(record) = self.tally.enter(name, item) else {
            return Flow::Skip;
        };
        self.format.enter(&record, failure, &mut self.page.lines);
        self.turn(None);
        Flow::Continue
    }

    fn file(&mut self, name: Option<&[u8]>, item: &Item<'_>) {
        if let Some(record) = self.tally.file(name, item) {
            let warning = self.format.record(&record, &mut self.page.lines);
            self.turn(warning);
        } else if let Some(name) = name {
            let record = self.tally.uncounted(name, item);
            let warning = self.format.link(&record, &mut self.page.lines);
            self.turn(warning);
        }
    }

    fn away(&mut self, name: &[u8], detail: &Detail) {
        let record = self.tally.uncounted(name, &nothing(Some(detail)));
        self.format.away(&record, &mut self.page.lines);
        self.turn(None);
    }

    fn absent(&mut self, name: &[u8], absence: Absence) {
        let record = self.tally.uncounted(name, &nothing(None));
        self.format.absent(&record, absence, &mut self.page.lines);
        self.turn(None);
    }

    fn rendered(&mut self, text: &[u8]) {
        self.format.rendered(text, &mut self.page.lines);
        self.turn(None);
    }

    fn sum(&mut self, usage: &Usage, directories: u64) {
        self.tally.sum(usage, directories);
    }

    fn failed(&mut self, path: &[u8], failure: Failure) {
        self.write_page();
        if self.write_error.is_some() {
            return;
        }
        let path = self.tally.failed(path);
        self.status.failure(path, failure);
        self.format.failure(path, failure, &mut self.page.lines);
        self.turn(None);
    }

    fn leave(&mut self, extent: Extent) {
        if let Some(record) = self.tally.leave(extent) {
            let warning = self.format.record(&record, &mut self.page.lines);
            self.turn(warning);
        }
    }
}
