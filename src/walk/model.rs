//! The walk under a model checker: the walkers of `walk`, with their work_queue, semaphore, budget, channel and
//! cancellation, over a small tree, in every order that a random scheduler comes up with.
//!
//! What runs is the program's own code, system calls included; only rayon's threads are replaced, by coroutines
//! that shuttle switches between wherever two walkers meet (see [`crate::sys::schedule`]). Where the program reads a
//! clock or the list of mounts (whether stat is slow, whether the processors are idle, whether the order of a slow
//! directory is known) chance decides. Tests make the buffers and groups of directories small, and so few listings fit
//! into the channel that walkers wait for room.
//!
//! What this shows, for the schedules tried (thousands each time, see [`crate::sys::schedule::schedules`]):
//! * every directory that is announced gets one listing, each further group of a large one and each part of a slow one
//!   too, in their order, and nothing else gets any; the sums are those of the tree;
//! * no work is left when the last walker ends, whenever tokens are issued, and however few (`semaphore.rs` shows for
//!   its protocol alone that there are never more holders than tokens, and that none is lost);
//! * the closer closes the channel when the last walker has ended, after the last listing;
//! * cancelled at any moment, or with the receiver dropped, all walkers end, and the closer;
//! * every descriptor comes back to the budget, and with an empty budget the walk is whole all the same.
//!
//! What it does not show: each step between two such places runs as if it were atomic and memory as if it were ordered.
//! That is right for what is under a mutex or goes through a channel, and is assumed of the few atomics here
//! (ThreadSanitizer looks at those), of crossbeam and of rayon. It is random, so it proves no absence.

use std::collections::HashSet;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crossbeam_channel::{Receiver, TryRecvError, unbounded};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{JoinHandle, yield_now};

use super::fd_budget::Budget;
use super::pool::{ModelJob, Pool};
use super::{CpuUsage, RunningWalk, Walk, WalkOptions, WalkOrder};
use crate::count::listing::{Branch, Key, Listing, Names};
use crate::count::ordered_items::ItemKind;
use crate::count::usage::{Entry, Usage};
use crate::sys::cancel::{self, Canceller, Done};
use crate::sys::schedule;

/// Schedules of each model that are tried each time.
const SCHEDULES: usize = 240;

/// A tree of some directories, one of them large; gone when dropped.
struct Planted {
    root: PathBuf,
    directories: usize,
    files: usize,
    bytes: usize,
}

