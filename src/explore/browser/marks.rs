//! Marked entries, by directory and name. A mark is for an inode: where a later reading finds another one with this name,
//! the mark is dropped. Since numbers are used again, so is that of an entry that was changed.

use std::collections::{BTreeMap, HashSet};

use rustix::fs::FileType;

use super::shown_row::amount;
use crate::count::usage::{FileTime, Inode, Measure};
use crate::forest::entry::ForestEntry;
use crate::forest::{DirId, DirState, Forest, Sums, Target};

/// See the module.
#[derive(Debug, Default)]
pub struct Marks {
    by_directory: BTreeMap<DirId, BTreeMap<Box<[u8]>, KnownRow>>,
    /// [`Forest::rereads`] when they were looked at last.
    rereads: u64,
}

/// What was known of a row when it was marked or found: no pass over the rows of its directory is needed to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRow {
    identity: Identity,
    directory: Option<DirId>,
    own: Sums,
    time: FileTime,
}

impl KnownRow {
    /// Whether this is certainly another entry.
    pub(super) fn differs_from(&self, other: &Self) -> bool {
        self.identity.differs_from(other.identity)
    }

    /// Whether this may be another entry: a new one may have the number of an old one, but not its time and size. A
    /// directory that has got or lost an entry is told like a new one: the tree has no time of creation.
    fn may_differ_from(&self, other: &Self) -> bool {
        let as_it_was = |row: &Self| (row.own, row.time);
        let was_known = self.identity.inode != 0;
        self.differs_from(other) || was_known && as_it_was(self) != as_it_was(other)
    }

    /// Of an entry, and the number of its directory, if it is one.
    #[must_use]
    pub fn new(entry: &ForestEntry, directory: Option<DirId>) -> Self {
        Self {
            identity: Identity::of(entry),
            directory,
            own: Sums::of(entry),
            time: entry.time,
        }
    }

    /// True for a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.directory.is_some()
    }

    /// Its amount now.
    #[must_use]
    pub fn amount(&self, forest: &Forest, measure: Measure) -> u64 {
        let below = self.directory.map(|directory| forest.sums(directory));
        amount(&below.unwrap_or(self.own), measure)
    }
}

/// What a name stood for: the number is 0 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    inode: u64,
    kind: FileType,
}

impl Identity {
    fn of(entry: &ForestEntry) -> Self {
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
    pub(super) fn toggle(&mut self, directory: DirId, name: &[u8], row: KnownRow) {
        if !self.remove(directory, name) {
            let names = self.by_directory.entry(directory).or_default();
            names.insert(name.into(), row);
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
        self.rows().map(|(target, _)| target).collect()
    }

    /// The marks of entries that lie in no other marked one, each entry once: an operand that lies in another one is shown
    /// twice.
    pub(super) fn outermost(&self, forest: &Forest) -> Vec<Target> {
        let identity = |directory: DirId| match forest.dir(directory).inode {
            // It could not be looked at.
            Inode { number: 0, .. } => (Some(directory), Inode::default()),
            inode => (None, inode),
        };
        let mut targets = self.targets();
        let directories = forest.directories_among(&targets);
        let directories: HashSet<_> = directories.map(identity).collect();
        let is_in_other = |target: &Target| {
            let mut above = forest.and_above(target.parent);
            above.any(|directory| directories.contains(&identity(directory)))
        };
        let mut met = HashSet::new();
        targets.retain(|target| {
            !is_in_other(target) && met.insert((identity(target.parent), target.name.clone()))
        });
        targets
    }

    /// The mark with this number.
    pub(super) fn nth(&self, number: usize) -> Option<Target> {
        self.rows().nth(number).map(|(target, _)| target)
    }

    /// All marks, and what they stand for.
    pub fn rows(&self) -> impl Iterator<Item = (Target, KnownRow)> {
        let marks = self.by_directory.iter();
        let marks = marks.flat_map(|(&parent, names)| names.iter().map(move |mark| (parent, mark)));
        marks.map(|(parent, (name, &row))| {
            let name = name.to_vec();
            (Target { parent, name }, row)
        })
    }

    /// Drops the marks of entries that the tree lacks by now. Returns the number of those whose names stand for others, or
    /// whose directories another reading has replaced.
    pub(super) fn prune(&mut self, forest: &Forest) -> usize {
        let mut replaced = 0;
        let rereads = std::mem::replace(&mut self.rereads, forest.rereads());
        let was_read_again = rereads != self.rereads;
        self.by_directory.retain(|&directory, names| {
            let mut living = BTreeMap::new();
            if is_in_tree(forest, directory) {
                for row in forest.rows(directory) {
                    let Some((name, known)) = names.remove_entry(row.name) else {
                        continue;
                    };
                    let now = KnownRow::new(&row.entry, row.directory);
                    match known.may_differ_from(&now) {
                        true => replaced += 1,
                        false => drop(living.insert(name, now)),
                    }
                }
            } else if was_read_again {
                replaced += names.len();
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
