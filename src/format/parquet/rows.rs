//! The rows of one row group before they are encoded.

use std::borrow::Cow;
use std::ops::Range;

use rustix::fs::FileType;

use super::schema::{MOST_ROWS, MOST_TEXT, State};
use crate::count::usage::{Detail, FileTime};

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

/// A column of which most rows have the value of the row before: a value, and how often it follows itself.
#[derive(Debug)]
pub(super) struct Runs<T>(pub(super) Vec<(T, u32)>);

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// The columns of one row group; where a number stands for null in [`Row::NULL`], it does so here. Their memory is used again for another row group: to ask the system for new memory
/// takes longer than to fill it.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The index of the directory of each row in `dirs`.
    pub(super) dir: Runs<u32>,
    /// The directories of the rows.
    pub(super) dirs: Texts,
    pub(super) names: Texts,
    /// The paths that are not UTF-8, and the rows that they belong to.
    pub(super) raws: Texts,
    pub(super) raw_rows: Vec<u32>,
    pub(super) depth: Runs<u32>,
    pub(super) kind: Runs<FileType>,
    pub(super) allocated: Vec<i64>,
    pub(super) apparent: Vec<i64>,
    /// Rows of directories: allocated, apparent, inodes.
    pub(super) totals: Vec<(u32, [i64; 3])>,
    /// Index in `filesystems`.
    pub(super) fs: Runs<u16>,
    pub(super) device: Runs<u64>,
    pub(super) inode: Vec<i64>,
    pub(super) links: Runs<u32>,
    pub(super) uid: Runs<u32>,
    pub(super) gid: Runs<u32>,
    pub(super) mode: Runs<u32>,
    pub(super) mtime: Vec<i64>,
    pub(super) counted: Vec<bool>,
    pub(super) state: Runs<State>,
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

impl<T: Copy + PartialEq> Runs<T> {
    pub(super) fn push(&mut self, value: T) {
        match self.0.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => self.0.push((value, 1)),
        }
    }
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.allocated.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.allocated.is_empty()
    }

    /// Removes the rows and keeps the memory.
    pub(super) fn clear(&mut self) {
        for texts in [&mut self.dirs, &mut self.names, &mut self.raws] {
            texts.clear();
        }
        self.raw_rows.clear();
        let runs = [&mut self.dir, &mut self.depth, &mut self.links];
        let owners = [&mut self.uid, &mut self.gid, &mut self.mode];
        for runs in runs.into_iter().chain(owners) {
            runs.0.clear();
        }
        self.kind.0.clear();
        self.fs.0.clear();
        self.device.0.clear();
        self.state.0.clear();
        let sizes = [&mut self.allocated, &mut self.apparent];
        for numbers in sizes.into_iter().chain([&mut self.inode, &mut self.mtime]) {
            numbers.clear();
        }
        self.totals.clear();
        self.counted.clear();
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
        self.push_entry(row);
        if row.error != 0 {
            self.errors.push((number, row.error));
        }
    }

    fn push_entry(&mut self, row: &Row) {
        self.depth.push(row.depth);
        self.kind.push(row.kind);
        self.allocated.push(row.allocated);
        self.apparent.push(row.apparent);
        self.fs.push(row.fs);
        self.device.push(row.device);
        self.inode.push(row.inode.cast_signed());
        self.links.push(row.links);
        self.uid.push(row.uid);
        self.gid.push(row.gid);
        self.mode.push(row.mode);
        self.mtime.push(row.mtime);
        self.counted.push(row.counted);
        self.state.push(row.state);
    }
}

/// The attributes, as far as they are known: an export may contain none.
pub(super) fn set_detail(row: &mut Row, detail: &Detail) {
    row.device = detail.inode.device;
    row.inode = detail.inode.number;
    row.links = detail.links;
    row.uid = detail.uid;
    row.gid = detail.gid;
    if detail.mode & Detail::NO_PERMISSIONS == 0 {
        row.mode = detail.mode;
    }
}

/// A time in microseconds since 1970, downwards; null for a time that 64 bits cannot hold.
pub(super) fn micros(time: FileTime) -> i64 {
    let micros = time.seconds.checked_mul(1_000_000);
    let micros = micros.and_then(|micros| micros.checked_add((time.nanoseconds / 1000).into()));
    micros.unwrap_or(Row::NULL.mtime)
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

/// A directory in the list of a row group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dir {
    index: u32,
    is_utf8: bool,
}
