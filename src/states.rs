//! `--snapshot`, `--diff` and `--history`: stores the state of a directory, compares it with an earlier one, both in one walk
//! where both are asked for, or prints what is stored.
//!
//! Contract of storing. Before the walk the place is prepared and the earlier state is opened, so that what cannot be done
//! is told at once. The snapshot is in place before earlier ones are removed, and before the file of `-o` is.

use std::os::unix::ffi::OsStrExt;

use pdu::cli::{DiffPlan, InputSource, Plan};
use pdu::count::usage::Inode;
use pdu::du::{self, DuOptions};
use pdu::format::outcome::Outcome;
use pdu::format::parquet::{self, ParquetOptions};
use pdu::format::{FormatOptions, ReportError};
use pdu::snapshot::history::history;
use pdu::snapshot::{KeepRule, SnapshotPlan, SnapshotWriter, StoreError};
use pdu::sys::failure::{Failure, Operation};
use pdu::sys::status::Status;
use pdu::walk::driver::Supervision;
use pdu::walk::operands::{OperandSource, Operands};

use crate::compare::{Also, Growth, NoOld, Old, compare, old};
use crate::exit::{Exit, conclude, is_end_of_walk, write_report};

/// What happens to a snapshot that was written.
struct Ending<'a> {
    writer: SnapshotWriter,
    keep: Option<&'a KeepRule>,
    /// The snapshot that it was compared with.
    old: Option<Inode>,
}

/// Runs a plan with one of these options.
pub(crate) fn run(mut plan: Plan, status: &mut Status) -> Exit {
    if let (Some(snapshot), Some(table)) = (plan.snapshot.take(), plan.show.parquet.take()) {
        return store(plan, (snapshot, table), status);
    }
    let mut growth = Growth::Within;
    let exit = write_report(plan.output.take(), status, |out, status| {
        if let Some(asked) = &plan.history {
            return history(asked, &plan.show, out, status);
        }
        let Some(diff) = plan.diff.take() else {
            return Outcome::Whole;
        };
        let old = match old(&diff, &plan.show, status) {
            Ok(old) => old,
            Err(error) => return error.report(status),
        };
        let (show, walk) = parts(plan);
        let compared = compare((diff, old), show, walk, None, (out, status));
        growth = compared.growth;
        compared.outcome
    });
    growth.exit(exit)
}

/// The options of the output and of the walk.
fn parts(plan: Plan) -> (FormatOptions, DuOptions) {
    let walk = DuOptions {
        walk: plan.walk,
        tally: plan.tally,
        supervision: Supervision::Child,
    };
    (plan.show, walk)
}

/// Stores the state of the operand.
fn store(
    mut plan: Plan,
    (snapshot, table): (SnapshotPlan, ParquetOptions),
    status: &mut Status,
) -> Exit {
    let writer = match SnapshotWriter::create(&snapshot.place, &table) {
        Ok(writer) => writer,
        Err(error) => return failed(&error, status),
    };
    let diff = plan.diff.take();
    let old = match diff.as_ref().map(|diff| old(diff, &plan.show, status)) {
        None => None,
        Some(Ok(old)) => Some(old),
        Some(Err(NoOld::NotYet(message))) => {
            status.message(&message);
            None
        }
        Some(Err(NoOld::Failed)) => return Exit::Failure,
    };
    let ending = Ending {
        writer,
        keep: snapshot.keep.as_ref(),
        old: old.as_ref().and_then(|old| old.inode),
    };
    match diff.zip(old) {
        Some(compared) => compare_and_store(plan, compared, (table, ending), status),
        None => only_store(plan, table, ending, status),
    }
}

fn only_store(
    plan: Plan,
    table: ParquetOptions,
    mut ending: Ending<'_>,
    status: &mut Status,
) -> Exit {
    let names = match &plan.operands {
        InputSource::Names(names) => names.clone(),
        InputSource::From(_) | InputSource::Export(_) => Vec::new(),
    };
    let operands = OperandSource::Words(Operands::from_words(&names));
    let (_, walk) = parts(plan);
    let path = ending.writer.path();
    let mut format = parquet::format(table);
    let mut outcome = du::du(walk, operands, &mut *format, &mut ending.writer, status);
    if is_end_of_walk(&outcome) {
        outcome = ending.publish(status).and(outcome);
    }
    conclude(outcome, path.as_os_str().as_bytes(), status)
}

fn compare_and_store(
    mut plan: Plan,
    compared: (DiffPlan, Old),
    (table, mut ending): (ParquetOptions, Ending<'_>),
    status: &mut Status,
) -> Exit {
    let mut growth = Growth::Within;
    let exit = write_report(plan.output.take(), status, |out, status| {
        let (show, walk) = parts(plan);
        let mut result = None;
        let also = Also {
            format: parquet::format(table),
            out: &mut ending.writer,
            result: &mut result,
        };
        let compared = compare(compared, show, walk, Some(also), (out, status));
        growth = compared.growth;
        let stored = match result {
            Some(Ok(())) => ending.publish(status),
            Some(Err(error)) => ending.fail(error, status),
            // The walk did not come to its end: the outcome says so.
            None => Stored::No,
        };
        stored.and(compared.outcome)
    });
    growth.exit(exit)
}

/// Whether a snapshot is stored and earlier ones are removed. If not, a message says why, or the outcome of the walk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Yes,
    No,
}

impl Stored {
    /// The outcome of a run that also stores.
    fn and(self, outcome: Outcome) -> Outcome {
        match (self, outcome) {
            (Self::No, Outcome::Whole) => Outcome::Errors,
            (_, outcome) => outcome,
        }
    }
}

impl Ending<'_> {
    /// Puts the snapshot in its place and removes what the rule does not keep.
    fn publish(self, status: &mut Status) -> Stored {
        let path = self.writer.path();
        let committed = match self.writer.commit() {
            Ok(committed) => committed,
            Err(error) => {
                let failure = Failure::of(Operation::WriteOutput, &error);
                status.failure(path.as_os_str().as_bytes(), failure);
                return Stored::No;
            }
        };
        let kept = match (committed, self.keep) {
            (Some(committed), Some(rule)) => committed.keep(rule, self.old, status),
            _ => Ok(()),
        };
        match kept {
            Ok(()) => Stored::Yes,
            Err(error) => {
                error.report(status);
                Stored::No
            }
        }
    }

    /// The snapshot cannot be written: it is given up.
    fn fail(self, error: ReportError, status: &mut Status) -> Stored {
        match error {
            ReportError::Empty(reason) => status.message(reason.as_bytes()),
            ReportError::Write(error) => {
                let failure = Failure::of(Operation::WriteOutput, &error);
                status.failure(self.writer.path().as_os_str().as_bytes(), failure);
            }
        }
        Stored::No
    }
}

fn failed(error: &StoreError, status: &mut Status) -> Exit {
    error.report(status);
    Exit::Failure
}
