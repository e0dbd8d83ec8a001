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

use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select, unbounded};

use crate::count::listing::{Found, Listing};
use crate::sys::cancel::Done;
use crate::sys::schedule;

/// Listings that may wait for the select loop; then walkers wait.
///
/// Few in tests, so that walkers do wait.
const WAITING: usize = if cfg!(test) { 2 } else { 1024 };

/// Listings after which the select loop is woken; it also looks by itself now and then.
const RING: usize = 512;

/// Bytes that may wait before nothing more is read.
const HEAVY: isize = 1 << 20;

/// The walkers' end.
#[derive(Debug)]
pub(super) struct ListingSender {
    /// Where listings go while one thread both sends and takes them: it could not wait for itself.
    alone: Sender<Listing>,
    spread: OnceLock<Outlet>,
    weight: Arc<AtomicIsize>,
    room: Receiver<()>,
    leave_room: Sender<()>,
}

/// Where listings go once there are several threads. Its memory is worth having only then.
#[derive(Debug)]
struct Outlet {
    listings: Sender<Listing>,
    bell: Sender<()>,
}

/// The select loop's end.
#[derive(Debug)]
pub struct ListingReceiver {
    listings: Receiver<Listing>,
    weight: Arc<AtomicIsize>,
    room: Sender<()>,
}

/// Both ends, for one thread.
pub(super) fn new() -> (ListingSender, ListingReceiver) {
    let (alone, listings) = unbounded();
    let (leave_room, room) = bounded(1);
    let weight = Arc::new(AtomicIsize::new(0));
    let outbox = ListingSender {
        alone,
        spread: OnceLock::new(),
        weight: Arc::clone(&weight),
        room,
        leave_room: leave_room.clone(),
    };
    let inbox = ListingReceiver {
        listings,
        weight,
        room: leave_room,
    };
    (outbox, inbox)
}

impl ListingSender {
    /// Lets several threads send to this inbox, which has to be empty. What is returned rings now and then while
    /// there are listings.
    pub(super) fn open(&self, inbox: &mut ListingReceiver) -> Receiver<()> {
        let (listings, listings_end) = bounded(WAITING);
        let (bell, bell_end) = bounded(1);
        let _ = self.spread.set(Outlet { listings, bell });
        inbox.listings = listings_end;
        bell_end
    }

    /// True while there is one thread.
    pub(super) fn is_alone(&self) -> bool {
        self.spread.get().is_none()
    }

    /// Waits while too much is waiting for the select loop; not where the run is cancelled, nor where this thread is
    /// the one that would have to take it.
    pub(super) fn wait_for_room(&self, done: &Done) {
        schedule::until(|| self.is_alone() || !self.is_heavy() || done.is_cancelled());
        while self.is_heavy() && !self.is_alone() {
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
        let Some(outlet) = self.spread.get() else {
            let _ = self.alone.send(listing);
            return;
        };
        schedule::until(|| !outlet.listings.is_full() || outlet.is_unheard());
        let sent = outlet.listings.send(listing).is_ok();
        if sent && (waiting >= HEAVY / 4 || outlet.listings.len() >= RING) {
            let _ = outlet.bell.try_send(());
        }
    }

    fn is_heavy(&self) -> bool {
        self.weight.load(Ordering::SeqCst) >= HEAVY
    }
}

impl Outlet {
    /// True where nobody listens any more. Asked in a model only, while the channel is full: ringing is right then.
    fn is_unheard(&self) -> bool {
        matches!(self.bell.try_send(()), Err(TrySendError::Disconnected(())))
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
        self.listings.try_iter().inspect(|listing| {
            let weight = weight(listing);
            if weight == 0 {
                return;
            }
            let position = self.weight.fetch_sub(weight, Ordering::SeqCst);
            if position - weight < HEAVY {
                let _ = self.room.try_send(());
            }
        })
    }
}

impl Drop for ListingReceiver {
    /// Nobody will take any more: nobody need wait for it.
    fn drop(&mut self) {
        self.weight.store(isize::MIN / 2, Ordering::SeqCst);
        let _ = self.room.try_send(());
    }
}

fn weight(listing: &Listing) -> isize {
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
    use crate::count::usage::Usage;
    use crate::sys::cancel;
    use crate::sys::failure::{Failure, Operation};

    /// A listing that weighs as much as may wait.
    fn heavy() -> Listing {
        let failure = Failure {
            operation: Operation::Access,
            errno: 5,
        };
        let mut ordered_items = OrderedItems::EMPTY;
        let name = vec![b'x'; HEAVY.unsigned_abs()];
        ordered_items.push(0, &name, ItemKind::Failed(failure));
        Listing {
            place: (super::super::command_line(Names::EMPTY, 0, 0), 0),
            key: 0,
            found: Found::Nothing,
            files: Usage::NONE,
            ordered_items: Some(Box::new(ordered_items)),
            branch: None,
            next: None,
            failure: None,
        }
    }

    /// Whether so many walkers that wait for room find it once this is done, and not before.
    fn wait_until(walkers: usize, done: impl FnOnce(ListingReceiver, cancel::Canceller)) {
        let (outbox, mut inbox) = new();
        let _bell = outbox.open(&mut inbox);
        let (canceller, cancelled) = cancel::channel();
        outbox.wait_for_room(&cancelled);
        outbox.send(heavy());
        let (found, waiting) = bounded(walkers);
        std::thread::scope(|scope| {
            for _ in 0..walkers {
                scope.spawn(|| {
                    outbox.wait_for_room(&cancelled);
                    let _ = found.send(());
                });
            }
            let early = waiting.recv_timeout(Duration::from_millis(50));
            assert!(early.is_err(), "there is no room yet");
            done(inbox, canceller);
            for _ in 0..walkers {
                let found = waiting.recv_timeout(Duration::from_secs(60));
                assert!(found.is_ok(), "a wakeup was lost");
            }
        });
    }

    #[test]
    fn all_walkers_go_on_when_what_is_heavy_is_taken() {
        wait_until(8, |inbox, canceller| {
            assert_eq!(inbox.take().count(), 1);
            // Neither ends before the walkers have been heard.
            std::mem::forget((inbox, canceller));
        });
    }

    #[test]
    fn all_walkers_go_on_when_the_run_is_cancelled() {
        wait_until(8, |inbox, canceller| {
            drop(canceller);
            std::mem::forget(inbox);
        });
    }

    #[test]
    fn all_walkers_go_on_when_nobody_listens_any_more() {
        wait_until(8, |inbox, canceller| {
            drop(inbox);
            std::mem::forget(canceller);
        });
    }
}
