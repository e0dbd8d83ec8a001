//! `--diff`: finds the earlier state, compares it with a walk or with a file, and writes what standard error gets.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use pdu::cli::{DiffPlan, EarlierState, GrowthLimit, NewState};
use pdu::count::usage::{Inode, Measure};
use pdu::diff::change::{DiffSummary, DiffWarning};
use pdu::diff::files::compare_files;
use pdu::diff::open::{self, OpenError};
use pdu::diff::options::DiffOptions;
use pdu::diff::print::{self, messages::messages};
use pdu::diff::record::{Cursor, Kept};
use pdu::diff::walk::WalkDiff;
use pdu::du::{self, DuOptions};
use pdu::format::outcome::Outcome;
use pdu::format::tee::Tee;
use pdu::format::{Format, FormatOptions, ReportError};
use pdu::gnu::quote::Charset;
use pdu::snapshot::{Place, find_old, no_snapshot};
use pdu::sys::status::Status;
use pdu::walk::operands::{OperandSource, Operands};

use crate::exit::Exit;

/// The earlier state.
pub(crate) struct Old {
    name: OsString,
    scan: Box<dyn Cursor>,
    /// The identity of its file, where that is a snapshot of the store.
    pub(crate) inode: Option<Inode>,
}

/// Why there is no earlier state.
pub(crate) enum NoOld {
    /// None was stored so far. This message was not written yet.
    NotYet(Vec<u8>),
    /// A message says why.
    Failed,
}

impl NoOld {
    /// Writes the message, unless it is written, and ends the run.
    pub(crate) fn report(self, status: &mut Status) -> Outcome {
        if let Self::NotYet(message) = self {
            status.message(&message);
        }
        Outcome::Broken
    }
}

/// The end of a comparison.
pub(crate) struct Compared {
    pub(crate) outcome: Outcome,
    pub(crate) growth: Growth,
}

/// What `--fail-if-grew` finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    /// The change is at most the limit, or there is no limit.
    Within,
    /// The change is above the limit.
    Above,
    /// There is a limit, and the states cannot be compared.
    NotKnown,
}

/// A second output of the walk: the snapshot that the same run stores.
pub(crate) struct Also<'a> {
    pub(crate) format: Box<dyn Format>,
    pub(crate) out: &'a mut dyn Write,
    /// Becomes the result of the format, or none where the walk did not come to its end.
    pub(crate) result: &'a mut Option<Result<(), ReportError>>,
}

/// Finds and opens the earlier state.
pub(crate) fn old(
    plan: &DiffPlan,
    show: &FormatOptions,
    status: &mut Status,
) -> Result<Old, NoOld> {
    let (_, charset) = show.lines.quoting;
    let root = match &plan.new {
        NewState::Directory(_, table) => table.root.as_deref(),
        NewState::File(_) => None,
    };
    let (name, inode) = find(plan, root.unwrap_or_default(), charset, status)?;
    let scan = open_scan(&name, root, show, status).ok_or(NoOld::Failed)?;
    Ok(Old { name, scan, inode })
}

/// The file of the earlier state.
fn find(
    plan: &DiffPlan,
    root: &[u8],
    charset: Charset,
    status: &mut Status,
) -> Result<(OsString, Option<Inode>), NoOld> {
    let (place, time) = match &plan.old {
        EarlierState::File(name) => return Ok((name.clone(), inode_of(name))),
        EarlierState::Stored(place, time) => (place, *time),
    };
    let not_yet = |place: &OsStr| NoOld::NotYet(no_snapshot((place.as_ref(), root), charset));
    let store = match place {
        Place::Store(store) => store,
        Place::File(name) => {
            let inode = inode_of(name).ok_or_else(|| not_yet(name))?;
            return Ok((name.clone(), Some(inode)));
        }
    };
    match find_old((store, root), time, status) {
        Ok(Some(found)) => Ok((found.path.into_os_string(), Some(found.inode))),
        Ok(None) => Err(not_yet(store.as_os_str())),
        Err(error) => {
            error.report(status);
            Err(NoOld::Failed)
        }
    }
}

fn inode_of(name: &OsStr) -> Option<Inode> {
    let stat = rustix::fs::stat(name).ok()?;
    Some(Inode {
        device: stat.st_dev,
        number: stat.st_ino,
    })
}

