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

use rustix::fs::FileType;

use super::file::{ParquetFile, part_of_a_scan};
use super::levels::{Directory, Levels, Number, OutOfOrder, Step};
use super::row::{Row, RowPath, RowReader};
use crate::count::record::last_component;
use crate::count::usage::{Detail, FileTime, Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;
use crate::sys::failure::{Failure, Operation};

/// See the module.
pub struct ParquetReader {
    /// Files with several links are counted once.
    dedup: bool,
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

/// What the first pass keeps of the directories, by their numbers.
#[derive(Default)]
struct Directories {
    own: Vec<Option<Own>>,
    /// Their totals, where some entries have no row.
    totals: Option<Vec<Option<[u64; 3]>>>,
}

/// A directory without its contents.
#[derive(Debug, Clone, Copy)]
struct Own {
    allocated: u64,
    apparent: u64,
    newest: FileTime,
    detail: Detail,
    state: State,
    errno: i32,
}

/// A directory that was entered and not left.
struct Open {
    number: Number,
    /// False for a directory above the root, of which no event tells.
    is_told: bool,
    /// What was reported in it: allocated, apparent, inodes.
    counted: [u64; 3],
}

impl Rows {
    fn next(&mut self, path: &mut RowPath) -> Result<Option<Row>, ImportError> {
        match self {
            Self::File(reader) => reader.next(path),
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
    /// A reader of this file. With `dedup`, files with several links count once.
    #[must_use]
    pub fn new(file: File, dedup: bool) -> Self {
        Self {
            dedup,
            stage: Stage::Unopened(file),
            levels: Levels::new(),
            known: Directories::default(),
            open: Vec::new(),
            path: RowPath::default(),
            handed_over: 0,
            had_errors: false,
        }
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
            if open.is_told {
                visitor.leave(Extent::Unfinished);
            }
        }
    }

    fn open(&mut self, file: File) -> Result<Stage, ImportError> {
        let file = ParquetFile::open(file)?;
        self.had_errors = file.had_errors;
        self.known.totals = file.is_partial.then(Vec::new);
        Ok(Stage::Outline(Rows::File(Box::new(RowReader::new(file)))))
    }

    /// Takes a row of the first pass.
    fn outline(&mut self, mut rows: Rows) -> Result<Stage, ImportError> {
        let Some(row) = rows.next(&mut self.path)? else {
            if self.handed_over > 0 {
                return Err(part_of_a_scan(&self.handed_over.to_string()));
            }
            return Ok(Stage::Report(self.begin(rows)));
        };
        self.handed_over += u64::from(row.state == State::HandedOver);
        if row.is_mark() {
            return Ok(Stage::Outline(rows));
        }
        if self.known.totals.is_some() && row.is_directory() && row.totals.is_none() {
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
        if let Some(row) = reader.next(&mut self.path)? {
            rows.push((self.path.clone(), row));
            return Ok(Stage::Load(reader, rows));
        }
        rows.sort_by(|(a, _), (b, _)| by_components(a.whole(), b.whole()));
        self.handed_over = 0;
        let totals = self.known.totals.take().map(|_| Vec::new());
        let own = Vec::new();
        self.known = Directories { own, totals };
        Ok(Stage::Outline(self.begin(Rows::Memory(rows, 0))))
    }

    /// Takes a row of the second pass.
    fn report(&mut self, mut rows: Rows, visitor: &mut impl Visitor) -> Result<Stage, ImportError> {
        let mut teller = Teller {
            dedup: self.dedup,
            had_errors: self.had_errors,
            known: &self.known,
            open: &mut self.open,
            visitor,
            is_stopped: false,
        };
        if teller.open.is_empty() {
            teller.enter(0, b"");
        }
        let Some(row) = rows.next(&mut self.path)? else {
            self.levels.end(|levels, step| teller.step(levels, step));
            return Ok(Stage::End);
        };
        if row.is_mark() {
            return Ok(Stage::Report(rows));
        }
        let path = &self.path;
        let arrived = self
            .levels
            .go_to(path.dir(), |levels, step| teller.step(levels, step));
        let told = arrived.and_then(|()| match row.is_directory() {
            true => {
                if let Directory::Empty(number) = self.levels.directory(path)? {
                    teller.enter(number, path.whole());
                    teller.leave();
                }
                Ok(())
            }
            false => {
                self.levels.note_file(path)?;
                teller.file(path, &row);
                Ok(())
            }
        });
        match told {
            Ok(()) if teller.is_stopped => Ok(Stage::End),
            Ok(()) => Ok(Stage::Report(rows)),
            Err(OutOfOrder) => Err(ImportError::damaged("the file has changed")),
        }
    }
}

impl Row {
    /// A directory that could not be read, once more before its contents: its own row says so too.
    fn is_mark(&self) -> bool {
        self.kind == Some(FileType::Directory)
            && !self.counted
            && matches!(self.state, State::Unread | State::Broken)
    }

    /// A directory that counts.
    fn is_directory(&self) -> bool {
        self.kind == Some(FileType::Directory) && self.counted
    }
}

impl Directories {
    fn grow(&mut self, count: usize) {
        self.own.resize(count, None);
        if let Some(totals) = &mut self.totals {
            totals.resize(count, None);
        }
    }

    fn set(&mut self, number: Number, row: &Row) {
        let size = |size: u128| u64::try_from(size).unwrap_or(u64::MAX);
        if let Some(own) = self.own.get_mut(number) {
            *own = Some(Own {
                allocated: size(row.usage.allocated),
                apparent: size(row.usage.apparent),
                newest: row.usage.newest,
                detail: row.detail,
                state: row.state,
                errno: row.errno,
            });
        }
        let totals = self.totals.as_mut();
        if let Some(total) = totals.and_then(|totals| totals.get_mut(number)) {
            *total = row.totals;
        }
    }

    fn own(&self, number: Number) -> Option<&Own> {
        self.own.get(number)?.as_ref()
    }
}

impl Own {
    fn usage(&self) -> Usage {
        Usage {
            allocated: self.allocated.into(),
            apparent: self.apparent.into(),
            inodes: 1,
            newest: self.newest,
        }
    }

    fn failure(&self) -> Option<Failure> {
        let operation = match self.state {
            State::Unread => Operation::Exported,
            State::Broken => Operation::ExportedInPart,
            State::Ok | State::Away | State::HandedOver => return None,
        };
        let errno = self.errno;
        Some(Failure { operation, errno })
    }
}

/// Reports rows as events.
struct Teller<'a, V> {
    dedup: bool,
    had_errors: bool,
    known: &'a Directories,
    open: &'a mut Vec<Open>,
    visitor: &'a mut V,
    /// The visitor takes no more: a write has failed.
    is_stopped: bool,
}

impl<V: Visitor> Teller<'_, V> {
    fn step(&mut self, levels: &Levels, step: Step) {
        match step {
            Step::Enter(number) => self.enter(number, levels.path()),
            Step::Leave(_) => self.leave(),
        }
    }

    fn is_told(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_told)
    }

    /// The name of an event: the last component, or the whole path of a root.
    fn name<'p>(&self, path: &'p [u8]) -> &'p [u8] {
        match (self.is_told(), path) {
            (true, _) => last_component(path),
            (false, b"") => b"/",
            (false, _) => path,
        }
    }

    fn enter(&mut self, number: Number, path: &[u8]) {
        let own = self.known.own(number);
        let is_told = self.is_told() || own.is_some();
        if is_told {
            let item = Item {
                usage: own.map_or(Usage::default(), Own::usage),
                dedup_key: None,
                detail: own.map(|own| &own.detail),
            };
            let failure = own.and_then(Own::failure);
            let flow = self.visitor.enter(self.name(path), &item, failure);
            self.is_stopped |= flow == Flow::Skip;
        }
        self.open.push(Open {
            number,
            is_told,
            counted: own.map_or([0; 3], |own| [own.allocated, own.apparent, 1]),
        });
    }

    fn leave(&mut self) {
        let Some(mut open) = self.open.pop() else {
            return;
        };
        if open.is_told && !self.is_stopped {
            self.add_missing(&mut open);
            let own = self.known.own(open.number);
            if let Some(failure) = own.and_then(Own::failure) {
                self.visitor.failed(b"", failure);
            }
            if let Some(own) = own {
                self.check_size(b"", &own.usage());
            }
            let is_broken = own.is_some_and(|own| own.state == State::Broken);
            self.visitor.leave(match is_broken {
                true => Extent::Broken,
                false => Extent::Whole,
            });
        }
        self.count(open.counted);
    }

    /// Reports the entries that have no row: what the total of the directory has more than its rows.
    fn add_missing(&mut self, open: &mut Open) {
        let totals = self.known.totals.as_ref();
        let Some(total) = totals.and_then(|totals| *totals.get(open.number)?) else {
            return;
        };
        let mut missing = [0; 3];
        for (missing, (total, counted)) in missing.iter_mut().zip(total.iter().zip(open.counted)) {
            *missing = total.saturating_sub(counted);
        }
        open.counted = total;
        let [allocated, apparent, inodes] = missing;
        let usage = Usage {
            allocated: allocated.into(),
            apparent: apparent.into(),
            inodes,
            ..Usage::default()
        };
        self.visitor.sum(&usage, 0);
    }

    /// Adds to what was reported in the current directory.
    fn count(&mut self, sizes: [u64; 3]) {
        if let Some(open) = self.open.last_mut() {
            for (sum, size) in open.counted.iter_mut().zip(sizes) {
                *sum = sum.saturating_add(size);
            }
        }
    }

    /// Reports an entry that is no directory.
    fn file(&mut self, path: &RowPath, row: &Row) {
        let name = self.name(path.whole());
        match row.state {
            State::Ok => {}
            State::Away => return self.visitor.away(name, &row.detail),
            State::HandedOver => return,
            State::Unread | State::Broken => {
                let failure = Failure {
                    operation: Operation::ExportedEntry,
                    errno: row.errno,
                };
                return self.visitor.failed(name, failure);
            }
        }
        if row.counted {
            let size = |size: u128| u64::try_from(size).unwrap_or(u64::MAX);
            self.count([size(row.usage.allocated), size(row.usage.apparent), 1]);
        }
        let inode = row.detail.inode;
        let is_link = row.detail.links > 1 && inode.number != 0;
        let dedup_key = (self.dedup && is_link).then_some(inode);
        // The link that counts has a row before this one, unless rows are left out.
        let has_counted = dedup_key.is_some() && self.known.totals.is_none();
        if self.dedup && !row.counted && !has_counted {
            return;
        }
        let item = Item {
            usage: row.usage,
            dedup_key,
            detail: Some(&row.detail),
        };
        self.visitor.file(Some(name), &item);
        self.check_size(name, &row.usage);
    }

    /// Reports a size that did not fit into its column: the error of the run that wrote the file.
    fn check_size(&mut self, name: &[u8], usage: &Usage) {
        let largest = usage.allocated.max(usage.apparent);
        if self.had_errors && largest == i64::MAX as u128 {
            let failure = Failure::without_errno(Operation::ExportedSize);
            self.visitor.failed(name, failure);
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
