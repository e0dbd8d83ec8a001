//! pdu: disk usage, in parallel. This file parses, runs, and ends the process; the library has the rest.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use pdu::cli::{self, Environment, Plan, Request, UsageError};
#[cfg(feature = "parquet")]
use pdu::cli::{DiffPlan, NewState, OldSnapshot};
use pdu::count::tally::TallyOptions;
#[cfg(feature = "parquet")]
use pdu::diff::{
    change::Sink,
    files::compare_files,
    open::{self, OpenError},
    options::DiffOptions,
    print,
    print::messages::messages,
    record::Cursor,
    walk::WalkDiff,
};
use pdu::du;
use pdu::format;
use pdu::format::FormatOptions;
use pdu::format::outcome::Outcome;
use pdu::import::Import;
use pdu::import::Links;
use pdu::import::from_import::from_import;
use pdu::snapshot::SnapshotPlan;
#[cfg(feature = "parquet")]
use pdu::snapshot::{SnapshotWriter, StoreError, history::history};
use pdu::sys::failure::{Failure, Operation};
use pdu::sys::output_file::{Output, Readers};
use pdu::sys::signals::{self, Cause};
use pdu::sys::status::{self, Status};
use pdu::sys::stdout::Stdout;
use pdu::sys::supervise::{self, Termination};
use pdu::walk::operands::{OperandSource, Operands};
use pdu::walk::{Remember, WalkOptions};
use pdu_startup::signals::{SIGPIPE, die_of as raise};
use pdu_startup::{Stream, was_closed};

/// Without memory the process ends with a message and status 1.
#[global_allocator]
static ALLOCATOR: pdu_startup::Allocator = pdu_startup::Allocator;

/// The exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Success = 0,
    Failure = 1,
    /// The number that a shell reports for a program that SIGINT has ended.
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
    if supervise::may_meet_server(&words) {
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
    if let Some(snapshot) = plan.snapshot.take() {
        return store(plan, &snapshot, &mut status);
    }
    let Some(file) = plan.output.take() else {
        let outcome = count(plan, &mut stdout(), &mut status);
        return conclude(outcome, b"", &mut status);
    };
    let file = file.as_bytes();
    let mut output = match Output::create(OsStr::from_bytes(file), Readers::Umask) {
        Ok(output) => output,
        Err(error) => return output_failed(file, Operation::CreateOutput, &error, &mut status),
    };
    let mut outcome = count(plan, &mut output, &mut status);
    if matches!(outcome, Outcome::Whole | Outcome::Errors)
        && let Err(error) = output.commit()
    {
        outcome = Outcome::WriteError(error);
    }
    conclude(outcome, file, &mut status)
}

/// Stores the state of the operand.
#[cfg(feature = "parquet")]
fn store(plan: Plan, snapshot: &SnapshotPlan, status: &mut Status) -> Exit {
    let Some(content) = &plan.show.parquet else {
        return Exit::Failure;
    };
    let mut writer = match SnapshotWriter::create(&snapshot.place, content) {
        Ok(writer) => writer,
        Err(error) => return store_failed(&error, status),
    };
    let path = writer.path();
    let path = path.as_os_str().as_bytes();
    let mut outcome = count(plan, &mut writer, status);
    if matches!(outcome, Outcome::Whole | Outcome::Errors) {
        match (writer.commit(), &snapshot.keep) {
            (Ok(Some(committed)), Some(rule)) => {
                if let Err(error) = committed.keep(rule, None, status) {
                    return store_failed(&error, status);
                }
            }
            (Ok(_), _) => {}
            (Err(error), _) => outcome = Outcome::WriteError(error),
        }
    }
    conclude(outcome, path, status)
}

#[cfg(feature = "parquet")]
fn store_failed(error: &StoreError, status: &mut Status) -> Exit {
    error.report(status);
    Exit::Failure
}

/// `cli` refuses the option in a program without the feature.
#[cfg(not(feature = "parquet"))]
fn store(_: Plan, _: &SnapshotPlan, _: &mut Status) -> Exit {
    Exit::Failure
}

/// Counts the operands, or an export.
fn count(plan: Plan, out: &mut dyn Write, status: &mut Status) -> Outcome {
    #[cfg(feature = "parquet")]
    if let Some(asked) = &plan.history {
        return history(asked, &plan.show, out, status);
    }
    #[cfg(feature = "parquet")]
    if let Some(diff) = plan.diff {
        let options = diff_options(&plan.show, &diff.new);
        let walk = du_options(plan.walk, plan.tally);
        let print = print::printer(plan.show);
        return compare((diff, options), walk, print, out, status);
    }
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
    du::du(
        du_options(plan.walk, plan.tally),
        operands,
        &mut *format,
        out,
        status,
    )
}

