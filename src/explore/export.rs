//! Writes the tree as an export in the format of ncdu, in a thread. The file is whole or not there, as that of `-o`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, absolute};
use std::time::SystemTime;

use rustix::io::Errno;

use super::background::{Answer, Exported};
use super::browser::request::{Message, Source};
use super::session::Session;
use crate::count::tally::TallyOptions;
use crate::forest::{DirId, Forest};
use crate::format::ncdu::{Entries, Ncdu, NcduOptions};
use crate::format::report::Report;
use crate::format::{Completeness, ReportError};
use crate::gnu::time_style::TimeKind;
use crate::sys::output_file::{Output, Readers};
use crate::sys::status::{self, Status, StatusOptions};
use crate::walk::Remember;

/// What happens to an earlier file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced.
    Replace,
}

impl Session<'_> {
    /// Begins to write the export.
    pub(super) fn export(&mut self, path: Vec<u8>, existing: Existing) {
        if let Some(refusal) = self.why_no_export() {
            return self.browser.say(Message::warning(refusal));
        }
        let (tree, links) = (self.intake.forest.share(), self.walk_options.remember);
        let options = self.intake.status.options().clone();
        let begun = self.background.run(move || {
            let exported = write(&tree, &path, (existing, links), options);
            // Before the answer: the loop goes on to change it.
            drop(tree);
            Answer::Exported(path, exported)
        });
        self.is_exporting = begun.is_ok();
        self.warn(begun);
    }

    fn why_no_export(&self) -> Option<&'static str> {
        let operands = self.intake.forest.rows(DirId::TOP);
        let mut operands = operands.map(|row| row.directory);
        let is_one = matches!((operands.next(), operands.next()), (Some(Some(_)), None));
        let is_finished = !self.reading.goes_on() && !self.was_stopped;
        // An export holds times of modification only.
        let has_times = self.walk_options.time == Some(TimeKind::Modified);
        match (is_finished, is_one, has_times) {
            _ if self.is_exporting => Some("an export is being written"),
            _ if self.removals.go_on() => Some("entries are being removed"),
            _ if self.rereads.replacing.is_some() => Some("a directory is being read again"),
            (false, ..) => Some("the tree is not read to its end"),
            (_, false, _) => Some("an export has one directory as its root"),
            (.., false) if self.source == Source::Disk => {
                Some("an export holds times of modification, not those of --time")
            }
            _ => None,
        }
    }

    pub(super) fn exported(&mut self, path: Vec<u8>, exported: Exported) {
        self.is_exporting = false;
        let name = String::from_utf8_lossy(&self.intake.status.quoted(&path)).into_owned();
        match exported {
            Exported::Whole => self
                .browser
                .say(Message::notice(format!("{name} was written"))),
            Exported::Exists => self.browser.ask_to_overwrite(path),
            Exported::Failed(reason) => {
                self.browser
                    .say(Message::warning(format!("{name}: {reason}")));
            }
        }
        self.begin_next_reread();
    }
}

fn write(
    forest: &Forest,
    path: &[u8],
    (existing, links): (Existing, Remember),
    status: StatusOptions,
) -> Exported {
    let path = OsStr::from_bytes(path);
    match rustix::fs::lstat(path) {
        Ok(_) if existing == Existing::Keep => return Exported::Exists,
        Ok(_) | Err(Errno::NOENT) => {}
        Err(error) => return Exported::failed(&error.into()),
    }
    match try_write(forest, path, links, status) {
        Ok(()) => Exported::Whole,
        Err(ReportError::Write(error)) => Exported::failed(&error),
        Err(ReportError::Empty(reason)) => Exported::Failed(reason.to_owned()),
    }
}

fn try_write(
    forest: &Forest,
    path: &OsStr,
    links: Remember,
    status: StatusOptions,
) -> Result<(), ReportError> {
    let mut output = Output::create(path, Readers::Umask)?;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut format = Ncdu::new(NcduOptions {
        max_depth: u32::MAX,
        root: root(forest),
        entries: Entries {
            links: links != Remember::Nothing,
            extended: true,
        },
        timestamp: since.map_or(0, |since| since.as_secs()),
    });
    let mut status = Status::silent(status);
    let mut report = Report::new(
        TallyOptions::default(),
        &mut format,
        &mut output,
        &mut status,
    );
    report.begin();
    forest.export(DirId::TOP, &mut report);
    report.check()?;
    report.end(Completeness::Whole)?;
    output.commit()?;
    Ok(())
}

/// The absolute path of the only operand. Where it has a `..`, the disk says what that means.
fn root(forest: &Forest) -> Option<Vec<u8>> {
    let operand = forest.rows(DirId::TOP).next()?;
    let path = Path::new(OsStr::from_bytes(operand.name));
    let has_parents = path.components().any(|part| part == Component::ParentDir);
    let path = match has_parents {
        true => path.canonicalize(),
        false => absolute(path),
    };
    Some(path.ok()?.into_os_string().into_vec())
}

impl Exported {
    fn failed(error: &io::Error) -> Self {
        Self::Failed(status::reason_of(error))
    }
}
