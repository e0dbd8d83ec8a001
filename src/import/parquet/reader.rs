//! The rows of a Parquet file as the events of a walk.
//!
//! In a file, the row of a directory comes after its contents; in a walk, the directory itself comes first. So the rows
//! are read twice. The first pass keeps what the directories are (about 72 bytes each), checks every row and the
//! checksums, and finds out whether the rows are in order; the second pass reports the events. Errors in a file are
//! therefore known before the first event.
//!
//! Rows that are in no order (a file that another program has sorted) are read into memory and sorted: about 200 bytes and
//! the path for each row.

use std::cmp::Ordering;
use std::fs::File;

use super::columns::Field;
use super::events::{Directories, Open, Reporter};
use super::file::{ParquetFile, part_of_a_scan};
use super::levels::{Directory, Levels, OutOfOrder};
use super::row::{Row, RowPath, RowReader};
use crate::count::usage::FileTime;
use crate::count::visitor::{Extent, Visitor};
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;
use crate::import::links::Links;

/// See the module.
pub struct ParquetReader {
    links: Links,
    stage: Stage,
    levels: Levels,
    known: Directories,
    /// The directories that were entered and not left.
    open: Vec<Open>,
    path: RowPath,
    /// Rows of directories that another process reads.
    handed_over: u64,
    /// The run that wrote the file had errors.
    had_errors: bool,
    /// When the scan began.
    started: Option<FileTime>,
}

enum Stage {
    /// The footer is not read yet.
    Unopened(File),
    /// The first pass.
    Outline(Rows),
    /// The rows are read into memory.
    Load(Box<RowReader>, Vec<(RowPath, Row)>),
    /// The second pass.
    Report(Rows),
    End,
}

/// Where rows come from.
enum Rows {
    File(Box<RowReader>),
    /// Sorted, and the next of them.
    Memory(Vec<(RowPath, Row)>, usize),
}

impl Rows {
    fn next(&mut self, path: &mut RowPath) -> Result<Option<Row>, ImportError> {
        match self {
            Self::File(reader) => Ok(reader.next(path)?.copied()),
            Self::Memory(rows, next) => {
                let row = rows.get(*next).map(|(known, row)| {
                    path.clone_from(known);
                    *row
                });
                *next += 1;
                Ok(row)
            }
        }
    }

    /// An error in the last row.
    fn fault(&self, fault: &str) -> ImportError {
        match self {
            Self::File(reader) => reader.fault(fault),
            Self::Memory(..) => ImportError::damaged(fault),
        }
    }

    fn rewound(self) -> Self {
        match self {
            Self::File(mut reader) => {
                reader.rewind();
                Self::File(reader)
            }
            Self::Memory(rows, _) => Self::Memory(rows, 0),
        }
    }
}

impl ParquetReader {
    /// A reader of this file.
    #[must_use]
    pub fn new(file: File, links: Links) -> Self {
        Self {
            links,
            stage: Stage::Unopened(file),
            levels: Levels::new(),
            known: Directories::default(),
            open: Vec::new(),
            path: RowPath::default(),
            handed_over: 0,
            had_errors: false,
            started: None,
        }
    }

    /// The file, if nothing was read yet.
    pub(crate) fn file(&self) -> Result<Option<File>, ImportError> {
        let Stage::Unopened(file) = &self.stage else {
            return Ok(None);
        };
        let copy = file.try_clone();
        copy.map(Some)
            .map_err(|error| ImportError::Read(error.raw_os_error().unwrap_or(0)))
    }

    /// When the scan began, where the file says so. Known after the first row.
    #[must_use]
    pub fn started(&self) -> Option<FileTime> {
        self.started
    }

    /// Reads at most `most` rows, and reports them to the visitor where this is the second pass. False after the last.
    pub fn advance(
        &mut self,
        visitor: &mut impl Visitor,
        most: usize,
    ) -> Result<bool, ImportError> {
        for _ in 0..most {
            self.stage = match std::mem::replace(&mut self.stage, Stage::End) {
                Stage::Unopened(file) => self.open(file)?,
                Stage::Outline(rows) => self.outline(rows)?,
                Stage::Load(reader, rows) => self.load(reader, rows)?,
                Stage::Report(rows) => self.report(rows, visitor)?,
                Stage::End => return Ok(false),
            };
        }
        Ok(true)
    }

    /// Reports the directories that are still open as unfinished.
    pub fn give_up(&mut self, visitor: &mut impl Visitor) {
        for open in self.open.drain(..).rev() {
            if open.is_reported {
                visitor.leave(Extent::Unfinished);
            }
        }
    }

