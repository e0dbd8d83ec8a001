//! The search below a directory: the entries with a name, or the largest files. Done in slices of time; the best results
//! so far are kept, the largest first.

use std::collections::BTreeMap;
use std::time::Instant;

use rustix::fs::FileType;

use super::marks::{KnownRow, is_in_tree};
use super::name_pattern::NamePattern;
use super::shown_row::ShownRow;
use crate::count::usage::Measure;
use crate::forest::{DirId, FindPosition, Forest, ForestRow, Target};

/// The largest number of names that a search keeps.
pub const MOST_FOUND: usize = 10_000;

/// The largest number of large files.
pub const MOST_LARGE: usize = 1_000;

/// What is looked for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Entries with these names.
    Names(NamePattern),
    /// Files.
    LargestFiles,
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Its amount when it was found.
    pub amount: u64,
    /// Where it is.
    pub target: Target,
    /// What it is.
    pub row: KnownRow,
}

/// See the module.
#[derive(Debug)]
pub struct Search {
    /// What is looked for.
    pub wanted: Wanted,
    /// The directory.
    pub below: DirId,
    measure: Measure,
    /// The largest first.
    found: Vec<SearchHit>,
    /// The number of all that were found.
    count: u64,
    /// Where it goes on; none at the end.
    position: Option<FindPosition>,
}

impl Search {
    pub(super) fn new(wanted: Wanted, below: DirId, measure: Measure) -> Self {
        Self {
            wanted,
            below,
            measure,
            found: Vec::new(),
            count: 0,
            position: Some(FindPosition::default()),
        }
    }

    /// Goes on until that time. False at the end.
    pub(super) fn go_on(&mut self, forest: &Forest, until: Instant) -> bool {
        let Some(position) = self.position.take() else {
            return false;
        };
        let below = self.below;
        let mut take = |directory, row: &ForestRow<'_>| self.take(forest, directory, row);
        self.position = forest.find(below, position, until, &mut take);
        self.position.is_some()
    }

    fn take(&mut self, forest: &Forest, parent: DirId, row: &ForestRow<'_>) {
        let is_wanted = match &self.wanted {
            Wanted::Names(names) => names.matches(row.name) && !row.name.is_empty(),
            Wanted::LargestFiles => {
                row.directory.is_none() && row.entry.kind != FileType::Directory
            }
        };
        if !is_wanted {
            return;
        }
        self.count += 1;
        let amount = ShownRow::of(forest, row).amount(self.measure);
        let most = self.most();
        if self.found.len() == most {
            match self.found.last() {
                Some(least) if least.amount < amount => drop(self.found.pop()),
                _ => return,
            }
        }
        let name = row.name.to_vec();
        let target = Target { parent, name };
        let place = self.found.partition_point(|found| found.amount >= amount);
        let row = KnownRow::new(&row.entry, row.directory);
        let found = SearchHit {
            amount,
            target,
            row,
        };
        self.found.insert(place, found);
    }

    fn most(&self) -> usize {
        match self.wanted {
            Wanted::Names(_) => MOST_FOUND,
            Wanted::LargestFiles => MOST_LARGE,
        }
    }

    /// The measure of the amounts.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// What was found so far, the largest first.
    #[must_use]
    pub fn found(&self) -> &[SearchHit] {
        &self.found
    }

    /// The number of all matching entries, also of those that are not kept.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// True where it goes on.
    #[must_use]
    pub fn is_going_on(&self) -> bool {
        self.position.is_some()
    }

    /// Drops what the tree lacks by now, and names that stand for other entries.
    pub(super) fn prune(&mut self, forest: &Forest) {
        let mut living: BTreeMap<DirId, BTreeMap<&[u8], KnownRow>> = BTreeMap::new();
        for found in &self.found {
            let parent = found.target.parent;
            living
                .entry(parent)
                .or_insert_with(|| match is_in_tree(forest, parent) {
                    true => {
                        let known = |row: ForestRow<'_>| KnownRow::new(&row.entry, row.directory);
                        forest
                            .rows(parent)
                            .map(|row| (row.name, known(row)))
                            .collect()
                    }
                    false => BTreeMap::new(),
                });
        }
        self.found.retain(|found| {
            let rows = living.get(&found.target.parent);
            let now = rows.and_then(|rows| rows.get(&*found.target.name));
            now.is_some_and(|now| !found.row.differs_from(now))
        });
    }
}
