//! The order of the changes, and which of them have a line: `-d`, `-t`, `-n`, `--sort` and `-r`.
//!
//! Without `--sort`, changes keep the order in which they come: the largest first in an explanation, otherwise that of the
//! walk. `--sort=size` puts the largest growth first and the largest loss last. `-n` keeps the largest changes, in either
//! direction; with `--sort=size` or `inodes` those that come first. Then only these are in memory.
//!
//! What a change without a line would have told is added to the rest of the summary.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::number::Number;
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;
use crate::diff::change::{Change, DiffSummary, Sink};
use crate::diff::known::Known;
use crate::format::page::Page;
use crate::format::{Ranking, Selection, Sort};

/// See the module.
pub(super) struct Ordered<S> {
    sink: S,
    number: Number,
    selection: Selection,
    ranking: Ranking,
    /// The changes that wait for the end; the first is dropped first.
    waiting: BTreeMap<Rank, Change>,
    /// The number of changes so far.
    turn: u64,
    /// The sum of those that have no line.
    hidden: Amounts,
}

/// The greatest ranks are kept: the largest key, of equal keys the first change. Unknown changes have no key.
type Rank = (Option<i128>, Reverse<u64>);

impl<S: Sink> Ordered<S> {
    pub(super) fn new(sink: S, number: Number, selection: Selection, ranking: Ranking) -> Self {
        Self {
            sink,
            number,
            selection,
            ranking,
            waiting: BTreeMap::new(),
            turn: 0,
            hidden: Amounts::ZERO,
        }
    }

    fn admits(&self, change: &Change) -> bool {
        let number = self.number.of(change).map(i128::unsigned_abs);
        let number = number.or_else(|| self.number.known_size(change));
        let is_shallow = change.depth <= self.selection.max_depth;
        is_shallow && self.selection.threshold.admits(number.unwrap_or(0))
    }

    fn key(&self, change: &Change) -> Option<i128> {
        let signed = |measure: Measure| Some(self.number.sizes(change)?.of(measure));
        match self.ranking.sort {
            Some(Sort::Size) => signed(self.number.measure),
            Some(Sort::Inodes) => signed(Measure::Inodes),
            Some(Sort::None | Sort::Name | Sort::Time) | None => {
                signed(self.number.measure).map(|change| change.saturating_abs())
            }
        }
    }

    fn keep(&mut self, change: &Change) {
        let rank = (self.key(change), Reverse(self.turn));
        self.turn += 1;
        self.waiting.insert(rank, change.clone());
        if self.waiting.len() > self.ranking.top.unwrap_or(usize::MAX)
            && let Some((_, dropped)) = self.waiting.pop_first()
        {
            self.hidden += dropped.residue;
        }
    }

    fn take_sorted(&mut self) -> Vec<Change> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut sorted: Vec<_> = waiting.into_iter().rev().collect();
        match (self.ranking.sort, self.ranking.top) {
            (Some(Sort::None), _) | (None, None) => {
                sorted.sort_by_key(|((_, Reverse(turn)), _)| *turn);
            }
            (Some(Sort::Name), _) => sorted.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path)),
            (Some(Sort::Size | Sort::Inodes | Sort::Time), _) | (None, Some(_)) => {}
        }
        if self.ranking.reverse {
            sorted.reverse();
        }
        sorted.into_iter().map(|(_, change)| change).collect()
    }
}

impl<S: Sink> Sink for Ordered<S> {
    fn begin(&mut self, known: Known, out: &mut Vec<u8>) {
        self.sink.begin(known, out);
    }

    fn change(&mut self, change: &Change, out: &mut Vec<u8>) {
        if !self.admits(change) {
            self.hidden += change.residue;
        } else if self.ranking.is_order_of_walk() {
            self.sink.change(change, out);
        } else {
            self.keep(change);
        }
    }

    fn end(&mut self, summary: &DiffSummary, page: &mut Page<'_>) -> io::Result<()> {
        for change in self.take_sorted() {
            self.sink.change(&change, &mut page.lines);
            page.write_if_full()?;
        }
        let summary = DiffSummary {
            rest: summary.rest + self.hidden,
            ..summary.clone()
        };
        self.sink.end(&summary, page)
    }
}
