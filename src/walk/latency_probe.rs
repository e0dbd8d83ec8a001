//! Measures how long a stat takes, while a walker calls stat for one name after the other.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::heartbeat::HeartbeatGuard;
use super::shared::Shared;
use crate::sys::schedule;

/// Names between two looks at the clock and at `done`.
const STRIDE: usize = 16;

/// stat is slow when a name takes longer than this: then other walkers get a part of the names.
const SLOW: Duration = Duration::from_micros(100);

/// Names in a queued piece where stat is slow.
pub(super) const STAT_CHUNK: usize = 4;

/// A directory is slow when a group of it is older than this: its entries are sent as they are known.
pub(super) const FLOW: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct LatencyProbe<'a> {
    heartbeat: &'a HeartbeatGuard<'a>,
    /// Names so far.
    pub(super) count: usize,
    pub(super) since: Instant,
    pub(super) is_slow: bool,
}

impl<'a> LatencyProbe<'a> {
    pub(super) fn new(heartbeat: &'a HeartbeatGuard<'a>) -> Self {
        Self {
            heartbeat,
            count: 0,
            since: Instant::now(),
            is_slow: false,
        }
    }

    /// To be called after each stat, with the blocks of the file that was found. Breaks where stat is slow, and where
    /// the run is cancelled.
    pub(super) fn step(&mut self, walk: &Shared, found: Option<u64>) -> ControlFlow<()> {
        self.count += 1;
        self.heartbeat.answered(found);
        if !self.count.is_multiple_of(STRIDE) && self.count != STAT_CHUNK {
            return ControlFlow::Continue(());
        }
        let allowed = SLOW * u32::try_from(self.count).unwrap_or(u32::MAX);
        let allowed = match walk.options.walkers {
            // Smaller pieces let lines flow.
            1 => FLOW,
            _ => allowed.min(FLOW),
        };
        self.is_slow = schedule::decide(|| self.since.elapsed() > allowed);
        if self.is_slow || walk.done.is_cancelled() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
