//! Goes through the tree in the order of a Parquet file of pdu: by path components, names compared as bytes, the contents
//! of a directory before the directory itself, and before them a mark where the directory could not be read. The rows of a
//! directory are sorted when the walk enters it, and given up with it.
//!
//! Of the links of a file, the one whose path comes first counts, or each.

use super::entry::{ForestEntry, Reading};
use super::info::DirId;
use super::run::{Reader, Row, Writer};
use super::tree::Forest;
use crate::count::inode_set::InodeSet;
use crate::format::parquet::CountedLinks;

/// See the module.
#[derive(Debug)]
pub struct ForestWalk {
    forest: Forest,
    /// The directory that the walk begins with, before its first step.
    top: Option<DirId>,
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
    own: ForestEntry,
    /// The length of its path.
    end: usize,
    rows: SortedRows,
    /// Allocated, apparent, inodes, so far.
    totals: [u64; 3],
}

/// The rows of a directory, sorted by name.
#[derive(Debug)]
struct SortedRows {
    id: DirId,
    /// Each row by itself, as the difference to the directory.
    bytes: Vec<u8>,
    /// Where each begins; the last one comes first.
    places: Vec<usize>,
}

impl SortedRows {
    fn new(run: &[u8], id: DirId) -> Self {
        let reader = Reader::new(run, id);
        let mut rows = Self {
            id,
            bytes: Vec::with_capacity(run.len()),
            places: Vec::new(),
        };
        Writer::begin(&mut rows.bytes, id, reader.own());
        for (_, row) in reader {
            rows.places.push(rows.bytes.len());
            Writer::resume(&rows.bytes, id).row(&mut rows.bytes, &row);
        }
        let bytes = &rows.bytes;
        let name = |place: &usize| super::run::name(bytes, *place);
        rows.places.sort_by(|a, b| name(b).cmp(name(a)));
        rows
    }

    fn next(&mut self) -> Option<Row<'_>> {
        let place = self.places.pop()?;
        let mut reader = Reader::new(&self.bytes, self.id);
        reader.go_to_place(place);
        reader.next().map(|(_, row)| row)
    }
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
    /// such directory, and where the tree has not one root.
    #[must_use]
    pub fn new(forest: Forest, below: &[u8], counted: CountedLinks) -> Option<Self> {
        let mut top = forest.only_root()?;
        for name in below
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
        {
            top = forest.child(top, name)?;
        }
        let current = Met {
            entry: forest.own(top),
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
            let Some(row) = level.rows.next() else {
                self.leave();
                return true;
            };
            let (Row::Entry(name, _) | Row::Directory(name, _)) = row;
            self.path.push(b'/');
            self.path.extend_from_slice(name);
            let is_at_entry = match row {
                Row::Directory(_, id) => self.enter(id),
                Row::Entry(b"", entry) => {
                    level.add(amounts(&entry));
                    false
                }
                Row::Entry(_, entry) => self.take_file(entry),
            };
            if is_at_entry {
                return true;
            }
        }
        false
    }

    /// Goes down into a directory. True where its mark is the current entry then.
    fn enter(&mut self, id: DirId) -> bool {
        let entry = self.forest.own(id);
        let run = self.forest.take_run(id);
        self.levels.push(Level {
            own: entry,
            end: self.path.len(),
            rows: SortedRows::new(&run, id),
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
