//! The counting semaphore of the walk: a bounded channel that holds its tokens.
//!
//! A walker holds a token while it opens, reads and stats a directory, never while it sends. Waiting for one
//! also listens to `done`, so that a cancelled walk does not queue up behind a slow disk.

use crossbeam_channel::{Receiver, Sender, bounded, select};

use crate::sys::cancel::Done;
use crate::sys::schedule;

/// `n` tokens; [`Semaphore::acquire`] takes one, dropping it gives it back.
#[derive(Debug)]
pub(super) struct Semaphore {
    give: Sender<()>,
    take: Receiver<()>,
}

/// The right to touch the disk, given back when dropped.
#[derive(Debug)]
pub(super) struct Token<'a>(&'a Semaphore);

impl Semaphore {
    /// A semaphore of `tokens` tokens, at least one.
    #[must_use]
    pub(super) fn new(tokens: usize) -> Self {
        let tokens = tokens.max(1);
        let (give, take) = bounded(tokens);
        for _ in 0..tokens {
            // There is room for each: the capacity is their number.
            let _ = give.try_send(());
        }
        Self { give, take }
    }

    /// Waits for a token; none where the run is cancelled.
    pub(super) fn acquire(&self, done: &Done) -> Option<Token<'_>> {
        if done.is_cancelled() {
            return None;
        }
        schedule::point();
        if self.take.try_recv().is_ok() {
            return Some(Token(self));
        }
        schedule::until(|| !self.take.is_empty() || done.is_cancelled());
        select! {
            recv(self.take) -> token => token.ok().map(|()| Token(self)),
            recv(done.receiver()) -> _ => None,
        }
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        schedule::point();
        let _ = self.0.give.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::cancel;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn never_more_holders_than_tokens_and_none_is_lost() {
        let (_canceller, done) = cancel::channel();
        let semaphore = Semaphore::new(3);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let token = semaphore.acquire(&done);
                        assert!(token.is_some());
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        now.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 3);
        let all: Vec<_> = (0..3).map(|_| semaphore.acquire(&done)).collect();
        assert!(all.iter().all(Option::is_some));
    }

    #[test]
    fn cancelling_ends_the_wait() {
        let (canceller, done) = cancel::channel();
        let semaphore = Semaphore::new(1);
        let held = semaphore.acquire(&done);
        assert!(held.is_some());
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| semaphore.acquire(&done).is_none());
            drop(canceller);
            assert!(waiter.join().expect("the waiter ends"));
        });
    }

    #[test]
    fn in_any_order_tokens_are_never_exceeded_nor_lost_and_cancelling_ends_all_waits() {
        schedule::check(schedule::schedules(2000), || {
            let (canceller, done) = cancel::channel();
            let tokens = shuttle::rand::Rng::gen_range(&mut shuttle::rand::thread_rng(), 1..=2);
            let semaphore = Arc::new(Semaphore::new(tokens));
            let held = Arc::new(AtomicUsize::new(0));
            let holder = |_| {
                let (semaphore, done, held) =
                    (Arc::clone(&semaphore), done.clone(), Arc::clone(&held));
                shuttle::thread::spawn(move || {
                    // Not for ever: one who is always preferred would let nobody else come to cancel.
                    for token in (0..20).map_while(|_| semaphore.acquire(&done)) {
                        assert!(held.fetch_add(1, Ordering::SeqCst) < tokens);
                        schedule::point();
                        held.fetch_sub(1, Ordering::SeqCst);
                        drop(token);
                    }
                })
            };
            let holders: Vec<_> = (0..3).map(holder).collect();
            for _ in 0..20 {
                schedule::point();
            }
            drop(canceller);
            for holder in holders {
                holder.join().expect("no holder panics");
            }
            assert_eq!(semaphore.take.len(), tokens, "a token has been lost");
        });
    }
}
