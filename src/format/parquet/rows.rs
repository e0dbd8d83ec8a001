//! The rows of one row group before they are encoded.

use std::borrow::Cow;
use std::ops::Range;

use rustix::fs::FileType;

use super::schema::{MOST_ROWS, MOST_TEXT, State};

/// A row; its name and its directory are in [`Rows`]. Small, because there are tens of thousands: a number that no entry
/// has stands for null, see [`Row::NULL`].
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
    /// The index of its directory.
    pub(crate) dir: u32,
    /// The index of its totals.
    pub(crate) totals: u32,
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
    ends: Vec<u32>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) names: Texts,
    /// The directories of the rows.
    pub(super) dirs: Texts,
    /// The paths that are not UTF-8, and the rows that they belong to.
    pub(super) raws: Texts,
    pub(super) raw_rows: Vec<u32>,
    /// Allocated, apparent, inodes of directories.
    totals: Vec<[i64; 3]>,
    /// The list of file systems.
    pub(super) filesystems: Vec<String>,
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
        dir: 0,
        totals: u32::MAX,
        fs: u16::MAX,
        kind: FileType::Unknown,
        counted: false,
        state: State::Ok,
    };
}

impl Texts {
    fn push(&mut self, text: &[u8]) -> u32 {
        let index = self.ends.len();
        self.bytes.extend_from_slice(text);
        self.ends
            .push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// The ranges of the texts in the buffer.
    pub(super) fn into_ranges(self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        self.ends.into_iter().map(move |end| {
            let range = start..end as usize;
            start = range.end;
            range
        })
    }
}

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            rows: Vec::with_capacity(MOST_ROWS),
            names: Texts::default(),
            dirs: Texts::default(),
            raws: Texts::default(),
            raw_rows: Vec::new(),
            totals: Vec::new(),
            filesystems: Vec::new(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let text = self.dirs.bytes.len() + self.names.bytes.len() + self.raws.bytes.len();
        self.rows.len() >= MOST_ROWS || text >= MOST_TEXT
    }

    /// Adds a directory to the list.
    pub(super) fn add_dir(&mut self, path: &[u8]) -> Dir {
        let text = String::from_utf8_lossy(path);
        Dir {
            index: self.dirs.push(text.as_bytes()),
            is_utf8: matches!(text, Cow::Borrowed(_)),
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
        let text = String::from_utf8_lossy(name);
        self.names.push(text.as_bytes());
        if !dir.is_utf8 || matches!(text, Cow::Owned(_)) {
            self.raws.push(&[path, b"/", name].concat());
            self.raw_rows.push(self.rows.len() as u32);
        }
        let index = totals.map(|totals| {
            self.totals.push(totals);
            self.totals.len() as u32 - 1
        });
        self.rows.push(Row {
            dir: dir.index,
            totals: index.unwrap_or(u32::MAX),
            ..*row
        });
    }

    /// The totals of a row, if it is that of a directory whose totals are known.
    pub(super) fn totals(&self, row: &Row) -> Option<&[i64; 3]> {
        self.totals.get(row.totals as usize)
    }
}

/// A directory in the list of a row group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dir {
    index: u32,
    is_utf8: bool,
}
