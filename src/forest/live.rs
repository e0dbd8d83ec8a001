//! Takes the listings of a walk.

use super::delta::Delta;
use super::dirs::{LINKED, Stage, UNREAD_BELOW};
use super::entry::{ForestEntry, Reading};
use super::info::{DirId, Ended};
use super::renderer::take;
use super::renderer::{entry as file_entry, of_directory};
use super::run::{Reader, Writer};
use super::tree::Forest;
use crate::count::listing::{Branch, Found, Key, Listing};
use crate::count::ordered_items::{ItemKind, OrderedItem, OrderedItems};
use crate::count::usage::{Detail, Entry, Usage};
use crate::sys::failure::{Failure, Operation};

/// A buffer of more bytes is given back.
const LARGE: usize = 1 << 20;

/// Rows that are appended to the run of a directory.
#[derive(Debug)]
struct Rows {
    id: DirId,
    bytes: Vec<u8>,
    writer: Writer,
    /// Where the run goes on.
    start: usize,
    /// The device of the directory.
    device: u64,
    /// What the rows add to its sums.
    sum: Delta,
}

/// The directory with this key; none beyond four thousand million.
pub(super) fn id_of(key: Key) -> Option<DirId> {
    let number = u32::try_from(key).ok()?.checked_add(1)?;
    (number < u32::MAX).then_some(DirId(number))
}

impl Forest {
    /// Takes operands, before the first of their listings, and the failures between them.
    pub fn announce(&mut self, operands: &Branch, failures: &OrderedItems) {
        for item in failures.iter() {
            if let ItemKind::Failed(failure) = item.kind {
                self.failures.add(DirId::TOP, item.name, failure);
            }
        }
        self.operands.add(operands.len());
        let mut rows = self.append_rows(DirId::TOP);
        self.announce_names(&mut rows, operands);
        self.keep_rows(rows, false);
        self.note_rows(DirId::TOP);
    }

    /// Whether more operands may come than were announced.
    pub fn expect_operands(&mut self, more_may_come: bool) {
        self.operands.more_may_come = more_may_come;
    }

    /// Takes a listing: of a directory that another one has announced, or of its next group.
    pub fn arrive(&mut self, listing: Listing) {
        let Some(id) = id_of(listing.directory_key()) else {
            return;
        };
        match &listing.found {
            Found::Directory(entry, detail) => {
                let own = of_directory(&entry.item(Some(detail)));
                let rows = self.begin_rows(id, &own, Stage::Read);
                self.add_to_sums(id, &Delta::of(&entry.usage()));
                self.take_contents(rows, &listing);
            }
            Found::More => {
                let rows = self.append_rows(id);
                self.take_contents(rows, &listing);
            }
            Found::Rendered(text) => self.take_leaf(id, text, &listing),
            Found::File(entry, detail) => self.take_replaced(id, entry, detail),
            Found::Away(detail) => {
                let own = ForestEntry::of_detail(detail);
                let rows = self.begin_rows(id, &own, Stage::Away);
                self.keep_rows(rows, true);
            }
            // Only a walk with a budget leaves directories to others.
            Found::Nothing | Found::Absent(_) => self.set_stage(id, Stage::Nothing),
            // Directories are folded for lines only.
            Found::Leaves(_) => {}
        }
        if let Some(failure) = listing.failure {
            self.fail(id, failure);
        }
        if listing.next.is_none() {
            self.close(id);
        }
        self.note_rows(id);
        if self.pending.is_full() {
            self.settle();
        }
    }

    /// Nothing more will come: what is still open becomes `?`.
    pub fn end(&mut self, ended: Ended) {
        if self.ended.is_none() {
            self.ended = Some(ended);
            self.open_imports.clear();
            self.find_repeated_operands();
            self.close(DirId::TOP);
            self.note_rows(self.watched);
        }
    }

