//! The end of a run: the end of the report, the last message, and the result from which the exit status follows.

use std::io;

use super::interface::{Completeness, ReportError};
use super::report::Report;
use crate::sys::signals::Cause;

/// The result of a run.
#[derive(Debug)]
pub enum Outcome {
    /// Everything was counted.
    Whole,
    /// Some operations failed, each with a message on standard error.
    Errors,
    /// The run was cancelled, and its end says so on standard error.
    Cancelled(Cause),
    /// A part of the input was lost, with a message on standard error.
    Broken,
    /// A write to the output failed. There is no message yet.
    WriteError(io::Error),
    /// The format had nothing to write, for this reason. There is no message yet.
    Empty(&'static str),
}

/// The reason why a run ends before everything is counted.
#[derive(Debug)]
pub enum Stop {
    /// The user cancelled it.
    Cancelled(Cause),
    /// A walker panicked, and its part of the tree is lost.
    WalkerFailed,
    /// The export cannot be read further, with this message.
    ImportFailed(Vec<u8>),
}

/// Ends a report after all events, or after those before a stop; `counted` is an error where a write failed.
pub fn end(report: &mut Report<'_>, counted: io::Result<Option<Stop>>) -> Outcome {
    let stop = match counted {
        Ok(stop) => stop,
        Err(error) => return Outcome::WriteError(error),
    };
    let errors = report.counts().errors;
    let completeness = match stop {
        Some(Stop::Cancelled(_)) => Completeness::Cancelled,
        Some(Stop::WalkerFailed) => Completeness::WalkerFailed,
        Some(Stop::ImportFailed(_)) => Completeness::ImportFailed,
        None if errors > 0 => Completeness::Errors,
        None => Completeness::Whole,
    };
    match report.end(completeness) {
        Ok(()) => conclude(report, stop),
        Err(ReportError::Write(error)) => Outcome::WriteError(error),
        Err(ReportError::Empty(reason)) => Outcome::Empty(reason),
    }
}

/// Writes the last message, which follows the report.
fn conclude(report: &mut Report<'_>, stop: Option<Stop>) -> Outcome {
    let counts = *report.counts();
    match stop {
        None if counts.errors > 0 => Outcome::Errors,
        None => Outcome::Whole,
        Some(Stop::Cancelled(cause)) => {
            let message = format!(
                "cancelled: the result is incomplete; counted so far: {} entries, {} bytes",
                counts.total.inodes, counts.total.allocated
            );
            report.status.message(message.as_bytes());
            Outcome::Cancelled(cause)
        }
        Some(Stop::WalkerFailed) => {
            let message = b"internal error: a walker has failed; the result is incomplete";
            report.status.message(message);
            Outcome::Broken
        }
        Some(Stop::ImportFailed(message)) => {
            report.status.message(&message);
            Outcome::Broken
        }
    }
}
