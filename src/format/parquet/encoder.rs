//! Row groups to bytes, on a thread of its own where there can be one.

use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use twox_hash::XxHash64;

use super::footer::{self, GroupSum};
use super::rows::{Row, Rows, Texts};
use super::schema;
use crate::format::columns::type_name;
use crate::format::errno;

/// Values that are converted at a time.
const BATCH: usize = 4096;

/// Encodes on this thread or on another one.
pub(super) enum Encoder {
    /// On this thread, at once.
    Here(Box<FileEncoder>),
    /// On a thread: row groups go there, bytes come back. Dropping it ends the thread.
    Beside(Sender<Job>, Receiver<Result<Vec<u8>>>),
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
        let (encoded, bytes) = unbounded();
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
            Ok(_) => Ok(Self::Beside(jobs, bytes)),
            Err(_) => match take.try_recv() {
                Ok(encoder) => Ok(Self::Here(encoder)),
                Err(_) => Err(lost()),
            },
        }
    }

    /// Encodes a row group, or passes it on; appends the bytes that are ready.
    pub(super) fn add(&mut self, rows: Box<Rows>, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Here(encoder) => out.append(&mut encoder.add(rows)?),
            Self::Beside(jobs, bytes) => {
                jobs.send(Job::Group(rows)).map_err(|_| lost())?;
                for mut bytes in bytes.try_iter() {
                    out.append(
                        bytes
                            .as_mut()
                            .map_err(|error| ParquetError::General(error.to_string()))?,
                    );
                }
            }
        }
        Ok(())
    }

    /// Ends the file: appends the rest of its bytes.
    pub(super) fn finish(self, keys: Vec<KeyValue>, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Here(encoder) => out.append(&mut encoder.finish(keys)?),
            Self::Beside(jobs, bytes) => {
                jobs.send(Job::Footer(keys)).map_err(|_| lost())?;
                drop(jobs);
                for bytes in bytes {
                    out.append(&mut bytes?);
                }
            }
        }
        Ok(())
    }
}

/// The thread has panicked.
fn lost() -> ParquetError {
    ParquetError::General("the encoder has failed".into())
}

/// The body of the thread.
fn work(mut encoder: FileEncoder, jobs: &Receiver<Job>, encoded: &Sender<Result<Vec<u8>>>) {
    for job in jobs {
        let _ = match job {
            Job::Group(rows) => encoded.send(encoder.add(rows)),
            Job::Footer(keys) => return drop(encoded.send(encoder.finish(keys))),
        };
    }
}

