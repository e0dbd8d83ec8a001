//! The rows of a file one after the other, each checked.

use parquet::data_type::ByteArray;
use rustix::fs::FileType;

use super::columns::{FIELD_COUNT, Field, GroupReader, Values};
use super::file::{ParquetFile, damaged};
use crate::count::usage::{Detail, FileTime, Inode, Usage};
use crate::format::columns::type_named;
use crate::format::errno;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;
use crate::sys::panics;

/// Rows that are decoded at a time.
const BATCH: usize = 1024;

/// One row, without its path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// None where the kind of entry is not known.
    pub(super) kind: Option<FileType>,
    pub(super) entry: Entry,
    /// What du prints for a directory: allocated, apparent, inodes.
    pub(super) totals: Option<[u64; 3]>,
    pub(super) counted: bool,
}

/// What a row says of its entry, without the contents of that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) allocated: u64,
    pub(super) apparent: u64,
    pub(super) newest: FileTime,
    /// The inode number is 0 where it is not known.
    pub(super) detail: Detail,
    pub(super) state: State,
    /// The error number, or 0.
    pub(super) errno: i32,
}

/// The path of a row: where its name begins, and before it the directory without a slash at its end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct RowPath {
    bytes: Vec<u8>,
    name: usize,
}

/// Reads the rows of a file in its order.
pub(super) struct RowReader {
    pub(super) file: ParquetFile,
    /// The next row group.
    group: usize,
    columns: Option<GroupReader>,
    /// Rows of the current group that are not decoded yet.
    left: usize,
    batch: [Values; FIELD_COUNT],
    /// The next row of the batch, and the number of its rows.
    at: usize,
    count: usize,
    /// Rows before the current group, and rows given so far.
    before: u64,
    given: u64,
}

impl Row {
    /// A directory that could not be read, once more before its contents: its own row says so too.
    pub(super) fn is_mark(&self) -> bool {
        self.kind == Some(FileType::Directory)
            && !self.counted
            && matches!(self.entry.state, State::Unread | State::Broken)
    }

    /// A directory that counts.
    pub(super) fn is_directory(&self) -> bool {
        self.kind == Some(FileType::Directory) && self.counted
    }
}

impl Entry {
    pub(super) fn usage(&self) -> Usage {
        Usage {
            allocated: self.allocated.into(),
            apparent: self.apparent.into(),
            inodes: 1,
            newest: self.newest,
        }
    }

    /// What it adds to a total: allocated, apparent, inodes.
    pub(super) fn sizes(&self) -> [u64; 3] {
        [self.allocated, self.apparent, 1]
    }
}

impl RowPath {
    /// The path of the directory; empty for `/`.
    pub(super) fn dir(&self) -> &[u8] {
        self.bytes
            .get(..self.name.saturating_sub(1))
            .unwrap_or_default()
    }

    /// The name in it; empty for `/` itself.
    pub(super) fn name(&self) -> &[u8] {
        self.bytes.get(self.name..).unwrap_or_default()
    }

    /// All of it.
    pub(super) fn whole(&self) -> &[u8] {
        &self.bytes
    }

    /// A path that is not absolute is taken as one below `/`.
    fn set(&mut self, dir: &[u8], name: &[u8]) {
        self.bytes.clear();
        if !dir.is_empty() && !dir.starts_with(b"/") {
            self.bytes.push(b'/');
        }
        self.bytes.extend_from_slice(dir);
        self.bytes.push(b'/');
        self.name = self.bytes.len();
        self.bytes.extend_from_slice(name);
    }

    /// Why no entry can have this path.
    fn fault(&self) -> Option<&'static str> {
        let (dir, name) = (self.dir(), self.name());
        if self.bytes.contains(&0) {
            return Some("a name has a NUL");
        }
        if name.contains(&b'/') {
            return Some("a name holds a slash");
        }
        let is_root = dir.is_empty() && name.is_empty();
        let dir = dir.strip_prefix(b"/").unwrap_or(dir);
        let dirs = dir.split(|&byte| byte == b'/').filter(|_| !dir.is_empty());
        for part in dirs.chain((!is_root).then_some(name)) {
            match part {
                b"" => return Some("a name is empty"),
                b"." | b".." => return Some("a name is '.' or '..'"),
                _ => {}
            }
        }
        None
    }
}

impl RowReader {
    pub(super) fn new(file: ParquetFile) -> Self {
        Self {
            file,
            group: 0,
            columns: None,
            left: 0,
            batch: Default::default(),
            at: 0,
            count: 0,
            before: 0,
            given: 0,
        }
    }

    /// Begins at the first row again.
    pub(super) fn rewind(&mut self) {
        self.group = 0;
        self.columns = None;
        (self.left, self.at, self.count) = (0, 0, 0);
        (self.before, self.given) = (0, 0);
    }

    /// The next row, and its path; none after the last.
    pub(super) fn next(&mut self, path: &mut RowPath) -> Result<Option<Row>, ImportError> {
        while self.at == self.count {
            if !self.decode()? {
                return Ok(None);
            }
        }
        let at = self.at;
        self.at += 1;
        self.given += 1;
        self.row(at, path)
            .map(Some)
            .map_err(|fault| self.fault(fault))
    }

    /// An error in the row that was given last.
    pub(super) fn fault(&self, fault: &str) -> ImportError {
        let number = self.given;
        ImportError::damaged(format!("row {number}: {fault}"))
    }

