//! Scans for tests.

use rustix::fs::FileType;

use super::record::{Cursor, Entry, FsId, Kept, Record, ScanInfo};
use crate::count::usage::Detail;
use crate::format::parquet::CountedLinks;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;

pub(super) fn record<'a>(path: &'a str, entry: &'a Entry) -> Record<'a> {
    Record {
        path: path.as_bytes(),
        entry,
    }
}

/// A file of this size in both measures.
pub(super) fn file(size: u64) -> Entry {
    Entry {
        kind: FileType::RegularFile,
        state: State::Ok,
        counted: true,
        own: (size, size),
        totals: None,
        fs: FsId::of(b"disk"),
        inode: 0,
        links: 1,
        mtime: Entry::NO_TIME,
        owner: (Detail::NO_ID, Detail::NO_ID),
    }
}

/// A directory of 10 bytes.
pub(super) fn directory() -> Entry {
    Entry {
        kind: FileType::Directory,
        own: (10, 0),
        ..file(0)
    }
}

/// A record that does not count, with the word of its state.
pub(super) fn uncounted(kind: FileType, state: &str) -> Entry {
    Entry {
        kind,
        counted: false,
        state: State::of(state.as_bytes()).expect("a state"),
        ..file(0)
    }
}

/// The mark of a directory that could not be read.
pub(super) fn mark(state: &str) -> Entry {
    uncounted(FileType::Directory, state)
}

/// A scan in memory.
pub(super) struct Scan {
    info: ScanInfo,
    records: Vec<(String, Entry)>,
    next: usize,
}

impl Scan {
    /// The records, which are sorted.
    pub(super) fn new(mut records: Vec<(String, Entry)>) -> Self {
        records.sort_by(|(a, a_entry), (b, b_entry)| {
            super::paths::compare(record(a, a_entry), record(b, b_entry))
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

    fn record(&self) -> Record<'_> {
        let (path, entry) = &self.records[self.next - 1];
        record(path, entry)
    }
}
