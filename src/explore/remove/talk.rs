//! The thread's end of the messages of one job, and the numbers of the job.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::job::{Directory, GoneEntries, JobId, RemovalEntries, RemovalReport};
use super::problem::Problem;

/// The time between two reports of the numbers.
const PROGRESS: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct Talk {
    job: JobId,
    stop: Arc<AtomicBool>,
    reports: Sender<RemovalReport>,
    answers: Receiver<RemovalEntries>,
    pub(super) numbers: Numbers,
    last_progress: Instant,
    last_left: Instant,
}

/// What a job has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    pub(super) entries: u64,
    pub(super) bytes: u128,
    pub(super) errors: u64,
    pub(super) with_new_entries: u64,
}

impl Talk {
    pub(super) fn new(
        job: JobId,
        stop: Arc<AtomicBool>,
        reports: Sender<RemovalReport>,
        answers: Receiver<RemovalEntries>,
    ) -> Self {
        Self {
            job,
            stop,
            reports,
            answers,
            numbers: Numbers::default(),
            last_progress: Instant::now(),
            last_left: Instant::now(),
        }
    }

    /// True once the user has stopped the job, or the main thread receives nothing any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The entries of a directory from row `after` on. None where the main thread has ended.
    pub(super) fn ask(&mut self, directory: Directory, after: usize) -> Option<RemovalEntries> {
        let job = self.job;
        self.send(RemovalReport::Ask {
            job,
            directory,
            after,
        });
        loop {
            let Ok(entries) = self.answers.recv() else {
                self.stop.store(true, Ordering::Relaxed);
                return None;
            };
            if entries.job == job && entries.directory == directory {
                return Some(entries);
            }
        }
    }

    /// Waits, unless the main thread ends: no answer is due now.
    pub(super) fn wait(&self, time: Duration) {
        let _ = self.answers.recv_timeout(time);
    }

    /// Entries were removed.
    pub(super) fn removed(&mut self, entries: u64, bytes: u64) {
        self.numbers.entries = self.numbers.entries.saturating_add(entries);
        self.numbers.bytes += u128::from(bytes);
        if self.last_progress.elapsed() >= PROGRESS {
            self.last_progress = Instant::now();
            self.send(RemovalReport::Progress {
                job: self.job,
                entries: self.numbers.entries,
                bytes: self.numbers.bytes,
            });
        }
    }

    /// An entry stays.
    pub(super) fn failed(&mut self, directory: Directory, name: &[u8], problem: Problem) {
        self.numbers.errors += 1;
        self.send(RemovalReport::Failed {
            job: self.job,
            directory,
            name: name.to_vec(),
            problem,
        });
    }

    /// A directory holds entries that were not shown.
    pub(super) fn new_entries(&mut self, directory: Directory, count: u64) {
        self.numbers.with_new_entries += 1;
        self.send(RemovalReport::NewEntries {
            job: self.job,
            directory,
            count,
        });
    }

    /// Whether the time has come to tell what is gone, though nothing depends on it.
    pub(super) fn is_time_to_tell(&self) -> bool {
        self.last_left.elapsed() >= PROGRESS
    }

    /// The job is done with a directory below the targets.
    pub(super) fn left(&mut self, directory: Directory, rows: Vec<Range<usize>>) {
        if !rows.is_empty() {
            self.last_left = Instant::now();
            self.send_gone(directory, GoneEntries::Rows(rows));
        }
    }

    /// The job is done with a directory that holds targets.
    pub(super) fn left_place(&mut self, directory: Directory, names: Vec<Vec<u8>>) {
        if !names.is_empty() {
            self.send_gone(directory, GoneEntries::Names(names));
        }
    }

    fn send_gone(&mut self, directory: Directory, gone: GoneEntries) {
        self.send(RemovalReport::Left {
            job: self.job,
            directory,
            gone,
        });
    }

    pub(super) fn send(&mut self, report: RemovalReport) {
        if self.reports.send(report).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}
