//! The walk under a model checker: the walkers of `walk`, with their work_queue, semaphore, budget, channel and
//! cancellation, over a small tree, in every order that a random scheduler comes up with.
//!
//! What runs is the program's own code, system calls included; only rayon's threads are replaced, by coroutines
//! that shuttle switches between wherever two walkers meet (see [`crate::sys::schedule`]). The clock's one answer
//! (whether looking at names is slow) is left to chance. Tests make the buffers and groups of directories
//! small, and so few listings fit into the channel that walkers wait for room.
//!
//! What this shows, for the schedules tried (thousands each time, see [`crate::sys::schedule::schedules`]):
//! * every directory that is announced gets one listing, each further group of a large one too, and nothing else
//!   gets any; the sums are those of the tree;
//! * the channel ends when the last walker has ended, not before the last listing and not never;
//! * cancelled at any moment, or with the receiver gone, all walkers end;
//! * every lease of the budget is given back, and with none to have the walk is whole all the same;
//! * every token is given back (that there are never more holders than tokens is shown in `semaphore.rs`).
//!
//! What it doesn't: each step between two such places runs as if it were atomic and memory as if it were ordered.
//! That is right for what stands under a mutex or goes through a channel, and is assumed of the few atomics here
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
use super::pool::{Pool, Task};
use super::{Follow, Load, Remember, RunningWalk, Walk, WalkOptions, command_line};
use crate::count::listing::{Branch, Key, Listing, Names};
use crate::count::usage::Usage;
use crate::gnu::exclude::Exclude;
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

    fn operands(&self) -> Arc<Branch> {
        let name = CString::new(self.root.as_os_str().as_bytes()).expect("no NUL in it");
        let mut names = Names::default();
        names.push(&name);
        command_line(names, 0, 0)
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn options(walkers: usize) -> WalkOptions {
    WalkOptions {
        walkers,
        follow: Follow::Never,
        one_file_system: false,
        exclude: Exclude::default(),
        remember: Remember::Links,
        name_files: None,
        fold_below: None,
        time: None,
        least: None,
        details: false,
        renderer: None,
        watched: false,
    }
}

/// For tests of what a panic does: a walker of the pool panics at a directory of this name.
pub(super) fn panic_at(name: &[u8], (branch, index): &(Arc<Branch>, u32)) {
    let thread = std::thread::current();
    let in_pool = thread.name().is_some_and(|name| name.starts_with("walker"));
    assert!(!in_pool || branch.name(*index) != name, "as was asked for");
}

/// What has been heard of the walk.
#[derive(Default)]
struct Heard {
    /// Directories, and further groups of them, that will have a listing.
    announced: HashSet<Key>,
    /// Those that have had one.
    listed: HashSet<Key>,
    sum: Usage,
}

impl Heard {
    fn hear(&mut self, listing: &Listing) {
        let twice = !self.listed.insert(listing.key);
        assert!(!twice, "{} is listed a second time", listing.key);
        let known = self.announced.contains(&listing.key);
        assert!(known, "{} is listed before it is announced", listing.key);
        if let Some(branch) = &listing.branch {
            let keys = (0..branch.len()).map(|index| branch.key(index));
            self.announced.extend(keys);
        }
        self.announced.extend(listing.next);
        assert!(listing.failure.is_none(), "{:?}", listing.failure);
        self.sum += &listing.seen();
    }

    fn check(&self, planted: &Planted) {
        assert_eq!(self.listed, self.announced, "a listing has been lost");
        let entries = planted.directories + planted.files;
        assert_eq!(self.sum.inodes, entries as u64);
        assert_eq!(self.sum.apparent, planted.bytes as u128);
    }
}

/// A walk that is under way on the threads of a model.
struct Run {
    spread: RunningWalk,
    heard: Heard,
    threads: Vec<JoinHandle<()>>,
    budget: Arc<Budget>,
    /// Leases there were at the start.
    spare: isize,
}

impl Run {
    /// Walks alone for some steps, then lets some threads do the rest, with few descriptors or many.
    fn start(planted: &Planted, done: Done) -> Self {
        let mut dice = thread_rng();
        let walk = Walk::new(options(dice.gen_range(1..=3)), done, 1);
        let budget = Arc::clone(&walk.shared.budget);
        budget.grow(dice.gen_range(0..4) - budget.spare());
        let spare = budget.spare();
        let mut heard = Heard::default();
        heard.announced.insert(0);
        walk.add(planted.operands());
        for _ in 0..dice.gen_range(0..6) {
            walk.step();
            walk.listings()
                .take()
                .for_each(|listing| heard.hear(&listing));
        }
        let (give, tasks) = unbounded::<Task>();
        let _ = walk.shared.pool.set(Pool::Model(give));
        let threads = dice.gen_range(1..=3);
        let start = |_| {
            let tasks = tasks.clone();
            shuttle::thread::spawn(move || work(&tasks))
        };
        Self {
            threads: (0..threads).map(start).collect(),
            spread: walk.into_spread(threads, Load::start()),
            heard,
            budget,
            spare,
        }
    }

    /// What the select loop does; `false` once the walk has ended.
    fn listen(&mut self) -> bool {
        // First the bell: what was sent before the end is still to be drained.
        let ended = self.spread.bell.try_recv() == Err(TryRecvError::Disconnected);
        for listing in self.spread.listings.take() {
            self.heard.hear(&listing);
        }
        self.spread.crew.look();
        if !ended {
            yield_now();
        }
        !ended
    }

    /// Waits for every thread; all that was borrowed must have come back.
    fn join(self) -> Heard {
        drop(self.spread);
        for thread in self.threads {
            thread.join().expect("no walker panics");
        }
        assert_eq!(self.budget.spare(), self.spare, "a lease has been lost");
        self.heard
    }
}

/// A thread of the pool: does tasks until nobody is left to give it one.
fn work(tasks: &Receiver<Task>) {
    loop {
        match tasks.try_recv() {
            Ok(task) => task(),
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
        while run.listen() {}
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
        while run.listen() {
            if left == 0 {
                canceller = None;
            }
            left = left.saturating_sub(1);
        }
        let heard = run.join();
        assert!(heard.listed.is_subset(&heard.announced));
        if canceller.is_some() {
            heard.check(&planted);
        }
    });
}

#[test]
fn with_nobody_left_to_listen_every_walker_ends() {
    let planted = Arc::new(Planted::new());
    schedule::check(schedule::schedules(SCHEDULES), move || {
        let (canceller, done) = cancel::channel();
        let mut run = Run::start(&planted, done);
        for _ in 0..thread_rng().gen_range(0..30) {
            run.listen();
        }
        run.join();
        drop(canceller);
    });
}
