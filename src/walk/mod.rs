//! The walk: one walker per directory on a rayon pool, twenty tokens, one listing a directory.
//!
//! ```text
//!               work_queue (in order) ◄─── crew: how many walkers take from it
//!   walk_dir ◄──── take            ┌─ semaphore: a token while the disk is touched
//!      │ open, dirents, stat ──────┘
//!      ├─ tell(Listing) ══════════════► du.rs (bounded channel; a bell wakes it for many at once)
//!      └─ finish: subdirectories ─► work_queue, which says how many walkers to call
//! ```
//!
//! Contract. Every directory that is announced in a listing gets a listing of its own, after it, unless the run
//! is cancelled or a walker panics; the channel ends when the last walker has ended. Walkers never wait for each
//! other: they block on the semaphore, on the full channel, and in system calls. Every system call below an
//! operand takes a directory and one name. Dropping the receiver makes the walkers end at their next send.
//!
//! [`Walk::step`] walks on the calling thread: a small tree never starts a thread, and where none can be started
//! the whole tree is walked like that.

mod batch;
mod crew;
mod depth_first;
mod fd_budget;
mod heartbeat;
mod leaf_batch;
mod listing_channel;
#[cfg(test)]
mod model;
mod open;
pub mod operands;
mod pool;
mod semaphore;
mod shared_dir;
mod stat;
mod visited;
mod work_queue;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, bounded};

use self::batch::Batch;
pub use self::crew::{Crew, Load};
use self::fd_budget::{Budget, Handle};
use self::heartbeat::Heartbeats;
pub use self::heartbeat::StallDetector;
pub use self::listing_channel::ListingReceiver;
use self::listing_channel::ListingSender;
use self::open::Opened;
use self::pool::Pool;
use self::shared_dir::{Reading, Urgent};
use self::stat::Stat;
use self::visited::Visited;
use self::work_queue::{Job, Slot, Work, WorkQueue};
use crate::count::listing::{Branch, Found, Key, Listing, Names};
use crate::count::min_size::MinSize;
use crate::count::record::EntryRenderer;
use crate::count::usage::{Inode, Usage};
use crate::gnu::exclude::Exclude;
use crate::gnu::time_style::TimeKind;
use crate::sys::cancel::Done;
use crate::sys::failure::Failure;
use crate::sys::schedule;
use crate::walk::semaphore::Semaphore;

/// Which symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// None (`-P`).
    #[default]
    Never,
    /// Those named as operands (`-D`).
    Operands,
    /// All (`-L`).
    Always,
}

/// Which entries are counted once only, however often they are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remember {
    /// None (`-l`).
    Nothing,
    /// Files with several links.
    #[default]
    Links,
    /// Everything: several operands, or followed links, may lead to any entry twice.
    Everything,
}

/// What the walk needs to know.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    /// Number of walkers, and of tokens.
    pub walkers: usize,
    /// Which links are followed.
    pub follow: Follow,
    /// Directories on other devices than their operand's are left out (`-x`).
    pub one_file_system: bool,
    /// Patterns of names to leave out.
    pub exclude: Exclude,
    /// What is counted once only.
    pub remember: Remember,
    /// Files are named in listings of directories at less than this depth (`-a`); operands have depth 0.
    pub name_files: Option<u32>,
    /// Directories deeper than this count for the one at this depth, in no order.
    pub fold_below: Option<u32>,
    /// Which time stamp is kept, if any.
    pub time: Option<TimeKind>,
    /// Files that are too small for a line are not named.
    pub least: Option<MinSize>,
    /// More is told of named files than their sizes.
    pub details: bool,
    /// Writes what is told of named files, where these need no steps of their own.
    pub renderer: Option<Arc<dyn EntryRenderer>>,
    /// Somebody will ask where the walkers are ([`RunningWalk::stall_detector`]).
    pub watched: bool,
}

/// A walk that has not spread over threads yet.
#[derive(Debug)]
pub struct Walk {
    shared: Arc<Shared>,
    listings: ListingReceiver,
}

