//! What is in the tree.

use rustix::fs::FileType;

use super::dirs::{Dir, NEW, REMOVING, Stage, UNREAD_BELOW};
use super::entry::{ForestEntry, Reading};
use super::info::{Changed, DirId, DirInfo, ForestFailure, ForestRow, Sums};
use super::run::{Before, Reader, Row, name};
use super::tree::Forest;
use crate::count::listing::push_name;
use crate::count::usage::FileTime;

/// The rows of a directory.
#[derive(Debug, Clone)]
pub struct ForestRows<'a> {
    forest: &'a Forest,
    id: DirId,
    reader: Reader<'a>,
    /// The row that was read last.
    row: ForestRow<'a>,
}

/// Where a row of a directory begins, and what it is the difference to.
#[derive(Debug, Clone, Copy)]
pub struct RowPlace((usize, Before));

impl RowPlace {
    /// Where the row begins.
    #[must_use]
    pub fn get(&self) -> usize {
        self.0.0
    }
}

impl<'a> ForestRows<'a> {
    /// The next row. For a reader of a million rows: they stay where they are.
    pub fn advance(&mut self) -> Option<&ForestRow<'a>> {
        loop {
            let (place, name, directory) = self.reader.advance()?;
            self.row.place = place;
            self.row.name = name;
            let is_there = match directory {
                None => self.fill_entry(),
                Some(id) => self.fill_directory(id),
            };
            if is_there {
                if self.row.entry.is_linked() {
                    self.row.entry = self.forest.links.updated(self.row.entry);
                }
                return Some(&self.row);
            }
        }
    }

    fn fill_entry(&mut self) -> bool {
        self.row.entry = *self.reader.entry();
        self.row.directory = None;
        self.row.is_being_removed = self.forest.is_removing(self.id, self.row.name);
        true
    }

    /// False where there is nothing any more.
    fn fill_directory(&mut self, id: DirId) -> bool {
        let dir = self.forest.dirs.get(id);
        self.row.directory = match dir.stage {
            Stage::Nothing => return false,
            Stage::File | Stage::Away | Stage::Excluded => None,
            Stage::Announced | Stage::Read | Stage::Broken | Stage::Unread => Some(id),
        };
        self.row.entry = own(dir, id);
        let is_being_removed = self.forest.is_removing(self.id, self.row.name);
        self.row.is_being_removed = dir.has(REMOVING) || is_being_removed;
        true
    }

    /// The position of the next row.
    #[must_use]
    pub fn position(&self) -> RowPlace {
        RowPlace(self.reader.position())
    }
}

impl<'a> Iterator for ForestRows<'a> {
    type Item = ForestRow<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().copied()
    }
}

impl ForestRow<'_> {
    /// It, or a directory and everything below.
    #[must_use]
    pub fn sums(&self, forest: &Forest) -> Sums {
        match self.directory {
            Some(id) => forest.sums(id),
            None => Sums::of(&self.entry),
        }
    }

    /// The newest time of it and everything below.
    #[must_use]
    pub fn newest(&self, forest: &Forest) -> FileTime {
        match self.directory {
            Some(id) => newest(forest.dirs.get(id)),
            None => self.entry.time,
        }
    }
}

impl Forest {
    /// What is known of a directory.
    #[must_use]
    pub fn dir(&self, id: DirId) -> DirInfo {
        let dir = self.dirs.get(id);
        let ended = self.ended.filter(|_| !self.is_read_again(id));
        DirInfo {
            parent: self.dirs.parent(id),
            sums: dir.sums,
            newest: newest(dir),
            inode: self.own(id).inode,
            state: dir.state(ended),
            open_children: dir.open,
            has_unread_below: dir.has(UNREAD_BELOW),
            has_new: dir.has(NEW),
            is_being_removed: dir.has(REMOVING),
        }
    }

    /// After the end: true where a directory was not read to its end, or where a list may name more operands.
    #[must_use]
    pub fn lacks_part(&self) -> bool {
        self.dirs.get(DirId::TOP).open > 0 || self.operands.more_may_come
    }

    /// The entry of a directory itself, without its contents.
    #[must_use]
    pub fn own(&self, id: DirId) -> ForestEntry {
        own(self.dirs.get(id), id)
    }

