//! The rows of one row group before they are encoded.

use std::borrow::Cow;
use std::ops::Range;

use rustix::fs::FileType;

use super::schema::{MOST_ROWS, MOST_TEXT, State};

/// A row without its name, its directory and its totals. A number that no entry has stands for null, see [`Row::NULL`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) allocated: i64,
    pub(crate) apparent: i64,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// Microseconds since 1970.
    pub(crate) mtime: i64,
    pub(crate) depth: u32,
    pub(crate) links: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mode: u32,
    /// The error number.
    pub(crate) error: i32,
    /// Index in the list of file systems.
    pub(crate) fs: u16,
    /// Null where it is unknown.
    pub(crate) kind: FileType,
    pub(crate) counted: bool,
    pub(crate) state: State,
}

/// Texts in one buffer.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) bytes: Vec<u8>,
    /// Where each text ends.
    pub(super) ends: Vec<u32>,
}

/// A column that has a value in most rows.
#[derive(Debug, Default)]
pub(super) struct Nullable<T> {
    /// The values that are not null.
    pub(super) values: Vec<T>,
    /// The rows that have none.
    pub(super) nulls: Vec<u32>,
}

/// The columns of one row group. Their memory is used again for another row group: to ask the system for new memory
/// takes longer than to fill it.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The index of the directory of each row in `dirs`.
    pub(super) dir: Vec<u32>,
    /// The directories of the rows.
    pub(super) dirs: Texts,
    pub(super) names: Texts,
    /// The paths that are not UTF-8, and the rows that they belong to.
    pub(super) raws: Texts,
    pub(super) raw_rows: Vec<u32>,
    pub(super) depth: Nullable<i32>,
    pub(super) kind: Vec<FileType>,
    pub(super) allocated: Vec<i64>,
    pub(super) apparent: Vec<i64>,
    /// Rows of directories: allocated, apparent, inodes.
    pub(super) totals: Vec<(u32, [i64; 3])>,
    /// Index in `filesystems`.
    pub(super) fs: Vec<u16>,
    pub(super) device: Nullable<i64>,
    pub(super) inode: Nullable<i64>,
    pub(super) links: Nullable<i32>,
    pub(super) uid: Nullable<i32>,
    pub(super) gid: Nullable<i32>,
    pub(super) mode: Nullable<i32>,
    pub(super) mtime: Nullable<i64>,
    pub(super) counted: Vec<bool>,
    pub(super) state: Vec<State>,
    /// Rows with errors: their numbers.
    pub(super) errors: Vec<(u32, i32)>,
    /// The list of file systems.
    pub(super) filesystems: Vec<String>,
    /// The bytes of the row group, once it is encoded.
    pub(super) encoded: Vec<u8>,
}

impl Row {
    /// Nothing is known.
    pub(super) const NULL: Self = Self {
        allocated: 0,
        apparent: 0,
        device: 0,
        inode: 0,
        mtime: i64::MIN,
        depth: u32::MAX,
        links: 0,
        uid: u32::MAX,
        gid: u32::MAX,
        mode: u32::MAX,
        error: 0,
        fs: u16::MAX,
        kind: FileType::Unknown,
        counted: false,
        state: State::Ok,
    };
}

impl Texts {
    /// Appends a text. Returns its index.
    pub(super) fn push(&mut self, text: &[u8]) -> u32 {
        let index = self.ends.len();
        self.bytes.extend_from_slice(text);
        self.ends
            .push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let texts = self.ranges().map(|range| self.bytes.get(range));
        texts.map(Option::unwrap_or_default)
    }

    /// The ranges of the texts in the buffer.
    fn ranges(&self) -> impl Iterator<Item = Range<usize>> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let range = start..end as usize;
            start = range.end;
            range
        })
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

