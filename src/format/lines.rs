//! GNU du's lines: size, tab, (time, tab,) path, newline.

use std::io::{self, Write};

use super::{End, Format, Measure, Written};
use crate::count::record::Record;
use crate::count::usage::{FileTime, Usage};
use crate::gnu::block_size::BlockSize;
use crate::gnu::quote::{self, Charset, Style};
use crate::gnu::time_style::TimeStyle;

/// How lines look.
#[derive(Debug, Clone)]
pub struct LineOptions {
    /// Which number.
    pub measure: Measure,
    /// In which unit.
    pub block_size: BlockSize,
    /// The newest time in the tree, in this style and time zone.
    pub time: Option<(TimeStyle, jiff::tz::TimeZone)>,
    /// What ends a line: a newline, or NUL.
    pub end_of_line: u8,
    /// How names are written.
    pub quoting: (Style, Charset),
    /// The sum over all operands has a line (`-c`).
    pub total: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Lines {
    options: LineOptions,
    line: Vec<u8>,
}

impl Lines {
    /// Lines as the options have them.
    #[must_use]
    pub fn new(options: LineOptions) -> Self {
        Self {
            options,
            line: Vec::new(),
        }
    }

    fn start(&mut self, usage: &Usage) -> Written {
        let mut written = Written::Well;
        let Self { options, line } = self;
        line.clear();
        options.block_size.write(options.measure.of(usage), line);
        if let Some((style, zone)) = &options.time {
            line.push(b'\t');
            written = write_newest(style, zone, usage.newest, line);
        }
        line.push(b'\t');
        written
    }
}

/// Appends a time; a number where it has no date, and a hyphen where there is none (an export need not tell it).
pub(super) fn write_newest(
    style: &TimeStyle,
    zone: &jiff::tz::TimeZone,
    newest: FileTime,
    out: &mut Vec<u8>,
) -> Written {
    let (seconds, nanoseconds) = (newest.seconds, newest.nanoseconds);
    if newest == FileTime::NEVER {
        out.push(b'-');
    } else if style.write(seconds, nanoseconds, zone, out).is_err() {
        out.extend_from_slice(seconds.to_string().as_bytes());
        return Written::TimeOutOfRange(seconds);
    }
    Written::Well
}

impl Format for Lines {
    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written> {
        let written = self.start(&record.usage);
        let (style, charset) = self.options.quoting;
        quote::apply(style, record.path, charset, &mut self.line);
        self.line.push(self.options.end_of_line);
        out.write_all(&self.line)?;
        Ok(written)
    }

    /// The total has its line whatever the threshold, as in GNU du, but not where it would be too small.
    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written> {
        if !self.options.total || !end.outcome.is_end_of_walk() {
            return Ok(Written::Well);
        }
        let written = self.start(&end.total);
        self.line.extend_from_slice(b"total");
        self.line.push(self.options.end_of_line);
        out.write_all(&self.line)?;
        Ok(written)
    }
}
