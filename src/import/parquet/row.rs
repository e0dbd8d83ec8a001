//! The rows of a file one after the other, each checked.

use parquet::data_type::ByteArray;
use rustix::fs::FileType;

use super::columns::{Column, FIELD_COUNT, Field, GroupReader, Values};
use super::file::{ParquetFile, damaged};
use crate::count::usage::{Detail, FileTime, Inode, Usage};
use crate::format::columns::type_named;
use crate::format::errno;
use crate::format::parquet::schema::{FsId, State};
use crate::import::error::ImportError;
use crate::sys::panics;

/// Rows that are decoded at a time.
const BATCH: usize = 1024;

/// One row, without its path.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row {
    /// None where the kind of entry is not known.
    pub(crate) kind: Option<FileType>,
    pub(crate) entry: Entry,
    /// What du prints for a directory: allocated, apparent, inodes.
    pub(crate) totals: Option<[u64; 3]>,
    pub(crate) counted: bool,
    pub(crate) fs: FsId,
}

/// What a row says of its entry, without the contents of that.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Entry {
    pub(crate) allocated: u64,
    pub(crate) apparent: u64,
    pub(crate) newest: FileTime,
    /// The inode number is 0 where it is not known.
    pub(crate) detail: Detail,
    pub(crate) state: State,
    /// The error number, or 0.
    pub(crate) errno: i32,
}

/// The path of a row: where its name begins, and before it the directory without a slash at its end.
#[derive(Debug, Default, Clone)]
pub(super) struct RowPath {
    bytes: Vec<u8>,
    name: usize,
    /// The text of the directory, where it was not a part of another one.
    shared: Option<ByteArray>,
}

/// Reads the rows of a file in its order.
pub(super) struct RowReader {
    pub(super) file: ParquetFile,
    /// The columns that are read.
    columns_read: Vec<Column>,
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
    /// The last row.
    row: Row,
    /// The name of its file system.
    filesystem: Option<(ByteArray, FsId)>,
}

impl Row {
    /// A directory that could not be read, once more before its contents: its own row says so too.
    pub(super) fn is_mark(&self) -> bool {
        self.kind == Some(FileType::Directory)
            && !self.counted
            && matches!(self.entry.state, State::Unread | State::Broken)
    }

    /// A directory that counts.
    pub(crate) fn is_directory(&self) -> bool {
        self.kind == Some(FileType::Directory) && self.counted
    }
}

impl Entry {
    /// The time of its last modification in microseconds; the least number where it is not known.
    pub(crate) fn mtime(&self) -> i64 {
        let micros = self.newest.seconds.saturating_mul(1_000_000);
        micros.saturating_add((self.newest.nanoseconds / 1000).into())
    }

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

    /// A copy that holds no memory of the file.
    pub(super) fn detached(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            name: self.name,
            shared: None,
        }
    }

    /// Makes it the path of an entry in a directory. A directory that is not absolute is taken as one below `/`.
    fn set(&mut self, dir: &ByteArray, name: &[u8]) -> Result<(), &'static str> {
        // Rows of one directory share its text.
        if self
            .shared
            .as_ref()
            .is_none_or(|shared| !is_one(shared, dir))
        {
            self.set_dir(dir.data())?;
            self.shared = Some(dir.clone());
        }
        self.set_name(name)
    }

    /// Makes it this path.
    fn set_whole(&mut self, whole: &[u8]) -> Result<(), &'static str> {
        let mut parts = whole.rsplitn(2, |&byte| byte == b'/');
        let name = parts.next().unwrap_or_default();
        self.shared = None;
        self.set_dir(parts.next().unwrap_or_default())?;
        self.set_name(name)
    }

    fn set_dir(&mut self, dir: &[u8]) -> Result<(), &'static str> {
        self.bytes.clear();
        if !dir.is_empty() && !dir.starts_with(b"/") {
            self.bytes.push(b'/');
        }
        self.bytes.extend_from_slice(dir);
        self.bytes.push(b'/');
        self.name = self.bytes.len();
        let all = dir.strip_prefix(b"/").unwrap_or(dir);
        let mut names = all.split(|&byte| byte == b'/').filter(|_| !all.is_empty());
        names.try_for_each(check_name)
    }

    fn set_name(&mut self, name: &[u8]) -> Result<(), &'static str> {
        self.bytes.truncate(self.name);
        self.bytes.extend_from_slice(name);
        match name.is_empty() && self.name == 1 {
            // `/` itself.
            true => Ok(()),
            false => check_name(name),
        }
    }
}

