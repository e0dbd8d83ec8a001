//! Row groups to bytes, on a thread of its own where there can be one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use foldhash::fast::FixedState;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnDescPtr;
use twox_hash::XxHash64;

use super::bounds;
use super::footer::{self, GroupSum};
use super::pages::{Chunk, Dictionary, Pages};
use super::rows::{Row, Rows, Runs};
use super::schema::{self, State};
use crate::format::columns::{type_index, type_names};
use crate::format::errno;

/// Values that are converted at a time: as many as the crate encodes at a time.
const BATCH: usize = 1024;

/// Encodes on this thread or on another one.
pub(super) enum Encoder {
    /// On this thread, at once.
    Here(Box<FileEncoder>),
    /// On a thread: row groups go there, and come back encoded. Dropping it ends the thread.
    Beside(Sender<Job>, Receiver<Result<Box<Rows>>>),
}

/// Work for the thread.
pub(super) enum Job {
    Group(Box<Rows>),
    Footer(Vec<KeyValue>),
}

/// The file so far.
pub(super) struct FileEncoder {
    writer: SerializedFileWriter<Vec<u8>>,
    pages: Pages,
    groups: Vec<GroupSum>,
}

impl Encoder {
    /// An encoder on this thread.
    pub(super) fn new() -> Result<Self> {
        let properties = Arc::new(schema::properties());
        let writer = SerializedFileWriter::new(Vec::new(), schema::schema()?, properties)?;
        Ok(Self::Here(Box::new(FileEncoder {
            writer,
            pages: Pages::new(),
            groups: Vec::new(),
        })))
    }

    /// Continues on a thread, where one can be had.
    pub(super) fn move_to_thread(self) -> Result<Self> {
        let Self::Here(encoder) = self else {
            return Ok(self);
        };
        // Without room: a third row group is not begun before the first one is encoded.
        let (jobs, received) = bounded(0);
        let (encoded, groups) = unbounded();
        // The encoder travels in a channel: where the thread cannot be had, it is still there.
        let (give, take) = bounded(1);
        let _ = give.send(encoder);
        let there = take.clone();
        let body = move || {
            if let Ok(encoder) = there.recv() {
                work(*encoder, &received, &encoded);
            }
        };
        match thread::Builder::new().name("encoder".into()).spawn(body) {
            Ok(_) => Ok(Self::Beside(jobs, groups)),
            Err(_) => match take.try_recv() {
                Ok(encoder) => Ok(Self::Here(encoder)),
                Err(_) => Err(lost()),
            },
        }
    }

    /// Encodes a row group, or passes it on; appends the bytes that are ready. Returns rows to be filled.
    pub(super) fn add(&mut self, mut rows: Box<Rows>, out: &mut Vec<u8>) -> Result<Box<Rows>> {
        match self {
            Self::Here(encoder) => {
                encoder.add(&mut rows)?;
                Ok(emptied(rows, out))
            }
            Self::Beside(jobs, groups) => {
                jobs.send(Job::Group(rows)).map_err(|_| lost())?;
                // All but the first two row groups take the memory of an earlier one.
                let mut empty = None;
                for rows in groups.try_iter() {
                    empty = Some(emptied(rows?, out));
                }
                Ok(empty.unwrap_or_default())
            }
        }
    }

    /// Ends the file: appends the rest of its bytes.
    pub(super) fn finish(self, keys: Vec<KeyValue>, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Here(encoder) => out.append(&mut encoder.finish(keys)?),
            Self::Beside(jobs, groups) => {
                jobs.send(Job::Footer(keys)).map_err(|_| lost())?;
                drop(jobs);
                for rows in groups {
                    out.append(&mut rows?.encoded);
                }
            }
        }
        Ok(())
    }
}

/// Appends the bytes of a row group, and removes its rows.
fn emptied(mut rows: Box<Rows>, out: &mut Vec<u8>) -> Box<Rows> {
    out.extend_from_slice(&rows.encoded);
    rows.clear();
    rows
}

/// The thread has panicked.
fn lost() -> ParquetError {
    ParquetError::General("the encoder has failed".into())
}

/// The body of the thread.
fn work(mut encoder: FileEncoder, jobs: &Receiver<Job>, encoded: &Sender<Result<Box<Rows>>>) {
    for job in jobs {
        let _ = match job {
            Job::Group(mut rows) => encoded.send(encoder.add(&mut rows).map(|()| rows)),
            Job::Footer(keys) => {
                let last = |encoded| Rows {
                    encoded,
                    ..Rows::default()
                };
                let bytes = encoder.finish(keys);
                return drop(encoded.send(bytes.map(last).map(Box::new)));
            }
        };
    }
}

