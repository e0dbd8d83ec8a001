//! A walk on the calling thread ([`Walk`]), and the same walk on a pool of threads ([`RunningWalk`]).
//!
//! [`Walk::step`] walks one directory on the calling thread: a small tree starts no thread, and where no thread can be
//! had the whole tree is walked like that. [`Walk::start`] hands the rest to walkers.
//!
//! ```text
//!   Walk::start ─┬─► pool, tokens for the processors, first walkers
//!                ├─► closer: waits for the wait group, then drops the last sender
//!                └─► RunningWalk ─► select loop: listings, wakeup, issue_tokens
//! ```
//!
//! Operands may be added until [`RunningWalk::end_operands`].
//!
//! Dropping a [`RunningWalk`] disconnects the channel: walkers end when the tree does.

use std::convert::Infallible;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use super::cpu_usage::{CpuUsage, processors};
use super::fd_budget::Budget;
use super::hand_over::HandOver;
use super::heartbeat::{Heartbeats, Monitor};
use super::last_device::LastDevice;
use super::limits;
use super::listing_channel::{self, ListingReceiver, ListingSender};
use super::open::is_behind_a_mount;
use super::options::{Follow, Remember, WalkOptions};
use super::pool::{Pool, spawn_thread};
use super::semaphore::Semaphore;
use super::shared::Shared;
use super::stat::used_inodes;
use super::visited::Visited;
use super::walker;
use super::work_queue::WorkQueue;
use crate::count::listing::{Branch, Key, Names};
use crate::sys::cancel::Done;
use crate::sys::schedule;

/// Time between two measurements of the processors.
const INTERVAL: Duration = Duration::from_millis(20);

/// A walk without threads of its own.
pub struct Walk {
    pub(super) shared: Arc<Shared>,
    listings: ListingReceiver,
}

/// The receiving end of a walk on a pool of threads.
pub struct RunningWalk {
    /// One listing a directory.
    pub listings: ListingReceiver,
    /// Receives when many listings wait; disconnected after the last walker has ended.
    pub wakeup: Receiver<()>,
    /// Not a member of the wait group.
    shared: Weak<Shared>,
    /// A member of the wait group, while operands may be added.
    open: Option<Arc<Shared>>,
    usage: CpuUsage,
    /// Processors that the walkers with a token can keep busy.
    processors: usize,
    /// Tokens that are not issued yet.
    unissued: usize,
    panicked: Arc<AtomicBool>,
}

impl Walk {
    /// A walk without operands.
    #[must_use]
    pub fn new(mut options: WalkOptions, done: Done) -> Self {
        let (sender, listings) = listing_channel::for_one_thread();
        if options.follow == Follow::Always && options.remember == Remember::Everything {
            // Links to links can make a small tree endless. A single walker meets everything in order, and enters no
            // directory twice.
            options.walkers = 1;
        }
        let heartbeats = match options.watched {
            true => Heartbeats::new(options.walkers),
            false => Heartbeats::default(),
        };
        let shared = Arc::new(Shared {
            semaphore: Semaphore::new(options.walkers),
            visited: Visited::new(&options),
            hand_over: options.budget.map(HandOver::new),
            options,
            done,
            work_queue: WorkQueue::new(),
            budget: Budget::new(limits::spare_at_start()),
            next_key: AtomicU64::new(0),
            operands: AtomicU64::new(0),
            last_device: LastDevice::default(),
            heartbeats: Arc::new(heartbeats),
            listings: sender,
            panicked: Arc::new(AtomicBool::new(false)),
            pool: None,
            wait_group: None,
            run_walker: walker::run,
        });
        Self { shared, listings }
    }

    /// A walk of what a branch names, in the working directory or in this open directory. Keys of what is found follow
    /// those of the branch.
    #[must_use]
    pub fn of(
        options: WalkOptions,
        done: Done,
        (branch, above): (Arc<Branch>, Option<OwnedFd>),
    ) -> Self {
        let walk = Self::new(options, done);
        let keys = Key::from(branch.len());
        let next_key = &walk.shared.next_key;
        next_key.store(branch.first_key + keys, Ordering::Relaxed);
        let queue = &walk.shared.work_queue;
        match above {
            Some(above) => queue.append_below(branch, walk.shared.budget.keep_anyway(above)),
            None => {
                queue.append(branch);
            }
        }
        walk
    }

    /// Adds operands after those there are. Returns their branch.
    pub fn add(&self, operands: Names) -> Arc<Branch> {
        self.shared.add_operands(operands)
    }

    /// Walks one directory on this thread; false where there is none left.
    pub fn step(&self) -> bool {
        let work = self.shared.work_queue.take();
        let any = work.is_some();
        work.into_iter()
            .for_each(|work| walker::walk_one(&self.shared, work));
        any
    }

