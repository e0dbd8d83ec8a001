//! The exit status, and what standard error gets about the end of a run.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use pdu::format::outcome::Outcome;
use pdu::sys::failure::{Failure, Operation};
use pdu::sys::output_file::{Output, Readers};
use pdu::sys::signals::Cause;
use pdu::sys::status::{self, Status};
use pdu::sys::stdout::Stdout;
use pdu::sys::supervise::{self, Termination};
use pdu_startup::signals::{SIGPIPE, die_of as raise};
use pdu_startup::{Stream, was_closed};

/// The exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Success = 0,
    Failure = 1,
    /// The directory has grown above the limit of `--fail-if-grew`.
    #[cfg(feature = "parquet")]
    Grown = 2,
    /// The number that a shell reports for a program that SIGINT has ended.
    Cancelled = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Writes a report to the file of `-o`, or to standard output where there is none.
pub(crate) fn write_report(
    file: Option<OsString>,
    status: &mut Status,
    report: impl FnOnce(&mut dyn Write, &mut Status) -> Outcome,
) -> Exit {
    let Some(file) = file else {
        let outcome = report(&mut stdout(), status);
        return conclude(outcome, b"", status);
    };
    let file = file.as_bytes();
    let mut output = match Output::create(OsStr::from_bytes(file), Readers::Umask) {
        Ok(output) => output,
        Err(error) => return output_failed(file, Operation::CreateOutput, &error, status),
    };
    let mut outcome = report(&mut output, status);
    if is_end_of_walk(&outcome)
        && let Err(error) = output.commit()
    {
        outcome = Outcome::WriteError(error);
    }
    conclude(outcome, file, status)
}

/// True where a report has come to its end.
pub(crate) fn is_end_of_walk(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Whole | Outcome::Errors)
}

/// The exit status of an outcome. `output` is the name of the file that was written, or empty.
pub(crate) fn conclude(outcome: Outcome, output: &[u8], status: &mut Status) -> Exit {
    match outcome {
        // GNU's rule: a warning that could not be written is an error.
        Outcome::Whole if status.has_lost_message() => Exit::Failure,
        Outcome::Whole => Exit::Success,
        Outcome::Errors | Outcome::Broken => Exit::Failure,
        Outcome::Cancelled(Cause::Enter) => Exit::Cancelled,
        Outcome::Cancelled(Cause::Signal(signal)) => die_of(signal),
        Outcome::Empty(reason) => {
            status.message(reason.as_bytes());
            Exit::Failure
        }
        Outcome::WriteError(error) if output.is_empty() => write_error(&error, status),
        Outcome::WriteError(error) => output_failed(output, Operation::WriteOutput, &error, status),
    }
}

/// The exit status where a file could not be written, with the message.
pub(crate) fn output_failed(
    file: &[u8],
    operation: Operation,
    error: &io::Error,
    status: &mut Status,
) -> Exit {
    status.failure(file, Failure::of(operation, error));
    Exit::Failure
}

pub(crate) fn stdout() -> Stdout {
    Stdout::new(was_closed(Stream::Output))
}

/// A closed pipe ends the process by SIGPIPE without a message, unless the parent process ignored that signal, or this is
/// process 1, for which there is no SIGPIPE.
pub(crate) fn write_error(error: &io::Error, status: &mut Status) -> Exit {
    let has_sigpipe =
        !pdu_startup::was_ignored(SIGPIPE) && !pdu_startup::signals::is_first_process();
    if error.kind() == io::ErrorKind::BrokenPipe && has_sigpipe {
        return die_of(SIGPIPE);
    }
    let reason = status::reason_of(error);
    status.message(format!("write error: {reason}").as_bytes());
    Exit::Failure
}

/// Ends the process by a signal: a shell ends its loops when a program dies of SIGINT.
fn die_of(signal: i32) -> Exit {
    supervise::announce_exit(Termination::Signal(signal));
    raise(signal);
    Exit::Cancelled
}