    fn open(&mut self, file: File) -> Result<Stage, ImportError> {
        let file = ParquetFile::open(file)?;
        self.had_errors = file.had_errors;
        self.started = file.started();
        self.known = Directories::new(file.is_partial);
        let mut reader = RowReader::new(file);
        reader.read_too(&[Field::Device, Field::Inode, Field::Links, Field::Mtime]);
        reader.read_too(&[Field::Uid, Field::Gid, Field::Mode, Field::Error]);
        Ok(Stage::Outline(Rows::File(Box::new(reader))))
    }

    /// Takes a row of the first pass.
    fn outline(&mut self, mut rows: Rows) -> Result<Stage, ImportError> {
        let Some(row) = rows.next(&mut self.path)? else {
            if self.handed_over > 0 {
                return Err(part_of_a_scan(&self.handed_over.to_string()));
            }
            return Ok(Stage::Report(self.begin(rows)));
        };
        self.handed_over += u64::from(row.entry.state == State::HandedOver);
        if row.is_mark() {
            return Ok(Stage::Outline(rows));
        }
        if self.known.is_partial() && row.is_directory() && row.totals.is_none() {
            return Err(rows.fault("a total is null, and entries below have no row"));
        }
        match (self.note(&row), rows) {
            (Ok(()), rows) => Ok(Stage::Outline(rows)),
            (Err(OutOfOrder), Rows::File(mut reader)) => {
                reader.rewind();
                Ok(Stage::Load(reader, Vec::new()))
            }
            // Sorted rows are in order otherwise.
            (Err(OutOfOrder), rows) => Err(rows.fault("a directory has two rows")),
        }
    }

    /// Keeps what a row says of a directory.
    fn note(&mut self, row: &Row) -> Result<(), OutOfOrder> {
        let known = &mut self.known;
        self.levels
            .go_to(self.path.dir(), |levels, _| known.grow(levels.count()))?;
        if !row.is_directory() {
            return self.levels.note_file(&self.path);
        }
        let (Directory::WithContents(number) | Directory::Empty(number)) =
            self.levels.directory(&self.path)?;
        self.known.grow(self.levels.count());
        self.known.set(number, row);
        Ok(())
    }

    /// Begins a pass.
    fn begin(&mut self, rows: Rows) -> Rows {
        self.levels = Levels::new();
        rows.rewound()
    }

    /// Takes a row into memory.
    fn load(
        &mut self,
        mut reader: Box<RowReader>,
        mut rows: Vec<(RowPath, Row)>,
    ) -> Result<Stage, ImportError> {
        if let Some(&row) = reader.next(&mut self.path)? {
            rows.push((self.path.detached(), row));
            return Ok(Stage::Load(reader, rows));
        }
        rows.sort_by(|(a, _), (b, _)| by_components(a.whole(), b.whole()));
        self.handed_over = 0;
        self.known = Directories::new(self.known.is_partial());
        Ok(Stage::Outline(self.begin(Rows::Memory(rows, 0))))
    }

    /// Takes a row of the second pass.
    fn report(&mut self, mut rows: Rows, visitor: &mut impl Visitor) -> Result<Stage, ImportError> {
        let mut reporter = Reporter {
            links: self.links,
            had_errors: self.had_errors,
            known: &self.known,
            open: &mut self.open,
            visitor,
            is_stopped: false,
        };
        if reporter.open.is_empty() {
            reporter.enter(0, b"");
        }
        let Some(row) = rows.next(&mut self.path)? else {
            reporter.end(&mut self.levels);
            return Ok(Stage::End);
        };
        if row.is_mark() {
            return Ok(Stage::Report(rows));
        }
        match reporter.row(&mut self.levels, &self.path, &row) {
            Ok(()) if reporter.is_stopped => Ok(Stage::End),
            Ok(()) => Ok(Stage::Report(rows)),
            Err(OutOfOrder) => Err(ImportError::damaged("the file has changed")),
        }
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = path.split(|&byte| byte == b'/');
    parts.filter(|part| !part.is_empty())
}

/// The order of paths: by components, contents before their directory.
fn by_components(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (components(a), components(b));
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (None, None) => return Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_sorted_by_components_with_contents_before_their_directory() {
        let mut paths = ["/", "/a", "/a b", "/a/b", "/a/b/c", "/a-", "/b", "/a/a"];
        paths.sort_by(|a, b| by_components(a.as_bytes(), b.as_bytes()));
        let expected = ["/a/a", "/a/b/c", "/a/b", "/a", "/a b", "/a-", "/b", "/"];
        assert_eq!(paths, expected);
    }
}