impl Planted {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut planted = Self {
            root: std::env::temp_dir().join(format!("pdu-model-{}-{count}", std::process::id())),
            directories: 0,
            files: 0,
            bytes: 0,
        };
        for path in ["", "a", "a/b", "a/b/c", "a/b/c/d", "e", "f"] {
            planted.directory(path);
            planted.file(&format!("{path}/file"), 10);
        }
        for index in 0..30 {
            match index % 5 {
                0 => planted.directory(&format!("f/a directory with a long name {index}")),
                _ => planted.file(&format!("f/a file with a rather long name {index}"), index),
            }
        }
        planted
    }

    fn directory(&mut self, path: &str) {
        fs::create_dir(self.root.join(path)).expect("temporary files can be made");
        self.directories += 1;
    }

    fn file(&mut self, path: &str, size: usize) {
        let path = self.root.join(path.trim_start_matches('/'));
        fs::write(path, vec![b'x'; size]).expect("it is ours");
        self.files += 1;
        self.bytes += size;
    }

    fn operands(&self) -> Names {
        let name = CString::new(self.root.as_os_str().as_bytes()).expect("no NUL in it");
        let mut names = Names::default();
        names.push(&name);
        names
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn options(walkers: usize, order: WalkOrder) -> WalkOptions {
    WalkOptions {
        order,
        ..WalkOptions::plain(walkers)
    }
}

/// For tests of what a panic does: a walker of the pool panics at a directory of this name.
pub(super) fn panic_at(name: &[u8], (branch, index): &(Arc<Branch>, u32)) {
    let thread = std::thread::current();
    let in_pool = thread.name().is_some_and(|name| name.starts_with("walker"));
    assert!(!in_pool || branch.name(*index) != name, "as was asked for");
}

/// What a receiver knows of the walk.
#[derive(Default)]
struct Received {
    /// Directories, and further groups of them, that will have a listing.
    announced: HashSet<Key>,
    /// Those that have had one.
    listed: HashSet<Key>,
    sum: Usage,
}

impl Received {
    fn add(&mut self, listing: &Listing) {
        let twice = !self.listed.insert(listing.key);
        assert!(!twice, "{} is listed a second time", listing.key);
        let known = self.announced.contains(&listing.key);
        assert!(known, "{} is listed before it is announced", listing.key);
        if let Some(branch) = &listing.branch {
            let keys = (0..branch.len()).map(|index| branch.key(index));
            self.announced.extend(keys);
        }
        let grows = listing.next.is_none_or(|next| next > listing.key);
        assert!(grows, "{:?} comes after {}", listing.next, listing.key);
        self.announced.extend(listing.next);
        assert!(listing.failure.is_none(), "{:?}", listing.failure);
        self.sum += &listing.files;
        let items = listing.ordered_items.iter().flat_map(|items| items.iter());
        let files = items.filter_map(|item| match item.kind {
            ItemKind::File(entry, _) => Some(entry.usage()),
            ItemKind::Failed(_) | ItemKind::Away(_) | ItemKind::Rendered => None,
        });
        let entry = listing.entry().map(Entry::usage);
        entry
            .into_iter()
            .chain(files)
            .for_each(|usage| self.sum += &usage);
    }

    fn check(&self, planted: &Planted) {
        assert_eq!(self.listed, self.announced, "a listing has been lost");
        let entries = planted.directories + planted.files;
        assert_eq!(self.sum.inodes, entries as u64);
        assert_eq!(self.sum.apparent, planted.bytes as u128);
    }
}

/// A walk on the threads of a model.
struct Run {
    walk: RunningWalk,
    received: Received,
    threads: Vec<JoinHandle<()>>,
    budget: Arc<Budget>,
    /// Descriptors that the budget had at the start.
    spare: isize,
}

impl Run {
    /// Walks on one thread for some steps, then starts the walk on some threads, with few descriptors or many.
    fn start(planted: &Planted, done: Done) -> Self {
        let mut dice = thread_rng();
        let order = match dice.gen_range(0..2) {
            0 => WalkOrder::Disk,
            _ => WalkOrder::Names,
        };
        let walk = Walk::new(options(dice.gen_range(1..=3), order), done);
        let budget = Arc::clone(&walk.shared.budget);
        budget.grow(dice.gen_range(0..4) - budget.spare());
        let spare = budget.spare();
        let mut received = Received::default();
        received.announced.insert(0);
        walk.add(planted.operands());
        for _ in 0..dice.gen_range(0..6) {
            walk.step();
            let listings = walk.listings().take();
            listings.for_each(|listing| received.add(&listing));
        }
        let (pool, jobs) = unbounded::<ModelJob>();
        // One of them is the closer.
        let threads = dice.gen_range(2..=4);
        let start = |_| {
            let jobs = jobs.clone();
            shuttle::thread::spawn(move || work(&jobs))
        };
        let walk = walk.start_on(Pool::Model(pool), CpuUsage::start());
        Self {
            threads: (0..threads).map(start).collect(),
            walk: walk.ok().expect("no second reference"),
            received,
            budget,
            spare,
        }
    }

    /// What the select loop does; `false` once the walk has ended.
    fn receive(&mut self) -> bool {
        // The wakeup channel first: what was sent before the end is still to be taken.
        let ended = self.walk.wakeup.try_recv() == Err(TryRecvError::Disconnected);
        for listing in self.walk.listings.take() {
            self.received.add(&listing);
        }
        self.walk.issue_tokens();
        // Now and then the last operand is known only after all have been walked.
        if thread_rng().gen_bool(0.3) {
            self.walk.end_operands();
        }
        if !ended {
            yield_now();
        }
        !ended
    }

    /// Waits for every thread; all descriptors must have come back to the budget.
    fn join(self) -> Received {
        drop(self.walk);
        for thread in self.threads {
            thread.join().expect("no walker panics");
        }
        assert_eq!(
            self.budget.spare(),
            self.spare,
            "a descriptor has been lost"
        );
        self.received
    }
}

/// A thread of the pool: runs jobs until the pool is dropped.
fn work(jobs: &Receiver<ModelJob>) {
    loop {
        match jobs.try_recv() {
            Ok(job) => job(),
            Err(TryRecvError::Empty) => yield_now(),
            Err(TryRecvError::Disconnected) => return,
        }
    }
}

#[test]
fn every_directory_gets_one_listing_and_the_channel_ends_after_the_last() {
    let planted = Arc::new(Planted::new());
    schedule::check(schedule::schedules(SCHEDULES), move || {
        let (canceller, done) = cancel::channel();
        let mut run = Run::start(&planted, done);
        while run.receive() {}
        run.join().check(&planted);
        drop(canceller);
    });
}

#[test]
fn cancelled_at_any_moment_every_walker_ends() {
    let planted = Arc::new(Planted::new());
    schedule::check(schedule::schedules(SCHEDULES), move || {
        let (canceller, done) = cancel::channel();
        let mut run = Run::start(&planted, done);
        let mut canceller: Option<Canceller> = Some(canceller);
        let mut left: u32 = thread_rng().gen_range(0..60);
        while run.receive() {
            if left == 0 {
                canceller = None;
            }
            left = left.saturating_sub(1);
        }
        let received = run.join();
        assert!(received.listed.is_subset(&received.announced));
        if canceller.is_some() {
            received.check(&planted);
        }
    });
}

#[test]
fn without_a_receiver_every_walker_ends() {
    let planted = Arc::new(Planted::new());
    schedule::check(schedule::schedules(SCHEDULES), move || {
        let (canceller, done) = cancel::channel();
        let mut run = Run::start(&planted, done);
        for _ in 0..thread_rng().gen_range(0..30) {
            run.receive();
        }
        run.join();
        drop(canceller);
    });
}
