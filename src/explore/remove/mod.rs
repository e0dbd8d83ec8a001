//! Removal of entries that the tree shows. The most dangerous part of pdu; the rules:
//!
//! * **Only what was shown.** Names come from the tree, never from a listing of the directory. A directory with entries
//!   that are not in the tree stays, with these entries ([`RemovalReport::NewEntries`]).
//! * **Descriptors, not paths.** Each system call takes an open directory and one name. Each directory is opened without
//!   following a link and compared by device and inode with the tree (`way`). A file is compared by number, type and
//!   time of creation (or of its last change, where that is not stored) right before it is unlinked. Between these two
//!   calls another file may take the name: no call of the kernel compares and unlinks at once.
//! * **No mount is entered**, nor a subvolume of btrfs.
//! * **Any depth** without recursion, with at most 16 descriptors.
//! * **Errors** do not end a job ([`RemovalReport::Failed`]); the directories above stay.
//!
//! ```text
//!  main thread ── Job ──► queue ──► thread `removal`: way ─► delete | trash
//!      ▲  │                                 │
//!      │  └── RemovalEntries (at most 4,096) ►│
//!      └───── Ask, Progress, Left, NewEntries, Failed, Ended ◄──┘
//! ```
//!
//! The main thread must go on receiving the reports of a job until [`RemovalReport::Ended`]; dropping the [`Remover`] stops the
//! thread at the next entry.

mod delete;
mod free_space;
pub mod job;
mod look;
pub mod method;
pub mod options;
mod own_changes;
pub mod problem;
mod protection;
mod rows;
pub mod summary;
mod talk;
mod trash;
mod trash_checks;
mod trash_dir;
mod trash_info;
mod way;
mod worker;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use self::job::{Job, JobId, RemovalEntries, RemovalReport};
pub use self::options::RemovalOptions;
pub use self::way::open_way;
use self::worker::{Queued, Worker};

/// Reports that may wait for the main thread.
const WAITING: usize = 256;

/// See the module.
#[derive(Debug)]
pub struct Remover {
    jobs: Sender<Queued>,
    answers: Sender<RemovalEntries>,
    stops: HashMap<JobId, Arc<AtomicBool>>,
    reports: Receiver<RemovalReport>,
}

impl Remover {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(options: RemovalOptions) -> io::Result<Self> {
        let (report_sender, reports) = bounded(WAITING);
        let (jobs, job_receiver) = unbounded();
        let (answers, answer_receiver) = unbounded();
        let worker = Worker {
            jobs: job_receiver,
            answers: answer_receiver,
            reports: report_sender,
            options,
        };
        let thread = std::thread::Builder::new().name("removal".into());
        thread.spawn(move || worker.run())?;
        Ok(Self {
            jobs,
            answers,
            stops: HashMap::new(),
            reports,
        })
    }

    /// Appends a job to the queue.
    ///
    /// # Errors
    ///
    /// The thread has panicked.
    pub fn add(&mut self, job: Job) -> io::Result<()> {
        self.stops.retain(|_, stop| Arc::strong_count(stop) > 1);
        let stop = Arc::<AtomicBool>::default();
        self.stops.insert(job.id, Arc::clone(&stop));
        let sent = self.jobs.send((job, stop));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Stops a job at the next entry.
    pub fn stop(&mut self, job: JobId) {
        if let Some(stop) = self.stops.get(&job) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Answers [`RemovalReport::Ask`].
    pub fn answer(&mut self, entries: RemovalEntries) {
        // The thread has panicked, if this fails.
        let _ = self.answers.send(entries);
    }

    /// The reports. The channel is disconnected once the thread has panicked.
    #[must_use]
    pub fn reports(&self) -> &Receiver<RemovalReport> {
        &self.reports
    }
}

impl Drop for Remover {
    /// Stops the thread at the next entry, and does not wait for it: a call of it may hang.
    fn drop(&mut self) {
        for stop in self.stops.values() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}
