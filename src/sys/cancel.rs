//! Cancellation: a channel on which nothing is ever sent.
//!
//! [`Done`] is the receiving half, which walkers poll and select on. Dropping the only [`Canceller`] disconnects the
//! channel for all receivers, for ever. No receiver has to acknowledge that.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

use crate::sys::schedule;

/// The only sender: dropping it cancels the run.
#[derive(Debug)]
pub struct Canceller {
    _sender: Sender<Infallible>,
}

/// Disconnected once the run is cancelled.
#[derive(Debug, Clone)]
pub struct Done(Receiver<Infallible>);

/// A new pair, not cancelled.
#[must_use]
pub fn channel() -> (Canceller, Done) {
    // A capacity of one makes the poll a pair of loads; the rendezvous channel takes a lock for it.
    let (sender, receiver) = bounded(1);
    (Canceller { _sender: sender }, Done(receiver))
}

impl Done {
    /// True once the run is cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        schedule::point();
        matches!(self.0.try_recv(), Err(TryRecvError::Disconnected))
    }

    /// For `select!`: it becomes ready, with an error, when the run is cancelled.
    #[must_use]
    pub fn receiver(&self) -> &Receiver<Infallible> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_the_canceller_is_seen_by_every_clone() {
        let (canceller, done) = channel();
        let other = done.clone();
        assert!(!done.is_cancelled() && !other.is_cancelled());
        drop(canceller);
        assert!(done.is_cancelled() && other.is_cancelled());
    }
}
