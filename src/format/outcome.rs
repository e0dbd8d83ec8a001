//! How a run ends: the end of the report, the last words, and what the exit status follows from.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use crate::format::Completeness;
use crate::format::report::Report;
use crate::sys::signals::Cause;

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Everything was counted.
    Whole,
    /// Something was not, and standard error says what.
    Errors,
    /// It was cancelled.
    Cancelled(Cause),
    /// What was counted is a part, and standard error says so.
    Broken,
    /// The output failed, or the report has nothing that it could write.
    WriteError(io::Error),
}

/// What ends a run before everything is counted.
#[derive(Debug)]
pub enum Stop<'a> {
    /// Somebody asked for it.
    Asked(Cause),
    /// A walker has failed, and will not tell what it found.
    NoWalker,
    /// The file of this name cannot be read on, for this reason.
    Import(&'a OsStr, String),
}

/// Ends a report, of which all was told, or all until a stop.
pub fn end(report: &mut Report<'_>, told: io::Result<Option<Stop<'_>>>) -> Outcome {
    let errors = report.counts().errors;
    let ended = told.and_then(|stop| {
        let outcome = match stop {
            Some(Stop::Asked(_)) => Completeness::Cancelled,
            Some(Stop::NoWalker | Stop::Import(..)) => Completeness::Broken,
            None if errors > 0 => Completeness::Errors,
            None => Completeness::Whole,
        };
        report.end(outcome).map(|()| stop)
    });
    match ended {
        Err(error) => Outcome::WriteError(error),
        Ok(None) if errors > 0 => Outcome::Errors,
        Ok(None) => Outcome::Whole,
        Ok(Some(Stop::Asked(cause))) => {
            let total = report.counts().total;
            let words = format!(
                "cancelled: the result is incomplete; counted so far: {} entries, {} bytes",
                total.inodes, total.allocated
            );
            report.status.message(words.as_bytes());
            Outcome::Cancelled(cause)
        }
        Ok(Some(Stop::NoWalker)) => {
            let words = b"internal error: a walker has failed; the result is incomplete";
            report.status.message(words);
            Outcome::Broken
        }
        Ok(Some(Stop::Import(name, words))) => {
            report.status.file_message(name.as_bytes(), &words);
            Outcome::Broken
        }
    }
}
