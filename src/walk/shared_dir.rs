//! Reading directories: a small one by its walker, a large one by several walkers together.
//!
//! A walker reads one buffer and calls stat for each name: most directories end there. A directory with a second buffer
//! is large: from then on a walker reads a buffer, queues the read of the next one, and calls stat for its own names. So
//! one walker reads while the others call stat; memory is one buffer per walker, and never all names. Where stat is slow
//! (a network, a cold disk), the rest of the names in the buffer is queued as well.
//!
//! ```text
//!   read_directory ─► buffer 1 ─► buffer 2 ─┬─► piece: read ─► buffer 3 ─┬─► piece: read ─► ...
//!                       │ stat              └ stat (Batch)               └ stat (Batch)
//!                       ▼                        ▼                            ▼
//!                     Batch 0 ─────────► Group of up to 100,000 entries ◄─────┘
//!                                         the last reference merges the batches and sends the listing
//! ```
//!
//! GNU du reads that many entries at a time, and sorts such a group by inode number where that may help the disk. The
//! lines of its output follow that order, so ours do. The order matters only for subdirectories, files with a line or
//! several links, and failures. Of a slow directory ([`FLOW`]) the entries before the first whose stat is under way are
//! sent as parts of the group, as soon as their order is known. A group is sent after the one before it, and no more is read until it is sent: one group
//! waits beside the one that is being printed, however many walkers there are.

#![expect(
    clippy::disallowed_types,
    reason = "one short critical section a batch, and one at the end: see `Group`"
)]

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::RawDir;
use rustix::io::Errno;

use super::batch::{Batch, MergedBatch};
use super::depth_first::Cursor;
use super::dir::{Dir, Fd, Subtree};
use super::dirents::{BUFFER, Chunk, LoopDetector, ReadEnd, read_buffer};
use super::fd_budget::Handle;
use super::heartbeat::HeartbeatGuard;
use super::options::Follow;
use super::shared::Shared;
use super::work_queue::Slot;
use crate::count::listing::{Branch, Found, GROUP, Key};
use crate::sys::failure::Failure;
use crate::sys::mounts::Mounts;
use crate::sys::schedule;

/// GNU du sorts a group of more entries than this by inode number.
const SORTED_ABOVE: usize = 10_000;

/// Names between two looks at the clock and at `done`.
const STRIDE: usize = 16;

/// stat is slow when a name takes longer than this: then other walkers get a part of the names.
const SLOW: Duration = Duration::from_micros(100);

/// Names in a queued piece where stat is slow.
const STAT_CHUNK: usize = 4;

/// A directory is slow when a group of it is older than this: its entries are sent as they are known.
const FLOW: Duration = Duration::from_millis(100);

/// The result of reading a directory.
pub(super) enum Reading {
    /// All of it.
    Whole(Dir, Box<Batch>, Option<Failure>),
    /// Several walkers read it, and send its listing.
    Shared,
    /// The run is cancelled: there is no listing of it.
    Cancelled,
}

/// The right to read the next buffer: there is one for each large directory.
#[derive(Debug)]
struct Reader {
    dir: Arc<Dir>,
    group: Arc<Group>,
    /// Entries in the group so far.
    count: usize,
    loops: LoopDetector,
}

/// Up to [`GROUP`] entries of a large directory.
#[derive(Debug)]
struct Group {
    /// When the read of it began.
    began: Instant,
    /// The key of its first listing.
    key: Key,
    unsent: Mutex<Unsent>,
    /// References: one of the reader, one of the group before, one for each chunk whose stats are under way.
    references: AtomicUsize,
    end: Mutex<Option<GroupEnd>>,
    /// See [`Group::has_listing_order`].
    has_listing_order: OnceLock<bool>,
}

/// The entries of a group that were not sent yet.
#[derive(Debug)]
struct Unsent {
    /// Nothing of the directory was sent yet.
    is_first: bool,
    /// A walker sends a part: only that walker sends the next one, so that a part arrives after the one that announces it.
    is_being_sent: bool,
    /// The key under which the next listing of the group is announced.
    key: Key,
    /// Position of the first entry.
    start: usize,
    /// Entries in `batches`, and the position after the last of them. There are gaps where stats are under way.
    count: usize,
    end: usize,
    batches: MergedBatch,
    /// Batches of a slow directory that come after a gap, with their number of entries.
    late: BTreeMap<usize, (usize, Box<Batch>)>,
}

