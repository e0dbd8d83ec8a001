//! Marked entries, by directory and name.

use std::collections::{BTreeMap, BTreeSet};

use crate::forest::{DirId, DirState, Forest, Target};

/// See the module.
#[derive(Debug, Default)]
pub struct Marks {
    by_directory: BTreeMap<DirId, BTreeSet<Box<[u8]>>>,
}

impl Marks {
    /// The number of marks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_directory.values().map(BTreeSet::len).sum()
    }

    /// True where there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_directory.is_empty()
    }

    /// True where the entry is marked.
    #[must_use]
    pub fn contains(&self, directory: DirId, name: &[u8]) -> bool {
        let names = self.by_directory.get(&directory);
        names.is_some_and(|names| names.contains(name))
    }

    /// Marks the entry, or removes its mark.
    pub(super) fn toggle(&mut self, directory: DirId, name: &[u8]) {
        let names = self.by_directory.entry(directory).or_default();
        if !names.remove(name) {
            names.insert(name.into());
        }
        if names.is_empty() {
            self.by_directory.remove(&directory);
        }
    }

    pub(super) fn clear(&mut self) {
        self.by_directory.clear();
    }

    /// All marks.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        self.page(0, usize::MAX)
    }

    /// Some of the marks, from the one with this number on.
    pub fn page(&self, start: usize, count: usize) -> Vec<Target> {
        let marks = self.by_directory.iter();
        let marks = marks.flat_map(|(&parent, names)| names.iter().map(move |name| (parent, name)));
        let page = marks.skip(start).take(count);
        page.map(|(parent, name)| Target {
            parent,
            name: name.to_vec(),
        })
        .collect()
    }

    /// Drops the marks of entries that the tree lacks by now.
    pub(super) fn prune(&mut self, forest: &Forest) {
        self.by_directory.retain(|&directory, names| {
            let mut living = BTreeSet::new();
            if is_in_tree(forest, directory) {
                let rows = forest.rows(directory);
                living.extend(rows.filter_map(|row| names.take(row.name)));
            }
            *names = living;
            !names.is_empty()
        });
    }
}

/// False for a directory that was removed, or that another reading has replaced.
pub(super) fn is_in_tree(forest: &Forest, directory: DirId) -> bool {
    let state = forest.dir(directory).state;
    directory == DirId::TOP || !matches!(state, DirState::Nothing | DirState::File)
}