/// The receiving end of a walk that runs on its own threads.
#[derive(Debug)]
pub struct RunningWalk {
    /// One listing a directory.
    pub listings: ListingReceiver,
    /// Rings now and then while there are listings; ends when the last walker has ended.
    pub bell: Receiver<()>,
    /// The walkers.
    pub crew: Crew,
    /// Where they are, for whoever wants to know.
    pub stall_detector: StallDetector,
    broken: Arc<AtomicBool>,
}

impl RunningWalk {
    /// True where a walker has panicked: what it would have told is missing.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }
}

/// What all walkers share. The last one to let go ends the channels.
#[derive(Debug)]
struct Shared {
    options: WalkOptions,
    done: Done,
    semaphore: Semaphore,
    work_queue: WorkQueue<Urgent>,
    budget: Arc<Budget>,
    visited: Option<Visited>,
    keys: AtomicU64,
    heartbeats: Arc<Heartbeats>,
    pool: OnceLock<Pool>,
    outbox: ListingSender,
    /// Set when a walker has panicked: its listing will never come.
    broken: Arc<AtomicBool>,
}

/// A directory that is being read.
#[derive(Debug)]
struct Dir {
    place: (Arc<Branch>, u32),
    slot: Slot,
    fd: Fd,
    stat: Stat,
    depth: u32,
    /// Its path, where a pattern needs it.
    path: Option<Vec<u8>>,
}

/// The open directory: its walker's own, or shared by the walkers of a large one.
#[derive(Debug)]
enum Fd {
    Own(OwnedFd),
    Shared(Arc<Handle>),
}

/// A directory with subdirectories that could not be kept open for others: its walker goes on alone.
#[derive(Debug)]
struct Kept {
    slot: Slot,
    branch: Arc<Branch>,
    fd: Fd,
}

/// The directory above the one to be opened.
enum Above<'a> {
    CommandLine,
    Shared(Arc<Handle>),
    Lent(BorrowedFd<'a>),
}

impl Walk {
    /// A walk of nothing yet.
    #[must_use]
    pub fn new(mut options: WalkOptions, done: Done, first_key: Key) -> Self {
        let (outbox, listings) = listing_channel::new();
        if options.follow == Follow::Always && options.remember == Remember::Everything {
            // Links to links may make of a small tree an endless one. A lone walker comes to everything in order,
            // and enters no directory twice.
            options.walkers = 1;
        }
        let heartbeats = if options.watched { options.walkers } else { 0 };
        let shared = Arc::new(Shared {
            semaphore: Semaphore::new(options.walkers),
            visited: Visited::new(&options),
            options,
            done,
            work_queue: WorkQueue::new(),
            budget: Budget::new(open::spare_at_start()),
            keys: AtomicU64::new(first_key),
            heartbeats: Arc::new(Heartbeats::new(heartbeats)),
            pool: OnceLock::new(),
            outbox,
            broken: Arc::new(AtomicBool::new(false)),
        });
        Self { shared, listings }
    }

    /// Adds operands after those there are.
    pub fn add(&self, operands: Arc<Branch>) {
        self.shared.work_queue.append(operands);
    }

    /// Walks one directory on this thread; false where there is none left.
    pub fn step(&self) -> bool {
        let work = self.shared.work_queue.take();
        let any = work.is_some();
        work.into_iter().for_each(|work| self.shared.work(work));
        any
    }

    /// True where the next directory lies behind a mount point: its server may be dead, and who must not wait for
    /// it leaves it to others.
    #[must_use]
    pub fn may_wait(&self) -> bool {
        let first = self.shared.work_queue.first();
        first.is_some_and(|(place, above)| open::is_behind_a_mount(&place, above.as_deref()))
    }

    /// What [`Walk::step`] has found.
    #[must_use]
    pub fn listings(&self) -> &ListingReceiver {
        &self.listings
    }

