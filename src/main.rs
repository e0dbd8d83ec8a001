//! pdu: disk usage, in parallel. This file parses, runs, and ends the process; the library has the rest.

#[cfg(feature = "parquet")]
mod compare;
mod exit;
#[cfg(feature = "explore")]
mod explorer;
#[cfg(feature = "parquet")]
mod part;
#[cfg(feature = "parquet")]
mod states;

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use pdu::cli::{self, Environment, Plan, Request, UsageError};
use pdu::du::{self, DuOptions};
use pdu::format;
use pdu::format::outcome::Outcome;
use pdu::import::Import;
use pdu::import::Links;
use pdu::import::from_import::from_import;
use pdu::sys::signals;
use pdu::sys::status::{self, Status};
use pdu::sys::supervise::{self, Termination};
use pdu::walk::Remember;
use pdu::walk::driver::Supervision;
use pdu::walk::operands::{OperandSource, Operands};

use crate::exit::{Exit, stdout, write_error, write_report};

/// Without memory the process ends with a message and status 1.
#[global_allocator]
static ALLOCATOR: pdu_startup::Allocator = pdu_startup::Allocator;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let environment = Environment::of_process();
    let program = cli::program_name(&words);
    let store = cli::store_that_may_be_opened(&words, &environment);
    if supervise::may_meet_server(words.iter().skip(1).chain(&store)) {
        #[cfg(feature = "explore")]
        if cli::may_explore(&words) {
            // For the supervisor, which may have to give the terminal back.
            pdu::sys::screen::keep_modes();
        }
        let message = Status::new(status(&program, &environment)).cancelled_message();
        supervise::fork_if_served(signals::GRACE, message.clone());
        if supervise::is_supervised() {
            // Any file that this thread opens from here on may not answer.
            let _ = signals::start(message);
        }
    }
    match cli::parse(words, &environment) {
        Ok(Request::Run(plan)) => {
            let exit = run(*plan);
            supervise::announce_exit(Termination::Status(exit as u8));
            exit.into()
        }
        Ok(Request::Print(text)) => print(&text, status(&program, &environment)).into(),
        Err(refusal) => refuse(&refusal, status(&program, &environment)).into(),
    }
}

fn status(program: &[u8], environment: &Environment) -> status::StatusOptions {
    status::StatusOptions {
        program: program.into(),
        charset: environment.charset(),
        verbose: false,
        dumb: false,
    }
}

fn run(mut plan: Plan) -> Exit {
    let mut status = Status::new(plan.status.clone());
    for warning in &plan.warnings {
        status.message(warning);
    }
    #[cfg(feature = "explore")]
    if let Some(explored) = plan.explore.take() {
        return explorer::run(plan, explored, &mut status);
    }
    #[cfg(feature = "parquet")]
    if plan.snapshot.is_some() || plan.history.is_some() || plan.diff.is_some() {
        return states::run(plan, &mut status);
    }
    #[cfg(feature = "parquet")]
    if let Some(rest) = plan.rest.take() {
        return part::run(plan, &rest, &mut status);
    }
    write_report(plan.output.take(), &mut status, |out, status| {
        count(plan, out, status)
    })
}

/// Counts the operands, or an export.
fn count(plan: Plan, out: &mut dyn Write, status: &mut Status) -> Outcome {
    let links = links(&plan);
    let mut format = format::format(plan.show);
    let operands = match plan.operands {
        cli::InputSource::Names(names) => OperandSource::Words(Operands::from_words(&names)),
        cli::InputSource::From(list) => OperandSource::List(list),
        cli::InputSource::Export(file) => {
            return match Import::open(&file, links) {
                Ok(export) => {
                    let export = (export, &*file);
                    from_import(plan.tally, export, &mut *format, out, status)
                }
                Err(failure) => {
                    status.failure(file.as_bytes(), failure);
                    Outcome::Broken
                }
            };
        }
    };
    let options = DuOptions {
        walk: plan.walk,
        tally: plan.tally,
        supervision: Supervision::Child,
    };
    du::du(options, operands, &mut *format, out, status)
}

/// What an export that is read does with the further links of a file.
fn links(plan: &Plan) -> Links {
    match plan.walk.remember {
        Remember::Nothing if plan.show.ncdu.entries.links => Links::Keep,
        Remember::Nothing => Links::Count,
        Remember::Links | Remember::Everything => Links::LeaveOut,
    }
}

/// Prints help, or the version.
fn print(text: &str, status: status::StatusOptions) -> Exit {
    match stdout().write_all(text.as_bytes()) {
        Ok(()) => Exit::Success,
        Err(error) => write_error(&error, &mut Status::new(status)),
    }
}

fn refuse(refusal: &UsageError, status: status::StatusOptions) -> Exit {
    let program = status.program.clone();
    let mut status = Status::new(status);
    for warning in &refusal.warnings {
        status.message(warning);
    }
    status.message(&refusal.message);
    status.write_lines(&refusal.details);
    if refusal.hint {
        let hint = [
            b"Try '",
            program.as_slice(),
            b" --help' for more information.\n",
        ]
        .concat();
        status.write_lines(&hint);
    }
    Exit::Failure
}
