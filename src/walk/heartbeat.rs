//! Where each walker is, so that `-v` can name the directory that does not answer.
//!
//! ```text
//!   walker: enter(place) ─► answered ─► answered ─► left        select loop, at each tick: StallDetector::longest
//! ```
//!
//! A walker that a dead server holds cannot say so. It leaves word of where it goes before it goes there, and counts
//! the answers that it gets; whoever sees the same number for long enough knows where it hangs. No walker looks at
//! the clock. Without `-v` there are no heartbeats, and nothing is done for them.
//!
//! A mutex for each walker: it alone takes it, twice a directory, and the select loop twice a second.

#![expect(
    clippy::disallowed_types,
    reason = "one for each walker, nobody waits; see above"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::count::listing::Branch;

type Place = (Arc<Branch>, u32);

/// One post for each walker, or none at all.
#[derive(Debug, Default)]
pub(super) struct Heartbeats(Vec<Post>);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Post {
    place: Mutex<Option<Place>>,
    /// How often the walker got an answer.
    answers: AtomicU64,
}

/// A walker at its post; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct HeartbeatGuard<'a>(Option<&'a Post>);

/// Looks at the heartbeats now and then.
#[derive(Debug)]
pub struct StallDetector {
    heartbeats: Arc<Heartbeats>,
    /// For each post the number of answers, and since when it has been that.
    seen: Vec<(u64, Instant)>,
}

impl Heartbeats {
    /// Heartbeats for so many walkers.
    pub(super) fn new(walkers: usize) -> Self {
        Self((0..walkers).map(|_| Post::default()).collect())
    }

    /// The post of this walker.
    fn own(&self) -> Option<&Post> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(rayon::current_thread_index()?)
    }

    /// This walker goes there.
    pub(super) fn enter(&self, place: &Place) -> HeartbeatGuard<'_> {
        let post = self.own();
        if let Some(post) = post {
            post.answered();
            post.put(Some((Arc::clone(&place.0), place.1)));
        }
        HeartbeatGuard(post)
    }
}

impl Post {
    fn put(&self, place: Option<Place>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    fn place(&self) -> Option<Place> {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        place.clone()
    }

    fn answered(&self) {
        // Nobody else writes it.
        let answers = self.answers.load(Ordering::Relaxed);
        self.answers.store(answers + 1, Ordering::Relaxed);
    }
}

impl HeartbeatGuard<'_> {
    /// The walker got an answer.
    pub(super) fn answered(&self) {
        if let Some(post) = self.0 {
            post.answered();
        }
    }
}

impl Drop for HeartbeatGuard<'_> {
    fn drop(&mut self) {
        if let Some(post) = self.0 {
            post.put(None);
        }
    }
}

impl StallDetector {
    pub(super) fn new(heartbeats: Arc<Heartbeats>) -> Self {
        let seen = vec![(0, Instant::now()); heartbeats.0.len()];
        Self { heartbeats, seen }
    }

    /// The directory that has been silent for the longest time, if that is at least `least`.
    pub fn longest(&mut self, least: Duration) -> Option<(Place, Duration)> {
        let now = Instant::now();
        let mut longest = None;
        for (post, seen) in self.heartbeats.0.iter().zip(&mut self.seen) {
            let answers = post.answers.load(Ordering::Relaxed);
            if seen.0 != answers {
                *seen = (answers, now);
            }
            let silent = now.saturating_duration_since(seen.1);
            if silent >= longest.as_ref().map_or(least, |(_, most)| *most)
                && let Some(place) = post.place()
            {
                longest = Some((place, silent));
            }
        }
        longest
    }
}