impl<T: Copy> Nullable<T> {
    /// What there is for the value of each row, out of a list of as many as there are values.
    pub(super) fn each<'a, V: Copy>(&'a self, values: &'a [V]) -> impl Iterator<Item = Option<V>> {
        let rows = 0..(self.values.len() + self.nulls.len()) as u32;
        let (mut values, mut nulls) = (values.iter(), self.nulls.iter().peekable());
        rows.map(move |row| match nulls.next_if_eq(&&row) {
            Some(_) => None,
            None => values.next().copied(),
        })
    }

    fn push(&mut self, row: u32, value: Option<T>) {
        match value {
            Some(value) => self.values.push(value),
            None => self.nulls.push(row),
        }
    }

    fn clear(&mut self) {
        self.values.clear();
        self.nulls.clear();
    }
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.dir.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.dir.is_empty()
    }

    /// Removes the rows and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.dir.clear();
        for texts in [&mut self.dirs, &mut self.names, &mut self.raws] {
            texts.clear();
        }
        self.raw_rows.clear();
        self.kind.clear();
        for numbers in [&mut self.allocated, &mut self.apparent] {
            numbers.clear();
        }
        self.totals.clear();
        self.fs.clear();
        for column in [&mut self.device, &mut self.inode, &mut self.mtime] {
            column.clear();
        }
        let numbers = [&mut self.depth, &mut self.links, &mut self.mode];
        for column in numbers.into_iter().chain([&mut self.uid, &mut self.gid]) {
            column.clear();
        }
        self.counted.clear();
        self.state.clear();
        self.errors.clear();
        self.encoded.clear();
    }

    pub(super) fn is_full(&self) -> bool {
        let text = self.dirs.bytes.len() + self.names.bytes.len() + self.raws.bytes.len();
        self.len() >= MOST_ROWS || text >= MOST_TEXT
    }

    /// Adds a directory to the list.
    pub(super) fn add_dir(&mut self, path: &[u8]) -> Dir {
        let (text, is_utf8) = text(path);
        Dir {
            index: self.dirs.push(&text),
            is_utf8,
        }
    }

    /// Appends a row: its directory and the path of that, its name, for a directory its totals, the rest.
    pub(super) fn push(
        &mut self,
        (dir, path): (Dir, &[u8]),
        name: &[u8],
        totals: Option<[i64; 3]>,
        row: &Row,
    ) {
        let number = self.len() as u32;
        let (text, is_utf8) = text(name);
        self.names.push(&text);
        if !dir.is_utf8 || !is_utf8 {
            self.raws.push(&[path, b"/", name].concat());
            self.raw_rows.push(number);
        }
        self.totals.extend(totals.map(|totals| (number, totals)));
        self.dir.push(dir.index);
        self.push_entry(number, row);
    }

    fn push_entry(&mut self, number: u32, row: &Row) {
        self.depth.push(number, known(row.depth));
        self.kind.push(row.kind);
        self.allocated.push(row.allocated);
        self.apparent.push(row.apparent);
        self.fs.push(row.fs);
        let nonzero = |number: u64| (number != 0).then_some(number.cast_signed());
        self.device.push(number, nonzero(row.device));
        self.inode.push(number, nonzero(row.inode));
        let links = (row.links != 0).then_some(row.links.cast_signed());
        self.links.push(number, links);
        self.uid.push(number, known(row.uid));
        self.gid.push(number, known(row.gid));
        self.mode.push(number, known(row.mode));
        let mtime = (row.mtime != Row::NULL.mtime).then_some(row.mtime);
        self.mtime.push(number, mtime);
        self.counted.push(row.counted);
        self.state.push(row.state);
        if row.error != 0 {
            self.errors.push((number, row.error));
        }
    }
}

/// A name or a path as text, and whether it is the same: what is not UTF-8 becomes U+FFFD.
fn text(name: &[u8]) -> (Cow<'_, [u8]>, bool) {
    // Most names: several times as fast as to look for what is not UTF-8.
    match name.is_ascii() || std::str::from_utf8(name).is_ok() {
        true => (name.into(), true),
        false => (
            String::from_utf8_lossy(name)
                .into_owned()
                .into_bytes()
                .into(),
            false,
        ),
    }
}

fn known(number: u32) -> Option<i32> {
    (number != u32::MAX).then_some(number.cast_signed())
}

/// A directory in the list of a row group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dir {
    index: u32,
    is_utf8: bool,
}
