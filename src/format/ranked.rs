//! Records in an order of their own (`--sort`, `--reverse`), or the largest of them (`--top`).
//!
//! Nothing can be written before the last record is known. Of all records, all wait; of the largest, only those
//! that are still among them: memory is bounded by their number, not by the tree.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use super::{End, Format, Measure, Written};
use crate::count::min_size::MinSize;
use crate::count::record::{Kind, Record};
use crate::count::usage::{Detail, Usage};
use crate::sys::failure::Failure;

/// What records are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Nothing: the order of the walk.
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
    /// The words for them.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("none", Self::None),
        ("size", Self::Size),
        ("name", Self::Name),
        ("inodes", Self::Inodes),
        ("time", Self::Time),
    ];
}

/// In which order records have their lines, and how many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranking {
    /// By what, where something was said.
    pub sort: Option<Sort>,
    /// The other way round.
    pub reverse: bool,
    /// Only so many: the largest by what is sorted by, or by size.
    pub top: Option<usize>,
}

impl Ranking {
    /// Where nothing is said: every record in its turn.
    pub const OF_WALK: Self = Self {
        sort: None,
        reverse: false,
        top: None,
    };

    /// True where every record has its line when it comes.
    #[must_use]
    pub fn is_order_of_walk(&self) -> bool {
        matches!(self.sort, None | Some(Sort::None)) && !self.reverse && self.top.is_none()
    }

    /// What lines are sorted by: the largest of all, by size.
    #[must_use]
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or(match self.top {
            Some(_) => Sort::Size,
            None => Sort::None,
        })
    }

    /// True where the largest are those of the largest size.
    pub(super) fn is_by_size(&self) -> bool {
        matches!(self.sort(), Sort::None | Sort::Size | Sort::Name)
    }

    /// What is kept, by size, inodes or time: the larger, the rather; of equals, what came first.
    pub(super) fn worth(&self, measure: Measure, usage: &Usage) -> Worth {
        match self.sort() {
            Sort::Inodes => Worth::Number(usage.inodes.into()),
            Sort::Time => Worth::Time(usage.newest),
            Sort::None | Sort::Size | Sort::Name => Worth::Number(measure.of(usage)),
        }
    }
}

/// What decides which is larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    Number(u128),
    Time(crate::count::usage::FileTime),
}

/// A record that waits.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    worth: Worth,
    /// How many came before it.
    turn: u64,
    path: Box<[u8]>,
    depth: u32,
    kind: Kind,
    usage: Usage,
    detail: Option<Box<Detail>>,
}

impl Kept {
    fn rank(&self) -> (Worth, Reverse<u64>) {
        (self.worth, Reverse(self.turn))
    }
}

impl Ord for Kept {
    /// The one to be given up first is the greatest, since a heap hands out that.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.rank().cmp(&self.rank())
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A format that is given its records sorted, at the end.
#[derive(Debug)]
pub struct Ranked<F> {
    ranking: Ranking,
    measure: Measure,
    least: Option<MinSize>,
    kept: BinaryHeap<Kept>,
    turn: u64,
    format: F,
}

impl<F: Format> Ranked<F> {
    /// The format behind the order; sizes are of this measure. Where only the largest are kept, tells `least` what
    /// is too small.
    pub fn new((ranking, least): (Ranking, Option<MinSize>), measure: Measure, format: F) -> Self {
        Self {
            ranking,
            measure,
            least,
            kept: BinaryHeap::new(),
            turn: 0,
            format,
        }
    }

    /// True where a record of this worth would not be among the largest.
    fn is_too_small(&self, worth: Worth) -> bool {
        let is_full = self.ranking.top.is_some_and(|top| self.kept.len() >= top);
        is_full && self.kept.peek().is_none_or(|least| least.worth >= worth)
    }

    /// What is as large as the least of what is kept came too late.
    fn tell_least(&self) {
        if let (Some(least), Some(kept)) = (&self.least, self.kept.peek())
            && let Worth::Number(number) = kept.worth
            && self.ranking.is_by_size()
        {
            least.raise(number.saturating_add(1));
        }
    }

    fn sorted(&mut self) -> Vec<Kept> {
        let mut kept = std::mem::take(&mut self.kept).into_vec();
        match self.ranking.sort() {
            Sort::None => kept.sort_unstable_by_key(|kept| kept.turn),
            Sort::Name => kept.sort_unstable_by(|a, b| (&a.path, a.turn).cmp(&(&b.path, b.turn))),
            Sort::Size | Sort::Inodes | Sort::Time => kept.sort_unstable(),
        }
        if self.ranking.reverse {
            kept.reverse();
        }
        kept
    }
}

impl<F: Format> Format for Ranked<F> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.format.begin(out)
    }

    fn record(&mut self, record: &Record<'_>, _out: &mut dyn Write) -> io::Result<Written> {
        let turn = self.turn;
        self.turn += 1;
        let worth = self.ranking.worth(self.measure, &record.usage);
        if self.is_too_small(worth) {
            return Ok(Written::Well);
        }
        self.kept.push(Kept {
            worth,
            turn,
            path: record.path.into(),
            depth: record.depth,
            kind: record.kind,
            usage: record.usage,
            detail: record.detail.copied().map(Box::new),
        });
        if self.ranking.top.is_some_and(|top| self.kept.len() > top) {
            self.kept.pop();
            self.tell_least();
        }
        Ok(Written::Well)
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut dyn Write) -> io::Result<()> {
        self.format.failure(path, failure, out)
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written> {
        let mut remark = Written::Well;
        for kept in self.sorted() {
            let record = Record {
                path: &kept.path,
                depth: kept.depth,
                kind: kept.kind,
                usage: kept.usage,
                detail: kept.detail.as_deref(),
            };
            let written = self.format.record(&record, out)?;
            if written != Written::Well {
                remark = written;
            }
        }
        let written = self.format.end(end, out)?;
        Ok(match written {
            Written::Well => remark,
            Written::TimeOutOfRange(_) => written,
        })
    }
}
