//! What a select loop does with a walk, and what is the same in `du` and in the explorer.
//!
//! ```text
//!   begin: this thread walks ─► split: child process ─► Events::watch ─► Walk::start ─► select loop ─► drain
//! ```
//!
//! Nothing here waits for a file system that may not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never};

use super::cpu_usage::CpuUsage;
use super::dir::Place;
use super::heartbeat::Monitor;
use super::listing_channel::ListingReceiver;
use super::running::{Walk, entries_expected};
use crate::count::listing::{Branch, Listing};
use crate::sys::signals::{self, Cause};
use crate::sys::status::{Progress, Status};
use crate::sys::supervise;

/// Listings wait no longer than this, however few they are. A timer that starts with the first of them would save 50
/// wakeups a second while nothing arrives: 0.1 to 0.7 % of one processor (10 s in which a directory does not answer).
pub const PULSE: Duration = Duration::from_millis(20);

/// Listings taken before the other events have their turn: with a slow reader of the output they would wait for ever.
pub const MOST_LISTINGS: usize = 512;

/// The next part of a list of operands is taken when fewer operands than this are left. Many times [`MOST_LISTINGS`]: with
/// 1,024 the walkers had nothing to do while the loop slept (3.5 times as slow with long names).
pub const OPERANDS_AHEAD: u32 = 4096;

/// A directory that has not answered for so long is named.
const STALLED: Duration = Duration::from_secs(5);

/// How long a cancelled run receives what its walkers still send: less than a person notices.
const DRAIN_TIME: Duration = Duration::from_millis(80);

/// What the main thread walks before it starts a pool: as much as it takes to start one.
pub(crate) const DIRECTORIES_ALONE: usize = 64;
const TIME_ALONE: Duration = Duration::from_millis(2);

/// Whether a tree on a file system with a server is walked in a child process, while this process has one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supervision {
    /// In a child process.
    Child,
    /// In this process: a part of a larger run, or a test.
    None,
}

/// The channels of a run that takes longer than a moment.
#[derive(Debug)]
pub struct Events {
    /// What ends the run early.
    pub causes: Receiver<Cause>,
    /// Ticks for the progress line, where it is wanted.
    pub progress: Receiver<Instant>,
}

impl Events {
    /// Starts to listen.
    #[must_use]
    pub fn watch(status: &Status) -> Self {
        Self {
            causes: signals::start(status.cancelled_message()),
            progress: status.ticks(),
        }
    }
}

/// Walks on this thread until a pool is worth its start. False where nothing is left.
pub fn begin<E>(walk: &Walk, mut take: impl FnMut(Listing) -> Result<(), E>) -> Result<bool, E> {
    let start = Instant::now();
    let mut directories = 0;
    // Not where a step may wait for a dead mount: this thread has to react to everything else.
    let may_block = supervise::is_supervised();
    while !may_block && !walk.may_block() && walk.step() {
        walk.listings().take().try_for_each(&mut take)?;
        directories += 1;
        if directories >= DIRECTORIES_ALONE || start.elapsed() >= TIME_ALONE {
            break;
        }
    }
    walk.listings().take().try_for_each(take)?;
    Ok(walk.has_work())
}

/// Continues in a child process, where that is needed. Before any thread starts.
pub fn split(supervision: Supervision, usage: &mut CpuUsage, status: &Status) {
    if supervision == Supervision::Child {
        let message = status.cancelled_message();
        usage.across(|| supervise::fork_if_served(signals::GRACE, message));
    }
}

/// Takes what the walkers of a cancelled walk still send, for a short time.
pub fn drain<E>(
    listings: &ListingReceiver,
    mut take: impl FnMut(Listing) -> Result<(), E>,
) -> Result<(), E> {
    let deadline = Instant::now() + DRAIN_TIME;
    while Instant::now() < deadline
        && let Some(listing) = listings.receive_until(deadline)
    {
        take(listing)?;
    }
    Ok(())
}

/// Measures the progress of a walk whose option `watched` is set.
#[derive(Debug)]
pub struct ProgressMeter {
    monitor: Monitor,
    progress: Progress,
    /// The directory of the listing that arrived last.
    last: Option<Place>,
    /// Number of entries below the operands, where that is known.
    expected: Option<u64>,
    /// Receives that number.
    expected_channel: Receiver<u64>,
}

impl ProgressMeter {
    /// That of this walk.
    #[must_use]
    pub fn new(walk: &Walk) -> Self {
        Self {
            monitor: walk.monitor(),
            progress: Progress::default(),
            last: None,
            expected: None,
            expected_channel: never(),
        }
    }

    /// Asks the file systems, in a thread of its own, how many entries there are below these operands.
    pub fn expect(&mut self, operands: &Arc<Branch>) {
        self.expected_channel = entries_expected(operands);
    }

    /// A listing of this directory has arrived.
    pub fn arrived(&mut self, listing: &Listing) {
        self.last = Some(listing.place.clone());
    }

    /// What the walkers have seen until now, and the directory that does not answer, or else the last one.
    pub fn measure(&mut self) -> &Progress {
        (self.progress.entries, self.progress.bytes) = self.monitor.seen();
        self.expected = self.expected_channel.try_recv().ok().or(self.expected);
        self.progress.per_cent = self.expected.and_then(|expected| {
            // At most 99: other file systems may be mounted below, and links are met more than once.
            let per_cent = u128::from(self.progress.entries) * 100 / u128::from(expected.max(1));
            u8::try_from(per_cent.min(99)).ok()
        });
        let (place, silence) = match self.monitor.longest_silence(STALLED) {
            Some((place, silence)) => (Some(place), Some(silence)),
            None => (self.last.clone(), None),
        };
        self.progress.silence = silence;
        self.progress.path.clear();
        if let Some((branch, index)) = place {
            branch.path(index, None, &mut self.progress.path);
        }
        &self.progress
    }
}
