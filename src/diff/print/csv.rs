//! Comma-separated values (RFC 4180): a header, then a record for each change; CR LF ends each.
//!
//! The columns are the members of the JSON objects, and empty where JSON has a null or no member. Paths are raw bytes.
//! There is no record of the total; the exit status is the mark of an incomplete comparison.

use std::io;

use crate::diff::change::{Change, DiffSummary, Sink};
use crate::diff::known::Known;
use crate::format::columns::type_name;
use crate::format::csv::write_field;
use crate::format::page::Page;

const HEADER: &[u8] = b"path,event,\
change_allocated,change_apparent,change_inodes,\
before_allocated,before_apparent,before_inodes,\
now_allocated,now_apparent,now_inodes,\
residue_allocated,residue_apparent,residue_inodes,\
kind,depth,from,at_least\r\n";

/// See the module.
#[derive(Debug)]
pub(super) struct Csv {
    known: Known,
}

impl Csv {
    pub(super) fn new() -> Self {
        Self { known: Known::ALL }
    }
}

impl Sink for Csv {
    fn begin(&mut self, known: Known, out: &mut Vec<u8>) {
        self.known = known;
        out.extend_from_slice(HEADER);
    }

    fn change(&mut self, change: &Change, out: &mut Vec<u8>) {
        write_field(&change.path, out);
        out.push(b',');
        out.extend_from_slice(change.event.word().as_bytes());
        for sizes in [
            change.change,
            change.before,
            change.now,
            Some(change.residue),
        ] {
            write_columns(self.known.of(sizes), out);
        }
        let (kind, depth) = (type_name(change.kind).unwrap_or("unknown"), change.depth);
        out.extend_from_slice(format!(",{kind},{depth},").as_bytes());
        write_field(change.from.as_deref().unwrap_or_default(), out);
        out.push(b',');
        if let Some(least) = change.at_least {
            out.extend_from_slice(least.to_string().as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn end(&mut self, _: &DiffSummary, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Appends a column for each measure, after a comma each.
pub(super) fn write_columns(numbers: [Option<i128>; 3], out: &mut Vec<u8>) {
    for number in numbers {
        let text = number.map_or_else(String::new, |number| number.to_string());
        out.push(b',');
        out.extend_from_slice(text.as_bytes());
    }
}
