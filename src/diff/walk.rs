//! Compares a walk with a file, as an output format.

use super::change::{DiffSummary, Sink};
use super::merge::{Merge, MergeError};
use super::options::DiffOptions;
use super::record::{Cursor, FsId, Kept, ScanEntry, ScanInfo, ScanRecord};
use crate::count::record::Record;
use crate::format::page::Page;
use crate::format::parquet::{ParquetOptions, PlacedRow, Row, WalkRows};
use crate::format::{Completeness, EndResult, Format, ReportError, Selection};
use crate::format::{Threshold, Totals, Warning};
use crate::import::error::ImportError;
use crate::sys::failure::Failure;

/// The format of a walk in the order of names (`WalkOrder::Names`), with details and times of modification, as for a
/// Parquet file.
pub struct WalkDiff {
    walk: WalkRows<()>,
    receiver: Receiver,
    summary: Option<DiffSummary>,
}

/// Takes the rows of the walk.
struct Receiver {
    merge: Merge,
    info: ScanInfo,
    /// The path of the current row, below the root.
    path: Vec<u8>,
    /// The first error in OLD.
    error: Option<ImportError>,
}

impl WalkDiff {
    /// Compares OLD with a walk. `new` says what a Parquet file of the walk would contain.
    #[must_use]
    pub fn new(
        options: DiffOptions,
        old: Box<dyn Cursor>,
        mut new: ParquetOptions,
        sink: Box<dyn Sink>,
    ) -> Self {
        let info = ScanInfo {
            root: new.root.clone().unwrap_or_default(),
            fs: FsId::UNKNOWN,
            started: Some(new.started),
            options: new.options.clone(),
            links: new.links,
            kept: Kept::ALL,
            missing: None,
            is_complete: false,
        };
        // The options of the output leave out lines, not records.
        new.selection = Selection {
            measure: options.measure,
            max_depth: u32::MAX,
            all: true,
            threshold: Threshold::AtLeast(0),
        };
        Self {
            walk: WalkRows::new(&new),
            receiver: Receiver {
                merge: Merge::new(options, old, &info, sink),
                info,
                path: Vec::new(),
                error: None,
            },
            summary: None,
        }
    }

    /// The summary; none where the walk did not come to its end. An error in OLD: nothing more was printed.
    pub fn result(&self) -> Result<Option<&DiffSummary>, &ImportError> {
        let error = self.receiver.error.as_ref();
        error.map_or(Ok(self.summary.as_ref()), Err)
    }
}

impl Receiver {
    /// Keeps the first error in OLD; then nothing more is compared.
    fn note(&mut self, result: Result<(), ImportError>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    fn push(&mut self, placed: &PlacedRow<'_, ()>, out: &mut Vec<u8>) {
        if self.error.is_some() {
            return;
        }
        self.path.clear();
        if placed.row.depth > 0 {
            let root = self.info.root.strip_suffix(b"/").unwrap_or(&self.info.root);
            let dir = placed.dir.strip_prefix(root).unwrap_or(placed.dir);
            self.path.extend_from_slice(dir);
            self.path.push(b'/');
            self.path.extend_from_slice(placed.name);
        }
        let name = placed.filesystems.name(placed.row.fs);
        let fs = name.map_or(FsId::UNKNOWN, |name| FsId::of(name.as_bytes()));
        let entry = entry(placed.row, fs);
        let met = ScanRecord {
            path: &self.path,
            entry: &entry,
        };
        let taken = self.merge.push(met, out);
        self.note(taken);
    }
}

fn entry(row: &Row, fs: FsId) -> ScanEntry {
    ScanEntry {
        kind: row.kind,
        state: row.state,
        counted: row.counted,
        own: (row.allocated.cast_unsigned(), row.apparent.cast_unsigned()),
        totals: None,
        fs,
        inode: row.inode,
        links: row.links,
        mtime: row.mtime,
        owner: (row.uid, row.gid),
    }
}

impl Format for WalkDiff {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let begun = self.receiver.merge.begin(out);
        self.receiver.note(begun);
    }

    fn enter(&mut self, record: &Record<'_>, failure: Option<Failure>, out: &mut Vec<u8>) {
        let receiver = &mut self.receiver;
        if record.depth == 0 {
            if receiver.info.root.is_empty() {
                receiver.info.root = record.path.into();
            }
            let name = self.walk.filesystem(record);
            receiver.info.fs = name.map_or(FsId::UNKNOWN, |name| FsId::of(name.as_bytes()));
            receiver.merge.set_root_of_new(&receiver.info);
        }
        self.walk
            .enter(record, failure, |row| receiver.push(&row, out));
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        self.walk
            .record(record, |row| self.receiver.push(&row, out))
    }

    fn link(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        self.walk.link(record, |row| self.receiver.push(&row, out))
    }

    fn away(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.walk.away(record, |row| self.receiver.push(&row, out));
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        let receiver = &mut self.receiver;
        self.walk
            .failure(path, failure, |row| receiver.push(&row, out));
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        let receiver = &mut self.receiver;
        if receiver.error.is_some() || !totals.completeness.is_end_of_walk() {
            return Ok(None);
        }
        if self.walk.has_no_root() {
            let reason = "nothing to compare: the directory was left out, or is gone";
            return Err(ReportError::Empty(reason));
        }
        receiver.info.is_complete = totals.completeness == Completeness::Whole;
        match receiver.merge.end(&receiver.info, page) {
            Ok(summary) => self.summary = Some(summary),
            Err(MergeError::Old(error)) => receiver.note(Err(error)),
            Err(MergeError::Write(error)) => return Err(error.into()),
        }
        Ok(None)
    }
}