impl FileEncoder {
    fn add(&mut self, mut rows: Box<Rows>) -> Result<Vec<u8>> {
        let offset = self.writer.bytes_written();
        let mut group = self.writer.next_row_group()?;
        write_paths(&mut group, &mut rows)?;
        write_entries(&mut group, &rows)?;
        write_state(&mut group, &rows.rows)?;
        drop(rows);
        group.close()?;
        let bytes = self.take_bytes()?;
        // Before the first group, these are the magic bytes of the file.
        let length = self.writer.bytes_written() - offset;
        let group = bytes.get(bytes.len().saturating_sub(length)..);
        self.groups.push(GroupSum {
            offset,
            length,
            hash: XxHash64::oneshot(0, group.unwrap_or_default()),
        });
        Ok(bytes)
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

    fn take_bytes(&mut self) -> Result<Vec<u8>> {
        self.writer.flush()?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// Writes the next column of the schema.
fn write<T: DataType>(group: &mut Group<'_>, mut values: impl Iterator<Item = T::T>) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(lost)?;
    let typed = column.typed::<T>();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        batch.clear();
        batch.extend(values.by_ref().take(BATCH));
        if batch.is_empty() {
            return column.close();
        }
        typed.write_batch(&batch, None, None)?;
    }
}

/// Writes the next column of the schema, which has nulls.
fn write_optional<T: DataType>(
    group: &mut Group<'_>,
    rows: &[Row],
    mut value: impl FnMut(&Row) -> Option<T::T>,
) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(lost)?;
    let typed = column.typed::<T>();
    let (mut batch, mut levels) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    for rows in rows.chunks(BATCH) {
        batch.clear();
        levels.clear();
        for row in rows {
            let value = value(row);
            levels.push(i16::from(value.is_some()));
            batch.extend(value);
        }
        typed.write_batch(&batch, Some(&levels), None)?;
    }
    column.close()
}

/// Texts as values that share one buffer.
fn values(mut texts: Texts) -> impl Iterator<Item = ByteArray> {
    let bytes = Bytes::from(std::mem::take(&mut texts.bytes));
    let ranges = texts.into_ranges();
    ranges.map(move |range| ByteArray::from(bytes.slice(range)))
}

/// A word of the schema as a value.
fn word(word: &'static str) -> ByteArray {
    Bytes::from_static(word.as_bytes()).into()
}

/// Writes the columns of texts, whose memory is free then.
fn write_paths(group: &mut Group<'_>, rows: &mut Rows) -> Result<()> {
    let dirs: Vec<ByteArray> = values(std::mem::take(&mut rows.dirs)).collect();
    let dir = |row: &Row| dirs.get(row.dir as usize).cloned().unwrap_or_default();
    write::<ByteArrayType>(group, rows.rows.iter().map(dir))?;
    write::<ByteArrayType>(group, values(std::mem::take(&mut rows.names)))?;
    let raws = values(std::mem::take(&mut rows.raws));
    let mut raws = rows.raw_rows.iter().zip(raws).peekable();
    let mut number = 0;
    write_optional::<ByteArrayType>(group, &rows.rows, |_| {
        let raw = raws.next_if(|(row, _)| **row == number);
        number += 1;
        raw.map(|(_, raw)| raw)
    })
}

fn write_entries(group: &mut Group<'_>, all: &Rows) -> Result<()> {
    let rows = &*all.rows;
    write_optional::<Int32Type>(group, rows, |row| known(row.depth))?;
    write_optional::<ByteArrayType>(group, rows, |row| type_name(row.kind).map(word))?;
    write::<Int64Type>(group, rows.iter().map(|row| row.allocated))?;
    write::<Int64Type>(group, rows.iter().map(|row| row.apparent))?;
    for place in 0..3 {
        write_optional::<Int64Type>(group, rows, |row| Some(all.totals(row)?[place]))?;
    }
    let filesystems = all.filesystems.iter();
    let filesystems: Vec<_> = filesystems
        .map(|name| ByteArray::from(name.as_str()))
        .collect();
    let fs = |row: &Row| filesystems.get(usize::from(row.fs)).cloned();
    write_optional::<ByteArrayType>(group, rows, fs)?;
    let number = |number: u64| (number != 0).then_some(number.cast_signed());
    write_optional::<Int64Type>(group, rows, |row| number(row.device))?;
    write_optional::<Int64Type>(group, rows, |row| number(row.inode))?;
    let links = |row: &Row| (row.links != 0).then_some(row.links.cast_signed());
    write_optional::<Int32Type>(group, rows, links)?;
    write_optional::<Int32Type>(group, rows, |row| known(row.uid))?;
    write_optional::<Int32Type>(group, rows, |row| known(row.gid))?;
    write_optional::<Int32Type>(group, rows, |row| known(row.mode))?;
    write_optional::<Int64Type>(group, rows, |row| {
        (row.mtime != Row::NULL.mtime).then_some(row.mtime)
    })
}

fn known(number: u32) -> Option<i32> {
    (number != u32::MAX).then_some(number.cast_signed())
}

fn write_state(group: &mut Group<'_>, rows: &[Row]) -> Result<()> {
    write::<BoolType>(group, rows.iter().map(|row| row.counted))?;
    write::<ByteArrayType>(group, rows.iter().map(|row| word(row.state.word())))?;
    write_optional::<ByteArrayType>(group, rows, |row| {
        (row.error != 0).then(|| {
            let mut name = Vec::new();
            errno::write_name(row.error, &mut name);
            ByteArray::from(name)
        })
    })
}
