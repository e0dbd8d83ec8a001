//! Counts the export of an earlier walk (`--from`) in one thread: its entries are in order already.
//!
//! A signal or Enter ends the import between two strides of entries. After an error or a cancellation, the directories
//! that are still open are unfinished.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use super::Import;
use crate::count::tally;
use crate::format::Format;
use crate::format::outcome::{self, Outcome, Stop};
use crate::format::report::Report;
use crate::sys::signals;
use crate::sys::status::{Progress, Status};

/// Entries between two checks of the clock and of the signals.
const STRIDE: usize = 512;

/// Counts an export; messages contain its name.
pub fn from_import(
    options: tally::TallyOptions,
    (mut export, name): (Import, &OsStr),
    format: &mut dyn Format,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let mut report = Report::new(options, format, out, status);
    let counted = read(&mut export, name, &mut report).and_then(|stop| {
        export.give_up(&mut report);
        report.check().map(|()| stop)
    });
    outcome::end(&mut report, counted)
}

fn read(export: &mut Import, name: &OsStr, report: &mut Report<'_>) -> io::Result<Option<Stop>> {
    let causes = signals::start(report.status.cancelled_message());
    if name != "-" {
        signals::start_enter();
    }
    let tick = report.status.ticks();
    report.may_start_threads();
    report.begin();
    loop {
        let read = export.advance(report, STRIDE);
        report.check()?;
        report.began_at(export.started());
        match read {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                let name = report.status.quoted(name.as_bytes());
                return Ok(Some(Stop::ImportFailed(error.message(&name))));
            }
        }
        if let Ok(cause) = causes.try_recv() {
            return Ok(Some(Stop::Cancelled(cause)));
        }
        if tick.try_recv().is_ok() {
            let counted = report.counts().total;
            report.status.progress(&Progress {
                entries: counted.inodes,
                bytes: counted.allocated,
                ..Progress::default()
            });
            report.flush()?;
        }
    }
}
