//! The rows of the shown directory, in their order.
//!
//! A row is a number: 12 bytes for each row that is shown. Entries are decoded when the order is made, and again for
//! the rows that are on the screen; a run of the forest is decoded from the nearest of the kept places on, one for each
//! 64 rows.

use super::name_pattern::NamePattern;
use super::shown_row::ShownRow;
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
#[derive(Debug, Default)]
pub(super) struct Rows {
    ranked: Vec<Ranked>,
    places: Vec<RowPlace>,
    /// The number of rows, shown or not.
    total: u32,
    /// The largest amount of a shown row.
    largest: u64,
}

impl Rows {
    /// Makes the order anew.
    pub(super) fn read(&mut self, forest: &Forest, directory: DirId, criteria: &Criteria<'_>) {
        self.ranked.clear();
        self.places.clear();
        (self.total, self.largest) = (0, 0);
        let by_name = criteria.order.sort == Sort::Name;
        let has_names = by_name || forest.rows(directory).nth(MOST_NAMES).is_none();
        let equal_bytes = match by_name {
            true => equal_bytes(forest.rows(directory).map(|row| row.name)),
            false => 0,
        };
        let mut names = Vec::new();
        let mut rows = forest.rows(directory);
        loop {
            if self.total.is_multiple_of(STRIDE) {
                self.places.push(rows.place());
            }
            let Some(row) = rows.next() else {
                break;
            };
            if has_names {
                names.push(row.name);
            }
            if criteria.show(&row) {
                let shown = ShownRow::of(forest, &row);
                self.largest = self.largest.max(shown.amount(criteria.measure));
                let order = criteria.order;
                let ranked = order.rank(&shown, criteria.measure, self.total, equal_bytes);
                self.ranked.push(ranked);
            }
            self.total = self.total.saturating_add(1);
        }
        let order = criteria.order;
        self.ranked
            .sort_unstable_by(|a, b| order.compare(a, b, &names));
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
        self.row_of(forest, directory, self.ranked.get(index)?.number)
    }

    /// The row with this number.
    fn row_of<'f>(
        &self,
        forest: &'f Forest,
        directory: DirId,
        number: u32,
    ) -> Option<ForestRow<'f>> {
        let place = self.places.get((number / STRIDE) as usize)?;
        let mut rows = forest.rows_from(directory, place);
        rows.nth((number % STRIDE) as usize)
    }

    /// The number of the row at this place of the order.
    pub(super) fn number(&self, index: usize) -> Option<u32> {
        self.ranked.get(index).map(|row| row.number)
    }

    /// The place in the order of the entry with this name: of several, the one with this number.
    pub(super) fn find(
        &self,
        forest: &Forest,
        directory: DirId,
        (number, name): (u32, &[u8]),
    ) -> Option<usize> {
        let is_named = |row: &ForestRow<'_>| row.name == name;
        let found = match self.row_of(forest, directory, number).filter(is_named) {
            Some(_) => number,
            None => {
                let numbered = (0..).zip(forest.rows(directory));
                let named = numbered.filter(|(_, row)| row.name == name);
                let numbers = named.map(|(found, _)| found);
                numbers.min_by_key(|found: &u32| found.abs_diff(number))?
            }
        };
        self.ranked.iter().position(|row| row.number == found)
    }
}

/// The length of the beginning that all names share.
fn equal_bytes<'a>(mut names: impl Iterator<Item = &'a [u8]>) -> usize {
    let Some(first) = names.next() else {
        return 0;
    };
    names.fold(first.len(), |length, name| {
        let pairs = first.iter().zip(name).take(length);
        pairs.take_while(|(a, b)| a == b).count()
    })
}
