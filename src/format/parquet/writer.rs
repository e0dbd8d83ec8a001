//! Records to rows.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use parquet::errors::Result;

use super::encoder::Encoder;
use super::footer::{self, Seen};
use super::options::{CountedLinks, ParquetOptions};
use super::rows::{Dir, Row, Rows};
use super::schema::State;
use crate::count::listing::push_name;
use crate::count::record::{Kind, Record, last_component};
use crate::count::usage::{Detail, FileTime, Usage};
use crate::format::columns::file_type;
use crate::format::interface::{EndResult, Format, ReportError, Totals, Warning};
use crate::format::page::Page;
use crate::sys::failure::{Failure, Operation};
use crate::sys::filesystems::{FileSystems, Space};

/// How long the end of a run waits for file systems to tell their space.
const PATIENCE: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Parquet {
    options: ParquetOptions,
    /// None after an error, which is kept in `error`.
    encoder: Option<Encoder>,
    error: Option<parquet::errors::ParquetError>,
    threads: Threads,
    rows: Box<Rows>,
    /// Number of the row group that `rows` will be.
    group: u32,
    levels: Vec<Level>,
    /// The absolute path of the current directory; empty for `/`.
    path: Vec<u8>,
    roots: Vec<Vec<u8>>,
    filesystems: Known,
    /// The last row has a size that does not fit.
    warning: Option<Warning>,
    /// There was such a row.
    has_overflowed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Threads {
    NotYet,
    Allowed,
}

/// A directory that was entered.
#[derive(Debug)]
struct Level {
    own: Usage,
    detail: Option<Detail>,
    failure: Option<Failure>,
    /// Length of the path of the directory above.
    above: usize,
    /// Its index in the directories of a row group, and the number of that row group.
    dir: Option<(Dir, u32)>,
    /// A file with several links lies below.
    has_links: bool,
}

/// The file systems met so far.
#[derive(Debug, Default)]
struct Known {
    table: Option<FileSystems>,
    seen: Vec<Seen>,
    started: Vec<Receiver<Space>>,
    /// The device met last, and its index.
    last: Option<(u64, u16)>,
}

impl Parquet {
    pub(super) fn new(options: ParquetOptions) -> Self {
        let (encoder, error) = match Encoder::new() {
            Ok(encoder) => (Some(encoder), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            options,
            encoder,
            error,
            threads: Threads::NotYet,
            rows: Box::new(Rows::new()),
            group: 0,
            levels: Vec::new(),
            path: Vec::new(),
            roots: Vec::new(),
            filesystems: Known::default(),
            warning: None,
            has_overflowed: false,
        }
    }

    /// Runs a step of the encoder, unless one has failed before.
    fn encode(&mut self, step: impl FnOnce(Encoder) -> Result<Option<Encoder>>) {
        match self.encoder.take().map(step) {
            Some(Ok(encoder)) => self.encoder = encoder,
            Some(Err(error)) => self.error = Some(error),
            None => {}
        }
    }

    /// Ends the row group.
    fn end_group(&mut self, out: &mut Vec<u8>) {
        let mut rows = std::mem::replace(&mut self.rows, Box::new(Rows::new()));
        let names = self.filesystems.seen.iter().map(|seen| seen.name.clone());
        rows.filesystems = names.collect();
        self.group += 1;
        let threads = self.threads;
        self.encode(|encoder| {
            let mut encoder = match threads {
                Threads::Allowed => encoder.move_to_thread()?,
                Threads::NotYet => encoder,
            };
            encoder.add(rows, out)?;
            Ok(Some(encoder))
        });
    }

    /// Appends a row of an entry in the current directory.
    fn push(&mut self, name: &[u8], totals: Option<[i64; 3]>, row: &Row, out: &mut Vec<u8>) {
        let known = self.levels.last().and_then(|level| level.dir);
        let dir = match known {
            Some((dir, group)) if group == self.group => dir,
            _ => self.rows.add_dir(&self.path),
        };
        if let Some(level) = self.levels.last_mut() {
            level.dir = Some((dir, self.group));
        }
        self.rows.push((dir, &self.path), name, totals, row);
        if self.rows.is_full() {
            self.end_group(out);
        }
    }

    /// The row of an entry: what it is, and its own sizes.
    fn row(
        &mut self,
        record: &Record<'_>,
        own: &Usage,
        detail: Option<&Detail>,
        name: &[u8],
    ) -> Row {
        let mut row = Row {
            depth: record.depth,
            kind: file_type(record),
            allocated: self.size(own.allocated),
            apparent: self.size(own.apparent),
            mtime: micros(own.newest),
            counted: true,
            ..Row::NULL
        };
        if let Some(detail) = detail {
            let fs = self.filesystem(detail.inode.device, name);
            row.fs = fs.unwrap_or(Row::NULL.fs);
            set_detail(&mut row, detail);
        }
        row
    }

    /// A size that the column can hold: one above 2^63-1 is an error.
    fn size(&mut self, size: u128) -> i64 {
        i64::try_from(size).unwrap_or_else(|_| {
            self.overflow();
            i64::MAX
        })
    }

    fn overflow(&mut self) {
        self.has_overflowed = true;
        self.warning = Some(Warning::SizeTooLarge);
    }

    /// The index of the file system with this device, on which an entry of the current directory lies.
    fn filesystem(&mut self, device: u64, name: &[u8]) -> Option<u16> {
        let queries = self.options.filesystems?;
        let known = &mut self.filesystems;
        if let Some((last, index)) = known.last
            && last == device
        {
            return Some(index);
        }
        let found = known.seen.iter().position(|seen| seen.device == device);
        let index = found.unwrap_or_else(|| {
            let mut path = [&self.path, &b"/"[..]].concat();
            push_name(&mut path, name);
            let table = known.table.get_or_insert_with(queries.table);
            let (name, filesystem) = table.name(device, &path);
            if let (Threads::Allowed, Some(filesystem)) = (self.threads, filesystem) {
                known
                    .started
                    .resize_with(known.seen.len(), crossbeam_channel::never);
                known.started.push((queries.space)(&filesystem.mount_point));
            }
            known.seen.push(Seen {
                name,
                device,
                filesystem: filesystem.cloned(),
                started: None,
                ended: None,
            });
            known.seen.len() - 1
        });
        let index = u16::try_from(index).ok()?;
        known.last = Some((device, index));
        Some(index)
    }

    /// Begins a directory: its name becomes a part of the path.
    fn descend(&mut self, record: &Record<'_>, failure: Option<Failure>) {
        let above = self.path.len();
        if record.depth == 0 {
            let root = self.options.root.as_deref().unwrap_or(record.path);
            self.path = root.strip_suffix(b"/").unwrap_or(root).into();
        } else {
            self.path.push(b'/');
            self.path.extend_from_slice(record.name());
        }
        self.levels.push(Level {
            own: record.usage,
            detail: record.detail.copied(),
            failure,
            above,
            dir: None,
            has_links: false,
        });
    }

    /// Ends a directory: gives it, and makes the path that of the directory above. The name is that of the directory.
    fn ascend(&mut self) -> Option<(Level, Vec<u8>)> {
        let level = self.levels.pop()?;
        let name = last_component(&self.path).to_vec();
        let dir = self.path.len() - name.len();
        self.path.truncate(dir.saturating_sub(1).max(level.above));
        if let Some(above) = self.levels.last_mut() {
            above.has_links |= level.has_links;
        }
        Some((level, name))
    }

    /// The row of a directory with all of its contents.
    fn directory(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let Some((level, name)) = self.ascend() else {
            return;
        };
        // The root has a row of any size: it holds the total.
        let is_wanted = self.options.selection.takes_unfinished(record) || record.depth == 0;
        if !is_wanted && level.failure.is_none() {
            return;
        }
        let mut row = self.row(record, &level.own, level.detail.as_ref(), &name);
        let is_exact = self.options.links == CountedLinks::Once || !level.has_links;
        let totals = match is_exact {
            true => exact_totals(&record.usage),
            false => None,
        };
        // A size below has an error already, and the totals of all directories above it do not fit either.
        if is_exact && totals.is_none() && !self.has_overflowed {
            self.overflow();
        }
        set_failure(&mut row, level.failure);
        self.push(&name, totals, &row, out);
    }

    /// The mark of a directory that could not be read, or not to its end.
    fn mark(&mut self, record: &Record<'_>, failure: Failure, out: &mut Vec<u8>) {
        let Some((level, name)) = self.ascend() else {
            return;
        };
        let mut row = self.row(record, &Usage::default(), level.detail.as_ref(), &name);
        row.mtime = micros(level.own.newest);
        row.counted = false;
        set_failure(&mut row, Some(failure));
        self.push(&name, None, &row, out);
        self.descend(record, Some(failure));
    }

    /// The space of the file systems, as far as they tell it within [`PATIENCE`].
    fn measure_space(&mut self) {
        let Some(queries) = self.options.filesystems else {
            return;
        };
        let known = &mut self.filesystems;
        for (seen, space) in known.seen.iter_mut().zip(&known.started) {
            seen.started = space.try_recv().ok();
        }
        let ask = |seen: &mut Seen| {
            let place = &seen.filesystem.as_ref()?.mount_point;
            Some((queries.space)(place))
        };
        let asked: Vec<_> = known.seen.iter_mut().map(ask).collect();
        let deadline = Instant::now() + PATIENCE;
        for (seen, space) in known.seen.iter_mut().zip(asked) {
            seen.ended = space.and_then(|space| space.recv_deadline(deadline).ok());
        }
    }
}

impl Format for Parquet {
    fn may_start_threads(&mut self) {
        self.threads = Threads::Allowed;
    }

    fn enter(&mut self, record: &Record<'_>, failure: Option<Failure>, out: &mut Vec<u8>) {
        if record.depth == 0 {
            let root = self.options.root.as_deref().unwrap_or(record.path);
            self.roots.push(root.into());
        }
        self.descend(record, failure);
        if let Some(failure) = failure {
            self.mark(record, failure, out);
        }
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        match record.kind {
            // A root that was a directory when the command line was checked, and is a file now: there is no root.
            Kind::File if record.depth == 0 => {}
            Kind::File => {
                let has_links = record.detail.is_some_and(|detail| detail.links > 1);
                if let (true, Some(level)) = (has_links, self.levels.last_mut()) {
                    level.has_links = true;
                }
                if self.options.selection.takes_unfinished(record) {
                    let row = self.row(record, &record.usage, record.detail, record.name());
                    self.push(record.name(), None, &row, out);
                }
            }
            Kind::Directory(_) => {
                self.directory(record, out);
            }
        }
        self.warning.take()
    }

    fn link(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        if self.options.selection.takes_unfinished(record) {
            let mut row = self.row(record, &record.usage, record.detail, record.name());
            row.counted = false;
            self.push(record.name(), None, &row, out);
        }
        self.warning.take()
    }

    fn away(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        if record.depth <= self.options.selection.max_depth {
            let mut row = self.row(record, &Usage::default(), record.detail, record.name());
            row.counted = false;
            row.state = State::Away;
            self.push(record.name(), None, &row, out);
        }
    }

    /// Appends an entry of the open directory for which an operation failed. A failure of the directory itself is
    /// part of its own row.
    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        let is_of_entry = matches!(
            failure.operation,
            Operation::Access | Operation::Follow | Operation::ExportedEntry
        );
        if is_of_entry && !self.levels.is_empty() {
            let row = Row {
                depth: u32::try_from(self.levels.len()).unwrap_or(u32::MAX),
                state: State::Unread,
                error: failure.errno,
                ..Row::NULL
            };
            self.push(last_component(path), None, &row, out);
        }
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        if !totals.completeness.is_end_of_walk() {
            return Ok(None);
        }
        if self.roots.is_empty() {
            let reason = "nothing to export: the directory was left out, or is gone";
            return Err(ReportError::Empty(reason));
        }
        if !self.rows.rows.is_empty() {
            self.end_group(&mut page.lines);
        }
        self.measure_space();
        let keys = footer::keys(&self.options, totals, &self.roots, &self.filesystems.seen);
        self.encode(|encoder| encoder.finish(keys, &mut page.lines).map(|()| None));
        match self.error.take() {
            None => Ok(None),
            Some(error) => Err(ReportError::Write(std::io::Error::other(error))),
        }
    }
}

/// The totals of a directory; none where one of them does not fit.
fn exact_totals(total: &Usage) -> Option<[i64; 3]> {
    Some([
        total.allocated.try_into().ok()?,
        total.apparent.try_into().ok()?,
        total.inodes.try_into().ok()?,
    ])
}

/// The attributes, as far as they are known: an export may contain none.
fn set_detail(row: &mut Row, detail: &Detail) {
    row.device = detail.inode.device;
    row.inode = detail.inode.number;
    row.links = detail.links;
    row.uid = detail.uid;
    row.gid = detail.gid;
    if detail.mode & Detail::NO_PERMISSIONS == 0 {
        row.mode = detail.mode;
    }
}

fn set_failure(row: &mut Row, failure: Option<Failure>) {
    let Some(failure) = failure else { return };
    row.state = match failure.operation {
        Operation::ReadOn | Operation::ExportedInPart => State::Broken,
        _ => State::Unread,
    };
    row.error = failure.errno;
}

/// A time in microseconds since 1970, downwards; null for a time that 64 bits cannot hold.
fn micros(time: FileTime) -> i64 {
    let micros = time.seconds.checked_mul(1_000_000);
    let micros = micros.and_then(|micros| micros.checked_add((time.nanoseconds / 1000).into()));
    micros.unwrap_or(Row::NULL.mtime)
}