    /// True while there is work.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.shared.work_queue.len() > 0
    }

    /// Lets a pool of walkers do the rest; gives the walk back where no thread can be had. What [`Walk::listings`]
    /// still holds is lost: take it first. `load` is that of the walk so far.
    pub fn spread(self, load: Load) -> Result<RunningWalk, Self> {
        let shared = &self.shared;
        let Some(pool) = Pool::new(open::fit(shared)) else {
            return Err(self);
        };
        let threads = pool.threads();
        let _ = shared.pool.set(pool);
        Ok(self.into_spread(threads, load))
    }

    fn into_spread(self, threads: usize, load: Load) -> RunningWalk {
        let Self {
            shared,
            mut listings,
        } = self;
        let bell = shared.outbox.open(&mut listings);
        RunningWalk {
            listings,
            bell,
            stall_detector: StallDetector::new(Arc::clone(&shared.heartbeats)),
            crew: Crew::call(Arc::downgrade(&shared), threads, load),
            broken: Arc::clone(&shared.broken),
        }
    }
}

/// Rings when it is dropped: its walker has panicked. Before the walker lets go of the channels, so that whoever
/// sees them end knows.
struct PanicGuard<'a>(&'a AtomicBool);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Shared {
    /// Calls `count` walkers, which have been counted in.
    fn call(self: &Arc<Self>, count: usize) {
        let Some(pool) = self.pool.get() else { return };
        for _ in 0..count {
            schedule::point();
            let walker = Arc::clone(self);
            pool.spawn(move || {
                let alarm = PanicGuard(&walker.broken);
                while let Some(work) = walker.work_queue.take_or_leave() {
                    walker.work(work);
                }
                walker.flush_leaves(None);
                std::mem::forget(alarm);
            });
        }
    }

    /// Work on a directory that is being read, and a walker for it.
    fn push_urgent(self: &Arc<Self>, urgent: Urgent) {
        self.call(self.work_queue.push_urgent(urgent));
    }

    /// A walker on its way alone, who goes on when no directory is being read.
    fn push_alone(self: &Arc<Self>, cursor: depth_first::Cursor) {
        self.call(self.work_queue.push_alone(Urgent::Alone(cursor)));
    }

    fn work(self: &Arc<Self>, work: Work<Urgent>) {
        match work {
            Work::Walk(job) => self.walk_dir(job),
            Work::Urgent(urgent) => {
                self.flush_leaves(None);
                shared_dir::go_on(self, urgent);
            }
        }
    }

    /// The walker of one directory.
    fn walk_dir(self: &Arc<Self>, job: Job) {
        let above = match job.above {
            Some(handle) => Above::Shared(handle),
            None => Above::CommandLine,
        };
        if let Some(kept) = self.visit((job.branch, job.index), job.slot, above) {
            depth_first::descend(self, kept);
        }
    }

    /// Opens, reads and reports one directory. Gives it back where its subdirectories are its walker's own affair.
    fn visit(
        self: &Arc<Self>,
        place: (Arc<Branch>, u32),
        slot: Slot,
        above: Above<'_>,
    ) -> Option<Kept> {
        self.flush_leaves(place.0.fold);
        self.outbox.wait_for_room(&self.done);
        let token = self.semaphore.acquire(&self.done)?;
        #[cfg(test)]
        model::panic_at(b"panic before the listing", &place);
        let stay = self.heartbeats.enter(&place);
        let dir = match self.open(place, slot, above) {
            Opened::Directory(dir) => dir,
            Opened::Other(listing) => {
                drop((token, stay));
                self.send(listing);
                self.work_queue.finish(slot, None);
                return None;
            }
        };
        let reading = shared_dir::dirents(self, dir, &stay);
        drop((token, stay));
        match reading {
            Reading::Whole(dir, part, failure) => self.report(dir, part, failure),
            Reading::Shared | Reading::Cancelled => None,
        }
    }

