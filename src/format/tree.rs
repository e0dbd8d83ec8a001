//! A chart for people: the largest entries as a tree, the largest first. [`chart`](super::chart) draws the lines.
//!
//! The number of lines is bounded; the last line sums all entries that no other line covers. A line covers its entry
//! with all its contents; where lines of these contents follow, it covers the directory alone. So the leaves of the
//! tree, the directories above them and the last line add up to the total.
//!
//! Only those records wait that are among the largest so far. A directory is at least as large as its contents, and of
//! equal sizes the one further up is kept, so the largest are always a tree. Where a directory has no line (`-t`), or
//! does not count its contents (`-S`), the parent of an entry is the nearest directory that has one, and its name is
//! its path from there.
//!
//! Memory: the lines, the directories on the way down to the current one, and those on the way down to the lines.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::chart::{Chart, ChartOptions, OtherLines, Row};
use super::interface::{Completeness, EndResult, Format, Totals, Warning};
use super::lines::LineOptions;
use super::page::Page;
use super::ranked::{RankKey, Ranking, Sort};
use super::selected::Selection;
use crate::count::listing::push_name;
use crate::count::min_size::MinSize;
use crate::count::record::{Kind, Record};
use crate::count::usage::{Detail, Usage};
use crate::sys::failure::Failure;

/// The size and the look of a tree.
#[derive(Debug, Clone)]
pub struct TreeOptions {
    /// The number of rows of the screen, where no option sets the number of lines.
    pub rows: Option<usize>,
    /// Directories do not count their subdirectories (`-S`).
    pub separate: bool,
    /// The look of the lines.
    pub chart: ChartOptions,
}

/// See the module.
#[derive(Debug)]
pub struct Tree {
    selection: Selection,
    ranking: Ranking,
    rows: Option<usize>,
    separate: bool,
    total: bool,
    chart: Chart,
    /// The directories on the way down to the current one.
    levels: Vec<Entry>,
    /// The records that have a line so far; the first is dropped first.
    candidates: BTreeMap<Rank, Candidate>,
    /// The number of records so far.
    turn: u64,
    /// Raised to the smallest size that can still have a line.
    min_size: Option<MinSize>,
}

/// A directory that was entered and not left, or a file.
#[derive(Debug)]
struct Entry {
    place: Rc<Place>,
    kind: Kind,
    detail: Detail,
    /// The size of a directory alone.
    own: u128,
}

/// The greatest ranks are kept: the larger, then the one further up, then the first.
type Rank = (RankKey, Reverse<u32>, Reverse<u64>);

/// A record that waits for the end.
#[derive(Debug)]
struct Candidate {
    entry: Entry,
    usage: Usage,
}

/// A path as a chain of names: paths are long, and most of them are never shown.
#[derive(Debug)]
struct Place {
    above: Option<Rc<Place>>,
    name: Box<[u8]>,
}

impl Place {
    fn new(above: Option<&Entry>, record: &Record<'_>) -> Rc<Self> {
        let name = match above {
            None => record.path,
            Some(_) => record.name(),
        };
        Rc::new(Self {
            above: above.map(|level| Rc::clone(&level.place)),
            name: name.into(),
        })
    }
}

impl Drop for Place {
    /// Drops the chain in a loop: the derived drop would recurse once per level.
    fn drop(&mut self) {
        let mut next = self.above.take();
        while let Some(place) = next {
            next = Rc::into_inner(place).and_then(|mut place| place.above.take());
        }
    }
}

/// A line whose position is not known yet.
struct Node {
    rank: Rank,
    candidate: Candidate,
    name: Vec<u8>,
    above: Option<usize>,
    below: Vec<usize>,
}

impl Tree {
    /// A tree of the selected records, in the order of the ranking.
    #[must_use]
    pub fn new(
        selection: Selection,
        ranking: Ranking,
        min_size: Option<MinSize>,
        lines: LineOptions,
        options: TreeOptions,
    ) -> Self {
        Self {
            min_size,
            selection,
            ranking: Ranking {
                sort: Some(ranking.sort.unwrap_or(Sort::Size)),
                ..ranking
            },
            rows: options.rows,
            separate: options.separate,
            total: lines.total,
            chart: Chart::new(lines, options.chart),
            levels: Vec::new(),
            candidates: BTreeMap::new(),
            turn: 0,
        }
    }

