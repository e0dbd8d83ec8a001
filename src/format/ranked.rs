//! Records in sorted order (`--sort`, `--reverse`), or only the largest of them (`--top`).
//!
//! No line can be written before the last record has arrived. Without `--top`, all records wait in memory. With it,
//! only those wait that are among the largest so far: memory is bounded by their number, not by the tree.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::count::min_size::MinSize;
use crate::count::record::{Kind, Record};
use crate::count::usage::{Detail, FileTime, Measure, Usage};

/// The sort key of the lines (`--sort`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// None: the order of the walk.
    None,
    /// The size that is shown, the largest first.
    Size,
    /// The bytes of the path.
    Name,
    /// The number of inodes, the largest first.
    Inodes,
    /// The newest time, the newest first.
    Time,
}

impl Sort {
    /// The words of the command line.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("none", Self::None),
        ("size", Self::Size),
        ("name", Self::Name),
        ("inodes", Self::Inodes),
        ("time", Self::Time),
    ];
}

/// The order of the lines, and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranking {
    /// The sort key, where an option sets one.
    pub sort: Option<Sort>,
    /// In reverse.
    pub reverse: bool,
    /// The number of lines: those with the largest sort key, or size.
    pub top: Option<usize>,
}

impl Ranking {
    /// The order of the walk, and all lines.
    pub const OF_WALK: Self = Self {
        sort: None,
        reverse: false,
        top: None,
    };

    /// True where the line of a record can be written when the record arrives.
    #[must_use]
    pub fn is_order_of_walk(&self) -> bool {
        matches!(self.sort, None | Some(Sort::None)) && !self.reverse && self.top.is_none()
    }

    /// The sort key. With `--top` alone it is the size.
    #[must_use]
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or(match self.top {
            Some(_) => Sort::Size,
            None => Sort::None,
        })
    }

    /// True where `--top` chooses by size.
    pub(super) fn is_by_size(&self) -> bool {
        matches!(self.sort(), Sort::None | Sort::Size | Sort::Name)
    }

    /// The key by which `--top` chooses: the largest keys stay, and of equal keys the first.
    pub(super) fn key(&self, measure: Measure, usage: &Usage) -> RankKey {
        match self.sort() {
            Sort::Inodes => RankKey::Number(usage.inodes.into()),
            Sort::Time => RankKey::Time(usage.newest),
            Sort::None | Sort::Size | Sort::Name => RankKey::Number(measure.of(usage)),
        }
    }
}

/// See [`Ranking::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RankKey {
    Number(u128),
    Time(FileTime),
}

/// A record that waits for the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    key: RankKey,
    /// The number of records before it.
    turn: u64,
    path: Box<[u8]>,
    depth: u32,
    kind: Kind,
    usage: Usage,
    detail: Option<Box<Detail>>,
}

impl Candidate {
    fn rank(&self) -> (RankKey, Reverse<u64>) {
        (self.key, Reverse(self.turn))
    }

    pub(super) fn record(&self) -> Record<'_> {
        Record {
            path: &self.path,
            depth: self.depth,
            kind: self.kind,
            usage: self.usage,
            detail: self.detail.as_deref(),
        }
    }
}

impl Ord for Candidate {
    /// The greatest is the one to be dropped first, because that one is the top of the heap.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.rank().cmp(&self.rank())
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// All records so far, or the largest of them.
#[derive(Debug)]
pub(super) struct Candidates {
    ranking: Ranking,
    /// The measure of sizes.
    measure: Measure,
    /// With `--top`, raised to the smallest size that can still have a line.
    min_size: Option<MinSize>,
    heap: BinaryHeap<Candidate>,
    turn: u64,
}

impl Candidates {
    pub(super) fn new(ranking: Ranking, measure: Measure, min_size: Option<MinSize>) -> Self {
        Self {
            ranking,
            measure,
            min_size,
            heap: BinaryHeap::new(),
            turn: 0,
        }
    }

    /// Keeps a record, or drops it or another one if there are too many.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        let turn = self.turn;
        self.turn += 1;
        let key = self.ranking.key(self.measure, &record.usage);
        let top = self.ranking.top.unwrap_or(usize::MAX);
        if self.heap.len() >= top && self.heap.peek().is_none_or(|least| least.key >= key) {
            return;
        }
        self.heap.push(Candidate {
            key,
            turn,
            path: record.path.into(),
            depth: record.depth,
            kind: record.kind,
            usage: record.usage,
            detail: record.detail.copied().map(Box::new),
        });
        if self.heap.len() > top {
            self.heap.pop();
            self.raise_min_size();
        }
    }

    /// A later record must be larger than the smallest candidate: of equal sizes, the first stays.
    fn raise_min_size(&self) {
        if let (Some(min_size), Some(least)) = (&self.min_size, self.heap.peek())
            && let RankKey::Number(number) = least.key
            && self.ranking.is_by_size()
        {
            min_size.raise(number.saturating_add(1));
        }
    }

    /// Removes the records, in the order of the ranking.
    pub(super) fn take_sorted(&mut self) -> Vec<Candidate> {
        let mut sorted = std::mem::take(&mut self.heap).into_vec();
        match self.ranking.sort() {
            Sort::None => sorted.sort_unstable_by_key(|candidate| candidate.turn),
            Sort::Name => sorted.sort_unstable_by(|a, b| (&a.path, a.turn).cmp(&(&b.path, b.turn))),
            Sort::Size | Sort::Inodes | Sort::Time => sorted.sort_unstable(),
        }
        if self.ranking.reverse {
            sorted.reverse();
        }
        sorted
    }
}
