//! Removals: what the thread that removes needs to know of the forest, and what its reports change there.

use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use crossbeam_channel::{Receiver, never};

use super::browser::Browser;
use super::browser::request::Message;
use super::intake::Intake;
use super::read_times::ReadTimes;
use super::remove::job::{
    self, BATCH, Contents, EntryIdentity, Job, JobId, KnownDirectory, KnownEntry, Method,
    RemovalEntries, RemovalPlace, RemovalReport, Root, Step,
};
use super::remove::problem::Problem;
use super::remove::summary::RemovalSummary;
use super::remove::{RemovalOptions, Remover};
use crate::count::listing::push_name;
use crate::count::usage::Inode;
use crate::forest::entry::Reading;
use crate::forest::{
    DirId, DirState, Forest, ForestRow, Freed, Gone, RowPlace, Target, by_directory,
};
use crate::sys::mounts::MountWatch;
use crate::walk::OperandDir;

/// See the module.
#[derive(Debug)]
pub(super) struct Removals {
    remover: Option<Remover>,
    /// Those that go on.
    jobs: HashMap<JobId, RunningJob>,
    last: u32,
    /// Where the rows begin that a directory was not asked for yet, and their number; with [`Forest::rewrites`] at that time.
    asked: HashMap<DirId, (usize, RowPlace)>,
    asked_at: u64,
    /// Entries have left the forest, and the browser does not know yet.
    has_removed: bool,
    /// The directories of the operands, which the walk has opened.
    roots: Roots,
    read_times: ReadTimes,
    options: RemovalOptions,
}

/// A job that goes on.
#[derive(Debug)]
struct RunningJob {
    method: Method,
    targets: Vec<Target>,
    /// The entries of all targets, each of which counts by itself, and what the question has said.
    entries: u64,
    freed: Freed,
}

/// The directories of the operands.
#[derive(Debug)]
pub(super) struct Roots {
    coming: Receiver<OperandDir>,
    open: HashMap<DirId, (Arc<OwnedFd>, Inode)>,
    /// Those of the second walk.
    again: Receiver<OperandDir>,
}

