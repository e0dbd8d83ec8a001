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
//!                                         the last batch completes it: its walker sends the listing
//! ```
//!
//! GNU du reads that many entries at a time, and sorts such a group by inode number where that may help the disk. The
//! lines of its output follow that order, so ours do (`listing_order`). The order matters only for subdirectories, files
//! with a line or several links, and failures. Of a slow directory ([`FLOW`]) the entries before the first whose stat is
//! under way are sent as parts of the group, as soon as their order is known. A group is sent after the one before it, and
//! no more is read until it is sent: one group waits beside the one that is being printed, however many walkers there are.

#![expect(
    clippy::disallowed_types,
    reason = "one short critical section a batch: see `Group`"
)]

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use rustix::fs::RawDir;
use rustix::io::Errno;

use super::batch::Batch;
use super::cache_tag::{self, Tag};
use super::depth_first::Cursor;
use super::dir::{Dir, Fd, Subtree};
use super::dirents::{BUFFER, Chunk, LoopDetector, ReadEnd, read_buffer};
use super::fd_budget::Handle;
use super::group_state::{GroupEnd, GroupState, NextGroup, Part, Source};
use super::heartbeat::HeartbeatGuard;
use super::latency_probe::{FLOW, LatencyProbe, STAT_CHUNK};
use super::listing_order::{self, SORTED_ABOVE};
use super::options::{Caches, WalkOrder};
use super::shared::Shared;
use super::sorted_names::SortedNames;
use super::work_queue::Slot;
use crate::count::listing::{Branch, Found, GROUP, Key};
use crate::count::record::Exclusion;
use crate::sys::failure::{Failure, Operation};
use crate::sys::schedule;

/// A directory that one walker has read, and the failure that ended the read.
pub(super) type WholeDir = (Dir, Box<Batch>, Option<Failure>);

/// The right to read the next buffer: there is one for each large directory.
#[derive(Debug)]
struct Reader {
    group: Arc<Group>,
    /// Entries in the group so far.
    count: usize,
    /// Entries that were read before the group began, and how their read ended: they come before the next buffer.
    ahead: Option<(Chunk, ReadEnd)>,
    source: Source,
}

/// Up to [`GROUP`] entries of a large directory.
#[derive(Debug)]
struct Group {
    dir: Arc<Dir>,
    index: u32,
    /// The key of its first listing.
    key: Key,
    /// When the read of it began.
    began: Instant,
    /// Stats were queued, because they take long.
    has_slow_stats: AtomicBool,
    /// See [`Group::has_listing_order`].
    has_listing_order: OnceLock<bool>,
    state: Mutex<GroupState>,
}

/// Reads a directory. None where several walkers read on and send its listing, and where the run is cancelled.
pub(super) fn read_directory(
    walk: &Arc<Shared>,
    dir: Dir,
    heartbeat: &HeartbeatGuard<'_>,
) -> Option<WholeDir> {
    match walk.options.order {
        WalkOrder::Disk => read_in_order_of_disk(walk, dir, heartbeat),
        WalkOrder::Names => read_sorted(walk, dir, heartbeat),
    }
}

fn read_sorted(walk: &Arc<Shared>, dir: Dir, heartbeat: &HeartbeatGuard<'_>) -> Option<WholeDir> {
    let goes_on = || {
        heartbeat.answered(None);
        !walk.done.is_cancelled()
    };
    let mut names = SortedNames::read(dir.fd(), goes_on)?;
    let mut batch = Batch::fresh();
    if walk.options.caches == Caches::Excluded && names.contains(cache_tag::is_name) {
        match Tag::of(walk, dir.fd()) {
            Ok(Some(tag)) => return Some(only_tag(walk, dir, batch, &tag)),
            Ok(None) => {}
            Err(errno) => batch.add_failure(cache_tag::dirent(0), Operation::ReadTag, errno),
        }
    }
    let mut probe = LatencyProbe::new(heartbeat);
    while let Some(dirent) = names.next_of_first_piece() {
        let found = batch.add(&dir, &walk.options, dirent);
        if probe.step(walk, found).is_break() {
            break;
        }
    }
    if walk.done.is_cancelled() {
        return None;
    }
    if names.is_at_end() {
        let failure = names.failure;
        names.recycle();
        return Some((dir, batch, failure));
    }
    let mut rest = Chunk::starting_at(probe.count);
    let read = names.fill(&mut rest);
    let source = Source::Sorted(names);
    begin_large(walk, dir, (batch, &probe), (rest, read), source);
    None
}

