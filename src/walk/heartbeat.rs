//! Where each walker is and what it has seen, so that `-v` can show both.
//!
//! ```text
//!   walker: enter(place) ─► answered ─► answered ─► drop        select loop, at each tick: Monitor::seen, longest_silence
//! ```
//!
//! A walker that waits for a dead server cannot report that. It records each directory before it opens it, and counts
//! the answers of the file system; where the number stays the same for long, that directory does not answer. It counts
//! entries at once: the listing of a slow or large directory comes much later. Walkers do not read the clock. Without `-v`
//! there are no heartbeats, and they cost nothing.
//!
//! A mutex for each walker: only that walker takes it, twice a directory, and the select loop twice a second.

#![expect(
    clippy::disallowed_types,
    reason = "one for each walker, without contention; see above"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::dir::Place;

/// One for the main thread and one for each walker, or none at all.
#[derive(Debug, Default)]
pub(super) struct Heartbeats(Vec<Heartbeat>);

/// Of one walker.
#[derive(Debug, Default)]
struct Heartbeat {
    place: Mutex<Option<Place>>,
    /// Answers of the file system so far.
    answers: AtomicU64,
    /// Entries seen so far, and their allocated size in units of 512 bytes; links count each time.
    entries: AtomicU64,
    blocks: AtomicU64,
}

/// A walker is in a directory, until this is dropped.
#[derive(Debug)]
pub(super) struct HeartbeatGuard<'a>(Option<&'a Heartbeat>);

/// Reads the heartbeats, and compares them with those of the last call.
#[derive(Debug)]
pub struct Monitor {
    heartbeats: Arc<Heartbeats>,
    /// For each walker the number of answers, and since when it has not changed.
    answers: Vec<(u64, Instant)>,
}

impl Heartbeats {
    /// Heartbeats for so many walkers.
    pub(super) fn new(walkers: usize) -> Self {
        Self((0..=walkers).map(|_| Heartbeat::default()).collect())
    }

    /// That of the calling thread.
    fn own(&self) -> Option<&Heartbeat> {
        if self.0.is_empty() {
            return None;
        }
        self.0
            .get(rayon::current_thread_index().map_or(0, |walker| walker + 1))
    }

    /// Records where the calling walker goes.
    pub(super) fn enter(&self, place: &Place) -> HeartbeatGuard<'_> {
        let heartbeat = self.own();
        if let Some(heartbeat) = heartbeat {
            heartbeat.answered();
            *heartbeat.place() = Some(place.clone());
        }
        HeartbeatGuard(heartbeat)
    }
}

impl Heartbeat {
    fn place(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self) {
        add(&self.answers, 1);
    }
}

/// Adds to a number of the calling walker: no other thread writes it.
fn add(number: &AtomicU64, more: u64) {
    let sum = number.load(Ordering::Relaxed).wrapping_add(more);
    number.store(sum, Ordering::Relaxed);
}

impl HeartbeatGuard<'_> {
    /// Counts an answer, and the entry of so many blocks that was found, if one was.
    pub(super) fn answered(&self, found: Option<u64>) {
        let Some(heartbeat) = self.0 else {
            return;
        };
        heartbeat.answered();
        if let Some(blocks) = found {
            add(&heartbeat.entries, 1);
            add(&heartbeat.blocks, blocks);
        }
    }
}

impl Drop for HeartbeatGuard<'_> {
    fn drop(&mut self) {
        if let Some(heartbeat) = self.0 {
            *heartbeat.place() = None;
        }
    }
}

impl Monitor {
    pub(super) fn new(heartbeats: Arc<Heartbeats>) -> Self {
        let answers = vec![(0, Instant::now()); heartbeats.0.len()];
        Self {
            heartbeats,
            answers,
        }
    }

    /// The entries that the walkers have seen, and their allocated size in bytes.
    #[must_use]
    pub fn seen(&self) -> (u64, u128) {
        let sum = |(entries, bytes), heartbeat: &Heartbeat| {
            let blocks = heartbeat.blocks.load(Ordering::Relaxed);
            let seen = heartbeat.entries.load(Ordering::Relaxed);
            (entries + seen, bytes + u128::from(blocks) * 512)
        };
        self.heartbeats.0.iter().fold((0, 0), sum)
    }

    /// The directory that has not answered for the longest time, if that is at least `minimum`.
    pub fn longest_silence(&mut self, minimum: Duration) -> Option<(Place, Duration)> {
        let now = Instant::now();
        let mut longest = None;
        for (heartbeat, earlier) in self.heartbeats.0.iter().zip(&mut self.answers) {
            let answers = heartbeat.answers.load(Ordering::Relaxed);
            if earlier.0 != answers {
                *earlier = (answers, now);
            }
            let silent = now.saturating_duration_since(earlier.1);
            if silent >= longest.as_ref().map_or(minimum, |(_, most)| *most)
                && let Some(place) = heartbeat.place().clone()
            {
                longest = Some((place, silent));
            }
        }
        longest
    }
}
