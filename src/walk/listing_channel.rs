//! The channel of listings from the walkers to the select loop, and how much may wait in it.
//!
//! At most [`CAPACITY`] listings wait; then walkers block in [`ListingSender::send`]. That alone would not bound the
//! memory: a listing that names every file of a large directory, or keeps the links in it, has megabytes. So the bytes
//! that wait are bounded too. A walker waits for room before it opens or reads a directory, where it holds nothing that
//! another walker needs.
//!
//! ```text
//!   walker ─ wait_for_room ─ read ─ send ══════► take ─ select loop
//!                 ▲                (+ bytes)     (- bytes)
//!                 └──────────────── room ◄───────────┘
//! ```
//!
//! No wakeup is lost: a receiver that takes the bytes below the limit sends one to `room`, and a walker that receives it
//! sends it on for the next walker. Only the select loop takes, and it waits for no walker, so the bytes always fall.
//!
//! The select loop waits for the *wakeup* channel, not for the listings: see [`MANY`]. Both are disconnected when the
//! last sender is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select, unbounded};

use crate::count::listing::{Found, Listing};
use crate::sys::cancel::Done;
use crate::sys::schedule;

/// Listings that may wait for the select loop; then walkers block.
///
/// Few in tests, so that walkers do block.
const CAPACITY: usize = if cfg!(test) { 2 } else { 1024 };

/// Listings after which the select loop is woken; it also takes listings at each pulse.
const MANY: usize = 512;

/// Bytes that may wait before no more is read.
const MOST_BYTES: isize = 1 << 20;

/// The walkers' end.
#[derive(Debug, Clone)]
pub(super) struct ListingSender {
    listings: Sender<Listing>,
    /// None where one thread both sends and takes: it could not wait for itself.
    wakeup: Option<Sender<()>>,
    bytes: Arc<AtomicIsize>,
    room: Receiver<()>,
    more_room: Sender<()>,
}

/// The select loop's end.
#[derive(Debug)]
pub struct ListingReceiver {
    listings: Receiver<Listing>,
    bytes: Arc<AtomicIsize>,
    more_room: Sender<()>,
}

/// Both ends, for a thread that sends and takes: without bound.
pub(super) fn for_one_thread() -> (ListingSender, ListingReceiver) {
    channel(unbounded(), None)
}

/// Both ends, and the wakeup channel. The memory for [`CAPACITY`] listings is worth having only for several threads.
pub(super) fn for_walkers() -> (ListingSender, ListingReceiver, Receiver<()>) {
    let (wake, wakeup) = bounded(1);
    let (sender, receiver) = channel(bounded(CAPACITY), Some(wake));
    (sender, receiver, wakeup)
}

fn channel(
    (sender, receiver): (Sender<Listing>, Receiver<Listing>),
    wakeup: Option<Sender<()>>,
) -> (ListingSender, ListingReceiver) {
    let (more_room, room) = bounded(1);
    let bytes = Arc::new(AtomicIsize::new(0));
    let sender = ListingSender {
        listings: sender,
        wakeup,
        bytes: Arc::clone(&bytes),
        room,
        more_room: more_room.clone(),
    };
    let receiver = ListingReceiver {
        listings: receiver,
        bytes,
        more_room,
    };
    (sender, receiver)
}

impl ListingSender {
    /// Waits while too many bytes wait for the select loop, until the run is cancelled. Does not wait where the calling
    /// thread is the one that would have to take them.
    pub(super) fn wait_for_room(&self, done: &Done) {
        if self.wakeup.is_none() {
            return;
        }
        schedule::until(|| !self.is_full() || done.is_cancelled());
        while self.is_full() {
            select! {
                recv(self.room) -> _ => {
                    if !self.is_full() {
                        let _ = self.more_room.try_send(());
                    }
                }
                recv(done.receiver()) -> _ => return,
            }
        }
    }

    /// Sends a listing; wakes the receiver when many wait. Without a receiver the listing is dropped: the walk ends.
    pub(super) fn send(&self, listing: Listing) {
        let bytes = bytes(&listing);
        let waiting = match bytes {
            0 => 0,
            _ => self.bytes.fetch_add(bytes, Ordering::SeqCst) + bytes,
        };
        let Some(wakeup) = &self.wakeup else {
            let _ = self.listings.send(listing);
            return;
        };
        // In a model only, while the channel is full: to wake the receiver is right then.
        let has_receiver = || wakeup.try_send(()) != Err(TrySendError::Disconnected(()));
        schedule::until(|| !self.listings.is_full() || !has_receiver());
        let sent = self.listings.send(listing).is_ok();
        if sent && (waiting >= MOST_BYTES / 4 || self.listings.len() >= MANY) {
            let _ = wakeup.try_send(());
        }
    }

