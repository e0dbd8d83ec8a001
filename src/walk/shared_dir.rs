//! Reading directories: small ones by their walker, large ones by all walkers together.
//!
//! A walker reads one buffer and looks at its names as it goes: most directories end there. Where there is a
//! second buffer the directory is large: from then on a walker reads a buffer, leaves the reading on to whoever
//! comes next, and looks at its own names. So one reads while the others look, memory is a buffer a walker, and
//! the names are never all in memory. Where looking is slow (a network, a cold disk) the names that are left in
//! the buffer are handed out as well.
//!
//! ```text
//!   dirents ──► buffer 1 ──► buffer 2 ─┬─► Urgent::Read ─► buffer 3 ─┬─► Urgent::Read ─► ...
//!                 │ look                └ look (Batch)                 └ look (Batch)
//!                 ▼                            ▼                            ▼
//!               Batch 0 ───────────► Group of up to 100,000 entries ◄────────┘
//!                                     the last one to let go joins the parts and sends the listing
//! ```
//!
//! Groups are what GNU du reads at a time, and sorts by inode number where that may help the disk; the lines of
//! its output follow that order, so ours do. Only subdirectories, files with a line or several links, and failures
//! have to be remembered for it. A group is sent after the one before it, and no more is read until that is done:
//! what waits is one group and the one being printed, however many walkers there are.

#![expect(
    clippy::disallowed_types,
    reason = "added to once a part, and at the end: see `Group`"
)]

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FileType, RawDir, RawDirEntry};
use rustix::io::Errno;

use super::batch::{Batch, Dirent, MergedBatch};
use super::depth_first;
use super::fd_budget::Handle;
use super::heartbeat::HeartbeatGuard;
use super::work_queue::Slot;
use super::{Dir, Fd, Follow, Kept, Shared};
use crate::count::listing::{Branch, Found, GROUP, Key, Listing, Names};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::INTERRUPTIONS;
use crate::sys::schedule;
use std::os::fd::BorrowedFd;

/// Bytes of directory entries read at a time: what the C library reads.
///
/// Small in tests, so that directories of some entries take the ways of large ones.
const BUFFER: usize = if cfg!(test) { 512 } else { 32 * 1024 };

/// GNU du sorts a group of more entries than this by inode number.
const SORTED_ABOVE: usize = 10_000;

/// Names looked at between two looks at the clock and at `done`.
const STRIDE: usize = 16;

/// Looking is slow when a name takes longer than this: then others are asked to help.
const SLOW: Duration = Duration::from_micros(100);

/// Names handed out at a time where looking is slow.
const STAT_CHUNK: usize = 4;

/// How often a listing comes back to the same entry before it is taken for endless.
const ROUNDS: u32 = 8;

/// What came of reading a directory.
pub(super) enum Reading {
    /// All of it.
    Whole(Dir, Box<Batch>, Option<Failure>),
    /// Others go on with it, and will send it.
    Shared,
    /// The run is cancelled: there is no listing of it.
    Cancelled,
}

/// Work on a directory that somebody has begun.
#[derive(Debug)]
pub(super) enum Urgent {
    /// Read the next buffer of a large directory.
    Read(Reader),
    /// Look at some names of one.
    Look(Arc<Large>, Arc<Group>, Chunk),
    /// Go on with a subtree that is walked by one walker.
    Alone(depth_first::Cursor),
}

/// A directory that several walkers read.
#[derive(Debug)]
pub(super) struct Large {
    dir: Dir,
}

/// The right to read on: there is one for each large directory.
#[derive(Debug)]
pub(super) struct Reader {
    large: Arc<Large>,
    group: Arc<Group>,
    /// Entries in the group so far.
    count: usize,
    circle: LoopDetector,
}

/// Finds out whether a listing comes back to where it was, for ever: some broken file systems do.
///
/// One entry is remembered, the latest whose number is a power of two (Brent's algorithm): so a circle of any
/// length is found, in time proportional to it. A file that is renamed meanwhile may be listed twice, but not
/// time and again.
#[derive(Debug, Default)]
struct LoopDetector {
    entries: u64,
    number: u64,
    name: Vec<u8>,
    met: u32,
}

