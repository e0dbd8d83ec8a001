//! One part of a scan by many processes (`--rest`): the table of what this process walks, and the list of the directories
//! that it leaves to others.
//!
//! The table is published last: where it is there, its list is there too, and the part is done. Two processes may get the
//! same operands, where a scheduler takes the first for lost. The first that is ready wins. The other publishes neither
//! file: its list need not be that of the first.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use pdu::cli::{InputSource, Plan};
use pdu::du::{self, DuOptions};
use pdu::format::outcome::Outcome;
use pdu::format::tee::Tee;
use pdu::format::{self, ReportError, RestList};
use pdu::sys::failure::Operation;
use pdu::sys::output_file::{Output, Readers};
use pdu::sys::status::Status;
use pdu::walk::driver::Supervision;
use pdu::walk::operands::{OperandSource, Operands};

use crate::exit::{Exit, conclude, is_end_of_walk, output_failed};

/// Both files, which are not published yet.
struct Files<'a> {
    table: (&'a OsStr, Output),
    rest: (&'a OsStr, Output),
}

/// Walks a part, and writes both files.
pub(crate) fn run(mut plan: Plan, rest: &OsStr, status: &mut Status) -> Exit {
    let table = plan.output.take().unwrap_or_default();
    let create = Operation::CreateOutput;
    let mut files = Files {
        table: match Output::create_new(&table, Readers::Umask) {
            Ok(output) => (&table, output),
            Err(error) => return output_failed(table.as_bytes(), create, &error, status),
        },
        rest: match Output::create(rest, Readers::Umask) {
            Ok(output) => (rest, output),
            Err(error) => return output_failed(rest.as_bytes(), create, &error, status),
        },
    };
    let (outcome, listed) = walk(plan, &mut files, status);
    if !is_end_of_walk(&outcome) {
        return conclude(outcome, table.as_bytes(), status);
    }
    let write = Operation::WriteOutput;
    match listed.and_then(|()| files.publish()) {
        Ok(()) => conclude(outcome, table.as_bytes(), status),
        Err((name, error)) => output_failed(name.as_bytes(), write, &error, status),
    }
}

/// Walks a part; gives also whether the list could be written.
fn walk<'a>(
    plan: Plan,
    files: &mut Files<'a>,
    status: &mut Status,
) -> (Outcome, Result<(), (&'a OsStr, io::Error)>) {
    let operands = match plan.operands {
        InputSource::Names(names) => OperandSource::Words(Operands::from_words(&names)),
        InputSource::From(list) | InputSource::Export(list) => OperandSource::List(list),
    };
    let options = DuOptions {
        walk: plan.walk,
        tally: plan.tally,
        supervision: Supervision::Child,
    };
    let (mut format, mut list) = (format::format(plan.show), RestList::default());
    let mut tee = Tee::new(&mut *format, &mut list, &mut files.rest.1);
    let outcome = du::du(options, operands, &mut tee, &mut files.table.1, status);
    let listed = match tee.into_result() {
        Some(Err(ReportError::Write(error))) => Err((files.rest.0, error)),
        _ => Ok(()),
    };
    (outcome, listed)
}

impl<'a> Files<'a> {
    /// Publishes both files; an error with the name of the file where one of them cannot be.
    fn publish(self) -> Result<(), (&'a OsStr, io::Error)> {
        let ((table_name, table), (rest_name, rest)) = (self.table, self.rest);
        if !table.has_free_name() {
            return Err((table_name, rustix::io::Errno::EXIST.into()));
        }
        rest.commit().map_err(|error| (rest_name, error))?;
        table.commit().map_err(|error| (table_name, error))
    }
}
