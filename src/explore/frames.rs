//! When the next frame is due.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, at, never};

/// Time between two frames while nothing but numbers change.
const TICK: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct Frames {
    /// When the last frame was drawn.
    last: Instant,
    due: Option<Instant>,
}

impl Frames {
    /// The first frame is due at once.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            last: now,
            due: Some(now),
        }
    }

    /// The next frame is due at this time: after a key, as soon as the terminal takes one.
    pub(super) fn ask(&mut self, time: Instant) {
        self.due_at(time);
    }

    /// Numbers have changed.
    pub(super) fn ask_later(&mut self, earliest: Instant) {
        self.due_at(earliest.max(self.last + TICK));
    }

    fn due_at(&mut self, time: Instant) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        (self.last, self.due) = (now, None);
    }

    /// Receives at the time of the next frame.
    pub(super) fn due(&self) -> Receiver<Instant> {
        self.due.map_or_else(never, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_key_does_not_wait_for_the_tick_and_numbers_do() {
        let start = Instant::now();
        let mut frames = Frames::new(start);
        frames.drawn(start);
        frames.ask_later(start + 33 * MS);
        assert_eq!(frames.due, Some(start + TICK));
        frames.ask(start + 33 * MS);
        assert_eq!(frames.due, Some(start + 33 * MS));
        frames.ask_later(start + 33 * MS);
        assert_eq!(frames.due, Some(start + 33 * MS));
        frames.drawn(start + 33 * MS);
        assert_eq!(frames.due, None);
    }

    #[test]
    fn a_slow_terminal_gets_fewer_frames() {
        let start = Instant::now();
        let mut frames = Frames::new(start);
        frames.drawn(start);
        frames.ask_later(start + 800 * MS);
        assert_eq!(frames.due, Some(start + 800 * MS));
    }
}