    /// Sends what a directory holds, then lets its subdirectories be walked.
    fn report(
        self: &Arc<Self>,
        dir: Dir,
        mut part: Box<Batch>,
        failure: Option<Failure>,
    ) -> Option<Kept> {
        let key = dir.place.0.key(dir.place.1);
        let whole = match failure {
            None => part.take_whole(&dir, &self.options),
            Some(_) => None,
        };
        let (names, ordered_items) = part.take();
        let branch = names.map(|names| self.branch(&dir, names, key));
        let Dir {
            place,
            slot,
            fd,
            stat,
            ..
        } = dir;
        #[cfg(test)]
        let told = place.clone();
        // A leaf is closed before its walker waits for anything.
        let fd = branch.is_some().then_some(fd);
        self.send_or_hold(Listing {
            key,
            place,
            found: match whole {
                Some(text) => Found::Rendered(text),
                None => Found::Directory(stat.entry(&self.options), stat.detail),
            },
            files: part.files,
            ordered_items,
            branch: branch.clone(),
            next: None,
            failure,
        });
        part.recycle();
        #[cfg(test)]
        model::panic_at(b"panic after the listing", &told);
        let (Some(branch), Some(fd)) = (branch, fd) else {
            self.work_queue.finish(slot, None);
            return None;
        };
        let handle = match fd {
            Fd::Shared(handle) => handle,
            Fd::Own(fd) => match self.budget.keep(fd) {
                Ok(handle) => handle,
                Err(fd) => {
                    let fd = Fd::Own(fd);
                    return Some(Kept { slot, branch, fd });
                }
            },
        };
        self.call(self.work_queue.finish(slot, Some((branch, handle))));
        None
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
        let operand = if above.parent.is_none() {
            above.operand + u64::from(*index)
        } else {
            above.operand
        };
        Arc::new(Branch {
            parent: Some((Arc::clone(above), *index)),
            inode: dir.stat.detail.inode,
            device: dir.device(),
            operand,
            may_cycle: dir.may_cycle(),
            child_depth: dir.depth + 1,
            first_key: self.keys.fetch_add(keys, Ordering::Relaxed),
            fold,
            group,
            names,
        })
    }

    /// A single key: for the next group of a large directory.
    fn key(&self) -> Key {
        self.keys.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a listing to the select loop.
    fn send(&self, listing: Listing) {
        self.outbox.send(listing);
    }
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Own(fd) => fd.as_fd(),
            Self::Shared(handle) => handle.as_fd(),
        }
    }
}

impl Dir {
    /// Keeps the directory open for all.
    fn share(mut self, budget: &Arc<Budget>) -> Self {
        self.fd = match self.fd {
            Fd::Own(fd) => Fd::Shared(budget.keep_anyway(fd)),
            shared @ Fd::Shared(_) => shared,
        };
        self
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// True where a directory above may be met again below this one.
    fn may_cycle(&self) -> bool {
        let above = &self.place.0;
        let is_same = |branch: &Branch| branch.inode.device == self.stat.detail.inode.device;
        above.may_cycle || self.stat.mount_root && above.and_above().any(is_same)
    }

    /// The device that `-x` holds its contents to: the operand's.
    fn device(&self) -> u64 {
        match self.depth {
            0 => self.stat.detail.inode.device,
            _ => self.place.0.device,
        }
    }
}

/// The operands as the listing of a directory that is nowhere: see [`crate::count::listing`].
#[must_use]
pub fn command_line(names: Names, first_key: Key, first_operand: u64) -> Arc<Branch> {
    Arc::new(Branch {
        parent: None,
        inode: Inode {
            device: u64::MAX,
            number: u64::MAX,
        },
        device: 0,
        operand: first_operand,
        may_cycle: false,
        child_depth: 0,
        first_key,
        fold: None,
        group: 0,
        names,
    })
}

/// How many entries there are below the operands, where all of them are mount points of file systems that know.
///
/// Told by a thread of its own, when they have answered: a dead server never does.
#[must_use]
pub fn entries_expected(operands: &Arc<Branch>) -> Receiver<u64> {
    let (tell, told) = bounded(1);
    let operands = Arc::clone(operands);
    let thread = std::thread::Builder::new().name("entries".into());
    let _ = thread.stack_size(pool::STACK).spawn(move || {
        let each = |index| stat::used_inodes(operands.names.name(index));
        let sum: Option<u64> = (0..operands.len()).map(each).sum();
        let _ = sum.map(|sum| tell.send(sum));
    });
    told
}

/// A listing that counts nothing but what was found under one name.
fn bare(place: (Arc<Branch>, u32), found: Found, failure: Option<Failure>) -> Listing {
    Listing {
        key: place.0.key(place.1),
        place,
        found,
        files: Usage::default(),
        ordered_items: None,
        branch: None,
        next: None,
        failure,
    }
}
