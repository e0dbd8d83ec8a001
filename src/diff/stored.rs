//! The records of a Parquet file that pdu wrote in the order of the paths. One pass; nothing is loaded.

use std::fs::File;

use rustix::fs::FileType;

use super::part::{narrow, no_rows, part};
use super::paths;
use super::record::{Cursor, FsId, Kept, ScanEntry, ScanInfo, ScanRecord};
use crate::count::inode_set::InodeSet;
use crate::count::usage::{Inode, Measure};
use crate::format::Threshold;
use crate::format::parquet::CountedLinks;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;
use crate::import::parquet::{Row, SortedRows};

/// See the module.
pub(super) struct StoredScan {
    rows: SortedRows,
    info: ScanInfo,
    /// The records are those of a directory below the root of the file.
    is_part: bool,
    has_begun: bool,
    /// The current record, and where its path begins in that of the row.
    entry: ScanEntry,
    start: usize,
    /// The files with several links so far, where only a part of the file is compared: the link that counts in all of it may
    /// lie in another part.
    links: Option<InodeSet>,
    /// The place of the record before.
    last: (Vec<u8>, bool),
}

/// An opened file.
pub(super) enum Opened {
    Sorted(Box<StoredScan>),
    /// Its rows are in no order; with what its footer tells.
    Unsorted(ScanInfo),
}

impl StoredScan {
    /// Opens a file. Where it is compared with a walk of a directory, that may lie below the root of the file; damage is
    /// then found before the walk.
    pub(super) fn open(file: File, walked: Option<&[u8]>) -> Result<Opened, ImportError> {
        let mut rows = SortedRows::open(file)?;
        if !rows.are_sorted() {
            return Ok(Opened::Unsorted(info(&rows)?));
        }
        let Some(root) = rows.last()? else {
            return Err(ImportError::damaged("the file has no rows"));
        };
        let path = rows.path().to_vec();
        if walked.is_some() {
            rows.verify()?;
        }
        let part = part(&path, walked)?;
        let mut info = ScanInfo {
            root: path,
            ..info(&rows)?
        };
        let root = match part {
            Some(part) => {
                narrow(&mut info, part);
                let row = rows.directory(part)?;
                row.filter(Row::is_directory).ok_or_else(|| no_rows(part))?
            }
            None => root,
        };
        let entry = entry(&root);
        info.fs = entry.fs;
        let (is_part, is_once) = (part.is_some(), info.links == CountedLinks::Once);
        Ok(Opened::Sorted(Box::new(Self {
            rows,
            info,
            is_part,
            has_begun: false,
            entry,
            start: 0,
            links: (is_part && is_once).then(InodeSet::default),
            last: (Vec::new(), false),
        })))
    }

    /// Finds the place of the current record. False where it is not in the directory that is wanted.
    fn take(&mut self) -> Result<bool, ImportError> {
        let path = self.rows.path();
        let root = self.info.root.strip_suffix(b"/").unwrap_or(&self.info.root);
        let start = match path {
            b"/" if root.is_empty() => 1,
            _ if paths::is_within(path, root) => root.len(),
            _ if self.is_part => return Ok(false),
            _ => return Err(self.rows.fault("the path lies outside of the root")),
        };
        if let Some(fault) = self.fault() {
            return Err(self.rows.fault(fault));
        }
        let path = path.get(start..).unwrap_or_default();
        let place = (path, self.entry.is_mark());
        let (last, last_is_mark) = &mut self.last;
        if self.has_begun && paths::compare((last, *last_is_mark), place).is_ge() {
            let fault = "the rows are not in the order of their paths";
            return Err(self.rows.fault(fault));
        }
        last.clear();
        last.extend_from_slice(path);
        *last_is_mark = place.1;
        (self.start, self.has_begun) = (start, true);
        self.count_link();
        Ok(true)
    }

    /// Counts the first link of a file in the part that is compared.
    fn count_link(&mut self) {
        let entry = &mut self.entry;
        let is_link = entry.links > 1 && entry.inode != 0 && entry.kind != FileType::Directory;
        if let (Some(links), true, State::Ok) = (&mut self.links, is_link, entry.state) {
            let inode = Inode {
                device: entry.fs.number(),
                number: entry.inode,
            };
            entry.counted = links.insert(inode);
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let entry = &self.entry;
        let needs_total = entry.is_directory() && self.info.kept != Kept::ALL;
        match entry.state {
            State::HandedOver => Some("the directory is in another file"),
            _ if needs_total && entry.totals.is_none() => {
                Some("a total is null, and entries below have no row")
            }
            _ => None,
        }
    }
}

impl Cursor for StoredScan {
    fn info(&self) -> &ScanInfo {
        &self.info
    }

    fn with_owners(&mut self) {
        self.rows.with_owners();
    }

    fn advance(&mut self) -> Result<bool, ImportError> {
        while let Some(row) = self.rows.next()? {
            self.entry = entry(row);
            match self.take()? {
                true => return Ok(true),
                // The directory has ended.
                false if self.has_begun => return Ok(false),
                false => {}
            }
        }
        Ok(false)
    }

    fn record(&self) -> ScanRecord<'_> {
        ScanRecord {
            path: self.rows.path().get(self.start..).unwrap_or_default(),
            entry: &self.entry,
        }
    }
}

fn entry(row: &Row) -> ScanEntry {
    let detail = &row.entry.detail;
    ScanEntry {
        kind: row.kind.unwrap_or(FileType::Unknown),
        state: row.entry.state,
        counted: row.counted,
        own: (row.entry.allocated, row.entry.apparent),
        totals: row.totals,
        fs: row.fs,
        inode: detail.inode.number,
        links: detail.links,
        mtime: row.entry.mtime(),
        owner: (detail.uid, detail.gid),
    }
}

/// What the footer tells of the scan.
fn info(rows: &SortedRows) -> Result<ScanInfo, ImportError> {
    let kept = kept(rows);
    // Directories have no rows there, and their contents have.
    if matches!(kept.threshold, Threshold::AtMost(_)) {
        let text = "holds small entries only (-t -SIZE), and cannot be compared";
        return Err(ImportError::damaged(text));
    }
    Ok(ScanInfo {
        root: Vec::new(),
        fs: FsId::UNKNOWN,
        started: rows.started(),
        options: rows.key("options").unwrap_or_default(),
        links: match rows.key("links").as_deref() {
            Some("each") => CountedLinks::Each,
            _ => CountedLinks::Once,
        },
        kept,
        missing: None,
        is_complete: !rows.had_errors(),
    })
}

/// The records that the footer tells of.
fn kept(rows: &SortedRows) -> Kept {
    let text = rows.key("rows").unwrap_or_default();
    let mut kept = Kept::ALL;
    for part in text.split(',') {
        match part.split_once('=') {
            Some(("depth", depth)) => kept.max_depth = depth.parse().unwrap_or(0),
            Some(("threshold", size)) => {
                kept.threshold = match size.strip_prefix('-') {
                    Some(most) => Threshold::AtMost(most.parse().unwrap_or(0)),
                    None => Threshold::AtLeast(size.parse().unwrap_or(u128::MAX)),
                }
            }
            _ => {}
        }
    }
    if kept != Kept::ALL {
        kept.measure = measure(&rows.key("options").unwrap_or_default());
    }
    kept
}

/// The measure that the options of a run name.
fn measure(options: &str) -> Measure {
    let has = |option| options.split(' ').any(|word| word == option);
    match has("--inodes") {
        true => Measure::Inodes,
        false if has("--apparent-size") || has("--bytes") => Measure::Apparent,
        false => Measure::Allocated,
    }
}