fn read_in_order_of_disk(
    walk: &Arc<Shared>,
    dir: Dir,
    heartbeat: &HeartbeatGuard<'_>,
) -> Option<WholeDir> {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut raw = RawDir::new(dir.fd(), &mut buffer);
    let mut batch = Batch::fresh();
    let mut probe = LatencyProbe::new(heartbeat);
    let mut names_tag = false;
    let read = read_buffer(&mut raw, |dirent| {
        names_tag |= cache_tag::is_name(dirent.name);
        let found = batch.add(&dir, &walk.options, dirent);
        probe.step(walk, found)
    });
    let mut rest = Chunk::starting_at(probe.count);
    let read = match read {
        ReadEnd::More if walk.done.is_cancelled() => return None,
        ReadEnd::More => rest.fill(&mut raw),
        ended => ended,
    };
    let is_whole = rest.is_empty() && !matches!(read, ReadEnd::More);
    // The tag may come late in a large directory, whose subdirectories are walked before.
    if walk.options.caches == Caches::Excluded && (names_tag || !is_whole) {
        match Tag::of(walk, dir.fd()) {
            Ok(Some(tag)) => return Some(only_tag(walk, dir, batch, &tag)),
            Ok(None) => {}
            Err(errno) => batch.add_failure(cache_tag::dirent(0), Operation::ReadTag, errno),
        }
    }
    if is_whole {
        return Some((dir, batch, read.failure(probe.count > 0)));
    }
    let source = Source::Directory(LoopDetector::default());
    begin_large(walk, dir, (batch, &probe), (rest, read), source);
    None
}

