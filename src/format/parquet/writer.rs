//! Rows to the bytes of a file.

use parquet::errors::{ParquetError, Result};

use super::encoder::Encoder;
use super::filesystems::{SeenFileSystems, Threads};
use super::footer;
use super::options::{ParquetOptions, Scope};
use super::rows::{Dir, Rows};
use super::walk_rows::{PlacedRow, WalkRows};
use crate::count::record::Record;
use crate::count::usage::FileTime;
use crate::count::visitor::Absence;
use crate::format::interface::{EndResult, Format, ReportError, Totals, Warning};
use crate::format::page::Page;
use crate::sys::failure::{Failure, Operation};

/// See the module.
pub(super) struct Parquet {
    options: ParquetOptions,
    /// Keys of the footer of which the values are not known.
    unknown: &'static [&'static str],
    walk: WalkRows<KnownDir>,
    file: File,
    /// The list of operands could not be read to its end.
    lacks_operands: bool,
}

/// The index of a directory in those of a row group, and the number of that row group.
type KnownDir = (Dir, u32);

/// The file so far.
struct File {
    /// None after an error, which is kept in `error`.
    encoder: Option<Encoder>,
    error: Option<ParquetError>,
    threads: Threads,
    rows: Box<Rows>,
    /// Number of the row group that `rows` will be.
    group: u32,
}

impl Parquet {
    pub(super) fn new(options: ParquetOptions) -> Self {
        Self {
            walk: WalkRows::new(&options),
            options,
            unknown: &[],
            file: File::new(),
            lacks_operands: false,
        }
    }
}

impl File {
    fn new() -> Self {
        let (encoder, error) = match Encoder::new() {
            Ok(encoder) => (Some(encoder), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            encoder,
            error,
            threads: Threads::NotYet,
            rows: Box::default(),
            group: 0,
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

    /// Appends a row.
    fn push(&mut self, placed: PlacedRow<'_, KnownDir>, out: &mut Vec<u8>) {
        let dir = match *placed.kept {
            Some((dir, group)) if group == self.group => dir,
            _ => self.rows.add_dir(placed.dir),
        };
        *placed.kept = Some((dir, self.group));
        let (name, totals) = (placed.name, placed.totals);
        self.rows.push((dir, placed.dir), name, totals, placed.row);
        if self.rows.is_full() {
            self.end_group(placed.filesystems, out);
        }
    }

    /// Ends the row group.
    fn end_group(&mut self, filesystems: &SeenFileSystems, out: &mut Vec<u8>) {
        let mut rows = std::mem::take(&mut self.rows);
        let names = filesystems.seen.iter().map(|seen| seen.name.clone());
        rows.filesystems = names.collect();
        self.group += 1;
        let (threads, mut empty) = (self.threads, Box::default());
        self.encode(|encoder| {
            let mut encoder = match threads {
                Threads::Allowed => encoder.move_to_thread()?,
                Threads::NotYet => encoder,
            };
            empty = encoder.add(rows, out)?;
            Ok(Some(encoder))
        });
        self.rows = empty;
    }
}

impl Format for Parquet {
    fn may_start_threads(&mut self) {
        self.walk.filesystems.threads = Threads::Allowed;
        self.file.threads = Threads::Allowed;
    }

    fn began_at(&mut self, time: Option<FileTime>) {
        self.unknown = match time {
            Some(_) => &["pdu.ended"],
            None => &["pdu.started", "pdu.ended"],
        };
        self.options.started = time.unwrap_or(self.options.started);
    }

    fn enter(&mut self, record: &Record<'_>, failure: Option<Failure>, out: &mut Vec<u8>) {
        let file = &mut self.file;
        self.walk.enter(record, failure, |row| file.push(row, out));
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        self.walk.record(record, |row| self.file.push(row, out))
    }

    fn link(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        self.walk.link(record, |row| self.file.push(row, out))
    }

    fn rendered(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.walk.rendered(text, |row| self.file.push(row, out));
    }

    fn away(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.walk.away(record, |row| self.file.push(row, out));
    }

    fn absent(&mut self, record: &Record<'_>, absence: Absence, out: &mut Vec<u8>) {
        let file = &mut self.file;
        self.walk.absent(record, absence, |row| file.push(row, out));
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        self.lacks_operands |= failure.operation == Operation::ReadNames;
        let file = &mut self.file;
        self.walk.failure(path, failure, |row| file.push(row, out));
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        if !totals.completeness.is_end_of_walk() {
            return Ok(None);
        }
        if self.options.scope == Scope::Whole && self.walk.has_no_root() {
            let reason = "nothing to export: the directory was left out, or is gone";
            return Err(ReportError::Empty(reason));
        }
        if self.lacks_operands {
            let reason = "the list of directories was not read to its end: nothing is written";
            return Err(ReportError::Empty(reason));
        }
        if !self.file.rows.is_empty() {
            self.file.end_group(&self.walk.filesystems, &mut page.lines);
        }
        self.walk.filesystems.measure_space();
        let mut keys = footer::keys(
            &self.options,
            totals,
            (&self.walk.roots, self.walk.handed_over),
            &self.walk.filesystems.seen,
        );
        keys.retain(|key| !self.unknown.contains(&&*key.key));
        // The footer of many row groups takes as much memory as the rows of one.
        *self.file.rows = Default::default();
        self.file
            .encode(|encoder| encoder.finish(keys, &mut page.lines).map(|()| None));
        match self.file.error.take() {
            None => Ok(None),
            Some(error) => Err(ReportError::Write(std::io::Error::other(error))),
        }
    }
}
