//! Lines for people and for shells: change, tab, word, tab, path, newline.
//!
//! ```text
//! +31G    new     /srv/backup/2026-11-24
//! 0       moved   /srv/old        /srv/www/archive
//! ?       unread  /srv/secret     1.2G
//! +34G    total   /srv
//! ```
//!
//! A further column has the new path of an entry that was moved, and the size of one that could be read at one time only.

use std::io;

use super::number::Number;
use crate::diff::change::{Change, DiffSummary, Sink};
use crate::format::lines::LineOptions;
use crate::format::page::Page;
use crate::gnu::quote::{self, Charset, Style};

/// See the module.
#[derive(Debug)]
pub(super) struct Lines {
    number: Number,
    quoting: (Style, Charset),
    end_of_line: u8,
}

impl Lines {
    pub(super) fn new(number: Number, options: &LineOptions) -> Self {
        Self {
            number,
            quoting: options.quoting,
            end_of_line: options.end_of_line,
        }
    }

    fn push(&self, number: &str, word: &str, path: &[u8], out: &mut Vec<u8>) {
        for column in [number, word] {
            out.extend_from_slice(column.as_bytes());
            out.push(b'\t');
        }
        self.push_path(path, out);
    }

    fn push_path(&self, path: &[u8], out: &mut Vec<u8>) {
        let (style, charset) = self.quoting;
        quote::apply(style, path, charset, out);
    }
}

impl Sink for Lines {
    fn change(&mut self, change: &Change, out: &mut Vec<u8>) {
        let path = change.from.as_ref().unwrap_or(&change.path);
        self.push(&self.number.text(change), change.event.word(), path, out);
        if change.from.is_some() {
            out.push(b'\t');
            self.push_path(&change.path, out);
        }
        if let Some(size) = self.number.known_text(change) {
            out.push(b'\t');
            out.extend_from_slice(size.as_bytes());
        }
        out.push(self.end_of_line);
    }

    fn end(&mut self, summary: &DiffSummary, page: &mut Page<'_>) -> io::Result<()> {
        let total = summary.change.of(self.number.measure);
        let number = self.number.unit.signed(Some(total));
        self.push(&number, "total", &summary.root, &mut page.lines);
        page.lines.push(self.end_of_line);
        Ok(())
    }
}
