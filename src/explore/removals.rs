//! Removals: what the thread that removes needs to know of the forest, and what its reports change there.

use std::collections::{HashMap, HashSet};
use std::io;

use crossbeam_channel::{Receiver, never};

use super::browser::Browser;
use super::browser::request::Message;
use super::intake::Intake;
use super::known_rows::{known, names_of, target};
use super::read_times::ReadTimes;
use super::remove::job::{
    BATCH, GoneEntries, Job, JobId, KnownEntry, Method, RemovalEntries, RemovalPlace, RemovalReport,
};
use super::remove::problem::Problem;
use super::remove::{RemovalOptions, Remover};
use super::roots::Roots;
use super::running_job::RunningJob;
use crate::count::listing::push_name;
use crate::forest::{DirId, Forest, Gone, RowPlace, Target, by_directory};
use crate::sys::mounts::MountWatch;

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
    /// Directories of which another place has lost entries.
    stale: Vec<DirId>,
    /// The directories of the operands, which the walk has opened.
    roots: Roots,
    read_times: ReadTimes,
    options: RemovalOptions,
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
            stale: Vec::new(),
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

    /// Directories that are to be read again, since another place of them has lost entries.
    pub(super) fn take_stale(&mut self) -> Vec<DirId> {
        std::mem::take(&mut self.stale)
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
        let job = self.job(forest, &targets, method);
        let id = job.id;
        let remover = match self.remover.take() {
            Some(remover) => remover,
            None => Remover::start(self.options.clone())?,
        };
        self.remover.insert(remover).add(job)?;
        set_removing(forest, &targets, true);
        let running = RunningJob {
            method,
            targets,
            moved: Default::default(),
        };
        self.jobs.insert(id, running);
        Ok(())
    }

    fn job(&mut self, forest: &Forest, targets: &[Target], method: Method) -> Job {
        self.last += 1;
        let mounts = MountWatch::start();
        let moves_directories =
            method == Method::Trash && forest.directories_among(targets).next().is_some();
        Job {
            id: JobId(self.last),
            method,
            operands: forest.operand_inodes().into_iter().collect(),
            operand_dirs: self.roots.open_dirs(),
            other_operands: match moves_directories {
                true => self.roots.others(forest),
                false => Vec::new(),
            },
            mounts,
            places: self.places(forest, targets),
        }
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
    fn left(&mut self, forest: &mut Forest, job: JobId, (directory, gone): (DirId, GoneEntries)) {
        let names = match gone {
            GoneEntries::Names(names) => names,
            GoneEntries::Rows(ranges) => names_of(forest, directory, &ranges),
        };
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let job = self.jobs.get_mut(&job);
        let how = match job.filter(|job| job.method == Method::Trash) {
            Some(job) => {
                job.note_moved(forest, (directory, &names), &self.read_times);
                Gone::Moved
            }
            None => Gone::Deleted,
        };
        if !names.is_empty() {
            forest.remove(directory, &names, how);
        }
        self.has_removed = true;
    }

    fn end(&mut self, job: JobId, forest: &mut Forest) -> Option<RunningJob> {
        let ended = self.jobs.remove(&job)?;
        set_removing(forest, &ended.targets, false);
        let places = ended.targets.iter().map(|target| target.parent).collect();
        self.stale.extend(forest.other_places(&places));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::testing::{Entry, directory, forest};

    fn removals() -> Removals {
        let options = RemovalOptions {
            data_home: None,
            zone: jiff::tz::TimeZone::UTC,
        };
        Removals::new(Roots::new(never()), ReadTimes::new(), options)
    }

    /// A million rows are asked for in 245 parts: each part begins where the one before has ended.
    #[test]
    fn parts_of_the_rows_follow_each_other() {
        let names: Vec<String> = (0..10_000).map(|number| format!("f{number}")).collect();
        let files = names.iter().map(|name| Entry::File(name.as_bytes(), 1));
        let mut forest = forest(&[directory("t", files.collect()), directory("u", vec![])]);
        let mut removals = removals();
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
        let mut removals = removals();
        let running = RunningJob {
            method: Method::Delete,
            targets: vec![target(a, "k")],
            moved: Default::default(),
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
}
