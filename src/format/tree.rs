//! A chart for people: the largest entries as a tree, the largest first.
//!
//! As many lines as there is room for; what no line stands for is summed in the last one: a line stands for all that
//! is in its entry, but where lines of that follow, for the directory alone. So those at the ends of the branches,
//! the directories on the way and the last line add up to the whole. Of all records only those wait that are still
//! among the largest: a directory is at least as large as what is in it, and of equals it is
//! preferred, so that the largest are always a tree. Where a directory is not among those asked for (`-t`), or
//! does not count what is in it (`-S`), an entry hangs on the nearest directory that is shown, by its path from
//! there. How the lines look is `chart`'s affair.
//!
//! Memory: the lines, the way down to the directory that the walk is in, and the ways down to the lines.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::rc::Rc;

use super::chart::{self, Chart, Note, Row};
use super::ranked::{Ranking, Sort, Worth};
use super::{Completeness, End, Format, Selection, Written};
use crate::count::listing::push_name;
use crate::count::min_size::MinSize;
use crate::count::record::{Kind, Record};
use crate::count::usage::{Detail, Usage};

/// What is shown and how.
#[derive(Debug, Clone)]
pub struct TreeOptions {
    /// As many lines as fit into so many rows, where nothing else bounds their number.
    pub rows: Option<usize>,
    /// Directories do not count their subdirectories (`-S`).
    pub separate: bool,
    /// How lines look.
    pub chart: chart::ChartOptions,
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
    /// The way down to where the walk is.
    levels: Vec<Level>,
    /// What has a line so far; the least goes first.
    kept: BTreeMap<Rank, Kept>,
    /// How many came so far.
    turn: u64,
    /// Told what is too small for a line.
    least: Option<MinSize>,
}

/// A directory that was entered.
#[derive(Debug)]
struct Level {
    place: Rc<Place>,
    detail: Detail,
    /// The size of the directory alone.
    own: u128,
}

/// What is kept, the rather: the larger, then the one further up, then the one that came first.
type Rank = (Worth, Reverse<u32>, Reverse<u64>);

/// A record that waits.
#[derive(Debug)]
struct Kept {
    place: Rc<Place>,
    kind: Kind,
    usage: Usage,
    detail: Detail,
    /// As for [`Level`].
    own: u128,
}

/// Where something is: paths are long, and most of them are never shown.
#[derive(Debug)]
struct Place {
    above: Option<Rc<Place>>,
    name: Box<[u8]>,
}

impl Place {
    fn new(above: Option<&Level>, record: &Record<'_>) -> Rc<Self> {
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
    /// Lets go of what is above one after the other: the derived drop would recurse once a level.
    fn drop(&mut self) {
        let mut next = self.above.take();
        while let Some(place) = next {
            next = Rc::into_inner(place).and_then(|mut place| place.above.take());
        }
    }
}

/// A line, before its turn is known.
struct Node {
    rank: Rank,
    kept: Kept,
    name: Vec<u8>,
    above: Option<usize>,
    below: Vec<usize>,
}

impl Tree {
    /// A tree of what is selected, in the order of the ranking.
    #[must_use]
    pub fn new(
        selection: Selection,
        ranking: Ranking,
        lines: super::lines::LineOptions,
        (options, least): (TreeOptions, Option<MinSize>),
    ) -> Self {
        Self {
            least,
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
            kept: BTreeMap::new(),
            turn: 0,
        }
    }

    fn size(&self, usage: &Usage) -> u128 {
        self.selection.measure.of(usage)
    }

    /// Keeps the record for as long as it is among the largest.
    fn keep(&mut self, record: &Record<'_>, level: Option<Level>) {
        let worth = self.ranking.worth(self.selection.measure, &record.usage);
        let rank = (worth, Reverse(record.depth), Reverse(self.turn));
        self.turn += 1;
        let most = self.ranking.top.or(self.rows).unwrap_or(usize::MAX);
        let least = self.kept.first_key_value().map(|(least, _)| least);
        if self.kept.len() >= most && least.is_none_or(|least| *least > rank) {
            return;
        }
        let (place, detail, own) = match level {
            Some(level) => (level.place, level.detail, level.own),
            None => {
                let place = Place::new(self.levels.last(), record);
                (place, record.detail.copied().unwrap_or_default(), 0)
            }
        };
        let kept = Kept {
            place,
            kind: record.kind,
            usage: record.usage,
            detail,
            own,
        };
        self.kept.insert(rank, kept);
        self.keep_at_most(most);
    }

    fn keep_at_most(&mut self, most: usize) {
        while self.kept.len() > most {
            self.kept.pop_first();
            self.tell_least();
        }
    }

    /// Of what is as large as the least of what is kept, some may still come that is further up.
    fn tell_least(&self) {
        if let (Some(least), Some(((Worth::Number(number), ..), _))) =
            (&self.least, self.kept.first_key_value())
            && self.ranking.is_by_size()
        {
            least.raise(*number);
        }
    }

