//! Builds the tree from the events of an import.

use rustix::fs::FileType;

use super::delta::Delta;
use super::dirs::Stage;
use super::entry::{ForestEntry, Reading};
use super::info::DirId;
use super::run::Writer;
use super::tree::{Forest, Imported, Open};
use crate::count::usage::{Detail, Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::sys::failure::{Failure, Operation};

impl Forest {
    /// What the import has told beside the tree.
    #[must_use]
    pub fn imported(&self) -> Imported {
        self.imported
    }

    /// The only operand, if it is a directory that was left; none where there are others.
    #[must_use]
    pub fn only_root(&self) -> Option<DirId> {
        let mut rows = self.rows(DirId::TOP);
        let root = rows.next()?.directory?;
        let is_left = self.open_imports.is_empty() && rows.next().is_none();
        is_left.then_some(root)
    }

    /// The current directory.
    fn current(&self) -> DirId {
        self.open_imports.last().map_or(DirId::TOP, |open| open.id)
    }

    /// Appends a row to the current directory.
    fn append(&mut self, write: impl FnOnce(&mut Writer, &mut Vec<u8>)) {
        let id = self.current();
        let run = &mut self.dirs.get_mut(id).run;
        match self.open_imports.last_mut() {
            Some(open) => write(&mut open.writer, run),
            None => write(&mut Writer::resume(run, id), run),
        }
        self.note_rows(id);
    }

    fn append_entry(&mut self, name: &[u8], entry: &ForestEntry) {
        self.append(|writer, run| writer.entry(run, name, entry));
    }

    /// Remembers the depth of a directory that stands for its contents as well.
    fn note_sum(&mut self, depth: usize) {
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        let known = &mut self.imported.summed_depth;
        *known = Some(known.map_or(depth, |known| known.min(depth)));
    }

    fn end_import(&mut self, id: DirId, extent: Extent) {
        let has_rows = super::run::Reader::new(&self.dirs.get(id).run, id)
            .next()
            .is_some();
        let dir = self.dirs.get_mut(id);
        dir.run.shrink_to_fit();
        if extent != Extent::Whole || dir.stage == Stage::Unread && has_rows {
            dir.stage = Stage::Broken;
            self.imported.has_failures = true;
        }
        if extent != Extent::Unfinished {
            self.close(id);
        }
        if self.pending.is_full() {
            self.settle();
        }
    }
}

impl Visitor for Forest {
    fn enter(&mut self, name: &[u8], item: &Item<'_>, failure: Option<Failure>) -> Flow {
        let id = DirId(self.dirs.len());
        let entry = ForestEntry {
            kind: FileType::Directory,
            links: 1,
            ..ForestEntry::of(item)
        };
        if entry.count > 1 {
            self.note_sum(self.open_imports.len());
        }
        let parent = self.current();
        let place = self.dirs.get(parent).run.len();
        self.append(|writer, run| writer.directory(run, name, id));
        self.dirs.get_mut(parent).open += 1;
        let dir = self.dirs.get_mut(id);
        dir.parent = parent.0;
        dir.place = u32::try_from(place).unwrap_or(u32::MAX);
        dir.open = 1;
        dir.stage = failure.map_or(Stage::Read, stage);
        let writer = Writer::begin(&mut dir.run, id, &entry);
        self.open_imports.push(Open { id, writer });
        self.add_to_sums(id, &Delta::of(&item.usage));
        Flow::Continue
    }

    fn file(&mut self, name: Option<&[u8]>, item: &Item<'_>) {
        let mut entry = ForestEntry::of(item);
        if entry.kind == FileType::Directory {
            entry.kind = FileType::Unknown;
        }
        let id = self.current();
        let delta = self.meet_link(id, &item.usage, &entry);
        self.add_to_sums(id, &delta);
        self.append_entry(name.unwrap_or_default(), &entry);
    }

    fn away(&mut self, name: &[u8], detail: &Detail) {
        let entry = ForestEntry {
            reading: Reading::Away,
            ..ForestEntry::of_detail(detail)
        };
        self.append_entry(name, &entry);
    }

    fn rendered(&mut self, _: &[u8]) {}

    fn sum(&mut self, usage: &Usage, _: u64) {
        if *usage != Usage::default() {
            self.note_sum(self.open_imports.len().saturating_sub(1));
            self.add_to_sums(self.current(), &Delta::of(usage));
            self.append_entry(b"", &ForestEntry::of_sum(usage));
        }
    }

    fn failed(&mut self, path: &[u8], failure: Failure) {
        self.imported.has_failures = true;
        let id = self.current();
        self.failures.add(id, path, failure);
        if path.is_empty() {
            let above = self.dirs.parent(id);
            above.into_iter().for_each(|above| self.mark_unread(above));
            return;
        }
        self.mark_unread(id);
        if failure.operation == Operation::ExportedEntry {
            let entry = ForestEntry {
                reading: Reading::Unread,
                ..ForestEntry::UNKNOWN
            };
            self.append_entry(path, &entry);
        }
    }

    fn leave(&mut self, extent: Extent) {
        if let Some(open) = self.open_imports.pop() {
            self.end_import(open.id, extent);
        }
    }
}

fn stage(failure: Failure) -> Stage {
    match failure.operation {
        Operation::ExportedInPart => Stage::Broken,
        _ => Stage::Unread,
    }
}