    /// Begins the run of a directory.
    fn begin_rows(&mut self, id: DirId, own: &ForestEntry, stage: Stage) -> Rows {
        self.meet_directory(id, own, stage);
        self.set_stage(id, stage);
        let mut bytes = std::mem::take(&mut self.buffer);
        let writer = Writer::begin(&mut bytes, id, own);
        Rows {
            id,
            bytes,
            writer,
            start: 0,
            device: own.inode.device,
            sum: Delta::default(),
        }
    }

    /// Its row is another one, or none, where it turned out to be no directory.
    fn set_stage(&mut self, id: DirId, stage: Stage) {
        self.dirs.get_mut(id).stage = stage;
        if stage != Stage::Read
            && let Some(above) = self.dirs.parent(id)
        {
            self.note_rows(above);
        }
    }

    /// Goes on with the run of a directory.
    fn append_rows(&mut self, id: DirId) -> Rows {
        let run = &self.dirs.get(id).run;
        let start = run.len();
        let device = Reader::new(run, id).own().inode.device;
        let writer = Writer::resume(run, id);
        Rows {
            id,
            bytes: std::mem::take(&mut self.buffer),
            writer,
            start,
            device,
            sum: Delta::default(),
        }
    }

    /// Makes the rows a part of the run.
    fn keep_rows(&mut self, rows: Rows, is_last: bool) {
        let Rows {
            id, mut bytes, sum, ..
        } = rows;
        let run = &mut self.dirs.get_mut(id).run;
        if run.capacity() - run.len() < bytes.len() {
            // A directory with many groups is not copied for each of them.
            let more = if is_last { 0 } else { run.len() / 4 };
            run.reserve_exact(bytes.len().max(more));
        }
        run.extend_from_slice(&bytes);
        if is_last {
            run.shrink_to_fit();
        }
        self.add_to_sums(id, &sum);
        bytes.clear();
        if bytes.capacity() <= LARGE {
            self.buffer = bytes;
        }
    }

    fn take_contents(&mut self, mut rows: Rows, listing: &Listing) {
        rows.sum.add(&Delta::of(&listing.files));
        for item in listing.ordered_items.iter().flat_map(|items| items.iter()) {
            self.take_item(&mut rows, &item);
        }
        if let Some(branch) = &listing.branch {
            self.announce_names(&mut rows, branch);
        }
        self.keep_rows(rows, listing.next.is_none());
    }

    fn take_item(&mut self, rows: &mut Rows, item: &OrderedItem<'_>) {
        match item.kind {
            ItemKind::Rendered => self.take_rendered(rows, item.name),
            ItemKind::File(entry, detail) => {
                let known = file_entry(&entry.item(detail.as_ref()));
                self.meet_file(rows.id, &known);
                rows.sum
                    .add(&self.meet_link(rows.id, &entry.usage(), &known));
                rows.writer.entry(&mut rows.bytes, item.name, &known);
            }
            ItemKind::Away(detail) => {
                let known = ForestEntry {
                    reading: Reading::Away,
                    ..ForestEntry::of_detail(&detail)
                };
                rows.writer.entry(&mut rows.bytes, item.name, &known);
            }
            ItemKind::Failed(failure) => {
                self.failures.add(rows.id, item.name, failure);
                self.mark_unread(rows.id);
                if matches!(failure.operation, Operation::Access | Operation::Follow) {
                    let known = ForestEntry {
                        reading: Reading::Unread,
                        time: crate::count::usage::FileTime::EPOCH,
                        ..ForestEntry::UNKNOWN
                    };
                    rows.writer.entry(&mut rows.bytes, item.name, &known);
                }
            }
        }
    }

    /// Takes the files that a walker has written. Their sizes are in the sum of the listing.
    fn take_rendered(&mut self, rows: &mut Rows, text: &[u8]) {
        let mut rest = text;
        while let Some((name, entry)) = take(&mut rest, rows.device) {
            self.meet_file(rows.id, &entry);
            if entry.is_linked() {
                self.meet_link(rows.id, &Usage::default(), &entry);
            }
            rows.writer.entry(&mut rows.bytes, name, &entry);
        }
    }