/// True for a text that lies in the same memory, and so for texts that an entry of a dictionary gave.
fn is_one(a: &ByteArray, b: &ByteArray) -> bool {
    std::ptr::eq(a.data(), b.data())
}

/// Checks that a name of this kind can be.
fn check_name(name: &[u8]) -> Result<(), &'static str> {
    // Without an early end, so that several bytes are compared at a time.
    let (mut has_nul, mut has_slash) = (false, false);
    for &byte in name {
        has_nul |= byte == 0;
        has_slash |= byte == b'/';
    }
    match name {
        _ if has_nul => Err("a name has a NUL"),
        _ if has_slash => Err("a name holds a slash"),
        b"" => Err("a name is empty"),
        b"." | b".." => Err("a name is '.' or '..'"),
        _ => Ok(()),
    }
}

impl RowReader {
    /// Reads the paths, the kinds of entries and their sizes; the values of other fields are null.
    pub(super) fn new(file: ParquetFile) -> Self {
        let mut reader = Self {
            columns_read: Vec::new(),
            file,
            group: 0,
            columns: None,
            left: 0,
            batch: Default::default(),
            at: 0,
            count: 0,
            before: 0,
            given: 0,
            row: Row::default(),
            filesystem: None,
        };
        reader.read_too(&[Field::Dir, Field::Name, Field::Raw, Field::Kind]);
        reader.read_too(&[Field::Allocated, Field::Apparent, Field::TotalAllocated]);
        reader.read_too(&[Field::TotalApparent, Field::TotalInodes]);
        reader.read_too(&[Field::Counted, Field::State]);
        reader
    }

    /// Reads these fields as well.
    pub(super) fn read_too(&mut self, fields: &[Field]) {
        let columns = self.file.columns.iter();
        let more = columns.filter(|column| fields.contains(&column.field));
        self.columns_read.extend(more);
    }

    /// Begins at the first row again.
    pub(super) fn rewind(&mut self) {
        self.go_to_group(0);
    }

    /// Goes to the first row of a row group.
    pub(super) fn go_to_group(&mut self, group: usize) {
        self.group = group;
        self.columns = None;
        (self.left, self.at, self.count) = (0, 0, 0);
        self.given = self.file.rows_before(group);
    }

    /// The row group of the row that was given last.
    pub(super) fn last_group(&self) -> usize {
        self.group.saturating_sub(1)
    }

    /// The next row, and its path; none after the last.
    pub(super) fn next(&mut self, path: &mut RowPath) -> Result<Option<&Row>, ImportError> {
        while self.at == self.count {
            if !self.decode()? {
                return Ok(None);
            }
        }
        self.at += 1;
        self.given += 1;
        match self.read_row(path) {
            Ok(()) => Ok(Some(&self.row)),
            Err(fault) => Err(self.fault(fault)),
        }
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
        let reader = panics::catch(|| GroupReader::new(group, &self.columns_read, &bytes));
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

    fn text(&mut self, field: Field) -> Option<&ByteArray> {
        self.batch[field as usize].next_text()
    }

    fn integer(&mut self, field: Field) -> Option<i64> {
        self.batch[field as usize].next_integer()
    }

    /// A size, which must be there and not negative.
    fn size(&mut self, field: Field) -> Result<u64, &'static str> {
        let size = self.integer(field).ok_or("a size is null")?;
        u64::try_from(size).map_err(|_| "a size is negative")
    }