fn du_options(walk: WalkOptions, tally: TallyOptions) -> du::DuOptions {
    du::DuOptions {
        walk,
        tally,
        supervised: true,
    }
}

/// Prints what changed since an earlier state, in a directory or in another file.
#[cfg(feature = "parquet")]
fn compare(
    (plan, options): (DiffPlan, DiffOptions),
    walk: du::DuOptions,
    sink: Box<dyn Sink>,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let Some(name) = old_file(plan.old, status) else {
        return Outcome::Broken;
    };
    let (quoted, measure) = (status.quoted(name.as_bytes()), options.measure);
    let below = match &plan.new {
        NewState::Directory(_, table) => table.root.as_deref(),
        NewState::File(_) => None,
    };
    let Some(old) = open_scan(&name, below, status) else {
        return Outcome::Broken;
    };
    let (outcome, summary) = match plan.new {
        NewState::File(new_name) => {
            let Some(new) = open_scan(&new_name, None, status) else {
                return Outcome::Broken;
            };
            compare_files(options, (old, &name), (new, &new_name), sink, out, status)
        }
        NewState::Directory(directory, table) => {
            let mut format = WalkDiff::new(options, old, table, sink);
            let operands = OperandSource::Words(Operands::from_words(&[directory]));
            let outcome = du::du(walk, operands, &mut format, out, status);
            match format.result() {
                Ok(summary) => (outcome, summary.cloned()),
                Err(error) => {
                    status.message(&error.message(&quoted));
                    (Outcome::Broken, None)
                }
            }
        }
    };
    for message in summary
        .iter()
        .flat_map(|summary| messages(summary, &quoted, measure))
    {
        status.message(&message);
    }
    outcome
}

/// The lines of a comparison, and the path of its root in them.
#[cfg(feature = "parquet")]
fn diff_options(show: &FormatOptions, new: &NewState) -> DiffOptions {
    DiffOptions {
        measure: show.lines.measure,
        show: print::show(show),
        root: match new {
            NewState::Directory(name, _) => Some(name.as_bytes().to_vec()),
            NewState::File(_) => None,
        },
    }
}

/// The file of the earlier state; none after a message.
#[cfg(feature = "parquet")]
fn old_file(old: OldSnapshot, status: &mut Status) -> Option<OsString> {
    match old {
        OldSnapshot::File(name) => Some(name),
        OldSnapshot::Last | OldSnapshot::At(_) => {
            status.message(b"there are no snapshots yet; name a file: --diff=FILE");
            None
        }
    }
}

/// Opens the file of a scan; none after a message.
#[cfg(feature = "parquet")]
fn open_scan(name: &OsStr, below: Option<&[u8]>, status: &mut Status) -> Option<Box<dyn Cursor>> {
    match open::open(name, below) {
        Ok(scan) => return Some(scan),
        Err(OpenError::Failure(failure)) => status.failure(name.as_bytes(), failure),
        Err(OpenError::Import(error)) => {
            status.message(&error.message(&status.quoted(name.as_bytes())));
        }
    }
    None
}

/// What an export that is read does with the further links of a file.
fn links(plan: &Plan) -> Links {
    match plan.walk.remember {
        Remember::Nothing if plan.show.ncdu.entries.links => Links::Keep,
        Remember::Nothing => Links::Count,
        Remember::Links | Remember::Everything => Links::LeaveOut,
    }
}

/// The exit status of an outcome. `output` is the name of the file of `-o`, or empty.
fn conclude(outcome: Outcome, output: &[u8], status: &mut Status) -> Exit {
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

/// A closed pipe ends the process by SIGPIPE without a message, unless the parent process ignored that signal, or this is
/// process 1, for which there is no SIGPIPE.
fn write_error(error: &io::Error, status: &mut Status) -> Exit {
    let has_sigpipe =
        !pdu_startup::was_ignored(SIGPIPE) && !pdu_startup::signals::is_first_process();
    if error.kind() == io::ErrorKind::BrokenPipe && has_sigpipe {
        return die_of(SIGPIPE);
    }
    let reason = status::reason(error.raw_os_error().unwrap_or(0));
    status.message(format!("write error: {reason}").as_bytes());
    Exit::Failure
}

/// Ends the process by a signal: a shell ends its loops when a program dies of SIGINT.
fn die_of(signal: i32) -> Exit {
    supervise::announce_exit(Termination::Signal(signal));
    raise(signal);
    Exit::Cancelled
}
