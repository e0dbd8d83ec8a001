//! Entries that were moved: the same inode has another path.
//!
//! Candidates are entries without a partner, in a directory without a partner only directories and files with several
//! links, and links of a file that counts at another link now. The largest candidates of each scan are kept. Inode
//! numbers are used again after a removal, so files must have the same size and time as well, and directories nearly
//! the same total.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};

use rustix::fs::FileType;

use super::level::Level;
use super::paths::{is_within, parent};
use super::record::{FsId, ScanEntry};
use super::scope::{Scope, Side};
use super::verdict::Pair;
use crate::count::amounts::Amounts;

/// Candidates of each scan.
const MOST: usize = if cfg!(test) { 64 } else { 32_768 };

/// An entry that may have been moved.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) path: Vec<u8>,
    pub(super) entry: ScanEntry,
    /// With all contents.
    pub(super) size: Amounts,
    /// The number of its line, where lines are numbered.
    pub(super) line: Option<u64>,
    /// The path has a partner: another link of the file counts there.
    pub(super) is_link: bool,
}

/// A pair of candidates: before and now.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) old: Candidate,
    pub(super) new: Candidate,
}

/// The candidates so far.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// The smallest is on top.
    old: BinaryHeap<Smallest>,
    new: BinaryHeap<Smallest>,
    count: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Smallest {
    /// Size, and number of arrival.
    rank: (i128, u64),
    candidate: Candidate,
}

impl Candidates {
    /// Number of all candidates so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// True where an entry of this size is kept; else it is counted.
    pub(super) fn takes(&mut self, side: Side, size: &Amounts) -> bool {
        let heap = match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        };
        let smallest = heap.peek().map(|smallest| smallest.rank.0);
        let is_kept = heap.len() < MOST || smallest.is_some_and(|least| weight(size) > least);
        self.dropped += u64::from(!is_kept);
        is_kept
    }

    /// Keeps a candidate, in the place of the smallest where there are too many.
    pub(super) fn push(&mut self, side: Side, candidate: Candidate) {
        let rank = (weight(&candidate.size), self.count);
        self.count += 1;
        let heap = match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        };
        // First, so that the memory never grows to twice of what is kept.
        if heap.len() >= MOST {
            heap.pop();
            self.dropped += 1;
        }
        heap.push(Smallest { rank, candidate });
    }

    /// Removes the candidates in a directory.
    pub(super) fn remove_within(&mut self, directory: &[u8]) {
        for heap in [&mut self.old, &mut self.new] {
            heap.retain(|smallest| !is_within(&smallest.candidate.path, directory));
        }
    }

    /// The number of candidates that were dropped and might have had a partner.
    pub(super) fn dropped(&self) -> u64 {
        match self.old.is_empty() || self.new.is_empty() {
            true => 0,
            false => self.dropped,
        }
    }

    /// The pairs, the largest first. What lies in a directory that was moved is in none.
    pub(super) fn take_moves(&mut self) -> Vec<Move> {
        let mut olds = Olds::new(largest_first(&mut self.old));
        let mut moved = (HashSet::new(), HashSet::new());
        let pair = |new: Candidate| {
            let old = olds.take(&new)?;
            if is_in(&old.path, &moved.0) || is_in(&new.path, &moved.1) {
                return None;
            }
            moved.0.insert(old.path.clone());
            moved.1.insert(new.path.clone());
            Some(Move { old, new })
        };
        let news = largest_first(&mut self.new);
        news.into_iter().filter_map(pair).collect()
    }
}

/// The candidates of OLD by their inodes.
struct Olds {
    sorted: Vec<Candidate>,
    is_taken: Vec<bool>,
}

impl Olds {
    fn new(mut candidates: Vec<Candidate>) -> Self {
        candidates.sort_by_key(|candidate| key(&candidate.entry));
        Self {
            is_taken: vec![false; candidates.len()],
            sorted: candidates,
        }
    }

