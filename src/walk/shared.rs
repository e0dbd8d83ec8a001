//! The state that all walkers share, how work is added to it, and how listings are built from it.
//!
//! The strong references to [`Shared`] are the wait group: every walker holds one, and gives it back when it ends or
//! panics. The last one drops [`Shared::wait_group`], for which the closer waits (see [`super::running`]).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::Sender;

use super::batch::Contents;
use super::depth_first::Cursor;
use super::dir::{Dir, command_line};
use super::fd_budget::{Budget, Handle};
use super::hand_over::{self, HandOver};
use super::heartbeat::Heartbeats;
use super::last_device::LastDevice;
use super::listing_channel::ListingSender;
use super::options::WalkOptions;
use super::pool::Pool;
use super::semaphore::{Semaphore, Token};
use super::visited::Visited;
use super::work_queue::{Slot, WorkQueue};
use crate::count::listing::{Branch, Found, Key, Listing, Names};
use crate::sys::cancel::Done;
use crate::sys::schedule;

/// See the module.
pub(super) struct Shared {
    pub(super) options: WalkOptions,
    pub(super) done: Done,
    pub(super) semaphore: Semaphore,
    pub(super) work_queue: WorkQueue<Task>,
    pub(super) budget: Arc<Budget>,
    pub(super) visited: Option<Visited>,
    pub(super) hand_over: Option<HandOver>,
    pub(super) next_key: AtomicU64,
    /// Number of operands so far.
    pub(super) operands: AtomicU64,
    pub(super) last_device: LastDevice,
    pub(super) heartbeats: Arc<Heartbeats>,
    pub(super) listings: ListingSender,
    /// Set when a walker has panicked: its listing will never come.
    pub(super) panicked: Arc<AtomicBool>,
    /// None while the main thread walks alone; then no token is issued.
    pub(super) pool: Option<Pool>,
    /// Disconnects with the last reference to this state.
    pub(super) wait_group: Option<Sender<Infallible>>,
    /// The body of a walker's job: a field, so that a file below `walker` can spawn one.
    pub(super) run_walker: fn(Arc<Shared>, Token),
}

/// A function that a walker calls once.
type Piece = Box<dyn FnOnce(&Arc<Shared>) + Send>;

/// Work that comes before directories that are not open yet.
pub(super) enum Task {
    /// A piece of a large directory that several walkers read.
    Piece(Piece),
    /// A subtree that one walker walks.
    Subtree(Cursor),
}

impl Shared {
    /// Adds operands after those there are. Returns their branch.
    pub(super) fn add_operands(self: &Arc<Self>, mut names: Names) -> Arc<Branch> {
        if self.hand_over.is_some() {
            names = hand_over::absolute(&names);
        }
        let count = u64::from(names.len());
        let first_key = self.next_key.fetch_add(count, Ordering::Relaxed);
        let first_operand = self.operands.fetch_add(count, Ordering::Relaxed);
        let branch = command_line(names, first_key, first_operand);
        if !branch.is_empty() {
            self.spawn_walkers(self.work_queue.append(Arc::clone(&branch)));
        }
        branch
    }

    /// Spawns walkers for this many pieces of work, as far as tokens are free.
    pub(super) fn spawn_walkers(self: &Arc<Self>, work: usize) {
        for _ in 0..work {
            let Some(token) = self.semaphore.try_acquire() else {
                return;
            };
            self.spawn(token);
        }
    }

    /// Spawns the job of a walker. There is a pool where there are tokens.
    pub(super) fn spawn(self: &Arc<Self>, token: Token) {
        schedule::point();
        let walk = Arc::clone(self);
        if let Some(pool) = &self.pool {
            pool.spawn(move || (walk.run_walker)(walk, token));
        }
    }

    /// Issues tokens, and spawns walkers for them.
    pub(super) fn issue(self: &Arc<Self>, tokens: usize) {
        self.semaphore.issue(tokens);
        self.spawn_walkers(self.work_queue.len());
    }

    /// Adds a piece of a large directory.
    pub(super) fn push_piece(self: &Arc<Self>, piece: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let piece = Task::Piece(Box::new(piece));
        self.spawn_walkers(self.work_queue.push_piece(piece));
    }

    /// Adds a piece of a slow directory, which comes after the subdirectories that were found in it.
    pub(super) fn push_in_order(
        self: &Arc<Self>,
        slot: Slot,
        piece: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) {
        let piece = Task::Piece(Box::new(piece));
        self.spawn_walkers(self.work_queue.push_before(slot, piece));
    }

    /// Adds a subtree for one walker, which is taken when no piece of a large directory waits.
    pub(super) fn push_subtree(self: &Arc<Self>, cursor: Cursor) {
        self.spawn_walkers(self.work_queue.push_subtree(Task::Subtree(cursor)));
    }

    /// Ends the directory at `slot`; its subdirectories take its place in the order.
    pub(super) fn finish(self: &Arc<Self>, slot: Slot, below: Option<(Arc<Branch>, Arc<Handle>)>) {
        self.spawn_walkers(self.work_queue.finish(slot, below));
    }

    /// The listing of a directory, or of one group of a large directory.
    pub(super) fn listing(&self, dir: &Dir, key: Key, contents: Contents) -> Listing {
        let Contents {
            files,
            names,
            ordered_items,
        } = contents;
        let found = Found::Directory(dir.stat.entry(&self.options), dir.stat.detail);
        Listing {
            key,
            files,
            ordered_items: (!ordered_items.is_empty()).then(|| Box::new(ordered_items)),
            branch: (!names.is_empty()).then(|| self.branch(dir, names, key)),
            ..Listing::new(dir.place.clone(), found)
        }
    }

    /// The branch of a directory's subdirectories.
    fn branch(&self, dir: &Dir, names: Names, group: Key) -> Arc<Branch> {
        let (above, index) = &dir.place;
        let keys = Key::from(names.len());
        let fold = match self.options.fold_below {
            Some(depth) if dir.depth == depth => Some(above.key(*index)),
            Some(_) => above.fold,
            None => None,
        };
        Arc::new(Branch {
            parent: Some((Arc::clone(above), *index)),
            inode: dir.stat.detail.inode,
            device: dir.device(),
            operand: operand(above, *index),
            may_cycle: dir.may_cycle,
            child_depth: dir.depth + 1,
            first_key: self.next_key.fetch_add(keys, Ordering::Relaxed),
            fold,
            group,
            names,
        })
    }

    /// A key for the next group of a large directory.
    pub(super) fn key(&self) -> Key {
        self.next_key.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts entries where there is a budget.
    pub(super) fn spend(&self, entries: usize) {
        if let Some(hand_over) = &self.hand_over {
            hand_over.count(entries);
        }
    }

    /// Sends a listing to the select loop.
    pub(super) fn send(&self, listing: Listing) {
        self.listings.send(listing);
    }

    /// Sends the listing of a name that has no subdirectories, and ends it.
    pub(super) fn send_last(self: &Arc<Self>, listing: Listing, slot: Slot) {
        self.send(listing);
        self.finish(slot, None);
    }
}

/// Number of the operand that a name lies below, or is.
pub(super) fn operand(branch: &Branch, index: u32) -> u64 {
    match branch.parent {
        Some(_) => branch.operand,
        None => branch.operand + u64::from(index),
    }
}