    /// True where the next directory lies behind a mount point: its server may not answer, and the main thread must not
    /// wait for it.
    #[must_use]
    pub fn may_block(&self) -> bool {
        let first = self.shared.work_queue.first();
        first.is_some_and(|job| is_behind_a_mount(&job))
    }

    /// The listings that [`Walk::step`] has sent.
    #[must_use]
    pub fn listings(&self) -> &ListingReceiver {
        &self.listings
    }

    /// What walkers see and where they wait, those of [`Walk::start`] too.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor::new(Arc::clone(&self.shared.heartbeats))
    }

    /// True while there is work.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.shared.work_queue.len() > 0
    }

    /// Starts a pool of walkers for the rest; returns the walk where no thread can be had. Take what
    /// [`Walk::listings`] holds before: it is lost here. `usage` is that of the walk so far.
    pub fn start(self, usage: CpuUsage) -> Result<RunningWalk, Self> {
        let threads = limits::fit(self.shared.options.walkers, &self.shared.budget);
        match Pool::new(threads) {
            Some(pool) => self.start_on(pool, usage),
            None => Err(self),
        }
    }

    pub(super) fn start_on(mut self, pool: Pool, mut usage: CpuUsage) -> Result<RunningWalk, Self> {
        let tokens = pool.threads().min(self.shared.options.walkers).max(1);
        let (sender, listings, wakeup) = listing_channel::for_walkers();
        let (member, wait_group) = bounded(1);
        let Some(shared) = Arc::get_mut(&mut self.shared) else {
            // Never: before this there is one reference.
            return Err(self);
        };
        pool.spawn_beside("closer", close_after(wait_group, sender.clone()));
        shared.listings = sender;
        shared.wait_group = Some(member);
        shared.pool = Some(pool);
        let processors = processors();
        let is_idle = schedule::decide(|| usage.was_idle(1));
        let first = if is_idle {
            tokens
        } else {
            tokens.min(processors)
        };
        self.shared.issue(first);
        let panicked = Arc::clone(&self.shared.panicked);
        Ok(RunningWalk {
            listings,
            wakeup,
            shared: Arc::downgrade(&self.shared),
            open: Some(self.shared),
            usage,
            processors: first,
            unissued: tokens - first,
            panicked,
        })
    }
}

/// The body of the closer: `n.Wait()`, then `close(fileSizes)`. Its sender is the last one: the walkers' is dropped with
/// the shared state. Where the thread cannot be had, this function and its sender are dropped at once, and the last
/// walker closes the channel.
fn close_after(wait_group: Receiver<Infallible>, sender: ListingSender) -> impl FnOnce() + Send {
    move || {
        schedule::until(|| wait_group.try_recv() == Err(TryRecvError::Disconnected));
        let _ = wait_group.recv();
        drop(sender);
    }
}

impl RunningWalk {
    /// Adds operands after those there are. Returns their branch; nothing after [`RunningWalk::end_operands`].
    pub fn add(&self, operands: Names) -> Option<Arc<Branch>> {
        Some(self.open.as_ref()?.add_operands(operands))
    }

    /// No more operands will be added: the walk ends with the last of them.
    pub fn end_operands(&mut self) {
        self.open = None;
    }

    /// Issues the rest of the tokens once the processors are idle. To be called often; measures every 20 ms.
    pub fn issue_tokens(&mut self) {
        if self.unissued == 0 || schedule::decide(|| self.usage.age() < INTERVAL) {
            return;
        }
        if schedule::decide(|| self.usage.was_idle(self.processors)) {
            let tokens = std::mem::take(&mut self.unissued);
            if let Some(shared) = self.shared.upgrade() {
                shared.issue(tokens);
            }
        }
    }

    /// True where no walker sends any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.wakeup.try_recv() == Err(TryRecvError::Disconnected) && self.listings.is_empty()
    }

    /// True where a walker has panicked: its listing is missing.
    #[must_use]
    pub fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Acquire)
    }
}

/// How many entries there are below the operands, where all of them are mount points of file systems that know.
///
/// A thread of its own sends the number when the file systems have answered; a dead server never does.
#[must_use]
pub(super) fn entries_expected(operands: &Arc<Branch>) -> Receiver<u64> {
    let (sender, expected) = bounded(1);
    let operands = Arc::clone(operands);
    spawn_thread("entries", move || {
        let each = |index| used_inodes(operands.names.name(index));
        let sum: Option<u64> = (0..operands.len()).map(each).sum();
        let _ = sum.map(|sum| sender.send(sum));
    });
    expected
}