    /// Takes the first one that is the inode of a candidate of NEW.
    fn take(&mut self, new: &Candidate) -> Option<Candidate> {
        let wanted = key(&new.entry);
        let first = |old: &Candidate| key(&old.entry) < wanted;
        let start = self.sorted.partition_point(first);
        let same = self.sorted.iter().enumerate().skip(start);
        let mut same = same.take_while(|(_, old)| key(&old.entry) == wanted);
        let (place, old) = same.find(|(place, old)| !self.is_taken[*place] && is_same(old, new))?;
        self.is_taken[place] = true;
        Some(old.clone())
    }
}

impl Move {
    /// True where only another link of the directory counts: that changes no number of any directory.
    pub(super) fn is_invisible(&self) -> bool {
        let is_link = self.old.is_link || self.new.is_link;
        is_link && parent(&self.old.path) == parent(&self.new.path)
    }
}

/// The entry that may have been moved and its scan, where this one may; true for a link of a file that has a partner.
pub(super) fn may_move<'a>(
    (old, new): Pair<'a>,
    level: &Level,
) -> Option<(Side, &'a ScanEntry, bool)> {
    let (side, entry, is_link) = match (level.scope, old, new) {
        (Scope::One(Side::Old), entry, _) => (Side::Old, entry?, false),
        (Scope::One(Side::New), _, entry) => (Side::New, entry?, false),
        (Scope::Both, Some(old), Some(new)) if old.counted != new.counted => {
            // Another file may have taken the place of a link.
            let is_link = old.inode == new.inode;
            match old.counted {
                true => (Side::Old, old, is_link),
                false => (Side::New, new, is_link),
            }
        }
        _ => return None,
    };
    // The other files in a directory move with it.
    let is_own = level.is_top || entry.kind == FileType::Directory || entry.links > 1;
    let is_candidate = entry.counted && entry.inode != 0 && is_own;
    is_candidate.then_some((side, entry, is_link))
}

fn weight(size: &Amounts) -> i128 {
    size.allocated.max(size.apparent)
}

/// Of two of one size, the one that arrived later is first: a directory arrives after its contents.
fn largest_first(heap: &mut BinaryHeap<Smallest>) -> Vec<Candidate> {
    let mut all = std::mem::take(heap).into_vec();
    all.sort_unstable_by_key(|smallest| Reverse(smallest.rank));
    all.into_iter().map(|smallest| smallest.candidate).collect()
}

/// True where a directory above the path is in the set.
fn is_in(path: &[u8], moved: &HashSet<Vec<u8>>) -> bool {
    let mut above = std::iter::successors(parent(path), |path| parent(path));
    above.any(|path| moved.contains(path))
}

fn key(entry: &ScanEntry) -> (u64, u32) {
    (entry.inode, entry.kind.as_raw_mode())
}

/// True where two entries with one inode number are one inode. Exports do not tell the file system.
fn is_same(old: &Candidate, new: &Candidate) -> bool {
    let filesystems = (old.entry.fs, new.entry.fs);
    let are_known = filesystems.0 != FsId::UNKNOWN && filesystems.1 != FsId::UNKNOWN;
    if are_known && filesystems.0 != filesystems.1 {
        return false;
    }
    if new.entry.kind == FileType::Directory {
        let (a, b) = (old.size, new.size);
        let is_near = |a: i128, b: i128| (a - b).abs() * 10 <= a.max(b);
        return is_near(a.allocated, b.allocated) && is_near(a.apparent, b.apparent);
    }
    old.entry.own == new.entry.own && is_same_time(old.entry.mtime, new.entry.mtime)
}

/// True where two times are equal, as far as both are known: exports have whole seconds.
fn is_same_time(old: i64, new: i64) -> bool {
    const SECOND: i64 = 1_000_000;
    let is_rounded = old % SECOND == 0 || new % SECOND == 0;
    old == new || is_rounded && old.div_euclid(SECOND) == new.div_euclid(SECOND)
}

impl Ord for Smallest {
    /// The heap has the greatest on top: of two sizes the smaller one, of two equal ones the later one.
    fn cmp(&self, other: &Self) -> Ordering {
        let (size, number) = self.rank;
        let (other_size, other_number) = other.rank;
        other_size.cmp(&size).then(number.cmp(&other_number))
    }
}

impl PartialOrd for Smallest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Smallest {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Smallest {}