/// Up to [`GROUP`] entries of a large directory.
#[derive(Debug)]
pub(super) struct Group {
    index: u32,
    key: Key,
    parts: Mutex<MergedBatch>,
    /// One for the reader, one for the group before, one for each part that somebody is looking at.
    holds: AtomicUsize,
    end: Mutex<Option<End>>,
}

#[derive(Debug)]
struct End {
    sorted: bool,
    next: Option<Arc<Group>>,
    /// Who reads on when the group has been sent: what is in a group is megabytes, and several at a time are many.
    reader: Option<Reader>,
    failure: Option<Failure>,
}

/// Entries that were read and not looked at yet.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    start: usize,
    names: Names,
    hints: Vec<(FileType, u64)>,
}

/// How a read ended.
enum Read {
    /// There may be more.
    More,
    End,
    Failed(Errno),
}

/// Reads a directory, or begins to.
pub(super) fn dirents(walk: &Arc<Shared>, dir: Dir, stay: &HeartbeatGuard<'_>) -> Reading {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut part = Batch::fresh();
    let (rest, read, looked) = {
        let mut raw = RawDir::new(dir.fd(), &mut buffer);
        let (read, looked) = look_at_first(walk, (&dir, stay), &mut raw, &mut part);
        let Some(looked) = looked else {
            return Reading::Cancelled;
        };
        let mut rest = Chunk::starting_at(looked);
        let read = match read {
            Read::More => rest.fill(&mut raw),
            ended => ended,
        };
        (rest, read, looked)
    };
    if rest.is_empty() && !matches!(read, Read::More) {
        return Reading::Whole(dir, part, read.failure(looked > 0));
    }
    Large::begin(walk, dir, part, rest, read);
    Reading::Shared
}

/// Looks at the names of the first buffer; stops early where that is slow. No count where the run is cancelled.
fn look_at_first(
    walk: &Shared,
    (dir, stay): (&Dir, &HeartbeatGuard<'_>),
    raw: &mut RawDir<'_, BorrowedFd<'_>>,
    part: &mut Batch,
) -> (Read, Option<usize>) {
    let mut pace = LatencyProbe::new(stay);
    let mut interruptions = 0;
    loop {
        match step(raw.next(), &mut interruptions) {
            Next::Entry(entry) => part.look(dir, &walk.options, Dirent::from(&entry)),
            Next::Nothing => continue,
            Next::End => return (Read::End, Some(pace.count)),
            Next::Failed(errno) => return (Read::Failed(errno), Some(pace.count)),
        }
        match pace.step(walk) {
            Speed::Cancelled => return (Read::More, None),
            Speed::Slow => return (Read::More, Some(pace.count)),
            Speed::Fine if raw.is_buffer_empty() => return (Read::More, Some(pace.count)),
            Speed::Fine => {}
        }
    }
}

/// One step through a directory.
enum Next<'a> {
    Entry(RawDirEntry<'a>),
    /// `.`, `..`, or an interrupted read: go on.
    Nothing,
    End,
    Failed(Errno),
}

fn step<'a>(next: Option<Result<RawDirEntry<'a>, Errno>>, interruptions: &mut usize) -> Next<'a> {
    match next {
        None => Next::End,
        Some(Ok(entry)) if is_dot(entry.file_name().to_bytes()) => Next::Nothing,
        Some(Ok(entry)) => Next::Entry(entry),
        // A directory that was removed while it was open has come to its end.
        Some(Err(Errno::NOENT)) => Next::End,
        Some(Err(Errno::INTR)) if *interruptions < INTERRUPTIONS => {
            *interruptions += 1;
            Next::Nothing
        }
        Some(Err(errno)) => Next::Failed(errno),
    }
}

fn is_dot(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}

impl Read {
    fn failure(&self, some_were_read: bool) -> Option<Failure> {
        let Self::Failed(errno) = self else {
            return None;
        };
        let operation = if some_were_read {
            Operation::ReadOn
        } else {
            Operation::ReadDirectory
        };
        Some(Failure {
            operation,
            errno: errno.raw_os_error(),
        })
    }
}