    fn size(&self, usage: &Usage) -> u128 {
        self.selection.measure.of(usage)
    }

    /// Keeps the record while it is among the largest.
    fn keep(&mut self, record: &Record<'_>, entry: Option<Entry>) {
        let key = self.ranking.key(self.selection.measure, &record.usage);
        let rank = (key, Reverse(record.depth), Reverse(self.turn));
        self.turn += 1;
        let most = self.ranking.top.or(self.rows).unwrap_or(usize::MAX);
        let least = self.candidates.first_key_value().map(|(least, _)| least);
        if self.candidates.len() >= most && least.is_none_or(|least| *least > rank) {
            return;
        }
        let candidate = Candidate {
            entry: entry.unwrap_or_else(|| self.entry(record)),
            usage: record.usage,
        };
        self.candidates.insert(rank, candidate);
        self.keep_at_most(most);
    }

    fn entry(&self, record: &Record<'_>) -> Entry {
        Entry {
            place: Place::new(self.levels.last(), record),
            kind: record.kind,
            detail: record.detail.copied().unwrap_or_default(),
            own: self.size(&record.usage),
        }
    }

    fn keep_at_most(&mut self, most: usize) {
        while self.candidates.len() > most {
            self.candidates.pop_first();
            self.raise_min_size();
        }
    }

    /// A later record of equal size can still have a line, if it is further up.
    fn raise_min_size(&self) {
        if let (Some(min_size), Some(((RankKey::Number(number), ..), _))) =
            (&self.min_size, self.candidates.first_key_value())
            && self.ranking.is_by_size()
        {
            min_size.raise(*number);
        }
    }

    /// Drops the lines that do not fit beside the other lines. Returns the number and the sum of the entries that no
    /// line covers.
    fn fit(&mut self, other_lines: usize, total: &Usage) -> Option<(u64, u128)> {
        let (Some(rows), None) = (self.rows, self.ranking.top) else {
            return self.left_out(total);
        };
        let room = rows.saturating_sub(other_lines).max(1);
        self.keep_at_most(room);
        let left_out = self.left_out(total)?;
        if self.candidates.len() < room || room == 1 {
            return Some(left_out);
        }
        self.keep_at_most(room - 1);
        self.left_out(total)
    }

    fn left_out(&self, total: &Usage) -> Option<(u64, u128)> {
        // The directories that have lines of their contents. With `-S`, a directory contains only its files.
        let mut open = HashSet::new();
        for candidate in self.candidates.values() {
            let levels = match (self.separate, candidate.entry.kind) {
                (false, _) => usize::MAX,
                (true, Kind::File) => 1,
                (true, _) => 0,
            };
            let above = &candidate.entry.place.above;
            let above = std::iter::successors(above.as_ref(), |place| place.above.as_ref());
            // All directories above an open one are open already.
            let mut opens = |place: &Rc<Place>| open.insert(Rc::as_ptr(place));
            let _ = above.take(levels).take_while(|place| opens(place)).count();
        }
        let (mut entries, mut size) = (total.inodes, self.size(total));
        for candidate in self.candidates.values() {
            let is_open = open.contains(&Rc::as_ptr(&candidate.entry.place));
            let (own_entries, own_size) = match is_open {
                true => (1, candidate.entry.own),
                false => (candidate.usage.inodes, self.size(&candidate.usage)),
            };
            entries = entries.saturating_sub(own_entries);
            size = size.saturating_sub(own_size);
        }
        (entries > 0).then_some((entries, size))
    }

    /// The records that have a line, each with its parent and the name relative to it.
    fn nodes(&mut self) -> Vec<Node> {
        let candidates = std::mem::take(&mut self.candidates);
        let places = candidates.values().map(|one| Rc::as_ptr(&one.entry.place));
        let numbers: HashMap<_, _> = places.zip(0..).collect();
        let mut nodes: Vec<_> = candidates
            .into_iter()
            .map(|(rank, candidate)| node(rank, candidate, &numbers))
            .collect();
        for number in 0..nodes.len() {
            if let Some(above) = nodes[number].above {
                nodes[above].below.push(number);
            }
        }
        nodes
    }