    fn is_full(&self) -> bool {
        self.bytes.load(Ordering::SeqCst) >= MOST_BYTES
    }
}

impl ListingReceiver {
    /// True where nothing has arrived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty()
    }

    /// What has arrived.
    pub fn take(&self) -> impl Iterator<Item = Listing> + '_ {
        self.listings
            .try_iter()
            .inspect(|listing| self.subtract(listing))
    }

    /// Waits for the next listing until the deadline, or until the walk has ended.
    #[must_use]
    pub fn receive_until(&self, deadline: Instant) -> Option<Listing> {
        let listing = self.listings.recv_deadline(deadline).ok();
        listing.inspect(|listing| self.subtract(listing))
    }

    /// Makes room for as many bytes as the listing has.
    fn subtract(&self, listing: &Listing) {
        let bytes = bytes(listing);
        if bytes == 0 {
            return;
        }
        let before = self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        if before - bytes < MOST_BYTES {
            let _ = self.more_room.try_send(());
        }
    }
}

impl Drop for ListingReceiver {
    /// Nothing will be taken any more: no walker need wait for room.
    fn drop(&mut self) {
        self.bytes.store(isize::MIN / 2, Ordering::SeqCst);
        let _ = self.more_room.try_send(());
    }
}

fn bytes(listing: &Listing) -> isize {
    let bytes = match (&listing.found, &listing.ordered_items) {
        (Found::Rendered(text), _) => text.len(),
        (_, Some(ordered_items)) => ordered_items.bytes(),
        (_, None) => 0,
    };
    isize::try_from(bytes).unwrap_or(isize::MAX / 4)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::count::listing::Names;
    use crate::count::ordered_items::{ItemKind, OrderedItems};
    use crate::sys::cancel;
    use crate::sys::failure::{Failure, Operation};

    /// A listing of as many bytes as may wait.
    fn large() -> Listing {
        let failure = Failure {
            operation: Operation::Access,
            errno: 5,
        };
        let mut ordered_items = OrderedItems::default();
        let name = vec![b'x'; MOST_BYTES.unsigned_abs()];
        ordered_items.push(0, &name, ItemKind::Failed(failure));
        let place = (crate::walk::command_line(Names::default(), 0, 0), 0);
        Listing {
            ordered_items: Some(Box::new(ordered_items)),
            ..Listing::new(place, Found::Nothing)
        }
    }

    /// Whether so many walkers that wait for room find it once this is done, and not before.
    fn wait_until(walkers: usize, done: impl FnOnce(ListingReceiver, cancel::Canceller)) {
        let (sender, receiver, _wakeup) = for_walkers();
        let (canceller, cancelled) = cancel::channel();
        sender.wait_for_room(&cancelled);
        sender.send(large());
        let (found, waiting) = bounded(walkers);
        std::thread::scope(|scope| {
            for _ in 0..walkers {
                scope.spawn(|| {
                    sender.wait_for_room(&cancelled);
                    let _ = found.send(());
                });
            }
            let early = waiting.recv_timeout(Duration::from_millis(50));
            assert!(early.is_err(), "there is no room yet");
            done(receiver, canceller);
            for _ in 0..walkers {
                let found = waiting.recv_timeout(Duration::from_secs(60));
                assert!(found.is_ok(), "a wakeup was lost");
            }
        });
    }

    #[test]
    fn all_walkers_go_on_when_a_large_listing_is_taken() {
        wait_until(8, |receiver, canceller| {
            assert_eq!(receiver.take().count(), 1);
            // Neither ends before the walkers have been heard.
            std::mem::forget((receiver, canceller));
        });
    }

    #[test]
    fn all_walkers_go_on_when_the_run_is_cancelled() {
        wait_until(8, |receiver, canceller| {
            drop(canceller);
            std::mem::forget(receiver);
        });
    }

    #[test]
    fn all_walkers_go_on_when_nobody_listens_any_more() {
        wait_until(8, |receiver, canceller| {
            drop(receiver);
            std::mem::forget(canceller);
        });
    }
}