/// A listing of some entries of a group.
struct Part {
    is_first: bool,
    key: Key,
    next: Option<Key>,
    batch: Batch,
    failure: Option<Failure>,
}

/// What follows a group.
#[derive(Debug)]
struct GroupEnd {
    sorted: bool,
    next: Option<Arc<Group>>,
    /// Reads on when the group has been sent: a group has megabytes, so that only one may wait.
    reader: Option<Reader>,
    failure: Option<Failure>,
}

/// Reads a directory, or begins to.
pub(super) fn read_directory(
    walk: &Arc<Shared>,
    dir: Dir,
    heartbeat: &HeartbeatGuard<'_>,
) -> Reading {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut batch = Batch::fresh();
    let mut raw = RawDir::new(dir.fd(), &mut buffer);
    let Some((read, count, began)) = read_first(walk, (&dir, heartbeat), &mut raw, &mut batch)
    else {
        return Reading::Cancelled;
    };
    let mut rest = Chunk::starting_at(count);
    let read = match read {
        ReadEnd::More => rest.fill(&mut raw),
        ended => ended,
    };
    if rest.is_empty() && !matches!(read, ReadEnd::More) {
        return Reading::Whole(dir, batch, read.failure(count > 0));
    }
    begin_large(walk, (dir, began), batch, rest, read);
    Reading::Shared
}
/// Calls stat for the names of the first buffer; stops early where that is slow. Returns the number of names and when it
/// began; None where the run is cancelled.
/// cancelled.
fn read_first(
    walk: &Shared,
    (dir, heartbeat): (&Dir, &HeartbeatGuard<'_>),
    raw: &mut RawDir<'_, BorrowedFd<'_>>,
    batch: &mut Batch,
) -> Option<(ReadEnd, usize, Instant)> {
    let mut probe = LatencyProbe::new(heartbeat);
    let mut latency = Latency::Fast;
    let read = read_buffer(raw, |dirent| {
        batch.add(dir, &walk.options, dirent);
        latency = probe.step(walk);
        match latency {
            Latency::Fast => ControlFlow::Continue(()),
            Latency::Slow | Latency::Cancelled => ControlFlow::Break(()),
        }
    });
    match latency {
        Latency::Cancelled => None,
        Latency::Fast | Latency::Slow => Some((read, probe.count, probe.since)),
    }
}

/// Measures how long a stat takes.
struct LatencyProbe<'a> {
    heartbeat: &'a HeartbeatGuard<'a>,
    count: usize,
    since: Instant,
}

enum Latency {
    Fast,
    Slow,
    Cancelled,
}

impl<'a> LatencyProbe<'a> {
    fn new(heartbeat: &'a HeartbeatGuard<'a>) -> Self {
        Self {
            heartbeat,
            count: 0,
            since: Instant::now(),
        }
    }

    /// To be called after each stat.
    fn step(&mut self, walk: &Shared) -> Latency {
        self.count += 1;
        self.heartbeat.answered();
        if !self.count.is_multiple_of(STRIDE) && self.count != STAT_CHUNK {
            return Latency::Fast;
        }
        if walk.done.is_cancelled() {
            return Latency::Cancelled;
        }
        let allowed = SLOW * u32::try_from(self.count).unwrap_or(u32::MAX);
        let allowed = match walk.options.walkers {
            // Smaller pieces let lines flow.
            1 => FLOW,
            _ => allowed.min(FLOW),
        };
        if schedule::decide(|| self.since.elapsed() > allowed) {
            return Latency::Slow;
        }
        Latency::Fast
    }
}

/// Shares a directory with all walkers: `batch` is its first part, `rest` has no stats yet.
fn begin_large(
    walk: &Arc<Shared>,
    (dir, began): (Dir, Instant),
    batch: Box<Batch>,
    rest: Chunk,
    read: ReadEnd,
) {
    let dir = Arc::new(dir.share(&walk.budget));
    let key = dir.place.0.key(dir.place.1);
    let group = Group::new(true, key, began);
    let reader = Reader {
        group: Arc::clone(&group),
        count: rest.start,
        dir: Arc::clone(&dir),
        loops: LoopDetector::default(),
    };
    let count = rest.start;
    group.add(walk, &dir, batch, count);
    for (group, chunk) in reader.assign(walk, rest, read) {
        push_stats(walk, &dir, group, chunk);
    }
    Group::release(group, walk, &dir);
}

