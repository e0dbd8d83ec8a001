//! Row groups to bytes, on a thread of its own where there can be one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use foldhash::fast::FixedState;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnDescPtr;
use twox_hash::XxHash64;

use super::footer::{self, GroupSum};
use super::pages::{Chunk, Dictionary, Pages};
use super::rows::{Nullable, Rows};
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
    fn write<T: DataType>(&mut self, values: &[T::T]) -> Result<()> {
        self.next()?;
        let mut column = self.group.next_column()?.ok_or_else(lost)?;
        column.typed::<T>().write_batch(values, None, None)?;
        column.close()
    }

    /// Writes the next column, which may have nulls.
    fn write_each<T: DataType>(
        &mut self,
        mut values: impl Iterator<Item = Option<T::T>>,
    ) -> Result<()> {
        self.next()?;
        let mut column = self.group.next_column()?.ok_or_else(lost)?;
        let typed = column.typed::<T>();
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

    /// Writes the next column, which has a value in most rows.
    fn write_nullable<T: DataType>(&mut self, column: &Nullable<T::T>) -> Result<()>
    where
        T::T: Copy,
    {
        self.write_each::<T>(column.each(&column.values))
    }

    /// Writes the next column, which has a value in few rows.
    fn write_sparse<T: DataType>(
        &mut self,
        rows: usize,
        values: impl Iterator<Item = (u32, T::T)>,
    ) -> Result<()> {
        let mut values = values.peekable();
        let value = |row| Some(values.next_if(|&(number, _)| number == row)?.1);
        self.write_each::<T>((0..rows as u32).map(value))
    }

    /// Writes the next column, which has few words.
    fn write_words<'w>(
        &mut self,
        words: impl Iterator<Item = &'w str> + Clone,
        rows: impl Iterator<Item = Option<u32>>,
    ) -> Result<()> {
        let words = Dictionary::of_texts(words.map(str::as_bytes));
        let column = self.next()?;
        let chunk = self.pages.indexed(column, words, rows)?;
        self.append(chunk)
    }

    /// Writes the next column, which has few numbers.
    fn write_numbers<const BYTES: usize, T: Copy + Eq + Hash>(
        &mut self,
        column: &Nullable<T>,
        bytes: impl Fn(T) -> [u8; BYTES],
    ) -> Result<()> {
        let mut dictionary = Dictionary::default();
        let mut known = HashMap::<T, u32, FixedState>::default();
        let mut last = None;
        let index = |&value: &T| match last {
            Some((same, index)) if same == value => index,
            _ => {
                let next = known.len() as u32;
                let index = *known.entry(value).or_insert_with(|| {
                    dictionary.push(&bytes(value));
                    next
                });
                last = Some((value, index));
                index
            }
        };
        let indices: Vec<u32> = column.values.iter().map(index).collect();
        let rows = column.each(&indices);
        let column = self.next()?;
        let chunk = self.pages.indexed(column, dictionary, rows)?;
        self.append(chunk)
    }
}

fn write_paths(group: &mut Group<'_>, rows: &mut Rows) -> Result<()> {
    let dirs = rows.dir.iter().copied().map(Some);
    let dictionary = Dictionary::with_bounds(&rows.dirs);
    let column = group.next()?;
    let chunk = group.pages.indexed(column, dictionary, dirs)?;
    group.append(chunk)?;
    let column = group.next()?;
    let chunk = group.pages.texts(column, &rows.names)?;
    group.append(chunk)?;
    let raws = rows.raws.iter().map(|raw| ByteArray::from(raw.to_vec()));
    let raws = rows.raw_rows.iter().copied().zip(raws);
    group.write_sparse::<ByteArrayType>(rows.len(), raws)
}

fn write_entries(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    group.write_numbers(&rows.depth, i32::to_le_bytes)?;
    let kinds = rows.kind.iter().map(|&kind| type_index(kind));
    group.write_words(type_names(), kinds)?;
    group.write::<Int64Type>(&rows.allocated)?;
    group.write::<Int64Type>(&rows.apparent)?;
    for place in 0..3 {
        let totals = rows.totals.iter();
        let totals = totals.map(|&(row, totals)| (row, totals[place]));
        group.write_sparse::<Int64Type>(rows.len(), totals)?;
    }
    let filesystems = rows.filesystems.iter().map(String::as_str);
    let count = rows.filesystems.len();
    let fs = |&index: &u16| Some(u32::from(index)).filter(|_| usize::from(index) < count);
    group.write_words(filesystems, rows.fs.iter().map(fs))?;
    group.write_numbers(&rows.device, i64::to_le_bytes)?;
    group.write_nullable::<Int64Type>(&rows.inode)?;
    for column in [&rows.links, &rows.uid, &rows.gid, &rows.mode] {
        group.write_numbers(column, i32::to_le_bytes)?;
    }
    group.write_nullable::<Int64Type>(&rows.mtime)
}

fn write_state(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    group.write::<BoolType>(&rows.counted)?;
    let states = rows.state.iter().map(|&state| Some(state as u32));
    group.write_words(State::ALL.into_iter().map(State::word), states)?;
    let errors = rows.errors.iter().map(|&(row, error)| {
        let mut name = Vec::new();
        errno::write_name(error, &mut name);
        (row, ByteArray::from(name))
    });
    group.write_sparse::<ByteArrayType>(rows.len(), errors)
}
