//! Goes through the tree in the order of a Parquet file of pdu: by path components, names compared as bytes, the contents
//! of a directory before the directory itself, and before them a mark where the directory could not be read.
//!
//! Of the links of a file, the one whose path comes first counts, or each.

use super::entry::{ForestEntry, Reading};
use super::old::{DirId, Tree};
use super::run::take_entry;
use crate::count::inode_set::InodeSet;
use crate::format::parquet::CountedLinks;

/// See the module.
#[derive(Debug)]
pub struct ForestWalk {
    forest: Tree,
    /// The directory that the walk begins with, before its first step.
    top: Option<(DirId, ForestEntry)>,
    /// The directories from there to the current one.
    levels: Vec<Level>,
    path: Vec<u8>,
    current: Met,
    counted: CountedLinks,
    /// The files with several links so far.
    links: InodeSet,
}

/// An entry of the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// The entry.
    pub entry: ForestEntry,
    /// Whether it adds to the totals: false for marks, for entries without a known size, and for further links of a file.
    pub is_counted: bool,
    /// Of a directory with its contents: allocated, apparent, inodes.
    pub totals: Option<[u64; 3]>,
}

/// A directory.
#[derive(Debug)]
struct Level {
    number: DirId,
    own: ForestEntry,
    /// The length of its path.
    end: usize,
    /// Where the next entry begins in the run, and the entry before it.
    at: usize,
    before: ForestEntry,
    /// Allocated, apparent, inodes, so far.
    totals: [u64; 3],
}

impl Level {
    fn add(&mut self, amounts: [u64; 3]) {
        for (total, amount) in self.totals.iter_mut().zip(amounts) {
            *total = total.saturating_add(amount);
        }
    }
}

/// Allocated, apparent, inodes.
fn amounts(entry: &ForestEntry) -> [u64; 3] {
    [entry.sizes.0, entry.sizes.1, entry.count]
}

impl ForestWalk {
    /// A walk through the directory with this path below the root, which is empty for the root. None where there is no
    /// such directory.
    #[must_use]
    pub fn new(forest: Tree, below: &[u8], counted: CountedLinks) -> Option<Self> {
        let mut top = (0, forest.root.1);
        for name in below
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
        {
            top = find(&forest, top, name)?;
        }
        let current = Met {
            entry: top.1,
            is_counted: false,
            totals: None,
        };
        Some(Self {
            forest,
            top: Some(top),
            levels: Vec::new(),
            path: Vec::new(),
            current,
            counted,
            links: InodeSet::default(),
        })
    }

    /// The tree.
    #[must_use]
    pub fn forest(&self) -> &Tree {
        &self.forest
    }

    /// The entry that the last call of [`ForestWalk::advance`] went to, and its path below the top of the walk: empty, or a
    /// slash before each name.
    #[must_use]
    pub fn current(&self) -> (&[u8], &Met) {
        (&self.path, &self.current)
    }

    /// Goes to the next entry, at first to the first one. False after the last.
    pub fn advance(&mut self) -> bool {
        if let Some(top) = self.top.take()
            && self.enter(top)
        {
            return true;
        }
        while let Some(level) = self.levels.last_mut() {
            self.path.truncate(level.end);
            let run = self.forest.run(level.number);
            let mut rest = run.get(level.at..).unwrap_or_default();
            let Some(packed) = take_entry(&mut rest, &level.before) else {
                self.leave();
                return true;
            };
            level.at = run.len() - rest.len();
            level.before = packed.entry;
            if packed.name.is_empty() {
                level.add(amounts(&packed.entry));
                continue;
            }
            self.path.push(b'/');
            self.path.extend_from_slice(packed.name);
            let (directory, entry) = (packed.directory, packed.entry);
            let is_at_entry = match directory {
                Some(directory) => self.enter((directory, entry)),
                None => self.take_file(entry),
            };
            if is_at_entry {
                return true;
            }
        }
        false
    }

    /// Goes down into a directory. True where its mark is the current entry then.
    fn enter(&mut self, (number, entry): (DirId, ForestEntry)) -> bool {
        self.levels.push(Level {
            number,
            own: entry,
            end: self.path.len(),
            at: 0,
            before: entry,
            totals: amounts(&entry),
        });
        self.current = Met {
            entry: ForestEntry {
                sizes: (0, 0),
                ..entry
            },
            is_counted: false,
            totals: None,
        };
        entry.reading != Reading::Whole
    }

    /// Makes the current directory the current entry, and goes up.
    fn leave(&mut self) {
        let Some(level) = self.levels.pop() else {
            return;
        };
        if let Some(above) = self.levels.last_mut() {
            above.add(level.totals);
        }
        self.current = Met {
            entry: level.own,
            is_counted: true,
            totals: Some(level.totals),
        };
    }

    /// Makes an entry of the current directory the current one.
    fn take_file(&mut self, entry: ForestEntry) -> bool {
        let is_once = self.counted == CountedLinks::Once && entry.is_linked();
        let is_counted = entry.is_known() && (!is_once || self.links.insert(entry.inode));
        if let (true, Some(level)) = (is_counted, self.levels.last_mut()) {
            level.add(amounts(&entry));
        }
        self.current = Met {
            entry,
            is_counted,
            totals: None,
        };
        true
    }
}

/// The subdirectory with this name.
fn find(
    forest: &Tree,
    (number, own): (DirId, ForestEntry),
    name: &[u8],
) -> Option<(DirId, ForestEntry)> {
    let (mut rest, mut before) = (forest.run(number), own);
    while let Some(packed) = take_entry(&mut rest, &before) {
        before = packed.entry;
        if packed.name == name {
            return packed.directory.map(|number| (number, packed.entry));
        }
    }
    None
}