impl FileEncoder {
    /// Encodes a row group.
    fn add(&mut self, rows: &mut Rows) -> Result<()> {
        let offset = self.writer.bytes_written();
        let columns = self.writer.schema_descr().columns().to_vec();
        let mut group = Group {
            columns: columns.into_iter(),
            group: self.writer.next_row_group()?,
            pages: &mut self.pages,
        };
        write_paths(&mut group, rows)?;
        write_entries(&mut group, rows)?;
        write_state(&mut group, rows)?;
        group.close()?;
        self.writer.flush()?;
        std::mem::swap(self.writer.inner_mut(), &mut rows.encoded);
        let bytes = &rows.encoded;
        // Before the first group, these are the magic bytes of the file.
        let length = self.writer.bytes_written() - offset;
        let group = bytes.get(bytes.len().saturating_sub(length)..);
        self.groups.push(GroupSum {
            offset,
            length,
            hash: XxHash64::oneshot(0, group.unwrap_or_default()),
        });
        Ok(())
    }

    fn finish(mut self, keys: Vec<KeyValue>) -> Result<Vec<u8>> {
        for key in keys {
            self.writer.append_key_value_metadata(key);
        }
        let groups = footer::groups(&self.groups);
        self.writer.append_key_value_metadata(groups);
        self.writer.append_key_value_metadata(footer::unset_check());
        // Without a row group, the magic bytes come out with the footer.
        let before = match self.groups.is_empty() {
            true => self.writer.bytes_written(),
            false => 0,
        };
        let mut bytes = self.writer.into_inner()?;
        if let Some(footer) = bytes.get_mut(before..) {
            footer::set_check(footer);
        }
        Ok(bytes)
    }
}

/// A row group, and its columns that are not written yet.
struct Group<'a> {
    group: SerializedRowGroupWriter<'a, Vec<u8>>,
    columns: std::vec::IntoIter<ColumnDescPtr>,
    pages: &'a mut Pages,
}

impl Group<'_> {
    /// The next column of the schema. Each is written once, in the order of the schema.
    fn next(&mut self) -> Result<ColumnDescPtr> {
        self.columns.next().ok_or_else(lost)
    }

    fn close(self) -> Result<()> {
        self.group.close().map(drop)
    }

    fn append(&mut self, (bytes, chunk): Chunk) -> Result<()> {
        self.group.append_column(&bytes, chunk)?;
        self.pages.take_back(bytes);
        Ok(())
    }

    /// Writes the next column, which has no nulls.
    fn write_booleans(&mut self, values: &[bool]) -> Result<()> {
        self.next()?;
        let mut column = self.group.next_column()?.ok_or_else(lost)?;
        column.typed::<BoolType>().write_batch(values, None, None)?;
        column.close()
    }

    /// Writes the next column, which has a text in few rows.
    fn write_sparse(
        &mut self,
        rows: usize,
        values: impl Iterator<Item = (u32, ByteArray)>,
    ) -> Result<()> {
        let mut values = values.peekable();
        let value = |row| Some(values.next_if(|&(number, _)| number == row)?.1);
        let mut values = (0..rows as u32).map(value);
        self.next()?;
        let mut column = self.group.next_column()?.ok_or_else(lost)?;
        let typed = column.typed::<ByteArrayType>();
        let (mut batch, mut levels) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        loop {
            batch.clear();
            levels.clear();
            for value in values.by_ref().take(BATCH) {
                levels.push(i16::from(value.is_some()));
                batch.extend(value);
            }
            if levels.is_empty() {
                return column.close();
            }
            typed.write_batch(&batch, Some(&levels), None)?;
        }
    }

    /// Writes the next column, which has few words: runs of the index of one.
    fn write_words<'w>(
        &mut self,
        words: impl Iterator<Item = &'w str> + Clone,
        rows: impl Iterator<Item = (Option<u32>, u32)>,
    ) -> Result<()> {
        let words = Dictionary::of_texts(words.map(str::as_bytes));
        let column = self.next()?;
        let chunk = self.pages.indexed(column, words, rows)?;
        self.append(chunk)
    }

    /// Writes the next column, which has few numbers. One of them stands for null.
    fn write_few<const BYTES: usize, T: Copy + Eq + Hash>(
        &mut self,
        (runs, null): (&Runs<T>, T),
        bytes: impl Fn(T) -> [u8; BYTES],
    ) -> Result<()> {
        let mut dictionary = Dictionary::default();
        let mut known = HashMap::<T, u32, FixedState>::default();
        let mut index = |value: T| {
            let next = known.len() as u32;
            *known.entry(value).or_insert_with(|| {
                dictionary.push(&bytes(value));
                next
            })
        };
        let rows = runs.0.iter();
        let rows = rows.map(|&(value, count)| ((value != null).then(|| index(value)), count));
        let rows: Vec<_> = rows.collect();
        let column = self.next()?;
        let chunk = self.pages.indexed(column, dictionary, rows.into_iter())?;
        self.append(chunk)
    }

    /// Writes the next column, which has many numbers. One of them may stand for null.
    fn write_many(&mut self, numbers: &[i64], null: Option<i64>, bounds: Bounds) -> Result<()> {
        let is_there = |&number: &i64| Some(number) != null;
        let runs = numbers.chunk_by(|a, b| is_there(a) == is_there(b));
        let runs = runs.map(|run| (run.first().is_some_and(is_there), run.len() as u32));
        let present: Cow<'_, [i64]> = match numbers.iter().all(is_there) {
            true => numbers.into(),
            false => numbers
                .iter()
                .copied()
                .filter(|number| is_there(number))
                .collect(),
        };
        let nulls = numbers.len() - present.len();
        let bounds = match bounds {
            Bounds::Told => bounds::of_numbers(&present, nulls as u64),
            Bounds::Untold => None,
        };
        let column = self.next()?;
        let chunk = self.pages.numbers(column, runs, &present, bounds)?;
        self.append(chunk)
    }

    /// Writes the three columns of totals, which few rows have.
    fn write_totals(&mut self, rows: usize, totals: &[(u32, [i64; 3])]) -> Result<()> {
        let mut runs = Vec::with_capacity(2 * totals.len() + 1);
        let mut next = 0;
        for &(row, _) in totals {
            runs.extend((row > next).then_some((false, row - next)));
            runs.push((true, 1));
            next = row + 1;
        }
        let rest = rows as u32 - next;
        runs.extend((rest > 0).then_some((false, rest)));
        for place in 0..3 {
            let numbers: Vec<i64> = totals.iter().map(|(_, totals)| totals[place]).collect();
            let column = self.next()?;
            let runs = runs.iter().copied();
            let chunk = self.pages.numbers(column, runs, &numbers, None)?;
            self.append(chunk)?;
        }
        Ok(())
    }
}

