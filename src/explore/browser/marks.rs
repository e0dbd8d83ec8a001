//! Marked entries, by directory and name. A mark is for an inode: where a later reading finds another one with this name,
//! the mark is dropped.

use std::collections::BTreeMap;

use rustix::fs::FileType;

use crate::forest::entry::ForestEntry;
use crate::forest::{DirId, DirState, Forest, Target};

/// See the module.
#[derive(Debug, Default)]
pub struct Marks {
    by_directory: BTreeMap<DirId, BTreeMap<Box<[u8]>, Identity>>,
}

/// What a name stood for: the number is 0 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    inode: u64,
    kind: FileType,
}

impl Identity {
    /// That of an entry.
    #[must_use]
    pub fn of(entry: &ForestEntry) -> Self {
        Self {
            inode: entry.inode.number,
            kind: entry.kind,
        }
    }

    /// True where both are known and differ: a directory that was not read yet has no number.
    fn differs_from(self, other: Self) -> bool {
        let are_known = self.inode != 0 && other.inode != 0;
        self.kind != other.kind || are_known && self.inode != other.inode
    }
}

impl Marks {
    /// The number of marks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_directory.values().map(BTreeMap::len).sum()
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
        names.is_some_and(|names| names.contains_key(name))
    }

    /// Marks the entry, or removes its mark.
    pub(super) fn toggle(&mut self, directory: DirId, name: &[u8], identity: Identity) {
        if !self.remove(directory, name) {
            let names = self.by_directory.entry(directory).or_default();
            names.insert(name.into(), identity);
        }
    }

    /// Removes the mark of an entry. False where it has none.
    pub(super) fn remove(&mut self, directory: DirId, name: &[u8]) -> bool {
        let Some(names) = self.by_directory.get_mut(&directory) else {
            return false;
        };
        let was_marked = names.remove(name).is_some();
        if names.is_empty() {
            self.by_directory.remove(&directory);
        }
        was_marked
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
        let marks = marks.flat_map(|(&parent, names)| names.keys().map(move |name| (parent, name)));
        let page = marks.skip(start).take(count);
        page.map(|(parent, name)| Target {
            parent,
            name: name.to_vec(),
        })
        .collect()
    }

    /// Drops the marks of entries that the tree lacks by now. Returns the number of those whose names stand for others.
    pub(super) fn prune(&mut self, forest: &Forest) -> usize {
        let mut replaced = 0;
        self.by_directory.retain(|&directory, names| {
            let mut living = BTreeMap::new();
            if is_in_tree(forest, directory) {
                for row in forest.rows(directory) {
                    match names.remove_entry(row.name) {
                        Some((_, known)) if known.differs_from(Identity::of(&row.entry)) => {
                            replaced += 1;
                        }
                        found => living.extend(found),
                    }
                }
            }
            *names = living;
            !names.is_empty()
        });
        replaced
    }
}

/// False for a directory that was removed, or that another reading has replaced.
pub(super) fn is_in_tree(forest: &Forest, directory: DirId) -> bool {
    let state = forest.dir(directory).state;
    directory == DirId::TOP || !matches!(state, DirState::Nothing | DirState::File)
}