/// How fast looking goes.
struct LatencyProbe<'a> {
    stay: &'a HeartbeatGuard<'a>,
    count: usize,
    since: Instant,
}

enum Speed {
    Fine,
    Slow,
    Cancelled,
}

impl<'a> LatencyProbe<'a> {
    fn new(stay: &'a HeartbeatGuard<'a>) -> Self {
        Self {
            stay,
            count: 0,
            since: Instant::now(),
        }
    }

    /// One more name was looked at.
    fn step(&mut self, walk: &Shared) -> Speed {
        self.count += 1;
        self.stay.answered();
        if !self.count.is_multiple_of(STRIDE) && self.count != STAT_CHUNK {
            return Speed::Fine;
        }
        if walk.done.is_cancelled() {
            return Speed::Cancelled;
        }
        let allowed = SLOW * u32::try_from(self.count).unwrap_or(u32::MAX);
        let is_slow = || self.since.elapsed() > allowed;
        if walk.options.walkers > 1 && schedule::decide(is_slow) {
            return Speed::Slow;
        }
        Speed::Fine
    }
}

impl Chunk {
    fn starting_at(start: usize) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }

    fn len(&self) -> usize {
        self.hints.len()
    }

    fn is_empty(&self) -> bool {
        self.hints.is_empty()
    }

    /// Takes what is left in the buffer, or the next buffer.
    fn fill(&mut self, raw: &mut RawDir<'_, BorrowedFd<'_>>) -> Read {
        let mut interruptions = 0;
        loop {
            match step(raw.next(), &mut interruptions) {
                Next::Entry(entry) => self.push(Dirent::from(&entry)),
                // Not "more": who reads on would begin to count the interruptions anew, for ever.
                Next::Nothing => continue,
                Next::End => return Read::End,
                Next::Failed(errno) => return Read::Failed(errno),
            }
            if raw.is_buffer_empty() {
                return Read::More;
            }
        }
    }

    fn push(&mut self, dirent: Dirent<'_>) {
        self.names.push(dirent.name);
        self.hints.push((dirent.kind, dirent.number));
    }

    fn get(&self, index: usize) -> Option<Dirent<'_>> {
        let &(kind, number) = self.hints.get(index)?;
        let name = self.names.name(u32::try_from(index).ok()?);
        Some(Dirent { name, kind, number })
    }

    /// The entries `from..to` as a chunk of their own, which begins at `start`.
    fn slice(&self, from: usize, to: usize, start: usize) -> Self {
        let mut slice = Self::starting_at(start);
        for dirent in (from..to.min(self.len())).filter_map(|index| self.get(index)) {
            slice.push(dirent);
        }
        slice
    }
}

impl LoopDetector {
    /// Notes the entries of one more buffer; true once the listing has come around often enough.
    fn closes(&mut self, buffer: &Chunk) -> bool {
        for dirent in (0..buffer.len()).filter_map(|index| buffer.get(index)) {
            self.entries += 1;
            if self.entries.is_power_of_two() {
                self.number = dirent.number;
                self.name.clear();
                self.name.extend_from_slice(dirent.name.to_bytes());
                self.met = 0;
            } else if self.number == dirent.number && self.name == dirent.name.to_bytes() {
                self.met += 1;
            }
        }
        self.met >= ROUNDS
    }
}

impl Large {
    /// Makes a directory everybody's: what was looked at is its first part, `rest` is still to be looked at.
    fn begin(walk: &Arc<Shared>, dir: Dir, part: Box<Batch>, rest: Chunk, read: Read) {
        let dir = dir.share(&walk.budget);
        let key = dir.place.0.key(dir.place.1);
        let group = Group::new(0, key, 2);
        let reader = Reader {
            group: Arc::clone(&group),
            count: rest.start,
            large: Arc::new(Self { dir }),
            circle: LoopDetector::default(),
        };
        let large = Arc::clone(&reader.large);
        group.take(part);
        for (group, chunk) in reader.deal(walk, rest, read) {
            walk.push_urgent(Urgent::Look(Arc::clone(&large), group, chunk));
        }
        Group::release(group, walk, &large);
    }
}

