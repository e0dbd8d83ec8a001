//! Compares two files.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use super::change::{DiffSummary, Sink};
use super::merge::{Merge, MergeError};
use super::options::DiffOptions;
use super::record::Cursor;
use crate::format::outcome::Outcome;
use crate::format::page::Page;
use crate::import::error::ImportError;
use crate::sys::signals::{self, Cause};
use crate::sys::status::{Progress, Status};

/// Records between two checks of the clock and of the signals.
const STRIDE: u64 = 512;

/// A file and its name, for messages.
pub type NamedFile<'a> = (Box<dyn Cursor>, &'a OsStr);

/// Compares two files. A signal or Enter ends the comparison; then there is no summary, and after an error in a file there
/// is none either.
pub fn compare_files(
    options: DiffOptions,
    (old, old_name): NamedFile<'_>,
    (mut new, new_name): NamedFile<'_>,
    sink: Box<dyn Sink>,
    out: &mut dyn Write,
    status: &mut Status,
) -> (Outcome, Option<DiffSummary>) {
    if sink.needs_owners() {
        new.with_owners();
    }
    let merge = Merge::new(options, old, new.info(), sink);
    let mut page = Page::new(out);
    let outcome = match merge_all(merge, &mut *new, &mut page, status) {
        Ok(summary) => return (outcome_of(&*new, new_name, status), Some(summary)),
        Err(Stop::Cancelled(cause)) => {
            status.message(b"cancelled: the result is incomplete");
            Outcome::Cancelled(cause)
        }
        Err(Stop::Merge(MergeError::Write(error))) => Outcome::WriteError(error),
        Err(Stop::Merge(MergeError::Old(error))) => damaged(&error, old_name, status),
        Err(Stop::New(error)) => damaged(&error, new_name, status),
    };
    (outcome, None)
}

/// The outcome of a comparison that came to its end.
fn outcome_of(new: &dyn Cursor, name: &OsStr, status: &mut Status) -> Outcome {
    if new.info().is_complete {
        return Outcome::Whole;
    }
    let name = status.quoted(name.as_bytes());
    status.message(&[&name, &b": the scan had errors"[..]].concat());
    Outcome::Errors
}

fn merge_all(
    mut merge: Merge,
    new: &mut dyn Cursor,
    page: &mut Page<'_>,
    status: &mut Status,
) -> Result<DiffSummary, Stop> {
    let causes = signals::start(status.cancelled_message());
    signals::start_enter();
    let tick = status.ticks();
    merge.begin(&mut page.lines)?;
    for count in 1.. {
        if !new.advance().map_err(Stop::New)? {
            break;
        }
        merge.push(new.record(), &mut page.lines)?;
        if count % STRIDE > 0 {
            continue;
        }
        if let Ok(cause) = causes.try_recv() {
            return Err(Stop::Cancelled(cause));
        }
        if tick.try_recv().is_ok() {
            status.progress(&Progress {
                entries: count,
                ..Progress::default()
            });
        }
        if page.is_full() {
            status.clear();
            page.write()?;
        }
    }
    status.clear();
    let summary = merge.end(&new.info().clone(), page)?;
    page.write()?;
    Ok(summary)
}

fn damaged(error: &ImportError, name: &OsStr, status: &mut Status) -> Outcome {
    let name = status.quoted(name.as_bytes());
    status.message(&error.message(&name));
    Outcome::Broken
}

/// The reason why a comparison has no end.
#[derive(Debug)]
enum Stop {
    Cancelled(Cause),
    /// NEW cannot be read further.
    New(ImportError),
    Merge(MergeError),
}

impl<E: Into<MergeError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Merge(error.into())
    }
}
