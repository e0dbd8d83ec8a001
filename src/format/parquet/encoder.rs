//! Row groups to bytes, on a thread of its own where there can be one.

use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use parquet::basic::Repetition;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use twox_hash::XxHash64;

use super::footer::{self, GroupSum};
use super::rows::{Nullable, Rows, Texts};
use super::schema;
use crate::format::columns::type_name;
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
    groups: Vec<GroupSum>,
}

impl Encoder {
    /// An encoder on this thread.
    pub(super) fn new() -> Result<Self> {
        let properties = Arc::new(schema::properties());
        let writer = SerializedFileWriter::new(Vec::new(), schema::schema()?, properties)?;
        let groups = Vec::new();
        Ok(Self::Here(Box::new(FileEncoder { writer, groups })))
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
        let mut group = self.writer.next_row_group()?;
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

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// Writes the next column of the schema, which has no nulls.
fn write<T: DataType>(group: &mut Group<'_>, values: &[T::T]) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(lost)?;
    column.typed::<T>().write_batch(values, None, None)?;
    column.close()
}

/// Writes the next column of the schema.
fn write_each<T: DataType>(
    group: &mut Group<'_>,
    mut values: impl Iterator<Item = Option<T::T>>,
    repetition: Repetition,
) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(lost)?;
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
        let levels = (repetition == Repetition::OPTIONAL).then_some(&*levels);
        typed.write_batch(&batch, levels, None)?;
    }
}

/// Writes the next column of the schema, which has a value in most rows.
fn write_nullable<T: DataType>(group: &mut Group<'_>, column: &Nullable<T::T>) -> Result<()> {
    let rows = 0..(column.values.len() + column.nulls.len()) as u32;
    let (mut values, mut nulls) = (column.values.iter(), column.nulls.iter().peekable());
    let value = |row| match nulls.next_if_eq(&&row) {
        Some(_) => None,
        None => values.next().cloned(),
    };
    write_each::<T>(group, rows.map(value), Repetition::OPTIONAL)
}

/// Writes the next column of the schema, which has a value in few rows.
fn write_sparse<T: DataType>(
    group: &mut Group<'_>,
    rows: &Rows,
    values: impl Iterator<Item = (u32, T::T)>,
) -> Result<()> {
    let mut values = values.peekable();
    let value = |row| Some(values.next_if(|&(number, _)| number == row)?.1);
    write_each::<T>(
        group,
        (0..rows.len() as u32).map(value),
        Repetition::OPTIONAL,
    )
}

/// A word of the schema as a value.
fn word(word: &'static str) -> ByteArray {
    Bytes::from_static(word.as_bytes()).into()
}

/// Runs a function with texts as values that share one buffer.
fn with_values(
    texts: &mut Texts,
    write: impl FnOnce(&mut dyn Iterator<Item = ByteArray>) -> Result<()>,
) -> Result<()> {
    let bytes = Bytes::from(std::mem::take(&mut texts.bytes));
    let ranges = texts.ranges();
    write(&mut ranges.map(|range| bytes.slice(range).into()))?;
    // Not copied: no value is left.
    texts.bytes = bytes.into();
    Ok(())
}

fn write_paths(group: &mut Group<'_>, rows: &mut Rows) -> Result<()> {
    with_values(&mut rows.dirs, |dirs| {
        let dirs: Vec<ByteArray> = dirs.collect();
        let dir = |&index: &u32| dirs.get(index as usize).cloned();
        write_each::<ByteArrayType>(group, rows.dir.iter().map(dir), Repetition::REQUIRED)
    })?;
    with_values(&mut rows.names, |names| {
        write_each::<ByteArrayType>(group, names.map(Some), Repetition::REQUIRED)
    })?;
    let mut raws = std::mem::take(&mut rows.raws);
    with_values(&mut raws, |raws| {
        let raws = rows.raw_rows.iter().copied().zip(raws);
        write_sparse::<ByteArrayType>(group, rows, raws)
    })?;
    rows.raws = raws;
    Ok(())
}

fn write_entries(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    write_nullable::<Int32Type>(group, &rows.depth)?;
    let kinds = rows.kind.iter().map(|&kind| type_name(kind).map(word));
    write_each::<ByteArrayType>(group, kinds, Repetition::OPTIONAL)?;
    write::<Int64Type>(group, &rows.allocated)?;
    write::<Int64Type>(group, &rows.apparent)?;
    for place in 0..3 {
        let totals = rows
            .totals
            .iter()
            .map(|&(row, totals)| (row, totals[place]));
        write_sparse::<Int64Type>(group, rows, totals)?;
    }
    let filesystems = rows.filesystems.iter();
    let filesystems: Vec<_> = filesystems
        .map(|name| ByteArray::from(name.as_str()))
        .collect();
    let fs = |&index: &u16| filesystems.get(usize::from(index)).cloned();
    write_each::<ByteArrayType>(group, rows.fs.iter().map(fs), Repetition::OPTIONAL)?;
    write_nullable::<Int64Type>(group, &rows.device)?;
    write_nullable::<Int64Type>(group, &rows.inode)?;
    for column in [&rows.links, &rows.uid, &rows.gid, &rows.mode] {
        write_nullable::<Int32Type>(group, column)?;
    }
    write_nullable::<Int64Type>(group, &rows.mtime)
}

fn write_state(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    write::<BoolType>(group, &rows.counted)?;
    let states = rows.state.iter().map(|state| Some(word(state.word())));
    write_each::<ByteArrayType>(group, states, Repetition::REQUIRED)?;
    let errors = rows.errors.iter().map(|&(row, error)| {
        let mut name = Vec::new();
        errno::write_name(error, &mut name);
        (row, ByteArray::from(name))
    });
    write_sparse::<ByteArrayType>(group, rows, errors)
}
