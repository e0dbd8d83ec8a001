//! Removals: what the thread that removes needs to know of the forest, and what its reports change there.

use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, never};
use jiff::tz::TimeZone;

use super::browser::Browser;
use super::browser::request::Message;
use super::intake::Intake;
use super::remove::job::{
    self, BATCH, EntryIdentity, Job, JobId, KnownEntry, Method, RemovalEntries, RemovalPlace,
    RemovalReport, Root, Step,
};
use super::remove::problem::Problem;
use super::remove::{RemovalOptions, Remover};
use crate::count::listing::push_name;
use crate::count::usage::{FileTime, Inode};
use crate::forest::entry::{ForestEntry, Reading};
use crate::forest::{DirId, DirState, Forest, ForestRow, Gone, Target, by_directory};
use crate::walk::OperandDir;

/// See the module.
#[derive(Debug)]
pub(super) struct Removals {
    remover: Option<Remover>,
    /// The targets of the jobs that go on.
    jobs: HashMap<JobId, (Method, Vec<Target>)>,
    last: u32,
    /// Entries have left the forest, and the browser does not know yet.
    has_removed: bool,
    /// The directories of the operands, which the walk has opened.
    roots: Roots,
    data_home: Option<PathBuf>,
    zone: TimeZone,
}

/// The directories of the operands.
#[derive(Debug)]
pub(super) struct Roots {
    coming: Receiver<OperandDir>,
    open: HashMap<DirId, (Arc<OwnedFd>, Inode)>,
}

impl Roots {
    pub(super) fn new(coming: Receiver<OperandDir>) -> Self {
        Self {
            coming,
            open: HashMap::new(),
        }
    }

    /// The operand above a directory, and the way down from there.
    pub(super) fn way(
        &mut self,
        forest: &Forest,
        mut directory: DirId,
    ) -> Option<(Root, Vec<Step>)> {
        let mut way = Vec::new();
        loop {
            let info = forest.dir(directory);
            let above = info.parent.filter(|_| info.state != DirState::Nothing)?;
            if above == DirId::TOP {
                way.reverse();
                return Some((self.root(forest, directory)?, way));
            }
            way.push(Step {
                name: forest.name(directory).to_vec(),
                inode: info.inode,
            });
            directory = above;
        }
    }

    /// The directory of an operand: the one that the walk opened, or else its name.
    fn root(&mut self, forest: &Forest, operand: DirId) -> Option<Root> {
        for dir in self.coming.try_iter() {
            let id = u32::try_from(dir.key + 1).ok().map(DirId);
            let copy = dir.as_fd().try_clone_to_owned().ok();
            let copy = copy.map(|copy| (Arc::new(copy), dir.inode));
            self.open.extend(id.zip(copy));
        }
        let shown = forest.dir(operand).inode;
        match self.open.get(&operand) {
            // It was read again since, and may have been replaced before.
            Some((fd, inode)) if *inode == shown => Some(Root::Open(Arc::clone(fd))),
            Some(_) | None => {
                let name = CString::new(forest.name(operand)).ok()?;
                Some(Root::Typed(name, shown))
            }
        }
    }
}

impl Removals {
    pub(super) fn new(roots: Roots, data_home: Option<PathBuf>, zone: TimeZone) -> Self {
        Self {
            remover: None,
            jobs: HashMap::new(),
            last: 0,
            has_removed: false,
            roots,
            data_home,
            zone,
        }
    }

    pub(super) fn roots(&mut self) -> &mut Roots {
        &mut self.roots
    }

