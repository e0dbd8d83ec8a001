//! The records that have a line: GNU du's options `-a`, `-d`, `-s` and `-t`, the same for every format.

use super::interface::{EndResult, Format, Totals, Warning};
use super::page::Page;
use super::ranked::Candidates;
use crate::count::record::{Kind, Record};
use crate::count::usage::Measure;
use crate::count::visitor::Extent;
use crate::sys::failure::Failure;

/// The sizes that have a line (`-t`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// This many bytes (or entries) or more.
    AtLeast(u128),
    /// This many or fewer.
    AtMost(u128),
}

impl Threshold {
    /// True where a size has a line.
    #[must_use]
    pub fn admits(self, value: u128) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// The records that have a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// The number that is shown.
    pub measure: Measure,
    /// Records deeper than this have no line; operands have depth 0.
    pub max_depth: u32,
    /// Files have lines too (`-a`); operands always do.
    pub all: bool,
    /// The sizes that have lines.
    pub threshold: Threshold,
}

impl Selection {
    /// True where the record has a line.
    #[must_use]
    pub fn takes(&self, record: &Record<'_>) -> bool {
        let is_whole = record.kind == Kind::Directory(Extent::Whole);
        let is_asked_for = is_whole || self.all || record.depth == 0;
        is_asked_for && record.kind != Kind::Directory(Extent::Unfinished) && self.admits(record)
    }

    /// The same, for a format that marks incomplete directories.
    #[must_use]
    pub fn takes_unfinished(&self, record: &Record<'_>) -> bool {
        let is_asked_for = record.kind != Kind::File || self.all || record.depth == 0;
        is_asked_for && self.admits(record)
    }

    fn admits(&self, record: &Record<'_>) -> bool {
        let size = self.measure.of(&record.usage);
        record.depth <= self.max_depth && self.threshold.admits(size)
    }
}

/// A format of one line per record, which receives only the records that have a line: at once, or at the end in the
/// order of a ranking.
#[derive(Debug)]
pub(super) struct Selected<F> {
    selection: Selection,
    candidates: Option<Candidates>,
    format: F,
}

impl<F: Format> Selected<F> {
    pub(super) fn new(selection: Selection, candidates: Option<Candidates>, format: F) -> Self {
        Self {
            selection,
            candidates,
            format,
        }
    }
}

impl<F: Format> Format for Selected<F> {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.format.begin(out);
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        if !self.selection.takes(record) {
            return None;
        }
        match &mut self.candidates {
            None => self.format.record(record, out),
            Some(candidates) => {
                candidates.push(record);
                None
            }
        }
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        self.format.failure(path, failure, out);
    }

    /// Returns the last of all warnings.
    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        let mut last = None;
        for candidate in self.candidates.iter_mut().flat_map(Candidates::take_sorted) {
            let warning = self.format.record(&candidate.record(), &mut page.lines);
            last = warning.or(last);
            page.write_if_full()?;
        }
        Ok(self.format.end(totals, page)?.or(last))
    }
}
