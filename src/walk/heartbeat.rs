//! Where each walker is, so that `-v` can name the directory that does not answer.
//!
//! ```text
//!   walker: enter(place) ─► answered ─► answered ─► drop        select loop, at each tick: StallDetector::longest
//! ```
//!
//! A walker that waits for a dead server cannot report that. It records each directory before it opens it, and counts
//! the answers of the file system; where the number stays the same for long, that directory does not answer. Walkers do
//! not read the clock. Without `-v` there are no heartbeats, and they cost nothing.
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

/// One for each walker, or none at all.
#[derive(Debug, Default)]
pub(super) struct Heartbeats(Vec<Heartbeat>);

/// Of one walker.
#[derive(Debug, Default)]
struct Heartbeat {
    place: Mutex<Option<Place>>,
    /// Answers of the file system so far.
    answers: AtomicU64,
}

/// A walker is in a directory, until this is dropped.
#[derive(Debug)]
pub(super) struct HeartbeatGuard<'a>(Option<&'a Heartbeat>);

/// Compares the heartbeats with those of the last call.
#[derive(Debug)]
pub struct StallDetector {
    heartbeats: Arc<Heartbeats>,
    /// For each walker the number of answers, and since when it has not changed.
    seen: Vec<(u64, Instant)>,
}

impl Heartbeats {
    /// Heartbeats for so many walkers.
    pub(super) fn new(walkers: usize) -> Self {
        Self((0..walkers).map(|_| Heartbeat::default()).collect())
    }

    /// That of the calling walker.
    fn own(&self) -> Option<&Heartbeat> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(rayon::current_thread_index()?)
    }

    /// Records where the calling walker goes.
    pub(super) fn enter(&self, place: &Place) -> HeartbeatGuard<'_> {
        self.answered();
        let heartbeat = self.own();
        if let Some(heartbeat) = heartbeat {
            *heartbeat.place() = Some(place.clone());
        }
        HeartbeatGuard(heartbeat)
    }

    /// Counts an answer to the calling walker.
    pub(super) fn answered(&self) {
        if let Some(Heartbeat { answers, .. }) = self.own() {
            // Only this walker writes it.
            answers.store(answers.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }
}

impl Heartbeat {
    fn place(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeartbeatGuard<'_> {
    fn drop(&mut self) {
        if let Some(heartbeat) = self.0 {
            *heartbeat.place() = None;
        }
    }
}

impl StallDetector {
    pub(super) fn new(heartbeats: Arc<Heartbeats>) -> Self {
        let seen = vec![(0, Instant::now()); heartbeats.0.len()];
        Self { heartbeats, seen }
    }

    /// The directory that has not answered for the longest time, if that is at least `minimum`.
    pub fn longest(&mut self, minimum: Duration) -> Option<(Place, Duration)> {
        let now = Instant::now();
        let mut longest = None;
        for (heartbeat, seen) in self.heartbeats.0.iter().zip(&mut self.seen) {
            let answers = heartbeat.answers.load(Ordering::Relaxed);
            if seen.0 != answers {
                *seen = (answers, now);
            }
            let silent = now.saturating_duration_since(seen.1);
            if silent >= longest.as_ref().map_or(minimum, |(_, most)| *most)
                && let Some(place) = heartbeat.place().clone()
            {
                longest = Some((place, silent));
            }
        }
        longest
    }
}