    /// True while a job goes on.
    pub(super) fn go_on(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Whether entries have left the forest since the last call.
    pub(super) fn take_removed(&mut self) -> bool {
        std::mem::take(&mut self.has_removed)
    }

    pub(super) fn reports(&self) -> Receiver<RemovalReport> {
        match &self.remover {
            Some(remover) => remover.reports().clone(),
            None => never(),
        }
    }

    /// Begins to remove entries, which were read before this time.
    ///
    /// # Errors
    ///
    /// There is no thread.
    pub(super) fn begin(
        &mut self,
        forest: &mut Forest,
        (targets, method): (Vec<Target>, Method),
        reading_began: FileTime,
    ) -> io::Result<()> {
        self.last += 1;
        let id = JobId(self.last);
        let places = self.places(forest, &targets);
        let options = || RemovalOptions {
            data_home: self.data_home.clone(),
            zone: self.zone.clone(),
        };
        let job = Job {
            id,
            method,
            reading_began,
            operands: operands(forest),
            places,
        };
        self.remover
            .get_or_insert_with(|| Remover::new(options()))
            .add(job)?;
        set_removing(forest, &targets, true);
        self.jobs.insert(id, (method, targets));
        Ok(())
    }

    /// True where one of these entries is a target of a job that goes on, or lies below or above one: such a job would
    /// count on rows that the other one removes.
    pub(super) fn meets(&self, forest: &Forest, targets: &[Target]) -> bool {
        let going_on = || self.jobs.values().flat_map(|(_, targets)| targets);
        let same: HashSet<&Target> = going_on().collect();
        let removed: HashSet<DirId> = forest.directories_among(going_on()).collect();
        let above = going_on().flat_map(|target| forest.and_above(target.parent));
        let above: HashSet<DirId> = above.collect();
        let is_below = |target: &Target| {
            forest
                .and_above(target.parent)
                .any(|directory| removed.contains(&directory))
        };
        targets
            .iter()
            .any(|target| same.contains(target) || is_below(target))
            || forest
                .directories_among(targets)
                .any(|directory| above.contains(&directory))
    }

    /// The targets by the directories that hold them.
    fn places(&mut self, forest: &Forest, targets: &[Target]) -> Vec<RemovalPlace> {
        let places = by_directory(targets)
            .into_iter()
            .filter_map(|(directory, names)| {
                let (root, way) = self.roots.way(forest, directory)?;
                let rows = forest
                    .rows(directory)
                    .filter(|row| names.contains(row.name));
                Some(RemovalPlace {
                    root,
                    way,
                    directory: directory.0,
                    targets: rows.map(|row| target(forest, &row)).collect(),
                })
            });
        places.collect()
    }

    /// Stops the job that removes this entry.
    pub(super) fn stop(&mut self, target: &Target) {
        let jobs = self.jobs.iter();
        let job = jobs
            .filter(|(_, (_, targets))| targets.contains(target))
            .map(|(id, _)| *id)
            .next();
        if let (Some(job), Some(remover)) = (job, &mut self.remover) {
            remover.stop(job);
        }
    }

    /// Takes a report.
    pub(super) fn report(
        &mut self,
        report: RemovalReport,
        intake: &mut Intake<'_>,
        browser: &mut Browser,
    ) {
        let Some(forest) = intake.forest.get_mut() else {
            return;
        };
        match report {
            RemovalReport::Ask {
                job,
                directory,
                after,
            } => self.answer(entries(forest, job, (directory, after))),
            RemovalReport::Progress { entries, bytes, .. } => browser.tell_removed(entries, bytes),
            RemovalReport::Left {
                job,
                directory,
                gone,
            } => {
                self.left(forest, job, (DirId(directory), gone));
                self.has_removed = true;
            }
            RemovalReport::NewEntries {
                directory, count, ..
            } => {
                forest.set_new(DirId(directory));
                browser.say(new_entries(intake, DirId(directory), count));
            }
            RemovalReport::Failed {
                directory,
                name,
                problem,
                ..
            } => failed(intake, browser, (DirId(directory), &name), problem),
            RemovalReport::Ended { job, summary } => {
                self.end(job, forest);
                browser.say(Message::summary(summary.text(browser.figures())));
            }
        }
    }

    fn answer(&mut self, entries: RemovalEntries) {
        if let Some(remover) = &mut self.remover {
            remover.answer(entries);
        }
    }

    /// Takes what is gone out of the forest.
    fn left(
        &mut self,
        forest: &mut Forest,
        job: JobId,
        (directory, gone): (DirId, job::GoneEntries),
    ) {
        let names = match gone {
            job::GoneEntries::Names(names) => names,
            job::GoneEntries::Rows(ranges) => names_of(forest, directory, &ranges),
        };
        let how = match self.jobs.get(&job) {
            Some((Method::Trash, _)) => Gone::Moved,
            Some((Method::Delete, _)) | None => Gone::Deleted,
        };
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        if !names.is_empty() {
            forest.remove(directory, &names, how);
        }
    }

    fn end(&mut self, job: JobId, forest: &mut Forest) {
        let (_, targets) = self
            .jobs
            .remove(&job)
            .unwrap_or((Method::Delete, Vec::new()));
        set_removing(forest, &targets, false);
    }

    /// The thread has panicked.
    pub(super) fn lost(&mut self, intake: &mut Intake<'_>, browser: &mut Browser) {
        self.remover = None;
        let jobs: Vec<JobId> = self.jobs.keys().copied().collect();
        for job in jobs {
            if let Some(forest) = intake.forest.get_mut() {
                self.end(job, forest);
            }
        }
        let message = "internal error: the removal has failed";
        intake.failures.lost(message.into());
        browser.say(Message::warning(message));
    }
}

fn new_entries(intake: &Intake<'_>, directory: DirId, count: u64) -> Message {
    let path = intake.status.quoted(&intake.forest.path(directory));
    let path = String::from_utf8_lossy(&path);
    let are = if count == 1 {
        "entry is"
    } else {
        "entries are"
    };
    Message::warning(format!("{count} {are} new in {path}; r reads them"))
}

fn failed(
    intake: &mut Intake<'_>,
    browser: &mut Browser,
    (directory, name): (DirId, &[u8]),
    problem: Problem,
) {
    let mut path = intake.forest.path(directory);
    push_name(&mut path, name);
    let path = intake.status.quoted_always(&path);
    let message = format!(
        "cannot remove {}: {problem}",
        String::from_utf8_lossy(&path)
    );
    intake.failures.unremoved(message.as_bytes(), intake.status);
    browser.add_failure(message);
}

fn set_removing(forest: &mut Forest, targets: &[Target], is_being_removed: bool) {
    for (directory, names) in by_directory(targets) {
        forest.set_all_removing(directory, &names, is_being_removed);
    }
}

fn operands(forest: &Forest) -> Vec<Inode> {
    forest.rows(DirId::TOP).map(|row| row.entry.inode).collect()
}

fn target(forest: &Forest, row: &ForestRow<'_>) -> job::RemovalTarget {
    let (allocated, entries) = match row.directory.map(|id| forest.dir(id).sums) {
        Some(sums) => (sums.allocated, sums.entries),
        None => (row.entry.sizes.0, 1),
    };
    job::RemovalTarget {
        known: known(forest, row),
        entries,
        allocated,
    }
}

fn known(forest: &Forest, row: &ForestRow<'_>) -> KnownEntry {
    KnownEntry {
        name: row.name.into(),
        found: found(forest, row.directory, &row.entry),
    }
}

fn found(forest: &Forest, directory: Option<DirId>, entry: &ForestEntry) -> EntryIdentity {
    match (entry.reading, directory) {
        (Reading::Away | Reading::Excluded, _) => EntryIdentity::LeftOut,
        (_, Some(id)) => EntryIdentity::Directory(forest.dir(id).inode, id.0),
        (_, None) => EntryIdentity::File(entry.inode.number, entry.kind),
    }
}

/// Entries of a directory, in the order of the forest.
fn entries(
    forest: &Forest,
    job: JobId,
    (directory, after): (job::Directory, usize),
) -> RemovalEntries {
    let mut rows = forest.rows(DirId(directory)).skip(after);
    let known = rows
        .by_ref()
        .take(BATCH)
        .map(|row| known(forest, &row))
        .collect();
    RemovalEntries {
        job,
        directory,
        known,
        is_last: rows.next().is_none(),
    }
}

/// The names of rows.
fn names_of(forest: &Forest, directory: DirId, ranges: &[Range<usize>]) -> Vec<Vec<u8>> {
    let mut ranges = ranges.iter().peekable();
    let mut names = Vec::new();
    for (number, row) in forest.rows(directory).enumerate() {
        while ranges.next_if(|range| range.end <= number).is_some() {}
        match ranges.peek() {
            Some(range) if range.contains(&number) => names.push(row.name.to_vec()),
            Some(_) => {}
            None => break,
        }
    }
    names
}
