//! The way of listings to the select loop, and how much may wait on it.
//!
//! At most [`WAITING`] listings wait; then walkers wait where they send. That alone would not bound the memory: a
//! listing that names every file of a large directory, or keeps the links in it, is megabytes. So their weight is
//! bounded too, and waited for where it does no harm: before a walker opens or reads anything.
//!
//! ```text
//!   walker ─ wait_for_room ─ read ─ send ══════► take ─ select loop
//!                 ▲                (+ weight)    (- weight)
//!                 └──────────────── room ◄───────────┘
//! ```
//!
//! No wakeup is lost: whoever takes below the limit leaves one in `room`, and whoever finds it there and goes on
//! leaves it for the next. Only the select loop takes, and it waits for no walker, so the weight always falls.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use crate::cancel::Done;
use crate::listing::Listing;

/// Listings that may wait for the select loop; then walkers wait.
const WAITING: usize = 1024;

/// Listings after which the select loop is woken; it also looks by itself now and then.
const RING: usize = 128;

/// Bytes that may wait before nothing more is read.
const HEAVY: isize = 1 << 20;

/// The walkers' end.
#[derive(Debug)]
pub(super) struct Outbox {
    listings: Sender<Listing>,
    bell: Sender<()>,
    weight: Arc<AtomicIsize>,
    room: Receiver<()>,
    leave_room: Sender<()>,
}

/// The select loop's end.
#[derive(Debug)]
pub struct Inbox {
    listings: Receiver<Listing>,
    weight: Arc<AtomicIsize>,
    room: Sender<()>,
}

/// Both ends, and what rings now and then while there are listings.
pub(super) fn new() -> (Outbox, Inbox, Receiver<()>) {
    let (give, listings) = bounded(WAITING);
    let (ring, bell) = bounded(1);
    let (leave_room, room) = bounded(1);
    let weight = Arc::new(AtomicIsize::new(0));
    let outbox = Outbox {
        listings: give,
        bell: ring,
        weight: Arc::clone(&weight),
        room,
        leave_room: leave_room.clone(),
    };
    let room = leave_room;
    let inbox = Inbox {
        listings,
        weight,
        room,
    };
    (outbox, inbox, bell)
}

impl Outbox {
    /// Waits while too much is waiting for the select loop; not where the run is cancelled.
    pub(super) fn wait_for_room(&self, done: &Done) {
        while self.weight.load(Ordering::SeqCst) >= HEAVY {
            select! {
                recv(self.room) -> _ => {
                    if self.weight.load(Ordering::SeqCst) < HEAVY {
                        let _ = self.leave_room.try_send(());
                    }
                }
                recv(done.receiver()) -> _ => return,
            }
        }
    }

    /// Sends a listing; wakes the receiver when many wait. Nobody listens any more: no matter, the walk ends.
    pub(super) fn send(&self, listing: Listing) {
        let weight = weight(&listing);
        let waiting = match weight {
            0 => 0,
            _ => self.weight.fetch_add(weight, Ordering::SeqCst) + weight,
        };
        let sent = self.listings.send(listing).is_ok();
        if sent && (waiting >= HEAVY / 4 || self.listings.len() >= RING) {
            let _ = self.bell.try_send(());
        }
    }
}

impl Inbox {
    /// What has arrived.
    pub fn take(&self) -> impl Iterator<Item = Listing> + '_ {
        self.listings.try_iter().inspect(|listing| {
            let weight = weight(listing);
            if weight == 0 {
                return;
            }
            let before = self.weight.fetch_sub(weight, Ordering::SeqCst);
            if before - weight < HEAVY {
                let _ = self.room.try_send(());
            }
        })
    }
}

impl Drop for Inbox {
    /// Nobody will take any more: nobody need wait for it.
    fn drop(&mut self) {
        self.weight.store(isize::MIN / 2, Ordering::SeqCst);
        let _ = self.room.try_send(());
    }
}

fn weight(listing: &Listing) -> isize {
    let bytes = listing.extras.as_ref().map_or(0, |extras| extras.bytes());
    isize::try_from(bytes).unwrap_or(isize::MAX / 4)
}