/// Opens the file of a scan; none after a message.
fn open_scan(
    name: &OsStr,
    below: Option<&[u8]>,
    show: &FormatOptions,
    status: &mut Status,
) -> Option<Box<dyn Cursor>> {
    match open::open(name, below, show.lines.measure) {
        // Entries without a record are in no class, and the classes would not add up to the change.
        Ok(scan) if show.group_by.is_some() && scan.info().kept != Kept::ALL => {
            let message = b": stored with -d or -t; --by needs all entries";
            status.message(&[&status.quoted(name.as_bytes()), &message[..]].concat());
        }
        Ok(scan) => return Some(scan),
        Err(OpenError::Failure(failure)) => status.failure(name.as_bytes(), failure),
        Err(OpenError::Import(error)) => {
            status.message(&error.message(&status.quoted(name.as_bytes())));
        }
    }
    None
}

/// Compares the earlier state with the later one, prints the changes, and says on standard error what was compared.
pub(crate) fn compare(
    (plan, old): (DiffPlan, Old),
    show: FormatOptions,
    walk: DuOptions,
    also: Option<Also<'_>>,
    (out, status): (&mut dyn Write, &mut Status),
) -> Compared {
    let (measure, limit) = (show.lines.measure, plan.limit);
    let name = status.quoted(old.name.as_bytes());
    let options = DiffOptions {
        measure,
        show: print::show(&show),
        root: match &plan.new {
            NewState::Directory(name, _) => Some(name.as_bytes().to_vec()),
            NewState::File(_) => None,
        },
    };
    let shown = options.show;
    let (outcome, summary) = match plan.new {
        NewState::File(new) => compare_with_file((options, show), old, &new, out, status),
        NewState::Directory(directory, table) => {
            let sink = print::printer(show);
            let mut format = WalkDiff::new(options, old.scan, table, sink);
            let outcome = walk_directory(directory, walk, (&mut format, also), out, status);
            result(&format, &name, outcome, status)
        }
    };
    let mut growth = Growth::Within;
    if let Some(summary) = summary {
        for message in messages(&summary, &name, (measure, shown)) {
            status.message(&message);
        }
        growth = limit.map_or(growth, |limit| Growth::of(&summary, measure, limit));
        growth.report(status);
    }
    Compared { outcome, growth }
}

fn compare_with_file(
    (options, show): (DiffOptions, FormatOptions),
    old: Old,
    new_name: &OsStr,
    out: &mut dyn Write,
    status: &mut Status,
) -> (Outcome, Option<DiffSummary>) {
    let Some(new) = open_scan(new_name, None, &show, status) else {
        return (Outcome::Broken, None);
    };
    let sink = print::printer(show);
    let (old, new) = ((old.scan, &*old.name), (new, new_name));
    compare_files(options, old, new, sink, out, status)
}

/// The summary after a walk; an error in the earlier state has a message here.
fn result(
    format: &WalkDiff,
    old_name: &[u8],
    outcome: Outcome,
    status: &mut Status,
) -> (Outcome, Option<DiffSummary>) {
    match format.result() {
        Ok(summary) => (outcome, summary.cloned()),
        Err(error) => {
            status.message(&error.message(old_name));
            (Outcome::Broken, None)
        }
    }
}

fn walk_directory(
    directory: OsString,
    walk: DuOptions,
    (format, also): (&mut dyn Format, Option<Also<'_>>),
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let operands = OperandSource::Words(Operands::from_words(&[directory]));
    let Some(mut also) = also else {
        return du::du(walk, operands, format, out, status);
    };
    let mut tee = Tee::new(format, &mut *also.format, also.out);
    let outcome = du::du(walk, operands, &mut tee, out, status);
    *also.result = tee.into_result();
    outcome
}

impl Growth {
    fn of(summary: &DiffSummary, measure: Measure, limit: GrowthLimit) -> Self {
        let (before, change) = (summary.before.of(measure), summary.change.of(measure));
        if summary.warnings.iter().any(DiffWarning::concerns_numbers) {
            Self::NotKnown
        } else if limit.is_exceeded(before, change) {
            Self::Above
        } else {
            Self::Within
        }
    }

    fn report(self, status: &mut Status) {
        match self {
            Self::Within => {}
            Self::Above => status.message(b"the directory grew by more than the limit"),
            Self::NotKnown => {
                status.message(b"the growth is not known: the states cannot be compared");
            }
        }
    }

    /// The exit status of a run that ends with this one otherwise.
    pub(crate) fn exit(self, exit: Exit) -> Exit {
        match (self, exit) {
            (Self::Above, Exit::Success | Exit::Failure) => Exit::Grown,
            (Self::NotKnown, Exit::Success) => Exit::Failure,
            (_, exit) => exit,
        }
    }
}
