//! GNU du's lines: size, tab, (time, tab,) path, newline.

use super::interface::{EndResult, Format, Totals, Warning};
use super::page::Page;
use crate::count::record::Record;
use crate::count::usage::{FileTime, Measure, Usage};
use crate::gnu::block_size::BlockSize;
use crate::gnu::numerals::Numerals;
use crate::gnu::quote::{self, Charset, Style};
use crate::gnu::time_style::TimeStyle;

/// The look of the lines.
#[derive(Debug, Clone)]
pub struct LineOptions {
    /// The number that is shown.
    pub measure: Measure,
    /// Its unit.
    pub block_size: BlockSize,
    /// How it is written.
    pub numerals: &'static Numerals,
    /// The style and time zone of the newest time in the tree, where it is shown.
    pub time: Option<(TimeStyle, jiff::tz::TimeZone)>,
    /// The byte after a line: a newline, or NUL.
    pub end_of_line: u8,
    /// How names are written.
    pub quoting: (Style, Charset),
    /// The sum over all operands has a line (`-c`).
    pub total: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Lines(pub(super) LineOptions);

impl Lines {
    /// Appends the columns before the path.
    fn begin_line(&self, usage: &Usage, out: &mut Vec<u8>) -> Option<Warning> {
        let Self(options) = self;
        let size = options.measure.of(usage);
        options.block_size.write(size, options.numerals, out);
        out.push(b'\t');
        let (style, zone) = options.time.as_ref()?;
        let warning = write_newest(style, zone, usage.newest, out);
        out.push(b'\t');
        warning
    }
}

/// Appends a time: seconds since the epoch where it has no date, and a hyphen where an export contains none.
pub fn write_newest(
    style: &TimeStyle,
    zone: &jiff::tz::TimeZone,
    newest: FileTime,
    out: &mut Vec<u8>,
) -> Option<Warning> {
    let (seconds, nanoseconds) = (newest.seconds, newest.nanoseconds);
    if newest == FileTime::NEVER {
        out.push(b'-');
    } else if style.write(seconds, nanoseconds, zone, out).is_err() {
        out.extend_from_slice(seconds.to_string().as_bytes());
        return Some(Warning::TimeOutOfRange(seconds));
    }
    None
}

impl Format for Lines {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        let warning = self.begin_line(&record.usage, out);
        let (style, charset) = self.0.quoting;
        quote::apply(style, record.path, charset, out);
        out.push(self.0.end_of_line);
        warning
    }

    /// The total has its line whatever the threshold, as in GNU du, but not after a walk that ended early: the number
    /// would be too small.
    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        if !self.0.total || !totals.completeness.is_end_of_walk() {
            return Ok(None);
        }
        let warning = self.begin_line(&totals.counts.total, &mut page.lines);
        page.lines.extend_from_slice(b"total");
        page.lines.push(self.0.end_of_line);
        Ok(warning)
    }
}