    fn order(&self, a: &Node, b: &Node) -> Ordering {
        let turn = |node: &Node| node.rank.2.0;
        let by_turn = turn(a).cmp(&turn(b));
        let order = match self.ranking.sort() {
            Sort::None => by_turn,
            Sort::Name => a.name.cmp(&b.name).then(by_turn),
            Sort::Size | Sort::Inodes | Sort::Time => b.rank.0.cmp(&a.rank.0).then(by_turn),
        };
        match self.ranking.reverse {
            true => order.reverse(),
            false => order,
        }
    }

    /// The lines in their order, each after its parent.
    fn in_order(&mut self) -> Vec<Row> {
        let mut nodes = self.nodes();
        let roots = (0..nodes.len()).filter(|&number| nodes[number].above.is_none());
        let mut next = Vec::new();
        self.push_sorted(&nodes, roots.collect(), None, &mut next);
        let mut rows = Vec::with_capacity(nodes.len());
        while let Some((number, above, is_last)) = next.pop() {
            let below = std::mem::take(&mut nodes[number].below);
            self.push_sorted(&nodes, below, Some(rows.len()), &mut next);
            let Node {
                candidate, name, ..
            } = &mut nodes[number];
            let depth = above.map_or(0, |above: usize| {
                rows.get(above).map_or(0, |row: &Row| row.depth + 1)
            });
            rows.push(Row {
                name: std::mem::take(name),
                depth,
                above,
                is_last,
                kind: candidate.entry.kind,
                usage: candidate.usage,
                detail: candidate.entry.detail,
            });
        }
        rows
    }

    /// Pushes siblings in reverse order, so that the first is popped first.
    fn push_sorted(
        &self,
        nodes: &[Node],
        mut siblings: Vec<usize>,
        above: Option<usize>,
        next: &mut Vec<(usize, Option<usize>, bool)>,
    ) {
        siblings.sort_unstable_by(|&a, &b| self.order(&nodes[b], &nodes[a]));
        let with_place = |(index, number)| (number, above, index == 0);
        next.extend(siblings.into_iter().enumerate().map(with_place));
    }
}

/// The record as a child of the nearest directory that has a line.
fn node(rank: Rank, candidate: Candidate, numbers: &HashMap<*const Place, usize>) -> Node {
    let mut names = vec![&*candidate.entry.place.name];
    let mut next = &candidate.entry.place.above;
    let mut above = None;
    while let Some(place) = next {
        above = numbers.get(&Rc::as_ptr(place)).copied();
        if above.is_some() {
            break;
        }
        names.push(&place.name);
        next = &place.above;
    }
    let mut name = Vec::new();
    for part in names.into_iter().rev() {
        push_name(&mut name, part);
    }
    Node {
        rank,
        candidate,
        name,
        above,
        below: Vec::new(),
    }
}

/// The line before an incomplete chart.
pub(super) fn header(totals: &Totals) -> Option<String> {
    let reason = totals.completeness.reason()?;
    Some(match (totals.completeness, totals.counts.errors) {
        (Completeness::Errors, 1) => "incomplete: 1 error".into(),
        (Completeness::Errors, errors) => format!("incomplete: {errors} errors"),
        _ => format!("incomplete: {reason}"),
    })
}

impl Format for Tree {
    fn enter(&mut self, record: &Record<'_>, _: Option<Failure>, _: &mut Vec<u8>) {
        let entry = self.entry(record);
        self.levels.push(entry);
    }

    fn record(&mut self, record: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
        let entry = match record.kind {
            Kind::File => None,
            kind => self.levels.pop().map(|entry| Entry { kind, ..entry }),
        };
        if self.selection.takes_unfinished(record) {
            self.keep(record, entry);
        }
        None
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        let header = header(totals);
        let has_total = self.total && totals.completeness.is_end_of_walk();
        let other_lines = usize::from(header.is_some()) + usize::from(has_total);
        let total = &totals.counts.total;
        let left_out = self.fit(other_lines, total);
        let others = OtherLines {
            header,
            left_out,
            has_total,
        };
        let rows = self.in_order();
        Ok(self.chart.draw(&rows, &others, total, page)?)
    }
}