    /// Reads the next row of the batch. Each field is taken once.
    fn read_row(&mut self, path: &mut RowPath) -> Result<(), &'static str> {
        self.path(path)?;
        let kind = self.text(Field::Kind).map(file_type).transpose()?;
        self.row.kind = kind;
        self.row.totals = self.totals();
        self.row.counted = self.integer(Field::Counted) != Some(0);
        self.row.fs = self.fs();
        self.row.entry = self.entry(kind)?;
        Ok(())
    }

    /// The totals of a directory, where all of them are there.
    fn totals(&mut self) -> Option<[u64; 3]> {
        let mut total = |field| self.integer(field).map(i64::cast_unsigned);
        let (allocated, apparent) = (total(Field::TotalAllocated), total(Field::TotalApparent));
        let inodes = total(Field::TotalInodes);
        Some([allocated?, apparent?, inodes?])
    }

    fn fs(&mut self) -> FsId {
        let Some(name) = self.batch[Field::Fs as usize].next_text() else {
            return FsId::UNKNOWN;
        };
        match &self.filesystem {
            Some((shared, fs)) if is_one(shared, name) => *fs,
            _ => {
                let fs = FsId::of(name.data());
                self.filesystem = Some((name.clone(), fs));
                fs
            }
        }
    }

    fn path(&mut self, path: &mut RowPath) -> Result<(), &'static str> {
        let [dir, name, raw] = [Field::Dir, Field::Name, Field::Raw].map(|field| field as usize);
        let [dir, name, raw] = self
            .batch
            .get_disjoint_mut([dir, name, raw])
            .map_err(|_| "a path is null")?;
        let (dir, name) = (dir.next_text(), name.next_text());
        match raw.next_text() {
            Some(raw) => path.set_whole(raw.data()),
            None => path.set(
                dir.ok_or("a path is null")?,
                name.ok_or("a name is null")?.data(),
            ),
        }
    }

    fn entry(&mut self, kind: Option<FileType>) -> Result<Entry, &'static str> {
        let mtime = self.integer(Field::Mtime);
        Ok(Entry {
            allocated: self.size(Field::Allocated)?,
            apparent: self.size(Field::Apparent)?,
            newest: mtime.map_or(FileTime::NEVER, time),
            detail: self.detail(kind),
            state: self.text(Field::State).map_or(Ok(State::Ok), state)?,
            errno: self
                .text(Field::Error)
                .map_or(0, |name| errno::number(name.data())),
        })
    }

    fn detail(&mut self, kind: Option<FileType>) -> Detail {
        let mut id = |field| self.integer(field).map(|number| number as u32);
        let (links, mode) = (id(Field::Links), id(Field::Mode));
        let (uid, gid) = (id(Field::Uid), id(Field::Gid));
        let mut number = |field| self.integer(field).map_or(0, i64::cast_unsigned);
        Detail {
            inode: Inode {
                device: number(Field::Device),
                number: number(Field::Inode),
            },
            links: links.unwrap_or(1),
            mode: mode.unwrap_or(kind.map_or(0, FileType::as_raw_mode) | Detail::NO_PERMISSIONS),
            uid: uid.unwrap_or(Detail::NO_ID),
            gid: gid.unwrap_or(Detail::NO_ID),
        }
    }
}

fn time(micros: i64) -> FileTime {
    let nanoseconds = micros.rem_euclid(1_000_000) * 1000;
    FileTime::of_file(micros.div_euclid(1_000_000), nanoseconds as u32)
}

fn state(word: &ByteArray) -> Result<State, &'static str> {
    State::of(word.data()).ok_or("a state is not known")
}

fn file_type(word: &ByteArray) -> Result<FileType, &'static str> {
    type_named(word.data()).ok_or("a kind is not known")
}
