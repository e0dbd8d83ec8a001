//! pdu: disk usage, in parallel. See the library for how it works.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use pdu::cli::{self, Environment, Plan, Refusal, Request};
use pdu::du;
use pdu::format;
use pdu::format::outcome::Ending;
use pdu::import::from_import::recount;
use pdu::import::ncdu::Export;
use pdu::sys::failure::{Failure, Operation};
use pdu::sys::output_file::Output;
use pdu::sys::signals::Cause;
use pdu::sys::status::{self, Status};
use pdu::sys::stdout::Stdout;
use pdu::sys::supervise::{self, Verdict};
use pdu::walk::Remember;
use pdu::walk::operands::Operands;
use pdu_startup::{Stream, was_closed};
use signal_hook::consts::SIGPIPE;
use signal_hook::low_level::emulate_default_handler;

/// Out of memory is a message and status 1.
#[global_allocator]
static ALLOCATOR: pdu_startup::Allocator = pdu_startup::Allocator;

/// What the shell sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Success = 0,
    Failure = 1,
    /// What a shell reports for a program that SIGINT ended.
    Cancelled = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let environment = Environment::of_process();
    let program = cli::program_name(&words);
    match cli::parse(words, &environment) {
        Ok(Request::Run(plan)) => {
            let exit = run(*plan);
            supervise::farewell(Verdict::Status(exit as u8));
            exit.into()
        }
        Ok(Request::Print(text)) => print(&text, status(&program, &environment)).into(),
        Err(refusal) => refuse(&refusal, status(&program, &environment)).into(),
    }
}

fn status(program: &[u8], environment: &Environment) -> status::Options {
    status::Options {
        program: program.into(),
        charset: environment.charset(),
        verbose: false,
        dumb: false,
    }
}

fn run(mut plan: Plan) -> Exit {
    let mut status = Status::new(plan.status.clone());
    for warning in &plan.warnings {
        status.complain(warning);
    }
    let Some(file) = plan.output.take() else {
        let ending = count(plan, &mut stdout(), &mut status);
        return conclude(ending, b"", &mut status);
    };
    let file = file.as_bytes();
    let mut output = match Output::create(OsStr::from_bytes(file)) {
        Ok(output) => output,
        Err(error) => return output_failed(file, Operation::CreateOutput, &error, &mut status),
    };
    let mut ending = count(plan, &mut output, &mut status);
    if matches!(ending, Ending::Whole | Ending::Errors)
        && let Err(error) = output.commit()
    {
        ending = Ending::WriteError(error);
    }
    conclude(ending, file, &mut status)
}

/// Counts what there is to count.
fn count(plan: Plan, out: &mut dyn Write, status: &mut Status) -> Ending {
    let mut format = format::format(plan.show);
    let operands = match plan.operands {
        cli::Operands::Names(names) => Ok(Operands::from_words(&names)),
        cli::Operands::From(list) => Operands::from_list(&list).map_err(|failure| (list, failure)),
        cli::Operands::Export(file) => {
            let once = plan.walk.remember != Remember::Nothing;
            match Export::open(&file, once) {
                Ok(export) => {
                    let export = (export, &*file);
                    return recount(plan.tally, export, &mut *format, out, status);
                }
                Err(failure) => Err((file, failure)),
            }
        }
    };
    let options = du::Options {
        walk: plan.walk,
        tally: plan.tally,
        supervised: true,
    };
    match operands {
        Ok(operands) => du::du(options, operands, &mut *format, out, status),
        Err((file, failure)) => {
            status.failure(file.as_bytes(), failure);
            Ending::Broken
        }
    }
}

/// What the shell sees of an ending; the output is no file where it has no name.
fn conclude(ending: Ending, output: &[u8], status: &mut Status) -> Exit {
    match ending {
        // GNU's rule: a warning that could not be written is an error.
        Ending::Whole if status.has_lost() => Exit::Failure,
        Ending::Whole => Exit::Success,
        Ending::Errors | Ending::Broken => Exit::Failure,
        Ending::Cancelled(Cause::Enter) => Exit::Cancelled,
        Ending::Cancelled(Cause::Signal(signal)) => die_of(signal),
        // No call has failed: the format has nothing to write, and says so.
        Ending::WriteError(error) if error.kind() == io::ErrorKind::Other => {
            status.complain(error.to_string().as_bytes());
            Exit::Failure
        }
        Ending::WriteError(error) if output.is_empty() => write_error(&error, status),
        Ending::WriteError(error) => output_failed(output, Operation::WriteOutput, &error, status),
    }
}

fn output_failed(
    file: &[u8],
    operation: Operation,
    error: &io::Error,
    status: &mut Status,
) -> Exit {
    status.failure(file, Failure::of(operation, error));
    Exit::Failure
}

fn stdout() -> Stdout {
    Stdout::new(was_closed(Stream::Output))
}

/// Prints help, or the version.
fn print(text: &str, status: status::Options) -> Exit {
    match stdout().write_all(text.as_bytes()) {
        Ok(()) => Exit::Success,
        Err(error) => write_error(&error, &mut Status::new(status)),
    }
}

fn refuse(refusal: &Refusal, status: status::Options) -> Exit {
    let program = status.program.clone();
    let mut status = Status::new(status);
    for warning in &refusal.warnings {
        status.complain(warning);
    }
    status.complain(&refusal.message);
    status.say(&refusal.details);
    if refusal.hint {
        let hint = [
            b"Try '",
            program.as_slice(),
            b" --help' for more information.\n",
        ]
        .concat();
        status.say(&hint);
    }
    Exit::Failure
}

/// A reader that went away ends us without a word, as SIGPIPE would have, unless the parent ignored that.
fn write_error(error: &io::Error, status: &mut Status) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe && !pdu_startup::was_ignored(SIGPIPE) {
        return die_of(SIGPIPE);
    }
    let reason = status::reason(error.raw_os_error().unwrap_or(0));
    status.complain(format!("write error: {reason}").as_bytes());
    Exit::Failure
}

/// Ends the process by a signal, so that the shell sees what happened: it ends its loops after SIGINT.
fn die_of(signal: i32) -> Exit {
    supervise::farewell(Verdict::Signal(signal));
    let _ = emulate_default_handler(signal);
    Exit::Cancelled
}