impl Roots {
    pub(super) fn new(coming: Receiver<OperandDir>) -> Self {
        Self {
            coming,
            again: never(),
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

    /// A second walk begins, which sends the directory that it opens, if that is an operand.
    pub(super) fn read_again(&mut self, dirs: Receiver<OperandDir>) {
        self.take_coming();
        self.again = dirs;
    }

    /// A directory was read again. The one that was opened first for an operand may be another one.
    pub(super) fn replaced(&mut self, directory: DirId) {
        self.open.remove(&directory);
        let opened = self.again.try_iter().last().and_then(|dir| copy(&dir));
        self.open.extend(opened.map(|opened| (directory, opened)));
    }

    fn take_coming(&mut self) {
        for dir in self.coming.try_iter() {
            let id = u32::try_from(dir.key + 1).ok().map(DirId);
            self.open.extend(id.zip(copy(&dir)));
        }
    }

    /// The directories that the walk has opened so far.
    fn open_dirs(&mut self) -> Vec<Arc<OwnedFd>> {
        self.take_coming();
        let open = self.open.values();
        open.map(|(fd, _)| Arc::clone(fd)).collect()
    }

    /// The directory of an operand: the one that the walk opened, or else its name.
    fn root(&mut self, forest: &Forest, operand: DirId) -> Option<Root> {
        self.take_coming();
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

impl RunningJob {
    /// Where all targets went to the trash, it took what the question has said: a file with links in several targets once.
    fn correct(&self, summary: &mut RemovalSummary) {
        if self.method == Method::Trash && summary.entries == self.entries {
            summary.entries = self.freed.entries;
            summary.bytes = self.freed.allocated.into();
        }
    }
}

impl Removals {
    pub(super) fn new(roots: Roots, read_times: ReadTimes, options: RemovalOptions) -> Self {
        Self {
            remover: None,
            jobs: HashMap::new(),
            last: 0,
            asked: HashMap::new(),
            asked_at: 0,
            has_removed: false,
            roots,
            read_times,
            options,
        }
    }

    pub(super) fn roots(&mut self) -> &mut Roots {
        &mut self.roots
    }

    pub(super) fn read_times(&mut self) -> &mut ReadTimes {
        &mut self.read_times
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

    /// Begins to remove entries.
    ///
    /// # Errors
    ///
    /// There is no thread.
    pub(super) fn begin(
        &mut self,
        forest: &mut Forest,
        targets: Vec<Target>,
        method: Method,
    ) -> io::Result<()> {
        self.last += 1;
        let id = JobId(self.last);
        let mounts = MountWatch::start();
        let places = self.places(forest, &targets);
        let entries = places.iter().flat_map(|place| &place.targets);
        let entries = entries.map(|target| target.entries).sum();
        let job = Job {
            id,
            method,
            operands: operands(forest),
            operand_dirs: self.roots.open_dirs(),
            mounts,
            places,
        };
        let remover = match self.remover.take() {
            Some(remover) => remover,
            None => Remover::start(self.options.clone())?,
        };
        self.remover.insert(remover).add(job)?;
        set_removing(forest, &targets, true);
        let running = RunningJob {
            method,
            freed: match method {
                Method::Trash => forest.freed(&targets),
                Method::Delete => Freed::default(),
            },
            targets,
            entries,
        };
        self.jobs.insert(id, running);
        Ok(())
    }

    /// True where one of these entries is a target of a job that goes on, or lies below or above one: such a job would
    /// count on rows that the other one removes.
    pub(super) fn meets(&self, forest: &Forest, targets: &[Target]) -> bool {
        let going_on = || self.jobs.values().flat_map(|job| &job.targets);
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
                let has_old_mounts = self.read_times.has_old_mounts(forest, directory);
                let read_times = &self.read_times;
                let rows = forest
                    .rows(directory)
                    .filter(|row| names.contains(row.name));
                Some(RemovalPlace {
                    root,
                    way,
                    directory: directory.0,
                    reading_began: read_times.of(forest, directory),
                    has_old_mounts,
                    targets: rows.map(|row| target(forest, &row, read_times)).collect(),
                })
            });
        places.collect()
    }

    /// Stops the job that removes this entry.
    pub(super) fn stop(&mut self, target: &Target) {
        let jobs = self.jobs.iter();
        let job = jobs
            .filter(|(_, job)| job.targets.contains(target))
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
            } => self.answer(forest, job, (DirId(directory), after)),
            RemovalReport::Progress { entries, bytes, .. } => browser.tell_removed(entries, bytes),
            RemovalReport::Left {
                job,
                directory,
                gone,
            } => self.left(forest, job, (DirId(directory), gone)),
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
            RemovalReport::Ended { job, mut summary } => {
                if let Some(job) = self.end(job, forest) {
                    job.correct(&mut summary);
                }
                browser.say(Message::summary(summary.text(browser.figures())));
            }
        }
    }

    fn answer(&mut self, forest: &Forest, job: JobId, (directory, after): (DirId, usize)) {
        let (known, is_last) = self.next_rows(forest, directory, after);
        if let Some(remover) = &mut self.remover {
            remover.answer(RemovalEntries {
                job,
                directory: directory.0,
                known,
                is_last,
            });
        }
    }

    /// The rows of a directory from this number on, in the order of the forest, and whether no more follow.
    fn next_rows(
        &mut self,
        forest: &Forest,
        directory: DirId,
        after: usize,
    ) -> (Vec<KnownEntry>, bool) {
        if self.asked_at != forest.rewrites() {
            self.asked.clear();
            self.asked_at = forest.rewrites();
        }
        let mut rows = match self.asked.remove(&directory) {
            Some((next, place)) if next == after => forest.rows_from(directory, &place),
            _ => {
                let mut rows = forest.rows(directory);
                rows.by_ref().take(after).for_each(drop);
                rows
            }
        };
        let batch = rows.by_ref().take(BATCH);
        let known: Vec<KnownEntry> = batch
            .map(|row| known(forest, &row, &self.read_times))
            .collect();
        let place = rows.position();
        let is_last = rows.next().is_none();
        if !is_last {
            self.asked.insert(directory, (after + known.len(), place));
        }
        (known, is_last)
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
            Some(job) if job.method == Method::Trash => Gone::Moved,
            _ => Gone::Deleted,
        };
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        if !names.is_empty() {
            forest.remove(directory, &names, how);
        }
        self.has_removed = true;
    }

    fn end(&mut self, job: JobId, forest: &mut Forest) -> Option<RunningJob> {
        let ended = self.jobs.remove(&job)?;
        set_removing(forest, &ended.targets, false);
        Some(ended)
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
        forest.set_removing(directory, &names, is_being_removed);
    }
}

/// A descriptor beside the budget of the walk, which ends.
fn copy(dir: &OperandDir) -> Option<(Arc<OwnedFd>, Inode)> {
    let copy = dir.as_fd().try_clone_to_owned().ok()?;
    Some((Arc::new(copy), dir.inode))
}

fn operands(forest: &Forest) -> Vec<Inode> {
    forest.rows(DirId::TOP).map(|row| row.entry.inode).collect()
}

fn target(forest: &Forest, row: &ForestRow<'_>, read_times: &ReadTimes) -> job::RemovalTarget {
    let (allocated, entries) = match row.directory.map(|id| forest.dir(id).sums) {
        Some(sums) => (sums.allocated, sums.entries),
        None => (row.entry.sizes.0, 1),
    };
    job::RemovalTarget {
        known: known(forest, row, read_times),
        entries,
        allocated,
    }
}