/// Does a piece of work on a large directory.
pub(super) fn go_on(walk: &Arc<Shared>, urgent: Urgent) {
    match urgent {
        Urgent::Read(reader) => reader.read(walk),
        Urgent::Look(large, group, chunk) => {
            let Some(token) = walk.semaphore.acquire(&walk.done) else {
                return;
            };
            let stay = walk.heartbeats.enter(&large.dir.place);
            let looked = large.look(walk, &group, &chunk, &stay);
            drop((token, stay));
            if looked {
                Group::release(group, walk, &large);
            }
        }
        Urgent::Alone(cursor) => cursor.go_on(walk),
    }
}

impl Reader {
    /// Reads a buffer, leaves the reading on, looks at what it has read.
    fn read(mut self, walk: &Arc<Shared>) {
        walk.outbox.wait_for_room(&walk.done);
        let Some(token) = walk.semaphore.acquire(&walk.done) else {
            return;
        };
        let large = Arc::clone(&self.large);
        let stay = walk.heartbeats.enter(&large.dir.place);
        let mut chunk = Chunk::starting_at(self.count);
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut read = chunk.fill(&mut RawDir::new(large.dir.fd(), &mut buffer));
        if matches!(read, Read::More) && self.circle.closes(&chunk) {
            read = Read::Failed(Errno::UCLEAN);
        }
        let mut looked = Vec::new();
        for (group, chunk) in self.deal(walk, chunk, read) {
            if large.look(walk, &group, &chunk, &stay) {
                looked.push(group);
            }
        }
        drop((token, stay));
        for group in looked {
            Group::release(group, walk, &large);
        }
    }

    /// Assigns entries to their group, or to the two that they lie in; leaves the reading on, or ends it.
    /// A hold is taken for each chunk that is returned.
    fn deal(mut self, walk: &Arc<Shared>, chunk: Chunk, read: Read) -> Vec<(Arc<Group>, Chunk)> {
        let mut dealt = Vec::new();
        let room = GROUP - self.count;
        let over = chunk.slice(room, chunk.len(), 0);
        let chunk = match over.is_empty() {
            true => chunk,
            false => chunk.slice(0, room, self.count),
        };
        self.count += chunk.len();
        if !chunk.is_empty() {
            dealt.push((self.group.hold(), chunk));
        }
        let full = (!over.is_empty()).then(|| self.begin_group(walk, over.len()));
        dealt.extend((!over.is_empty()).then(|| (self.group.hold(), over)));
        match (full, read) {
            (None, Read::More) => walk.push_urgent(Urgent::Read(self)),
            (Some((group, end)), Read::More) => {
                let large = Arc::clone(&self.large);
                let reader = Some(self);
                group.end(walk, &large, End { reader, ..end });
            }
            (full, ended) => {
                if let Some((group, end)) = full {
                    group.end(walk, &self.large, end);
                }
                self.end(walk, &ended);
            }
        }
        dealt
    }

    /// Begins a group, with so many entries; the one before, and its end.
    fn begin_group(&mut self, walk: &Shared, count: usize) -> (Arc<Group>, End) {
        let next = Group::new(self.group.index + 1, walk.key(), 2);
        let end = End {
            sorted: sorts(walk, &self.large.dir, self.count),
            next: Some(Arc::clone(&next)),
            reader: None,
            failure: None,
        };
        self.count = count;
        (std::mem::replace(&mut self.group, next), end)
    }

    fn end(self, walk: &Arc<Shared>, read: &Read) {
        let some_were_read = self.count > 0 || self.group.index > 0;
        let end = End {
            sorted: sorts(walk, &self.large.dir, self.count),
            next: None,
            reader: None,
            failure: read.failure(some_were_read),
        };
        self.group.end(walk, &self.large, end);
    }
}