/// Whether the footer has the smallest and the largest number: see [`schema::properties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounds {
    Told,
    Untold,
}

fn write_paths(group: &mut Group<'_>, rows: &mut Rows) -> Result<()> {
    let dirs = rows.dir.0.iter().map(|&(dir, count)| (Some(dir), count));
    let dictionary = Dictionary::with_bounds(&rows.dirs);
    let column = group.next()?;
    let chunk = group.pages.indexed(column, dictionary, dirs)?;
    group.append(chunk)?;
    let column = group.next()?;
    let chunk = group.pages.texts(column, &rows.names)?;
    group.append(chunk)?;
    let raws = rows.raws.iter().map(|raw| ByteArray::from(raw.to_vec()));
    let raws = rows.raw_rows.iter().copied().zip(raws);
    group.write_sparse(rows.len(), raws)
}

fn write_entries(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    const NULL: Row = Row::NULL;
    group.write_few((&rows.depth, NULL.depth), u32::to_le_bytes)?;
    let kinds = rows.kind.0.iter();
    let kinds = kinds.map(|&(kind, count)| (type_index(kind), count));
    group.write_words(type_names(), kinds)?;
    group.write_many(&rows.allocated, None, Bounds::Told)?;
    group.write_many(&rows.apparent, None, Bounds::Untold)?;
    group.write_totals(rows.len(), &rows.totals)?;
    let filesystems = rows.filesystems.iter().map(String::as_str);
    let fs = |&(index, count): &(u16, u32)| {
        let is_known = usize::from(index) < rows.filesystems.len();
        (is_known.then_some(index.into()), count)
    };
    group.write_words(filesystems, rows.fs.0.iter().map(fs))?;
    group.write_few((&rows.device, NULL.device), u64::to_le_bytes)?;
    group.write_many(&rows.inode, Some(NULL.inode.cast_signed()), Bounds::Untold)?;
    group.write_few((&rows.links, NULL.links), u32::to_le_bytes)?;
    group.write_few((&rows.uid, NULL.uid), u32::to_le_bytes)?;
    group.write_few((&rows.gid, NULL.gid), u32::to_le_bytes)?;
    group.write_few((&rows.mode, NULL.mode), u32::to_le_bytes)?;
    group.write_many(&rows.mtime, Some(NULL.mtime), Bounds::Told)
}

fn write_state(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    group.write_booleans(&rows.counted)?;
    let states = rows.state.0.iter();
    let states = states.map(|&(state, count)| (Some(state as u32), count));
    group.write_words(State::ALL.into_iter().map(State::word), states)?;
    let errors = rows.errors.iter().map(|&(row, error)| {
        let mut name = Vec::new();
        errno::write_name(error, &mut name);
        (row, ByteArray::from(name))
    });
    group.write_sparse(rows.len(), errors)
}
