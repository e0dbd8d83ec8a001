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
use super::rows::{Optional, Rows, State, Texts};
use super::schema;
use crate::format::columns::KINDS;
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
            Self::Here(encoder) => out.append(&mut encoder.add(&rows)?),
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
            Job::Group(rows) => encoded.send(encoder.add(&rows)),
            Job::Footer(keys) => return drop(encoded.send(encoder.finish(keys))),
        };
    }
}

impl FileEncoder {
    fn add(&mut self, rows: &Rows) -> Result<Vec<u8>> {
        let offset = self.writer.bytes_written();
        let mut group = self.writer.next_row_group()?;
        write_texts(&mut group, rows)?;
        write_numbers(&mut group, rows)?;
        write_state(&mut group, rows)?;
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
fn write_column<T: DataType>(
    group: &mut Group<'_>,
    values: impl Iterator<Item = T::T>,
    levels: Option<&[i16]>,
) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(lost)?;
    let typed = column.typed::<T>();
    let mut values = values.fuse();
    let mut batch = Vec::with_capacity(BATCH);
    let Some(levels) = levels else {
        loop {
            batch.clear();
            batch.extend(values.by_ref().take(BATCH));
            if batch.is_empty() {
                return column.close();
            }
            typed.write_batch(&batch, None, None)?;
        }
    };
    for levels in levels.chunks(BATCH) {
        let count: usize = levels.iter().map(|&level| usize::from(level > 0)).sum();
        batch.clear();
        batch.extend(values.by_ref().take(count));
        typed.write_batch(&batch, Some(levels), None)?;
    }
    column.close()
}

fn write_optional<T: DataType>(group: &mut Group<'_>, column: &Optional<T::T>) -> Result<()>
where
    T::T: Copy,
{
    write_column::<T>(group, column.values.iter().copied(), Some(&column.levels))
}

/// The texts as values that share one buffer.
fn values(texts: &Texts) -> impl Iterator<Item = ByteArray> + '_ {
    let bytes = Bytes::copy_from_slice(&texts.bytes);
    texts
        .ranges()
        .map(move |range| ByteArray::from(bytes.slice(range)))
}

fn value(text: &[u8]) -> ByteArray {
    ByteArray::from(Bytes::copy_from_slice(text))
}

/// A column whose values are few, by their indices in a list.
fn write_few<'a>(
    group: &mut Group<'_>,
    list: impl Iterator<Item = &'a [u8]>,
    indices: impl Iterator<Item = usize>,
    levels: Option<&[i16]>,
) -> Result<()> {
    let list: Vec<ByteArray> = list.map(value).collect();
    let values = indices.map(|index| list.get(index).cloned().unwrap_or_default());
    write_column::<ByteArrayType>(group, values, levels)
}

fn write_texts(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    let dirs: Vec<ByteArray> = values(&rows.dirs).collect();
    let dir = rows
        .dir
        .iter()
        .map(|&dir| dirs.get(dir as usize).cloned().unwrap_or_default());
    write_column::<ByteArrayType>(group, dir, None)?;
    write_column::<ByteArrayType>(group, values(&rows.names), None)?;
    write_column::<ByteArrayType>(group, values(&rows.raws), Some(&rows.raw))
}

fn write_numbers(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    write_optional::<Int32Type>(group, &rows.depth)?;
    let kinds = KINDS.iter().map(|kind| kind.as_bytes());
    let kind = rows.kind.values.iter().map(|&kind| kind.into());
    write_few(group, kinds, kind, Some(&rows.kind.levels))?;
    write_column::<Int64Type>(group, rows.allocated.iter().copied(), None)?;
    write_column::<Int64Type>(group, rows.apparent.iter().copied(), None)?;
    for total in &rows.totals {
        write_optional::<Int64Type>(group, total)?;
    }
    let filesystems = rows.filesystems.iter().map(|fs| fs.as_bytes());
    let fs = rows.fs.values.iter().map(|&fs| fs.into());
    write_few(group, filesystems, fs, Some(&rows.fs.levels))?;
    write_optional::<Int64Type>(group, &rows.device)?;
    write_optional::<Int64Type>(group, &rows.inode)?;
    for column in [&rows.links, &rows.uid, &rows.gid, &rows.mode] {
        write_optional::<Int32Type>(group, column)?;
    }
    write_optional::<Int64Type>(group, &rows.mtime)
}

fn write_state(group: &mut Group<'_>, rows: &Rows) -> Result<()> {
    write_column::<BoolType>(group, rows.counted.iter().copied(), None)?;
    let words = [schema::OK, schema::UNREAD, schema::BROKEN, schema::AWAY];
    let state = rows.state.iter().map(|&state| match state {
        State::Ok => 0,
        State::Unread => 1,
        State::Broken => 2,
        State::Away => 3,
    });
    write_few(group, words.iter().map(|word| word.as_bytes()), state, None)?;
    let errors = rows.error.values.iter().map(|&errno| {
        let mut name = Vec::new();
        errno::write_name(errno, &mut name);
        value(&name)
    });
    write_column::<ByteArrayType>(group, errors, Some(&rows.error.levels))
}