    /// The entries of a directory, in no order.
    #[must_use]
    pub fn rows(&self, id: DirId) -> ForestRows<'_> {
        ForestRows {
            forest: self,
            id,
            reader: Reader::new(&self.dirs.get(id).run, id),
            row: ForestRow::NOTHING,
        }
    }

    /// The entries of a directory from a place on, which is valid until [`Forest::rewrites`] changes.
    #[must_use]
    pub fn rows_from(&self, id: DirId, place: &RowPlace) -> ForestRows<'_> {
        let mut rows = self.rows(id);
        rows.reader.go_to(place.0);
        rows
    }

    fn is_removing(&self, id: DirId, name: &[u8]) -> bool {
        let names = self.removing.get(&id);
        names.is_some_and(|names| names.contains(name))
    }

    /// The name of a directory; empty for [`DirId::TOP`]. That of an operand is the whole operand.
    #[must_use]
    pub fn name(&self, id: DirId) -> &[u8] {
        let dir = self.dirs.get(id);
        let Some(parent) = self.dirs.parent(id) else {
            return b"";
        };
        let run = &self.dirs.get(parent).run;
        if dir.place < u32::MAX {
            return name(run, dir.place as usize);
        }
        // Beyond four gigabytes of a run.
        let found = Reader::new(run, parent).find_map(|(_, row)| match row {
            Row::Directory(name, found) if found == id => Some(name),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// The name of the row that begins at this place.
    #[must_use]
    pub fn name_at(&self, id: DirId, place: usize) -> &[u8] {
        name(&self.dirs.get(id).run, place)
    }

    /// A directory and everything below, each inode once.
    #[must_use]
    pub fn sums(&self, id: DirId) -> Sums {
        self.dirs.get(id).sums
    }

    /// The path of a directory, from the operand on.
    #[must_use]
    pub fn path(&self, id: DirId) -> Vec<u8> {
        let mut ids: Vec<DirId> = self.dirs.above(id).collect();
        ids.reverse();
        ids.push(id);
        let mut path = Vec::new();
        for id in ids {
            push_name(&mut path, self.name(id));
        }
        path
    }

    /// A directory and those around it, upwards.
    pub fn and_above(&self, id: DirId) -> impl Iterator<Item = DirId> + '_ {
        std::iter::once(id).chain(self.dirs.above(id))
    }

    /// The directory with this name in another one. One pass over the rows.
    #[must_use]
    pub fn child(&self, id: DirId, name: &[u8]) -> Option<DirId> {
        self.rows(id).find(|row| row.name == name)?.directory
    }

    /// The operand whose row begins at this place; a file as well. One pass over the operands.
    #[must_use]
    pub fn operand_at(&self, place: usize) -> Option<DirId> {
        let mut rows = Reader::new(&self.dirs.get(DirId::TOP).run, DirId::TOP);
        rows.find_map(|(at, row)| match row {
            Row::Directory(_, id) if at == place => Some(id),
            Row::Entry(..) | Row::Directory(..) => None,
        })
    }

    /// Remembers the directory that is shown.
    pub fn watch(&mut self, id: DirId) {
        if self.watched != id {
            self.watched = id;
            self.changed = Changed::Rows;
        }
    }

    /// Runs that were written again so far. As long as this number stays, runs have only grown, and all places are valid.
    #[must_use]
    pub fn rewrites(&self) -> u64 {
        self.rewrites
    }

    /// How many times a directory was replaced by what a second walk has read. As long as this number stays, no entry has
    /// come into a directory that was read to its end.
    #[must_use]
    pub fn rereads(&self) -> u64 {
        self.rereads
    }

    /// Changes of sums, states and rows so far: as long as this number stays, so does every answer.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// What has changed in the shown directory since the last call.
    pub fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// Failures: the first 10,000. Those of a second walk come when what it has read is in its place.
    #[must_use]
    pub fn failures(&self) -> &[ForestFailure] {
        let is_hidden = |failure: &ForestFailure| self.is_read_again(failure.directory);
        let all = &self.failures.list;
        all.split_at(all.iter().position(is_hidden).unwrap_or(all.len()))
            .0
    }

    /// The number of all failures.
    #[must_use]
    pub fn failure_count(&self) -> u64 {
        let hidden = self.failures.list.len() - self.failures().len();
        self.failures.count - hidden as u64
    }

    /// Bytes of the directories and their entries.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.dirs.bytes()
    }

    /// Number of directories that the sum of the command line counts. A pass over all of them.
    #[must_use]
    pub fn counted_directories(&self) -> u64 {
        let mut is_counted = vec![false; self.directories()];
        for id in self.dirs.ids() {
            let dir = self.dirs.get(id);
            let is_above = |above: DirId| is_counted.get(above.0 as usize) == Some(&true);
            is_counted[id.0 as usize] = match self.dirs.sums_go_to(id) {
                Some(above) => is_above(above) && is_directory(dir, id),
                None => id == DirId::TOP,
            };
        }
        let counted = is_counted.into_iter().filter(|&is_counted| is_counted);
        // The command line is none.
        counted.count().saturating_sub(1) as u64
    }

    /// Number of directories, those that are gone and the keys of large directories included.
    #[must_use]
    pub fn directories(&self) -> usize {
        self.dirs.len() as usize
    }
}

/// True where the sizes of a directory are known, be it that its entries could not be read.
fn is_directory(dir: &Dir, id: DirId) -> bool {
    let has_sizes = matches!(dir.stage, Stage::Read | Stage::Broken | Stage::Unread);
    has_sizes && !dir.run.is_empty() && own(dir, id).kind == FileType::Directory
}

/// The entry of a directory itself, or of what was found in its place.
fn newest(dir: &Dir) -> FileTime {
    FileTime {
        seconds: dir.newest,
        nanoseconds: 0,
    }
}

pub(super) fn own(dir: &Dir, id: DirId) -> ForestEntry {
    let own = *Reader::new(&dir.run, id).own();
    let reading = match dir.stage {
        Stage::Nothing | Stage::Announced | Stage::Read | Stage::File => Reading::Whole,
        Stage::Broken => Reading::Broken,
        Stage::Unread => Reading::Unread,
        Stage::Away => Reading::Away,
        Stage::Excluded => Reading::Excluded,
    };
    match dir.run.is_empty() {
        true => ForestEntry {
            kind: FileType::Directory,
            reading,
            ..own
        },
        false => ForestEntry { reading, ..own },
    }
}