    /// Decodes the next rows. False after the last.
    fn decode(&mut self) -> Result<bool, ImportError> {
        if self.left == 0 && !self.begin_group()? {
            return Ok(false);
        }
        let rows = self.left.min(BATCH);
        self.left -= rows;
        let read = panics::catch(|| {
            let columns = self.columns.as_mut()?;
            columns.read(rows, &mut self.batch).ok()?;
            match self.left {
                0 => columns.end().ok(),
                _ => Some(()),
            }
        });
        if read.flatten().is_none() {
            return Err(self.damaged(self.group.saturating_sub(1)));
        }
        (self.at, self.count) = (0, rows);
        Ok(true)
    }

    fn begin_group(&mut self) -> Result<bool, ImportError> {
        self.before = self.given;
        let Some(group) = self.file.group(self.group) else {
            return Ok(false);
        };
        let bytes = self.file.bytes_of(self.group, self.before)?;
        let reader = panics::catch(|| GroupReader::new(group, &self.file.columns, &bytes));
        let rows = usize::try_from(group.num_rows());
        let (Some(Ok(reader)), Ok(rows)) = (reader, rows) else {
            return Err(self.damaged(self.group));
        };
        self.columns = Some(reader);
        self.left = rows;
        self.group += 1;
        Ok(true)
    }

    /// The rows of this row group cannot be decoded.
    fn damaged(&self, group: usize) -> ImportError {
        match self.file.group(group) {
            Some(group) => damaged(group, self.before),
            None => ImportError::damaged("the footer is damaged"),
        }
    }

    fn text(&self, field: Field, at: usize) -> Option<&[u8]> {
        match &self.batch[field as usize] {
            Values::Texts(values) => values.get(at)?.as_ref().map(ByteArray::data),
            Values::Integers(_) | Values::Missing => None,
        }
    }

    fn integer(&self, field: Field, at: usize) -> Option<i64> {
        match &self.batch[field as usize] {
            Values::Integers(values) => *values.get(at)?,
            Values::Texts(_) | Values::Missing => None,
        }
    }

    /// A size, which must be there and not negative.
    fn size(&self, field: Field, at: usize) -> Result<u64, &'static str> {
        let size = self.integer(field, at).ok_or("a size is null")?;
        u64::try_from(size).map_err(|_| "a size is negative")
    }

    fn row(&self, at: usize, path: &mut RowPath) -> Result<Row, &'static str> {
        match self.text(Field::Raw, at) {
            Some(raw) => {
                let mut parts = raw.rsplitn(2, |&byte| byte == b'/');
                let name = parts.next().unwrap_or_default();
                path.set(parts.next().unwrap_or_default(), name);
            }
            None => {
                let dir = self.text(Field::Dir, at).ok_or("a path is null")?;
                path.set(dir, self.text(Field::Name, at).ok_or("a name is null")?);
            }
        }
        if let Some(fault) = path.fault() {
            return Err(fault);
        }
        let kind = self.text(Field::Kind, at).map(file_type).transpose()?;
        let totals = [
            Field::TotalAllocated,
            Field::TotalApparent,
            Field::TotalInodes,
        ];
        let totals = totals.map(|field| self.integer(field, at));
        let totals = match totals {
            [Some(_), Some(_), Some(_)] => {
                Some(totals.map(|total| total.map_or(0, i64::cast_unsigned)))
            }
            _ => None,
        };
        let counted = self.integer(Field::Counted, at);
        Ok(Row {
            kind,
            entry: self.entry(at, kind)?,
            totals,
            counted: counted.is_none_or(|counted| counted != 0),
        })
    }

    fn entry(&self, at: usize, kind: Option<FileType>) -> Result<Entry, &'static str> {
        let mtime = self.integer(Field::Mtime, at);
        Ok(Entry {
            allocated: self.size(Field::Allocated, at)?,
            apparent: self.size(Field::Apparent, at)?,
            newest: mtime.map_or(FileTime::NEVER, time),
            detail: self.detail(at, kind),
            state: self.text(Field::State, at).map_or(Ok(State::Ok), state)?,
            errno: self.text(Field::Error, at).map_or(0, errno::number),
        })
    }

    fn detail(&self, at: usize, kind: Option<FileType>) -> Detail {
        let id = |field| self.integer(field, at).map(|number| number as u32);
        let number = |field| self.integer(field, at).map_or(0, i64::cast_unsigned);
        Detail {
            inode: Inode {
                device: number(Field::Device),
                number: number(Field::Inode),
            },
            links: id(Field::Links).unwrap_or(1),
            mode: id(Field::Mode)
                .unwrap_or_else(|| kind.map_or(0, FileType::as_raw_mode) | Detail::NO_PERMISSIONS),
            uid: id(Field::Uid).unwrap_or(Detail::NO_ID),
            gid: id(Field::Gid).unwrap_or(Detail::NO_ID),
        }
    }
}

fn time(micros: i64) -> FileTime {
    let nanoseconds = micros.rem_euclid(1_000_000) * 1000;
    FileTime::of_file(micros.div_euclid(1_000_000), nanoseconds as u32)
}

fn state(word: &[u8]) -> Result<State, &'static str> {
    State::of(word).ok_or("a state is not known")
}

fn file_type(word: &[u8]) -> Result<FileType, &'static str> {
    type_named(word).ok_or("a kind is not known")
}