    /// Gives up what does not fit beside other lines, and tells what no line stands for: how many entries, and how
    /// much.
    fn fit(&mut self, other_lines: usize, total: &Usage) -> Option<(u64, u128)> {
        let (Some(rows), None) = (self.rows, self.ranking.top) else {
            return self.left_out(total);
        };
        let room = rows.saturating_sub(other_lines).max(1);
        self.keep_at_most(room);
        let left_out = self.left_out(total)?;
        if self.kept.len() < room || room == 1 {
            return Some(left_out);
        }
        self.keep_at_most(room - 1);
        self.left_out(total)
    }

    fn left_out(&self, total: &Usage) -> Option<(u64, u128)> {
        // The directories that have lines of what is counted in them; with `-S`, only files are, in one.
        let mut open = HashSet::new();
        for kept in self.kept.values() {
            let levels = match (self.separate, kept.kind) {
                (false, _) => usize::MAX,
                (true, Kind::File) => 1,
                (true, _) => 0,
            };
            let above = &kept.place.above;
            let above = std::iter::successors(above.as_ref(), |place| place.above.as_ref());
            // What is open already has said so to those above it.
            let mut opens = |place: &Rc<Place>| open.insert(Rc::as_ptr(place));
            let _ = above.take(levels).take_while(|place| opens(place)).count();
        }
        let (mut entries, mut size) = (total.inodes, self.size(total));
        for kept in self.kept.values() {
            let is_open = open.contains(&Rc::as_ptr(&kept.place));
            let stands_for = if is_open {
                (1, kept.own)
            } else {
                (kept.usage.inodes, self.size(&kept.usage))
            };
            entries = entries.saturating_sub(stands_for.0);
            size = size.saturating_sub(stands_for.1);
        }
        (entries > 0).then_some((entries, size))
    }

    /// What is kept, each with its name below what it hangs on.
    fn nodes(&mut self) -> Vec<Node> {
        let kept = std::mem::take(&mut self.kept);
        let places = kept.values().map(|kept| Rc::as_ptr(&kept.place));
        let numbers: HashMap<_, _> = places.zip(0..).collect();
        let mut nodes: Vec<_> = kept
            .into_iter()
            .map(|(rank, kept)| node(rank, kept, &numbers))
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

    /// The lines in their order, each below the one that it hangs on.
    fn in_order(&mut self) -> Vec<Row> {
        let mut nodes = self.nodes();
        let roots = (0..nodes.len()).filter(|&number| nodes[number].above.is_none());
        let mut next = Vec::new();
        self.push_sorted(&nodes, roots.collect(), None, &mut next);
        let mut rows = Vec::with_capacity(nodes.len());
        while let Some((number, above, is_last)) = next.pop() {
            let below = std::mem::take(&mut nodes[number].below);
            self.push_sorted(&nodes, below, Some(rows.len()), &mut next);
            let Node { kept, name, .. } = &mut nodes[number];
            let depth = above.map_or(0, |above: usize| {
                rows.get(above).map_or(0, |row: &Row| row.depth + 1)
            });
            rows.push(Row {
                name: std::mem::take(name),
                depth,
                above,
                is_last,
                kind: kept.kind,
                usage: kept.usage,
                detail: kept.detail,
            });
        }
        rows
    }

    /// Pushes siblings so that the first is popped first.
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

/// The record as a line below the nearest that is there, by its name from there.
fn node(rank: Rank, kept: Kept, numbers: &HashMap<*const Place, usize>) -> Node {
    let mut names = vec![&*kept.place.name];
    let mut next = &kept.place.above;
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
        kept,
        name,
        above,
        below: Vec::new(),
    }
}

/// What the reader has to know before reading.
pub(super) fn header(end: &End) -> Option<String> {
    match (end.outcome, end.errors) {
        (Completeness::Whole, _) => None,
        (Completeness::Errors, 1) => Some("incomplete: 1 error".into()),
        (Completeness::Errors, errors) => Some(format!("incomplete: {errors} errors")),
        (Completeness::Cancelled, _) => Some("incomplete: cancelled".into()),
        (Completeness::Broken, _) => Some("incomplete: internal error".into()),
    }
}

impl Format for Tree {
    fn enter(&mut self, record: &Record<'_>, _: bool, _: &mut dyn Write) -> io::Result<()> {
        self.levels.push(Level {
            place: Place::new(self.levels.last(), record),
            detail: record.detail.copied().unwrap_or_default(),
            own: self.size(&record.usage),
        });
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>, _: &mut dyn Write) -> io::Result<Written> {
        let level = match record.kind {
            Kind::File => None,
            _ => self.levels.pop(),
        };
        if self.selection.takes_unfinished(record) {
            self.keep(record, level);
        }
        Ok(Written::Well)
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written> {
        let header = header(end);
        let has_total = self.total && end.outcome.is_end_of_walk();
        let other_lines = usize::from(header.is_some()) + usize::from(has_total);
        let left_out = self.fit(other_lines, &end.total);
        let note = Note {
            header,
            left_out,
            has_total,
        };
        let rows = self.in_order();
        self.chart.draw(&rows, &note, &end.total, out)
    }
}
