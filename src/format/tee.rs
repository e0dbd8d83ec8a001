//! Two formats of one walk: the first writes to the output of the run, the second to an output of its own.
//!
//! A failed write to the second output ends only that: the run goes on, and [`Tee::into_result`] has the error.

use std::io::Write;

use super::interface::{EndResult, Format, ReportError, Totals, Warning};
use super::page::Page;
use crate::count::record::Record;
use crate::count::usage::FileTime;
use crate::count::visitor::Absence;
use crate::sys::failure::Failure;

/// See the module.
pub struct Tee<'a> {
    first: &'a mut dyn Format,
    second: &'a mut dyn Format,
    /// The output of the second format.
    page: Page<'a>,
    /// The error of the second format.
    error: Option<ReportError>,
    /// The walk came to its end.
    is_ended: bool,
}

impl<'a> Tee<'a> {
    /// Both formats, and the output of the second one.
    pub fn new(
        first: &'a mut dyn Format,
        second: &'a mut dyn Format,
        out: &'a mut dyn Write,
    ) -> Self {
        Self {
            first,
            second,
            page: Page::new(out),
            error: None,
            is_ended: false,
        }
    }

    /// What became of the second format; none where the walk did not come to its end.
    pub fn into_result(self) -> Option<Result<(), ReportError>> {
        self.is_ended.then(|| self.error.map_or(Ok(()), Err))
    }

    /// Gives an event to the second format, and writes the page if it is full.
    fn second<T: Default>(&mut self, event: impl FnOnce(&mut dyn Format, &mut Vec<u8>) -> T) -> T {
        if self.error.is_some() {
            return T::default();
        }
        let result = event(self.second, &mut self.page.lines);
        self.error = self.page.write_if_full().err().map(ReportError::Write);
        result
    }
}

impl Format for Tee<'_> {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.second(|format, out| format.begin(out));
        self.first.begin(out);
    }

    fn may_start_threads(&mut self) {
        self.second.may_start_threads();
        self.first.may_start_threads();
    }

    fn began_at(&mut self, time: Option<FileTime>) {
        self.second.began_at(time);
        self.first.began_at(time);
    }

    fn enter(&mut self, record: &Record<'_>, failure: Option<Failure>, out: &mut Vec<u8>) {
        self.second(|format, out| format.enter(record, failure, out));
        self.first.enter(record, failure, out);
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        let warning = self.second(|format, out| format.record(record, out));
        self.first.record(record, out).or(warning)
    }

    fn link(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        let warning = self.second(|format, out| format.link(record, out));
        self.first.link(record, out).or(warning)
    }

    fn away(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.second(|format, out| format.away(record, out));
        self.first.away(record, out);
    }

    fn absent(&mut self, record: &Record<'_>, absence: Absence, out: &mut Vec<u8>) {
        self.second(|format, out| format.absent(record, absence, out));
        self.first.absent(record, absence, out);
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        self.second(|format, out| format.failure(path, failure, out));
        self.first.failure(path, failure, out);
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        if self.error.is_none() {
            let ended = self.second.end(totals, &mut self.page);
            let written = ended.and_then(|_| Ok(self.page.write()?));
            self.error = written.err();
        }
        self.is_ended = totals.completeness.is_end_of_walk();
        self.first.end(totals, page)
    }
}