impl Large {
    /// Looks at the entries of a chunk; hands the rest out where that is slow. False where the run is cancelled.
    fn look(
        self: &Arc<Self>,
        walk: &Arc<Shared>,
        group: &Arc<Group>,
        chunk: &Chunk,
        stay: &HeartbeatGuard<'_>,
    ) -> bool {
        let mut part = Batch::starting_at(chunk.start);
        let mut pace = LatencyProbe::new(stay);
        let mut index = 0;
        while let Some(dirent) = chunk.get(index) {
            part.look(&self.dir, &walk.options, dirent);
            index += 1;
            match pace.step(walk) {
                Speed::Fine => {}
                Speed::Slow if chunk.len() - index <= STAT_CHUNK => {}
                Speed::Slow => {
                    self.hand_out(walk, group, chunk, index);
                    break;
                }
                Speed::Cancelled => return false,
            }
        }
        schedule::point();
        group.take(part);
        true
    }

    fn hand_out(
        self: &Arc<Self>,
        walk: &Arc<Shared>,
        group: &Arc<Group>,
        chunk: &Chunk,
        from: usize,
    ) {
        for from in (from..chunk.len()).step_by(STAT_CHUNK) {
            let handful = chunk.slice(from, from + STAT_CHUNK, chunk.start + from);
            walk.push_urgent(Urgent::Look(Arc::clone(self), group.hold(), handful));
        }
    }
}

impl Group {
    fn new(index: u32, key: Key, holds: usize) -> Arc<Self> {
        Arc::new(Self {
            index,
            key,
            parts: Mutex::new(MergedBatch::EMPTY),
            holds: AtomicUsize::new(holds),
            end: Mutex::default(),
        })
    }

    fn hold(self: &Arc<Self>) -> Arc<Self> {
        schedule::point();
        self.holds.fetch_add(1, Ordering::Relaxed);
        Arc::clone(self)
    }

    /// Takes a part of it that was looked at.
    fn take(&self, mut part: Box<Batch>) {
        self.parts().add(&mut part);
        part.recycle();
    }

    fn parts(&self) -> MutexGuard<'_, MergedBatch> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ending(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader lets go of a group: this is its end.
    fn end(self: Arc<Self>, walk: &Arc<Shared>, large: &Arc<Large>, end: End) {
        *self.ending() = Some(end);
        Self::release(self, walk, large);
    }

    /// Lets go of a group; the last one sends it, and lets go of the next in its name.
    fn release(mut group: Arc<Self>, walk: &Arc<Shared>, large: &Arc<Large>) {
        schedule::point();
        while group.holds.fetch_sub(1, Ordering::AcqRel) == 1 {
            schedule::point();
            let Some(end) = group.ending().take() else {
                return;
            };
            group.send(walk, &large.dir, &end);
            if let Some(reader) = end.reader {
                walk.push_urgent(Urgent::Read(reader));
            }
            match end.next {
                Some(next) => group = next,
                None => {
                    walk.work_queue.finish(large.dir.slot, None);
                    return;
                }
            }
        }
    }

    fn send(&self, walk: &Arc<Shared>, dir: &Dir, end: &End) {
        let parts = std::mem::replace(&mut *self.parts(), MergedBatch::EMPTY);
        let mut part = parts.join(end.sorted);
        let (names, ordered_items) = part.take();
        let branch = names.map(|names| walk.branch(dir, names, self.key));
        walk.send(Listing {
            place: dir.place.clone(),
            key: self.key,
            found: match self.index {
                0 => Found::Directory(dir.stat.entry(&walk.options), dir.stat.detail),
                _ => Found::More,
            },
            files: part.files,
            ordered_items,
            branch: branch.clone(),
            next: end.next.as_ref().map(|next| next.key),
            failure: end.failure,
        });
        if let (Some(branch), Fd::Shared(handle)) = (branch, &dir.fd) {
            hand_down(walk, dir.slot, branch, Arc::clone(handle));
        }
    }
}

/// Lets the subdirectories of a large directory be walked: by one walker where it may not wait open for them.
fn hand_down(walk: &Arc<Shared>, slot: Slot, branch: Arc<Branch>, handle: Arc<Handle>) {
    if walk.budget.is_overdrawn() {
        let slot = walk.work_queue.place_before(slot);
        let fd = Fd::Shared(handle);
        depth_first::descend_later(walk, Kept { slot, branch, fd });
        return;
    }
    walk.call(walk.work_queue.insert(slot, branch, handle));
}

/// Whether GNU du would sort a group of that many entries of this directory. Under `-L` it never asks where it is.
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
