//! Comma-separated values (RFC 4180): a header, then one row per record; CR LF ends each.
//!
//! ```text
//! path,allocated,apparent,inodes,depth,kind
//! "t/a, b",4096,5,1,1,file
//! ```
//!
//! The columns are the members of the JSON objects. The time is empty where JSON has a null: where it is outside of the
//! years of RFC 3339, or an export contains none. Paths are raw bytes, quoted
//! where they contain a comma, a quote, CR or LF. There is no row for a total (`-c`), and no mark of an incomplete
//! report: the exit status is that mark.

use super::columns::{Times, kind};
use super::interface::{Format, Warning};
use crate::count::record::Record;
use crate::gnu::decimal;

/// See the module.
#[derive(Debug)]
pub(super) struct Csv {
    /// The newest times, where the report has them.
    times: Option<Times>,
}

impl Csv {
    /// Rows with or without the newest time.
    pub(super) fn new(times: bool) -> Self {
        Self {
            times: times.then(Times::default),
        }
    }
}

impl Format for Csv {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"path,allocated,apparent,inodes,depth,kind");
        out.extend_from_slice(if self.times.is_some() {
            b",time\r\n"
        } else {
            b"\r\n"
        });
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        write_field(record.path, out);
        let usage = &record.usage;
        let inodes = usage.inodes.into();
        for number in [usage.allocated, usage.apparent, inodes, record.depth.into()] {
            out.push(b',');
            decimal::write(number, out);
        }
        out.push(b',');
        out.extend_from_slice(kind(record).as_bytes());
        let warning = self.times.as_mut().and_then(|times| {
            out.push(b',');
            times.write(record.usage.newest, out).err().flatten()
        });
        out.extend_from_slice(b"\r\n");
        warning
    }
}

/// Appends a field, in quotes where it needs them.
pub fn write_field(bytes: &[u8], out: &mut Vec<u8>) {
    let is_special = |byte: u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    // A loop without an early exit is vectorized.
    if !bytes
        .iter()
        .fold(false, |any, &byte| any | is_special(byte))
    {
        return out.extend_from_slice(bytes);
    }
    out.push(b'"');
    for &byte in bytes {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_with_special_bytes_are_quoted() {
        for (bytes, expected) in [
            (&b"a b/\xff\t;'="[..], &b"a b/\xff\t;'="[..]),
            (b"a,b", b"\"a,b\""),
            (b"\"", b"\"\"\"\""),
            (b"a\r", b"\"a\r\""),
            (b"\na\"b", b"\"\na\"\"b\""),
        ] {
            let mut out = Vec::new();
            write_field(bytes, &mut out);
            assert_eq!(out, expected);
        }
    }
}
