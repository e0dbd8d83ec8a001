//! GNU du's lines: size, tab, (time, tab,) path, newline.

use std::io::{self, Write};

use super::{Format, Options, Written};
use crate::quote;
use crate::record::{Kind, Record};
use crate::usage::{Moment, Usage};

/// See the module.
#[derive(Debug)]
pub struct Lines {
    options: Options,
    line: Vec<u8>,
}

impl Lines {
    /// Lines as the options have them.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            line: Vec::new(),
        }
    }

    fn has_line(&self, record: &Record<'_>) -> bool {
        let options = &self.options;
        let is_asked_for = record.kind == Kind::Directory || options.all || record.depth == 0;
        record.depth <= options.max_depth
            && is_asked_for
            && options.threshold.lets(options.measure.of(&record.usage))
    }

    fn start(&mut self, usage: &Usage) -> Written {
        let mut written = Written::Well;
        let Self { options, line } = self;
        line.clear();
        options.block_size.write(options.measure.of(usage), line);
        if let Some((style, zone)) = &options.time {
            line.push(b'\t');
            let Moment {
                seconds,
                nanoseconds,
            } = usage.newest;
            if style.write(seconds, nanoseconds, zone, line).is_err() {
                line.extend_from_slice(seconds.to_string().as_bytes());
                written = Written::TimeOutOfRange(seconds);
            }
        }
        line.push(b'\t');
        written
    }
}

impl Format for Lines {
    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written> {
        if !self.has_line(record) {
            return Ok(Written::Well);
        }
        let written = self.start(&record.usage);
        let (style, charset) = self.options.quoting;
        quote::apply(style, record.path, charset, &mut self.line);
        self.line.push(self.options.end_of_line);
        out.write_all(&self.line)?;
        Ok(written)
    }

    /// Whatever the threshold, as GNU du does.
    fn total(&mut self, usage: &Usage, out: &mut dyn Write) -> io::Result<Written> {
        let written = self.start(usage);
        self.line.extend_from_slice(b"total");
        self.line.push(self.options.end_of_line);
        out.write_all(&self.line)?;
        Ok(written)
    }
}
