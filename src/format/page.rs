//! Finished lines on their way to the output.
//!
//! Formats append to a buffer in memory. The buffer is written when it holds a page; so memory is bounded, and the
//! caller decides when the output is written: between two messages on standard error, and never behind a progress
//! line. A `BufWriter` would write at any time.

use std::io::{self, Write};

/// Bytes of finished lines that are written at once; with the last line, no more than a pipe holds.
const FULL: usize = 60 * 1024;

/// See the module.
pub struct Page<'a> {
    /// The lines that are not written yet.
    pub lines: Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    /// An empty page of this output.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self {
            lines: Vec::with_capacity(64 * 1024),
            out,
        }
    }

    /// True where the page should be written.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.lines.len() >= FULL
    }

    /// Writes all lines. After an error they are lost.
    pub fn write(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.lines);
        self.lines.clear();
        written
    }

    /// Writes all lines if they fill the page.
    pub fn write_if_full(&mut self) -> io::Result<()> {
        match self.is_full() {
            true => self.write(),
            false => Ok(()),
        }
    }
}
