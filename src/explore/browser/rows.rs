//! The rows of the shown directory, in their order.
//!
//! A row is a key and a place: 16 bytes for each row that is shown. Entries are decoded to make the keys, and again for
//! the rows that are on the screen; a run of the forest is decoded from the nearest of the kept places on, one for each
//! 64 rows. Only the rows that are asked for are put in order.

use std::cmp::Ordering;
use std::ops::Range;

use super::lazy_order::LazyOrder;
use super::name_pattern::NamePattern;
use super::shown_row;
use super::sort_order::{Ranked, SortOrder};
use crate::count::usage::Measure;
use crate::forest::entry::Reading;
use crate::forest::{DirId, Forest, ForestRow, RowPlace};
use crate::format::Sort;

/// A place is kept for each so many rows.
const STRIDE: u32 = 64;

/// Up to so many rows, those of equal size are in the order of their names.
const MOST_NAMES: usize = 100_000;

/// Which entries are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hiding {
    /// None.
    Nothing,
    /// Those whose names begin with a dot, and excluded ones.
    Dotted,
}

impl Hiding {
    pub(super) fn toggled(self) -> Self {
        match self {
            Self::Nothing => Self::Dotted,
            Self::Dotted => Self::Nothing,
        }
    }
}

/// Which rows are shown, and in which order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Criteria<'a> {
    pub(super) order: SortOrder,
    pub(super) measure: Measure,
    pub(super) filter: &'a NamePattern,
    pub(super) hiding: Hiding,
}

impl Criteria<'_> {
    pub(super) fn show(&self, row: &ForestRow<'_>) -> bool {
        let is_hidden = match self.hiding {
            Hiding::Nothing => false,
            Hiding::Dotted => row.name.starts_with(b".") || row.entry.reading == Reading::Excluded,
        };
        !is_hidden && self.filter.matches(row.name)
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Rows {
    ranked: LazyOrder<Ranked>,
    places: Vec<RowPlace>,
    order: SortOrder,
    /// The number of rows, shown or not.
    total: u32,
    /// The largest amount of a shown row.
    largest: u64,
}

impl Rows {
    pub(super) fn new(order: SortOrder) -> Self {
        Self {
            ranked: LazyOrder::default(),
            places: Vec::new(),
            order,
            total: 0,
            largest: 0,
        }
    }

    /// Reads the rows.
    pub(super) fn read(&mut self, forest: &Forest, directory: DirId, criteria: &Criteria<'_>) {
        self.ranked.clear();
        self.places.clear();
        (self.total, self.largest) = (0, 0);
        self.order = criteria.order;
        let mut beginning: Option<&[u8]> = None;
        let mut rows = forest.rows(directory);
        loop {
            if self.total.is_multiple_of(STRIDE) {
                self.places.push(rows.position());
            }
            let Some(row) = rows.advance() else {
                break;
            };
            self.total = self.total.saturating_add(1);
            if criteria.show(row) {
                let amount = shown_row::amount(&row.sums(forest), criteria.measure);
                self.largest = self.largest.max(amount);
                self.ranked.push(self.order.rank(forest, row, amount));
                beginning = Some(beginning.map_or(row.name, |begin| equal(begin, row.name)));
            }
        }
        if self.order.sort == Sort::Name {
            let equal_bytes = beginning.map_or(0, <[u8]>::len);
            for ranked in self.ranked.items_mut() {
                let name = forest.name_at(directory, ranked.place);
                self.order.rank_by_name(ranked, &name[equal_bytes..]);
            }
        }
    }

    /// Puts the rows at these places in order: others have no place.
    pub(super) fn sort(&mut self, forest: &Forest, directory: DirId, places: Range<usize>) {
        let compare = self.compare(forest, directory);
        self.ranked.sort(places, compare);
    }

    fn compare<'f>(
        &self,
        forest: &'f Forest,
        directory: DirId,
    ) -> impl Fn(&Ranked, &Ranked) -> Ordering + use<'f> {
        let order = self.order;
        let has_names = order.sort == Sort::Name || self.ranked.len() <= MOST_NAMES;
        move |a, b| {
            let name = |row: &Ranked| forest.name_at(directory, row.place);
            order.compare((a, b), || match has_names {
                true => name(a).cmp(name(b)),
                false => Ordering::Equal,
            })
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ranked.len()
    }

    pub(super) fn total(&self) -> u32 {
        self.total
    }

    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// The row at this place of the order.
    pub(super) fn row<'f>(
        &self,
        forest: &'f Forest,
        directory: DirId,
        index: usize,
    ) -> Option<ForestRow<'f>> {
        let wanted = self.ranked.get(index)?.place;
        let after = self.places.partition_point(|place| place.get() <= wanted);
        let nearest = self.places.get(after.checked_sub(1)?)?;
        let mut rows = forest.rows_from(directory, nearest);
        rows.find(|row| row.place >= wanted)
    }

    /// The place in the order of the entry with this name: of several, the one that begins at this place.
    pub(super) fn find(
        &self,
        forest: &Forest,
        directory: DirId,
        (place, name): (usize, &[u8]),
    ) -> Option<usize> {
        let is_named = |row: &&Ranked| forest.name_at(directory, row.place) == name;
        let is_there = |row: &&Ranked| row.place == place && is_named(row);
        let compare = self.compare(forest, directory);
        self.ranked
            .place(is_there, &compare)
            .or_else(|| self.ranked.place(is_named, &compare))
    }
}

/// The beginning that both names share.
fn equal<'a>(a: &'a [u8], b: &[u8]) -> &'a [u8] {
    let pairs = a.iter().zip(b);
    &a[..pairs.take_while(|(a, b)| a == b).count()]
}