/// Shares a directory with all walkers: `batch` is its first part, which the probe has counted, `ahead` the next one,
/// without stats.
fn begin_large(
    walk: &Arc<Shared>,
    dir: Dir,
    (batch, probe): (Box<Batch>, &LatencyProbe<'_>),
    ahead: (Chunk, ReadEnd),
    source: Source,
) {
    let key = dir.place.0.key(dir.place.1);
    let group = Group::new(Arc::new(dir.share(&walk.budget)), (0, key), probe.since);
    group.has_slow_stats.store(probe.is_slow, Ordering::Relaxed);
    group.add(walk, batch, probe.count);
    let reader = Reader {
        group,
        count: probe.count,
        ahead: Some(ahead),
        source,
    };
    reader.push(walk);
}

/// Leaves only the tag of a cache directory.
fn only_tag(walk: &Shared, mut dir: Dir, mut batch: Box<Batch>, tag: &Tag) -> WholeDir {
    batch.clear();
    batch.add(&dir, &walk.options, tag.dirent());
    // A tag with several links counts once: it needs an entry of its own, which a marked directory cannot have.
    dir.exclusion = tag.is_single.then_some(Exclusion::Cache);
    (dir, batch, None)
}

/// Calls stat for the entries of a chunk, and adds them to their group; queues the rest where that is slow. Adds nothing
/// where the run is cancelled.
fn stat_chunk(walk: &Arc<Shared>, group: &Arc<Group>, chunk: &Chunk) {
    let heartbeat = walk.heartbeats.enter(&group.dir.place);
    let mut batch = Batch::starting_at(chunk.start);
    let mut probe = LatencyProbe::new(&heartbeat);
    while let Some(dirent) = chunk.get(probe.count) {
        let found = batch.add(&group.dir, &walk.options, dirent);
        if probe.step(walk, found).is_continue() {
            continue;
        }
        if walk.done.is_cancelled() {
            return;
        }
        if chunk.len() - probe.count > STAT_CHUNK {
            group.has_slow_stats.store(true, Ordering::Relaxed);
            push_stats(walk, group, chunk, probe.count);
            break;
        }
    }
    let count = probe.count;
    drop(heartbeat);
    group.add(walk, batch, count);
}

/// Queues the stats of the entries of a chunk from this one on: where lines flow, after the directories that come before.
fn push_stats(walk: &Arc<Shared>, group: &Arc<Group>, chunk: &Chunk, from: usize) {
    let in_order = group.is_in_order(walk);
    for from in (from..chunk.len()).step_by(STAT_CHUNK) {
        let part = chunk.slice(from, from + STAT_CHUNK);
        let group = Arc::clone(group);
        let slot = group.dir.slot;
        let piece = move |walk: &Arc<Shared>| stat_chunk(walk, &group, &part);
        match in_order {
            true => walk.push_in_order(slot, piece),
            false => walk.push_piece(piece),
        }
    }
}

impl Reader {
    /// Queues the read of the next buffer. Where lines flow it comes after the subdirectories that were found: else a
    /// single walker would never come to them. The same where stat is slow: in the time of a few stats a buffer is read,
    /// and the stats of all buffers would come before every other directory.
    fn push(self, walk: &Arc<Shared>) {
        match self.group.is_in_order(walk) {
            false => walk.push_piece(move |walk| self.read(walk)),
            true => walk.push_in_order(self.group.dir.slot, move |walk| self.read(walk)),
        }
    }

    /// Reads a buffer, queues the next read, calls stat for the names of this one.
    fn read(mut self, walk: &Arc<Shared>) {
        walk.listings.wait_for_room(&walk.done);
        if walk.done.is_cancelled() {
            return;
        }
        let group = Arc::clone(&self.group);
        let ahead = self.ahead.take();
        let (mut chunk, read) = ahead.unwrap_or_else(|| self.read_next(walk));
        let room = GROUP - self.count;
        let beyond = chunk.slice(room, chunk.len());
        if !beyond.is_empty() {
            chunk = chunk.slice(0, room);
        }
        chunk.start = self.count;
        self.count += chunk.len();
        self.read_on(walk, beyond, read);
        stat_chunk(walk, &group, &chunk);
    }

    fn read_next(&mut self, walk: &Shared) -> (Chunk, ReadEnd) {
        let dir = &self.group.dir;
        let _heartbeat = walk.heartbeats.enter(&dir.place);
        let mut chunk = Chunk::default();
        let loops = match &mut self.source {
            Source::Directory(loops) => loops,
            Source::Sorted(names) => {
                let read = names.fill(&mut chunk);
                return (chunk, read);
            }
        };
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut read = chunk.fill(&mut RawDir::new(dir.fd(), &mut buffer));
        // Where stat is slow: the order of the lines is known when all names are.
        while matches!(read, ReadEnd::More)
            && self.count + chunk.len() <= SORTED_ABOVE
            && !walk.done.is_cancelled()
            && self.group.is_slow(walk)
            && !self.group.has_listing_order(walk)
        {
            read = chunk.fill(&mut RawDir::new(dir.fd(), &mut buffer));
        }
        match read {
            ReadEnd::More if loops.finds_loop(&chunk, 0) => (chunk, ReadEnd::Failed(Errno::UCLEAN)),
            read => (chunk, read),
        }
    }

    /// The failure that the listing of the current group carries: in a sorted directory, that of the first group.
    fn failure(&self, read: &ReadEnd) -> Option<Failure> {
        match &self.source {
            Source::Directory(_) => read.failure(self.count > 0 || self.group.index > 0),
            Source::Sorted(names) => names.failure.filter(|_| self.group.index == 0),
        }
    }

    /// Queues the next read of this group. Where entries were read beyond it or the directory has ended, ends the group.
    fn read_on(self, walk: &Arc<Shared>, beyond: Chunk, read: ReadEnd) {
        let has_next = !beyond.is_empty();
        if !has_next && matches!(read, ReadEnd::More) {
            return self.push(walk);
        }
        let failure = match has_next {
            true => self.failure(&ReadEnd::More),
            false => self.failure(&read),
        };
        let Self {
            group,
            count,
            source,
            ..
        } = self;
        let next = has_next.then(|| NextGroup {
            began: Instant::now(),
            ahead: (beyond, read),
            source,
        });
        let mut state = group.lock();
        state.end = Some(GroupEnd {
            count,
            failure,
            next,
        });
        group.send_if_complete(walk, state);
    }
}

impl Group {
    fn new(dir: Arc<Dir>, (index, key): (u32, Key), began: Instant) -> Arc<Self> {
        Arc::new(Self {
            dir,
            index,
            key,
            began,
            has_slow_stats: AtomicBool::new(false),
            has_listing_order: OnceLock::new(),
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, GroupState> {
        schedule::point();
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its entries may be sent as they are known. Not in a sorted walk: the failure of the directory comes with its
    /// first listing, and the formats that ask for that order write no line at once (`--diff` holds lines back for moves).
    /// Not where descriptors are short: all walkers could wait for one to open a subdirectory, while this directory has to
    /// be read before it is closed.
    fn may_flow(&self, walk: &Shared) -> bool {
        walk.options.order == WalkOrder::Disk && !walk.budget.is_overdrawn()
    }

    /// Whether its entries are sent as they are known.
    fn is_slow(&self, walk: &Shared) -> bool {
        self.may_flow(walk) && schedule::decide(|| self.began.elapsed() > FLOW)
    }

    /// Whether its reads and stats are queued in the order of the walk.
    fn is_in_order(&self, walk: &Shared) -> bool {
        let is_slow = || self.is_slow(walk) || self.has_slow_stats.load(Ordering::Relaxed);
        self.may_flow(walk) && is_slow() && self.has_listing_order(walk)
    }

    /// See [`listing_order::is_known_early`].
    fn has_listing_order(&self, walk: &Shared) -> bool {
        let decide = || schedule::decide(|| listing_order::is_known_early(walk, &self.dir));
        *self.has_listing_order.get_or_init(decide)
    }

    /// Adds so many entries. Of a slow directory, sends those whose place is known.
    fn add(&self, walk: &Arc<Shared>, batch: Box<Batch>, count: usize) {
        walk.spend(batch.files());
        let is_slow = self.is_slow(walk);
        let has_listing_order = is_slow && self.has_listing_order(walk);
        let mut state = self.lock();
        let is_short = |end: &GroupEnd| end.count <= SORTED_ABOVE;
        let flows = has_listing_order || is_slow && state.end.as_ref().is_some_and(is_short);
        state.add(batch, count);
        while flows && let Some(part) = state.take_part(walk, self.key) {
            // The channel may be full.
            drop(state);
            self.send(walk, part);
            state = self.lock();
            state.is_sending = false;
        }
        self.send_if_complete(walk, state);
    }

    /// Sends the rest of the group once all of its entries have their stat; then reads on, or ends the directory.
    fn send_if_complete(&self, walk: &Arc<Shared>, mut state: MutexGuard<'_, GroupState>) {
        let done = state.done;
        if state.is_sending {
            return;
        }
        let Some(end) = state.end.take_if(|end| end.count == done) else {
            return;
        };
        let (batches, next_key) = (std::mem::take(&mut state.batches), state.next_key);
        drop(state);
        // Its key is taken after those of the parts of this group: keys grow in the order of the directory.
        let reader = end.next.map(|next| self.reader_of_next(walk, next));
        self.send(
            walk,
            Part {
                key: next_key.unwrap_or(self.key),
                contents: batches.join(listing_order::sorts(walk, &self.dir, end.count)),
                next: reader.as_ref().map(|reader| reader.group.key),
                failure: end.failure,
            },
        );
        match reader {
            Some(reader) => reader.push(walk),
            None => walk.finish(self.dir.slot, None),
        }
    }

    fn reader_of_next(&self, walk: &Shared, next: NextGroup) -> Reader {
        let place = (self.index + 1, walk.key());
        Reader {
            group: Self::new(Arc::clone(&self.dir), place, next.began),
            count: 0,
            ahead: Some(next.ahead),
            source: next.source,
        }
    }

    fn send(&self, walk: &Arc<Shared>, part: Part) {
        let dir = &self.dir;
        let mut listing = walk.listing(dir, part.key, part.contents);
        if self.index > 0 || part.key != self.key {
            listing.found = Found::More;
        }
        listing.next = part.next;
        listing.failure = part.failure;
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