fn known(forest: &Forest, row: &ForestRow<'_>, read_times: &ReadTimes) -> KnownEntry {
    KnownEntry {
        name: row.name.into(),
        found: found(forest, row, read_times),
    }
}

fn found(forest: &Forest, row: &ForestRow<'_>, read_times: &ReadTimes) -> EntryIdentity {
    let (reading, entry) = (row.entry.reading, &row.entry);
    match (reading, row.directory) {
        (Reading::Away | Reading::Excluded, _) => EntryIdentity::LeftOut,
        (_, Some(id)) => EntryIdentity::Directory(KnownDirectory {
            inode: forest.dir(id).inode,
            number: id.0,
            reread_began: read_times.of_reread(id),
            contents: match reading {
                Reading::Broken | Reading::Unread => Contents::Unread,
                _ => Contents::Known,
            },
        }),
        (Reading::Unread | Reading::Broken, None) => EntryIdentity::Unread,
        (Reading::Whole, None) => EntryIdentity::File(entry.inode.number, entry.kind),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::testing::{Entry, directory, forest};

    /// A million rows are asked for in 245 parts: each part begins where the one before has ended.
    #[test]
    fn parts_of_the_rows_follow_each_other() {
        let names: Vec<String> = (0..10_000).map(|number| format!("f{number}")).collect();
        let files = names.iter().map(|name| Entry::File(name.as_bytes(), 1));
        let mut forest = forest(&[directory("t", files.collect()), directory("u", vec![])]);
        let options = RemovalOptions {
            data_home: None,
            zone: jiff::tz::TimeZone::UTC,
        };
        let mut removals = Removals::new(Roots::new(never()), ReadTimes::new(), options);
        let [top, other] = [b"t", b"u"].map(|name| forest.child(DirId::TOP, name));
        let (top, other) = (top.expect("a directory"), other.expect("a directory"));
        for is_rewritten in [false, true] {
            let mut all = Vec::new();
            let mut is_last = false;
            while !is_last {
                let (known, last) = removals.next_rows(&forest, top, all.len());
                all.extend(known.into_iter().map(|known| known.name));
                is_last = last;
                let next = removals.asked.get(&top).map(|(next, _)| *next);
                assert_eq!(
                    next,
                    (!is_last).then_some(all.len()),
                    "it is known where to go on"
                );
                // That of another directory: all places are void.
                if is_rewritten {
                    forest.remove(other, &[b"none"], Gone::Deleted);
                }
            }
            assert!(all.iter().eq(names.iter().map(String::as_bytes)));
        }
        assert!(removals.asked.is_empty());
    }

    /// A job counts on the rows of all directories below its targets, and on those above them.
    #[test]
    fn jobs_that_would_meet_are_refused() {
        let tree = |name| {
            directory(
                name,
                vec![
                    Entry::File(b"f", 1),
                    directory("k", vec![Entry::File(b"g", 1)]),
                ],
            )
        };
        let forest = forest(&[directory("t", vec![tree("a"), tree("b")])]);
        let child = |directory, name: &[u8]| forest.child(directory, name).expect("a directory");
        let t = child(DirId::TOP, b"t");
        let (a, b) = (child(t, b"a"), child(t, b"b"));
        let target = |parent, name: &str| Target {
            parent,
            name: name.into(),
        };
        let mut removals = Removals::new(
            Roots::new(never()),
            ReadTimes::new(),
            RemovalOptions {
                data_home: None,
                zone: jiff::tz::TimeZone::UTC,
            },
        );
        let running = RunningJob {
            method: Method::Delete,
            targets: vec![target(a, "k")],
            entries: 0,
            freed: Freed::default(),
        };
        removals.jobs.insert(JobId(1), running);
        for (parent, name, meets) in [
            (a, "k", true),
            (child(a, b"k"), "g", true),
            (t, "a", true),
            (a, "f", false),
            (b, "k", false),
            (t, "b", false),
        ] {
            let targets = [target(b, "f"), target(parent, name)];
            assert_eq!(
                removals.meets(&forest, &targets),
                meets,
                "{parent:?} {name}"
            );
        }
    }

    #[test]
    fn links_in_several_targets_went_to_the_trash_once() {
        let job = RunningJob {
            method: Method::Trash,
            targets: Vec::new(),
            entries: 4,
            freed: Freed {
                entries: 4,
                allocated: 1_000,
                ..Freed::default()
            },
        };
        let summary = |entries| RemovalSummary {
            method: Method::Trash,
            entries,
            bytes: 1_900,
            errors: 0,
            with_new_entries: 0,
            more_free: None,
            file_systems: 0,
            ending: crate::explore::remove::summary::Ending::Complete,
        };
        for (entries, bytes) in [(4, 1_000), (3, 1_900)] {
            let mut summary = summary(entries);
            job.correct(&mut summary);
            assert_eq!((summary.entries, summary.bytes), (entries, bytes));
        }
    }
}
