//! The counting semaphore of the walk: a bounded channel that holds its tokens.
//!
//! A walker runs only while it holds a token. The semaphore begins without tokens; [`Semaphore::issue`] adds them: as many
//! as there are processors when the pool starts, the rest when the processors are seen to be idle
//! ([`CpuUsage`](super::cpu_usage::CpuUsage)).
//!
//! No thread waits for a token. Work for which no token is free stays in the work queue, and no work is lost:
//!
//! ```text
//!   a walker that adds work              a walker that finds no more work
//!     1. push to the work queue            1. the work queue is empty
//!     2. try_acquire; spawn                2. give the token back
//!                                          3. look at the work queue once more; try_acquire; spawn
//! ```
//!
//! If `try_acquire` of the left side finds no token, the right side has yet to give its token back, and its step 3 finds
//! the work. Threads that wait in `acquire` would be the other way; each token that is given back would wake one: a
//! switch of threads for every directory.

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::sys::schedule;

/// Issues tokens; dropping a token gives it back.
#[derive(Debug)]
pub(super) struct Semaphore {
    give: Sender<()>,
    take: Receiver<()>,
}

/// The right to run, given back when dropped.
#[derive(Debug)]
pub(super) struct Token {
    give: Sender<()>,
}

impl Semaphore {
    /// A semaphore without tokens, with room for this many.
    pub(super) fn new(most: usize) -> Self {
        let (give, take) = bounded(most.max(1));
        Self { give, take }
    }

    /// Adds tokens.
    pub(super) fn issue(&self, tokens: usize) {
        for _ in 0..tokens {
            let _ = self.give.try_send(());
        }
    }

    /// Takes a token, if one is free.
    pub(super) fn try_acquire(&self) -> Option<Token> {
        schedule::point();
        self.take.try_recv().ok().map(|()| Token {
            give: self.give.clone(),
        })
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        schedule::point();
        // There is room: the token was taken from this channel.
        let _ = self.give.try_send(());
    }
}

#[cfg(test)]
impl Semaphore {
    /// Tokens that are free.
    pub(super) fn free(&self) -> usize {
        self.take.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn never_more_holders_than_tokens_and_none_is_lost() {
        let semaphore = Semaphore::new(8);
        semaphore.issue(3);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let Some(token) = semaphore.try_acquire() else {
                            continue;
                        };
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        now.fetch_sub(1, Ordering::SeqCst);
                        drop(token);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 3);
        assert_eq!(semaphore.free(), 3);
        semaphore.issue(5);
        let all: Vec<_> = (0..8).map(|_| semaphore.try_acquire()).collect();
        assert!(all.iter().all(Option::is_some));
        assert!(semaphore.try_acquire().is_none());
    }

    /// The protocol of the module's documentation: pieces of work that walkers and one more thread add.
    #[test]
    fn in_any_order_tokens_are_never_exceeded_nor_lost_and_no_work_is_left() {
        use shuttle::rand::{Rng, thread_rng};

        struct State {
            semaphore: Semaphore,
            work: AtomicUsize,
            running: AtomicUsize,
            tokens: usize,
        }

        fn add(state: &Arc<State>, pieces: usize) {
            for _ in 0..pieces {
                schedule::point();
                state.work.fetch_add(1, Ordering::SeqCst);
                if let Some(token) = state.semaphore.try_acquire() {
                    let state = Arc::clone(state);
                    shuttle::thread::spawn(move || run(&state, token));
                }
            }
        }

        fn take(state: &State) -> bool {
            schedule::point();
            let less = |work: usize| work.checked_sub(1);
            let taken = state
                .work
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
            taken.is_ok()
        }

        fn run(state: &Arc<State>, mut token: Token) {
            loop {
                assert!(state.running.fetch_add(1, Ordering::SeqCst) < state.tokens);
                while take(state) {
                    if thread_rng().gen_bool(0.3) {
                        add(state, 1);
                    }
                }
                state.running.fetch_sub(1, Ordering::SeqCst);
                drop(token);
                schedule::point();
                if state.work.load(Ordering::SeqCst) == 0 {
                    return;
                }
                match state.semaphore.try_acquire() {
                    Some(again) => token = again,
                    None => return,
                }
            }
        }

        schedule::check(schedule::schedules(2000), || {
            let tokens = thread_rng().gen_range(1..=2);
            let state = Arc::new(State {
                semaphore: Semaphore::new(tokens),
                work: AtomicUsize::new(0),
                running: AtomicUsize::new(0),
                tokens,
            });
            state.semaphore.issue(tokens);
            add(&state, 6);
            schedule::until(|| {
                state.work.load(Ordering::SeqCst) == 0 && state.semaphore.free() == tokens
            });
        });
    }
}