    /// Takes a directory without subdirectories, which a walker has written with all of its files.
    fn take_leaf(&mut self, id: DirId, text: &[u8], listing: &Listing) {
        let mut rest = text;
        let above = listing.place.0.inode.device;
        let Some((_, mut own)) = take(&mut rest, above) else {
            return;
        };
        let stage = match own.reading {
            Reading::Excluded => Stage::Excluded,
            _ => Stage::Read,
        };
        own.reading = Reading::Whole;
        let mut rows = self.begin_rows(id, &own, stage);
        rows.sum = Delta::of(&listing.files);
        self.take_rendered(&mut rows, rest);
        self.keep_rows(rows, true);
    }

    /// An operand that is a file, or the name of a directory that was replaced by a file.
    fn take_replaced(&mut self, id: DirId, entry: &Entry, detail: &Detail) {
        let known = file_entry(&entry.item(Some(detail)));
        let mut rows = self.begin_rows(id, &known, Stage::File);
        rows.sum = self.meet_link(id, &entry.usage(), &known);
        self.keep_rows(rows, true);
    }

    /// What a file adds to its directory: only its time, if another link of it counts.
    pub(super) fn meet_link(&mut self, id: DirId, usage: &Usage, entry: &ForestEntry) -> Delta {
        let delta = Delta::of(usage);
        if !entry.is_linked() {
            return delta;
        }
        self.dirs.get_mut(id).set(LINKED, true);
        let counts = match &mut self.reread {
            Some(reread) if reread.takes(id) => reread.meet(id, entry, self.links.counting),
            _ => self.links.meet(id, entry),
        };
        let newest = delta.newest;
        match counts {
            true => delta,
            false => Delta {
                newest,
                ..Delta::default()
            },
        }
    }

    /// Adds the names of subdirectories.
    fn announce_names(&mut self, rows: &mut Rows, branch: &Branch) {
        for index in 0..branch.len() {
            let Some(id) = id_of(branch.key(index)) else {
                continue;
            };
            let dir = self.dirs.get_mut(id);
            dir.parent = rows.id.0;
            dir.place = u32::try_from(rows.start + rows.bytes.len()).unwrap_or(u32::MAX);
            dir.stage = Stage::Announced;
            dir.open = 1;
            self.dirs.get_mut(rows.id).open += 1;
            rows.writer
                .directory(&mut rows.bytes, branch.name(index), id);
        }
    }

    /// A directory failed.
    pub(super) fn fail(&mut self, id: DirId, failure: Failure) {
        self.failures.add(id, b"", failure);
        self.dirs.get_mut(id).stage = match failure.operation {
            Operation::ReadOn | Operation::ExportedInPart => Stage::Broken,
            _ => Stage::Unread,
        };
        if let Some(above) = self.dirs.parent(id) {
            self.mark_unread(above);
        }
    }

    /// Something in this directory could not be read.
    pub(super) fn mark_unread(&mut self, id: DirId) {
        let mut next = Some(id);
        while let Some(id) = next.filter(|&id| !self.dirs.get(id).has(UNREAD_BELOW)) {
            self.dirs.get_mut(id).set(UNREAD_BELOW, true);
            self.note_change(id);
            next = self.dirs.parent(id);
        }
    }

    /// One of the things that a directory waits for is there; the last of them ends the directory, and so on upwards.
    pub(super) fn close(&mut self, id: DirId) {
        let mut next = Some(id);
        while let Some(id) = next {
            let dir = self.dirs.get_mut(id);
            dir.open = dir.open.saturating_sub(1);
            let is_end = dir.open == 0;
            self.note_change(id);
            next = self.dirs.parent(id).filter(|_| is_end);
        }
    }
}
