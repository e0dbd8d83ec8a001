//! Scans for tests.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use rustix::fs::FileType;

use super::change::{Change, DiffSummary, Sink};
use super::merge::Merge;
use super::options::{DiffOptions, Show};
use super::record::{Cursor, FsId, Kept, ScanEntry, ScanInfo, ScanRecord};
use crate::count::amounts::Amounts;
use crate::count::usage::{Detail, Measure};
use crate::format::page::Page;
use crate::format::parquet::CountedLinks;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;

pub(super) fn record<'a>(path: &'a str, entry: &'a ScanEntry) -> ScanRecord<'a> {
    ScanRecord {
        path: path.as_bytes(),
        entry,
    }
}

/// A file of this size in both measures.
pub(super) fn file(size: u64) -> ScanEntry {
    ScanEntry {
        kind: FileType::RegularFile,
        state: State::Ok,
        counted: true,
        own: (size, size),
        totals: None,
        fs: FsId::of(b"disk"),
        inode: 0,
        links: 1,
        mtime: ScanEntry::NO_TIME,
        owner: (Detail::NO_ID, Detail::NO_ID),
    }
}

/// A directory of 10 bytes.
pub(super) fn directory() -> ScanEntry {
    ScanEntry {
        kind: FileType::Directory,
        own: (10, 0),
        ..file(0)
    }
}

/// A record that does not count, with the word of its state.
pub(super) fn uncounted(kind: FileType, state: &str) -> ScanEntry {
    ScanEntry {
        kind,
        counted: false,
        state: State::of(state.as_bytes()).expect("a state"),
        ..file(0)
    }
}

/// The mark of a directory that could not be read.
pub(super) fn mark(state: &str) -> ScanEntry {
    uncounted(FileType::Directory, state)
}

/// A scan in memory.
pub(super) struct Scan {
    info: ScanInfo,
    records: Vec<(String, ScanEntry)>,
    next: usize,
}

impl Scan {
    /// The records, which are sorted.
    pub(super) fn new(mut records: Vec<(String, ScanEntry)>) -> Self {
        records.sort_by(|(a, a_entry), (b, b_entry)| {
            super::paths::compare(record(a, a_entry).place(), record(b, b_entry).place())
        });
        let info = ScanInfo {
            root: b"/r".into(),
            fs: FsId::of(b"disk"),
            started: None,
            options: String::new(),
            links: CountedLinks::Once,
            kept: Kept::ALL,
            missing: None,
            is_complete: true,
        };
        Self {
            info,
            records,
            next: 0,
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut ScanInfo)) -> Self {
        change(&mut self.info);
        self
    }
}

impl Cursor for Scan {
    fn info(&self) -> &ScanInfo {
        &self.info
    }

    fn advance(&mut self) -> Result<bool, ImportError> {
        self.next += 1;
        Ok(self.next <= self.records.len())
    }

    fn record(&self) -> ScanRecord<'_> {
        let (path, entry) = &self.records[self.next - 1];
        record(path, entry)
    }
}

/// Collects the lines.
#[derive(Default, Clone)]
struct Collect(Rc<RefCell<Vec<Change>>>);

impl Sink for Collect {
    fn change(&mut self, change: &Change, _: &mut Vec<u8>) {
        self.0.borrow_mut().push(change.clone());
    }

    fn end(&mut self, _: &DiffSummary, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Compares two scans by their allocated sizes.
pub(super) fn compare(old: Scan, mut new: Scan, show: Show) -> (Vec<Change>, DiffSummary) {
    let options = DiffOptions {
        measure: Measure::Allocated,
        show,
        root: Some(b"/r".into()),
    };
    let lines = Collect::default();
    let info = new.info().clone();
    let mut merge = Merge::new(options, Box::new(old), &info, Box::new(lines.clone()));
    let mut output = Vec::new();
    let mut page = Page::new(&mut output);
    merge.begin(&mut page.lines).expect("OLD");
    while new.advance().expect("NEW") {
        merge.push(new.record(), &mut page.lines).expect("OLD");
    }
    let summary = merge.end(&info, &mut page).expect("OLD");
    let lines = lines.0.take();
    (lines, summary)
}

/// What lines tell together.
pub(super) fn told(lines: &[Change]) -> Amounts {
    let mut sum = Amounts::ZERO;
    for line in lines {
        sum += line.residue;
    }
    sum
}
