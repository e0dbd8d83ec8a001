//! Counts what an export of an earlier walk holds (`--from`): one thread, since its steps come in order.

use std::ffi::OsStr;
use std::io::{self, Write};

use crate::count::order::{Extent, Step};
use crate::count::tally;
use crate::format::Format;
use crate::format::outcome::{self, Outcome, Stop};
use crate::format::report::Report;
use crate::import::ncdu::ExportReader;
use crate::sys::signals;
use crate::sys::status::{Progress, Status};

/// Steps between two looks at the clock and at who asks to stop.
const STRIDE: usize = 512;

/// Counts an export; the name is its own, for messages.
pub fn from_import(
    options: tally::TallyOptions,
    (mut export, name): (ExportReader, &OsStr),
    format: &mut dyn Format,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let mut report = Report::new(options, format, out, status);
    let told = tell(&mut export, name, &mut report);
    outcome::end(&mut report, told)
}

fn tell<'a>(
    export: &mut ExportReader,
    name: &'a OsStr,
    report: &mut Report<'_>,
) -> io::Result<Option<Stop<'a>>> {
    let stop = read(export, name, report)?;
    // What was not finished has no line.
    for _ in 0..export.depth() {
        report.take(&Step::Leave {
            read: Extent::Unfinished,
        })?;
    }
    Ok(stop)
}

fn read<'a>(
    export: &mut ExportReader,
    name: &'a OsStr,
    report: &mut Report<'_>,
) -> io::Result<Option<Stop<'a>>> {
    let causes = signals::start(report.status.cancelled_message());
    let tick = report.status.ticks();
    report.begin()?;
    loop {
        for _ in 0..STRIDE {
            match export.step() {
                Ok(Some(step)) => report.take(&step)?,
                Ok(None) => return Ok(None),
                Err(wrong) => return Ok(Some(Stop::Import(name, wrong.words()))),
            };
        }
        if let Ok(cause) = causes.try_recv() {
            return Ok(Some(Stop::Asked(cause)));
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
