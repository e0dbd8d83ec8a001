//! Builds the tree from the events of an import.

use rustix::fs::FileType;

use super::entry::{ForestEntry, Reading};
use super::run::{Packed, append, name, take_entry};
use super::{DirId, Forest};
use crate::count::usage::{Detail, Item, Usage};
use crate::count::visitor::{Absence, Extent, Flow, Visitor};
use crate::sys::failure::{Failure, Operation};

/// See the module.
#[derive(Debug, Default)]
pub struct Builder {
    runs: Vec<Box<[u8]>>,
    /// The directories that were entered and not left.
    open: Vec<Open>,
    /// The root, after its end.
    root: Option<(Vec<u8>, ForestEntry)>,
    has_failures: bool,
    summed_depth: Option<u32>,
    /// There was more than one root, or one that is no directory.
    has_others: bool,
}

/// An open directory.
#[derive(Debug)]
struct Open {
    number: DirId,
    name: Vec<u8>,
    entry: ForestEntry,
    /// Its entries as differences to its own, and where each begins.
    entries: Vec<u8>,
    places: Vec<usize>,
}

impl Open {
    /// Appends an entry of the directory.
    fn push(&mut self, name: &[u8], entry: ForestEntry, directory: Option<DirId>) {
        self.places.push(self.entries.len());
        let packed = Packed {
            name,
            entry,
            directory,
        };
        append(&mut self.entries, &packed, &self.entry);
    }

    fn at(&self, place: usize) -> Option<Packed<'_>> {
        take_entry(&mut self.entries.get(place..)?, &self.entry)
    }

    fn name_at(&self, place: usize) -> &[u8] {
        name(self.entries.get(place..).unwrap_or_default())
    }

    /// The entries sorted by name, each as the differences to the one before it.
    fn run(&self, mut places: Vec<usize>) -> Box<[u8]> {
        let names = |pair: &[usize]| self.name_at(pair[0]) <= self.name_at(pair[1]);
        if !places.windows(2).all(names) {
            places.sort_by(|&a, &b| self.name_at(a).cmp(self.name_at(b)));
        }
        let (mut run, mut before) = (Vec::new(), self.entry);
        for packed in places.into_iter().filter_map(|place| self.at(place)) {
            append(&mut run, &packed, &before);
            before = packed.entry;
        }
        run.into()
    }
}

impl Builder {
    /// The tree; none where the events were not those of one directory and its contents.
    #[must_use]
    pub fn finish(self) -> Option<Forest> {
        Some(Forest {
            root: self.root.filter(|_| !self.has_others)?,
            runs: self.runs,
            has_failures: self.has_failures,
            summed_depth: self.summed_depth,
        })
    }

    /// Adds an entry to the current directory.
    fn push(&mut self, name: &[u8], entry: ForestEntry) {
        match self.open.last_mut() {
            Some(open) => open.push(name, entry, None),
            None => self.has_others = true,
        }
    }

    /// Remembers the depth of a directory that stands for its contents as well.
    fn note_sum(&mut self, depth: usize) {
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        self.summed_depth = Some(self.summed_depth.map_or(depth, |known| known.min(depth)));
    }

    fn end(&mut self, mut open: Open, extent: Extent) {
        let is_unread = open.entry.reading == Reading::Unread;
        if extent != Extent::Whole || is_unread && !open.places.is_empty() {
            open.entry.reading = Reading::Broken;
            self.has_failures = true;
        }
        let places = std::mem::take(&mut open.places);
        if let Some(run) = self.runs.get_mut(open.number as usize) {
            *run = open.run(places);
        }
        match self.open.last_mut() {
            Some(above) => above.push(&open.name, open.entry, Some(open.number)),
            None => self.root = Some((open.name, open.entry)),
        }
    }
}

impl Visitor for Builder {
    fn enter(&mut self, name: &[u8], item: &Item<'_>, failure: Option<Failure>) -> Flow {
        let number = DirId::try_from(self.runs.len());
        let (Ok(number), None) = (number, &self.root) else {
            self.has_others = true;
            return Flow::Skip;
        };
        let mut entry = ForestEntry {
            kind: FileType::Directory,
            links: 1,
            ..ForestEntry::of(item)
        };
        if let Some(failure) = failure {
            entry.reading = reading(failure);
        }
        if entry.count > 1 {
            self.note_sum(self.open.len());
        }
        self.runs.push(Box::default());
        self.open.push(Open {
            number,
            name: name.into(),
            entry,
            entries: Vec::new(),
            places: Vec::new(),
        });
        Flow::Continue
    }

    fn file(&mut self, name: Option<&[u8]>, item: &Item<'_>) {
        let mut entry = ForestEntry::of(item);
        if entry.kind == FileType::Directory {
            entry.kind = FileType::Unknown;
        }
        self.push(name.unwrap_or_default(), entry);
    }

    fn away(&mut self, name: &[u8], detail: &Detail) {
        let entry = ForestEntry {
            reading: Reading::Away,
            ..ForestEntry::of_detail(detail)
        };
        self.push(name, entry);
    }

    fn absent(&mut self, _: &[u8], _: Absence) {}

    fn rendered(&mut self, _: &[u8]) {}

    fn sum(&mut self, usage: &Usage, _: u64) {
        if *usage != Usage::default() {
            self.note_sum(self.open.len().saturating_sub(1));
            self.push(b"", ForestEntry::of_sum(usage));
        }
    }

    fn failed(&mut self, path: &[u8], failure: Failure) {
        self.has_failures = true;
        if !path.is_empty() && failure.operation == Operation::ExportedEntry {
            let entry = ForestEntry {
                reading: Reading::Unread,
                ..ForestEntry::UNKNOWN
            };
            self.push(path, entry);
        }
    }

    fn leave(&mut self, extent: Extent) {
        if let Some(open) = self.open.pop() {
            self.end(open, extent);
        }
    }
}

fn reading(failure: Failure) -> Reading {
    match failure.operation {
        Operation::ExportedInPart => Reading::Broken,
        _ => Reading::Unread,
    }
}