/// Queues the stats of a chunk, for which the group has counted a reference.
fn push_stats(walk: &Arc<Shared>, dir: &Arc<Dir>, group: Arc<Group>, chunk: Chunk) {
    let dir = Arc::clone(dir);
    walk.push_piece(move |walk| {
        let heartbeat = walk.heartbeats.enter(&dir.place);
        let finished = stat_chunk(walk, (&dir, &heartbeat), &group, &chunk);
        drop(heartbeat);
        if finished {
            Group::release(group, walk, &dir);
        }
    });
}

/// Calls stat for the entries of a chunk; queues the rest where that is slow. False where the run is cancelled.
fn stat_chunk(
    walk: &Arc<Shared>,
    (dir, heartbeat): (&Arc<Dir>, &HeartbeatGuard<'_>),
    group: &Arc<Group>,
    chunk: &Chunk,
) -> bool {
    let mut batch = Batch::starting_at(chunk.start);
    let mut probe = LatencyProbe::new(heartbeat);
    let mut index = 0;
    while let Some(dirent) = chunk.get(index) {
        batch.add(dir, &walk.options, dirent);
        index += 1;
        match probe.step(walk) {
            Latency::Fast => {}
            Latency::Slow if chunk.len() - index <= STAT_CHUNK => {}
            Latency::Slow => {
                for from in (index..chunk.len()).step_by(STAT_CHUNK) {
                    let part = chunk.slice(from, from + STAT_CHUNK, chunk.start + from);
                    push_stats(walk, dir, group.reference(), part);
                }
                break;
            }
            Latency::Cancelled => return false,
        }
    }
    schedule::point();
    group.add(walk, dir, batch, index);
    true
}

impl Reader {
    /// Queues the read of the next buffer. Where lines flow it comes after the subdirectories that were found: else a
    /// single walker would never come to them.
    fn push(self, walk: &Arc<Shared>) {
        match self.group.is_slow() && self.group.has_listing_order(&self.dir) {
            false => walk.push_piece(move |walk| self.read(walk)),
            true => walk.push_in_order(self.dir.slot, move |walk| self.read(walk)),
        }
    }

    /// Reads a buffer, queues the next read, calls stat for the names of this one.
    fn read(mut self, walk: &Arc<Shared>) {
        walk.listings.wait_for_room(&walk.done);
        if walk.done.is_cancelled() {
            return;
        }
        let dir = Arc::clone(&self.dir);
        let heartbeat = walk.heartbeats.enter(&dir.place);
        let mut chunk = Chunk::starting_at(self.count);
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut read = chunk.fill(&mut RawDir::new(dir.fd(), &mut buffer));
        // Where stat is slow: the order of the lines is known when all names are.
        while matches!(read, ReadEnd::More)
            && self.count + chunk.len() <= SORTED_ABOVE
            && !walk.done.is_cancelled()
            && self.group.is_slow()
            && !self.group.has_listing_order(&dir)
        {
            heartbeat.answered();
            read = chunk.fill(&mut RawDir::new(dir.fd(), &mut buffer));
        }
        if matches!(read, ReadEnd::More) && self.loops.finds_loop(&chunk) {
            read = ReadEnd::Failed(Errno::UCLEAN);
        }
        let mut chunks = self.assign(walk, chunk, read);
        chunks.retain(|(group, chunk)| stat_chunk(walk, (&dir, &heartbeat), group, chunk));
        drop(heartbeat);
        for (group, _) in chunks {
            Group::release(group, walk, &dir);
        }
    }

    /// Assigns entries to their group, or to the two that they lie in; queues the next read, or ends the directory. The
    /// group of each returned chunk has counted a reference for it.
    fn assign(
        mut self,
        walk: &Arc<Shared>,
        chunk: Chunk,
        read: ReadEnd,
    ) -> Vec<(Arc<Group>, Chunk)> {
        let mut assigned = Vec::new();
        let room = GROUP - self.count;
        let over = chunk.slice(room, chunk.len(), 0);
        let chunk = match over.is_empty() {
            true => chunk,
            false => chunk.slice(0, room, self.count),
        };
        self.count += chunk.len();
        if !chunk.is_empty() {
            assigned.push((self.group.reference(), chunk));
        }
        let full = (!over.is_empty()).then(|| self.begin_group(walk, over.len()));
        assigned.extend((!over.is_empty()).then(|| (self.group.reference(), over)));
        match (full, read) {
            (None, ReadEnd::More) => self.push(walk),
            (Some((group, end)), ReadEnd::More) => {
                let dir = Arc::clone(&self.dir);
                let reader = Some(self);
                group.end(walk, &dir, GroupEnd { reader, ..end });
            }
            (full, ended) => {
                if let Some((group, end)) = full {
                    group.end(walk, &self.dir, end);
                }
                self.end(walk, &ended);
            }
        }
        assigned
    }

    /// Begins a group, with so many entries. Returns the one before, and its end.
    fn begin_group(&mut self, walk: &Shared, count: usize) -> (Arc<Group>, GroupEnd) {
        let next = Group::new(false, walk.key(), Instant::now());
        let end = GroupEnd {
            sorted: sorts(walk, &self.dir, self.count),
            next: Some(Arc::clone(&next)),
            reader: None,
            failure: None,
        };
        self.count = count;
        (std::mem::replace(&mut self.group, next), end)
    }

    /// Ends the directory.
    fn end(self, walk: &Arc<Shared>, read: &ReadEnd) {
        let some_were_read = self.count > 0 || !self.group.unsent().is_first;
        let end = GroupEnd {
            sorted: sorts(walk, &self.dir, self.count),
            next: None,
            reader: None,
            failure: read.failure(some_were_read),
        };
        self.group.end(walk, &self.dir, end);
    }
}

impl Group {
    /// A group with the references of its reader and of the group before.
    fn new(is_first: bool, key: Key, began: Instant) -> Arc<Self> {
        Arc::new(Self {
            began,
            key,
            unsent: Mutex::new(Unsent {
                is_first,
                is_being_sent: false,
                key,
                start: 0,
                count: 0,
                end: 0,
                batches: MergedBatch::EMPTY,
                late: BTreeMap::new(),
            }),
            references: AtomicUsize::new(2),
            end: Mutex::default(),
            has_listing_order: OnceLock::new(),
        })
    }

    fn reference(self: &Arc<Self>) -> Arc<Self> {
        schedule::point();
        self.references.fetch_add(1, Ordering::Relaxed);
        Arc::clone(self)
    }

    /// Adds a batch of so many entries. Sends what is known by then where the directory is slow.
    fn add(&self, walk: &Arc<Shared>, dir: &Dir, batch: Box<Batch>, entries: usize) {
        let flows = self.is_slow() && self.knows_order(dir);
        self.unsent().add(batch, entries, flows);
        // The lock is not held while the channel is full.
        while flows && let Some(part) = self.next_part(walk) {
            part.send(walk, dir);
            self.unsent().is_being_sent = false;
        }
    }

    fn next_part(&self, walk: &Shared) -> Option<Part> {
        self.unsent().take(walk)
    }

    fn is_slow(&self) -> bool {
        schedule::decide(|| self.began.elapsed() > FLOW)
    }

    /// Whether lines in the order of the listing are in the order of GNU du, as far as that is known.
    fn knows_order(&self, dir: &Dir) -> bool {
        let is_sorted = self.end_lock().as_ref().map(|end| end.sorted);
        is_sorted == Some(false) || self.has_listing_order(dir)
    }

    /// Whether the order of the listing is taken for GNU du's before the end is known. It is that on NFS, SMB and tmpfs.
    /// From other servers a group that is slow to read, and turns out to have more than [`SORTED_ABOVE`] entries, would
    /// come by inode number: to wait for its end would be to write nothing for ever where the directory has none.
    ///
    /// The list of mounts tells, not statfs(2), for which the server may never answer.
    fn has_listing_order(&self, dir: &Dir) -> bool {
        let device = dir.stat.detail.inode.device;
        let look_up = || Mounts::read().is_some_and(|mounts| mounts.has_no_disk_order(device));
        *self.has_listing_order.get_or_init(look_up)
    }

    /// Ignores that a walker has panicked with the lock: its listing is lost anyway.
    fn unsent(&self) -> MutexGuard<'_, Unsent> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_lock(&self) -> MutexGuard<'_, Option<GroupEnd>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up the reader's reference: this is the end of the group.
    fn end(self: Arc<Self>, walk: &Arc<Shared>, dir: &Arc<Dir>, end: GroupEnd) {
        *self.end_lock() = Some(end);
        Self::release(self, walk, dir);
    }

    /// Gives up a reference. The last one sends the rest of the group, and gives up that of the next group.
    fn release(mut group: Arc<Self>, walk: &Arc<Shared>, dir: &Arc<Dir>) {
        schedule::point();
        while group.references.fetch_sub(1, Ordering::AcqRel) == 1 {
            schedule::point();
            let Some(end) = group.end_lock().take() else {
                return;
            };
            let rest = group.unsent().take_rest(&end);
            rest.send(walk, dir);
            if let Some(reader) = end.reader {
                reader.push(walk);
            }
            match end.next {
                Some(next) => group = next,
                None => return walk.finish(dir.slot, None),
            }
        }
    }
}

impl Unsent {
    fn add(&mut self, mut batch: Box<Batch>, entries: usize, flows: bool) {
        if flows && batch.start > self.end {
            self.late.insert(batch.start, (entries, batch));
            return;
        }
        self.merge(&mut batch, entries);
        batch.recycle();
        while let Some(late) = self.late.first_entry()
            && *late.key() <= self.end
        {
            let (entries, mut batch) = late.remove();
            self.merge(&mut batch, entries);
        }
    }

    fn merge(&mut self, batch: &mut Batch, entries: usize) {
        self.count += entries;
        self.end = self.end.max(batch.start + entries);
        self.batches.add(batch);
    }

    /// The entries before the first gap, unless none of them has a line.
    fn take(&mut self, walk: &Shared) -> Option<Part> {
        let has_gap = self.start + self.count < self.end;
        if has_gap || self.is_being_sent || self.batches.is_plain() {
            return None;
        }
        let next = walk.key();
        let part = Part {
            is_first: self.is_first,
            key: std::mem::replace(&mut self.key, next),
            next: Some(next),
            batch: std::mem::replace(&mut self.batches, MergedBatch::EMPTY).join(false),
            failure: None,
        };
        (self.is_first, self.is_being_sent) = (false, true);
        (self.start, self.count) = (self.end, 0);
        Some(part)
    }

    /// All entries, when the stat of each is finished.
    fn take_rest(&mut self, end: &GroupEnd) -> Part {
        for (_, mut batch) in std::mem::take(&mut self.late).into_values() {
            self.batches.add(&mut batch);
        }
        let batches = std::mem::replace(&mut self.batches, MergedBatch::EMPTY);
        Part {
            is_first: self.is_first,
            key: self.key,
            next: end.next.as_ref().map(|next| next.key),
            batch: batches.join(end.sorted),
            failure: end.failure,
        }
    }
}

impl Part {
    fn send(mut self, walk: &Arc<Shared>, dir: &Dir) {
        let mut listing = walk.listing(dir, self.key, &mut self.batch);
        if !self.is_first {
            listing.found = Found::More;
        }
        listing.next = self.next;
        listing.failure = self.failure;
        let branch = listing.branch.clone();
        walk.send(listing);
        if let (Some(branch), Fd::Shared(handle)) = (branch, &dir.fd) {
            insert(walk, dir.slot, branch, Arc::clone(handle));
        }
    }
}

/// Adds the subdirectories of a large directory to the work: for one walker where the budget is used up.
fn insert(walk: &Arc<Shared>, slot: Slot, branch: Arc<Branch>, handle: Arc<Handle>) {
    if walk.budget.is_overdrawn() {
        let slot = walk.work_queue.slot_before(slot);
        let fd = Fd::Shared(handle);
        return walk.push_subtree(Cursor::new(Subtree { slot, branch, fd }));
    }
    walk.spawn_walkers(walk.work_queue.insert(slot, branch, handle));
}

/// Whether GNU du would sort a group of that many entries of this directory. Under `-L` it sorts on every file system.
fn sorts(walk: &Shared, dir: &Dir, count: usize) -> bool {
    // From statfs(2): on these file systems inode numbers say nothing about where an inode lies.
    const NFS: u64 = 0x6969;
    const TMPFS: u64 = 0x0102_1994;
    const CIFS: u64 = 0xff53_4d42;
    const LUSTRE: u64 = 0x0bd0_0bd0;
    let kind = || rustix::fs::fstatfs(dir.fd()).map_or(0, |statfs| u64::from(statfs.f_type as u32));
    let follows = walk.options.follow == Follow::Always;
    count > SORTED_ABOVE && (follows || !matches!(kind(), NFS | TMPFS | CIFS | LUSTRE))
}
