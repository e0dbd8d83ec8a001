//! Comma-separated values, as RFC 4180 has them: a header, then a row a record, each ended by CR LF.
//!
//! ```text
//! path,allocated,apparent,inodes,depth,kind
//! "t/a, b",4096,5,1,1,file
//! ```
//!
//! The columns are those of the JSON objects, a time that is in no year of RFC 3339 excepted: seconds since 1970
//! stand in its place; the field is empty where an export tells no time. Paths are raw bytes, quoted where a comma,
//! a quote, CR or LF is in them. There is no row for a total (`-c`), nor does anything mark what is incomplete: the
//! exit status does.

use std::io::{self, Write};

use super::columns::{kind, write_time};
use super::{End, Format, Written};
use crate::count::record::Record;
use crate::count::usage::FileTime;
use crate::gnu::decimal;

/// See the module.
#[derive(Debug)]
pub struct Csv {
    times: bool,
    line: Vec<u8>,
}

impl Csv {
    /// Rows with or without the newest time.
    #[must_use]
    pub fn new(times: bool) -> Self {
        Self {
            times,
            line: Vec::new(),
        }
    }
}

impl Format for Csv {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"path,allocated,apparent,inodes,depth,kind")?;
        out.write_all(if self.times { b",time\r\n" } else { b"\r\n" })
    }

    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written> {
        let line = &mut self.line;
        line.clear();
        write_field(record.path, line);
        let usage = &record.usage;
        let inodes = usage.inodes.into();
        for number in [usage.allocated, usage.apparent, inodes, record.depth.into()] {
            line.push(b',');
            decimal::write(number, line);
        }
        line.push(b',');
        line.extend_from_slice(kind(record).as_bytes());
        let written = match self.times {
            true => write_newest(usage.newest, line),
            false => Written::Well,
        };
        line.extend_from_slice(b"\r\n");
        out.write_all(line)?;
        Ok(written)
    }

    fn end(&mut self, _: &End, _out: &mut dyn Write) -> io::Result<Written> {
        Ok(Written::Well)
    }
}

fn write_newest(newest: FileTime, out: &mut Vec<u8>) -> Written {
    out.push(b',');
    if newest == FileTime::NEVER || write_time(newest, out) {
        return Written::Well;
    }
    out.extend_from_slice(newest.seconds.to_string().as_bytes());
    Written::TimeOutOfRange(newest.seconds)
}

fn write_field(bytes: &[u8], out: &mut Vec<u8>) {
    let is_special = |byte: u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    // Without a way out of the loop it takes many bytes at a time.
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
    fn only_what_must_be_is_quoted() {
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
