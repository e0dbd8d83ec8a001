//! The rows of one row group, column by column.

use super::schema::{MOST_ROWS, MOST_TEXT};

/// A row that is to be appended. Texts that are few are indices; see [`Rows`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) depth: Option<i32>,
    /// Index in [`KINDS`].
    pub(super) kind: Option<u8>,
    pub(super) allocated: i64,
    pub(super) apparent: i64,
    /// Allocated, apparent, inodes.
    pub(super) totals: [Option<i64>; 3],
    /// Index in the list of file systems.
    pub(super) fs: Option<u16>,
    pub(super) device: Option<i64>,
    pub(super) inode: Option<i64>,
    pub(super) links: Option<i32>,
    pub(super) uid: Option<i32>,
    pub(super) gid: Option<i32>,
    pub(super) mode: Option<i32>,
    pub(super) mtime: Option<i64>,
    pub(super) counted: bool,
    pub(super) state: State,
    /// The error number.
    pub(super) error: Option<i32>,
}

/// What is known of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Ok,
    Unread,
    Broken,
    Away,
}

/// Texts in one buffer.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// The values of an optional column that are there, and for each row 1 or 0 (its definition level).
#[derive(Debug)]
pub(super) struct Optional<T> {
    pub(super) values: Vec<T>,
    pub(super) levels: Vec<i16>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Rows {
    /// The directories of the rows.
    pub(super) dirs: Texts,
    /// For each row an index in `dirs`.
    pub(super) dir: Vec<u32>,
    pub(super) names: Texts,
    pub(super) raws: Texts,
    pub(super) raw: Vec<i16>,
    pub(super) depth: Optional<i32>,
    pub(super) kind: Optional<u8>,
    pub(super) allocated: Vec<i64>,
    pub(super) apparent: Vec<i64>,
    pub(super) totals: [Optional<i64>; 3],
    pub(super) fs: Optional<u16>,
    pub(super) device: Optional<i64>,
    pub(super) inode: Optional<i64>,
    pub(super) links: Optional<i32>,
    pub(super) uid: Optional<i32>,
    pub(super) gid: Optional<i32>,
    pub(super) mode: Optional<i32>,
    pub(super) mtime: Optional<i64>,
    pub(super) counted: Vec<bool>,
    pub(super) state: Vec<State>,
    pub(super) error: Optional<i32>,
    /// The list of file systems.
    pub(super) filesystems: Vec<String>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends
            .push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    /// The ranges of the texts in the buffer.
    pub(super) fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(&start, &end)| start as usize..end as usize)
    }
}

impl<T> Optional<T> {
    fn of_full_group() -> Self {
        Self {
            values: Vec::with_capacity(MOST_ROWS),
            levels: Vec::with_capacity(MOST_ROWS),
        }
    }

    fn sparse() -> Self {
        Self {
            values: Vec::new(),
            levels: Vec::with_capacity(MOST_ROWS),
        }
    }

    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            dirs: Texts::default(),
            dir: Vec::with_capacity(MOST_ROWS),
            names: Texts::default(),
            raws: Texts::default(),
            raw: Vec::with_capacity(MOST_ROWS),
            depth: Optional::of_full_group(),
            kind: Optional::of_full_group(),
            allocated: Vec::with_capacity(MOST_ROWS),
            apparent: Vec::with_capacity(MOST_ROWS),
            totals: [Optional::sparse(), Optional::sparse(), Optional::sparse()],
            fs: Optional::of_full_group(),
            device: Optional::of_full_group(),
            inode: Optional::of_full_group(),
            links: Optional::of_full_group(),
            uid: Optional::of_full_group(),
            gid: Optional::of_full_group(),
            mode: Optional::of_full_group(),
            mtime: Optional::of_full_group(),
            counted: Vec::with_capacity(MOST_ROWS),
            state: Vec::with_capacity(MOST_ROWS),
            error: Optional::sparse(),
            filesystems: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.dir.len()
    }

    pub(super) fn is_full(&self) -> bool {
        let text = self.dirs.bytes.len() + self.names.bytes.len() + self.raws.bytes.len();
        self.len() >= MOST_ROWS || text >= MOST_TEXT
    }

    /// Adds a directory to the list; gives its index.
    pub(super) fn add_dir(&mut self, path: &[u8]) -> u32 {
        self.dirs.push(String::from_utf8_lossy(path).as_bytes());
        u32::try_from(self.dirs.len() - 1).unwrap_or(u32::MAX)
    }

    /// Appends a row: the index of its directory and the path of that, its name, the rest.
    pub(super) fn push(&mut self, (dir, path): (u32, &[u8]), name: &[u8], row: &Row) {
        self.dir.push(dir);
        self.names.push(String::from_utf8_lossy(name).as_bytes());
        let is_text = std::str::from_utf8(name).is_ok() && std::str::from_utf8(path).is_ok();
        self.raw.push(i16::from(!is_text));
        if !is_text {
            self.raws.push(&[path, b"/", name].concat());
        }
        self.depth.push(row.depth);
        self.kind.push(row.kind);
        self.allocated.push(row.allocated);
        self.apparent.push(row.apparent);
        for (column, total) in self.totals.iter_mut().zip(row.totals) {
            column.push(total);
        }
        self.fs.push(row.fs);
        self.device.push(row.device);
        self.inode.push(row.inode);
        self.links.push(row.links);
        self.uid.push(row.uid);
        self.gid.push(row.gid);
        self.mode.push(row.mode);
        self.mtime.push(row.mtime);
        self.counted.push(row.counted);
        self.state.push(row.state);
        self.error.push(row.error);
    }
}
