//! The merge: records of NEW are pushed, those of OLD are pulled.

use std::cmp::Ordering;
use std::io;

use super::change::{DiffSummary, Sink};
use super::comparison::Comparison;
use super::known::Known;
use super::options::DiffOptions;
use super::paths;
use super::record::{Cursor, ScanInfo, ScanRecord};
use super::scope::Step;
use crate::count::usage::Measure;
use crate::format::page::Page;
use crate::import::error::ImportError;

/// See the module.
pub(super) struct Merge {
    old: Box<dyn Cursor>,
    /// The cursor is at a record.
    has_old: bool,
    comparison: Comparison,
    /// The measure that NEW does not have.
    missing: Option<Measure>,
}

/// The reason why a comparison has no end.
#[derive(Debug)]
pub(super) enum MergeError {
    /// OLD cannot be read further.
    Old(ImportError),
    /// A write to the output failed.
    Write(io::Error),
}

impl From<ImportError> for MergeError {
    fn from(error: ImportError) -> Self {
        Self::Old(error)
    }
}

impl From<io::Error> for MergeError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl Merge {
    pub(super) fn new(
        options: DiffOptions,
        mut old: Box<dyn Cursor>,
        new: &ScanInfo,
        sink: Box<dyn Sink>,
    ) -> Self {
        if sink.needs_owners() {
            old.with_owners();
        }
        let comparison = Comparison::new(options, (old.info(), new), sink);
        Self {
            old,
            has_old: false,
            comparison,
            missing: new.missing,
        }
    }

    /// Sets the path and the file system of the root of NEW, before the first record.
    pub(super) fn set_root_of_new(&mut self, new: &ScanInfo) {
        self.comparison.set_root_of_new(new);
    }

    /// Appends the text before all changes, and reads the first record of OLD.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), ImportError> {
        let known = Known::ALL.without(self.old.info().missing);
        let known = known.without(self.missing);
        self.comparison.output.sink.begin(known, out);
        self.has_old = self.old.advance()?;
        Ok(())
    }

    /// Takes the next record of NEW, and the records of OLD up to it.
    pub(super) fn push(
        &mut self,
        new: ScanRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ImportError> {
        while self.has_old {
            let old = self.old.record();
            match paths::compare(old.place(), new.place()) {
                Ordering::Less => self.comparison.take(&Step::of_old(old, Some(new)), out),
                Ordering::Equal => {
                    self.comparison.take(&Step::of_both(old, new), out);
                    self.has_old = self.old.advance()?;
                    return Ok(());
                }
                Ordering::Greater => {
                    self.comparison.take(&Step::of_new(new, Some(old)), out);
                    return Ok(());
                }
            }
            self.has_old = self.old.advance()?;
        }
        self.comparison.take(&Step::of_new(new, None), out);
        Ok(())
    }

    /// Takes the rest of OLD, and writes the lines that are left and the summary.
    pub(super) fn end(
        &mut self,
        new: &ScanInfo,
        page: &mut Page<'_>,
    ) -> Result<DiffSummary, MergeError> {
        while self.has_old {
            let step = Step::of_old(self.old.record(), None);
            self.comparison.take(&step, &mut page.lines);
            page.write_if_full()?;
            self.has_old = self.old.advance()?;
        }
        let infos = (self.old.info(), new);
        let summary = self.comparison.conclude(infos, page)?;
        self.comparison.output.sink.end(&summary, page)?;
        Ok(summary)
    }
}
