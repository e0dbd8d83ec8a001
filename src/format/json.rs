//! JSON Lines: an object a line, integers as integers, nothing lost. `docs/pdu.schema.json` describes every line.
//!
//! ```text
//! {"path":"t/f","allocated":4096,"apparent":5,"inodes":1,"depth":1,"kind":"file"}
//! {"summary":{"allocated":8192,"apparent":5,"inodes":2,"directories":1,"complete":true,"elapsed":0.000213,"errors":[]}}
//! ```
//!
//! A record has its object as soon as it is known. Sizes are bytes whatever the unit of du's lines, without bounds:
//! sums pass 2^64. With `--time`, `time` is the newest time as RFC 3339 has it, in UTC; where that has no such year,
//! it is null and `time_seconds` the seconds since 1970; null alone where an export tells none. A path that is not
//! UTF-8 stands there with U+FFFD for what is not, and a second key `path_base64` has its bytes. A line ends by a
//! newline, with `-0` too: no newline is in it.
//!
//! The last object is the summary. Where it is missing, pdu did not come to its end. Where something is missing in
//! the sums, `complete` is false and `reason` says why. Errors wait for it in memory, already written; nothing else
//! does.

use std::io::{self, Write};

use super::columns::{kind, write_time};
use super::errno::write_name;
use super::{Completeness, End, Format, Written};
use crate::count::record::Record;
use crate::count::usage::{FileTime, Usage};
use crate::gnu::decimal;
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::reason;

/// See the module.
#[derive(Debug)]
pub struct Json {
    times: bool,
    line: Vec<u8>,
    /// Objects with commas between them.
    errors: Vec<u8>,
}

impl Json {
    /// Objects with or without the newest time.
    #[must_use]
    pub fn new(times: bool) -> Self {
        Self {
            times,
            line: Vec::new(),
            errors: Vec::new(),
        }
    }
}

impl Format for Json {
    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written> {
        let line = &mut self.line;
        line.clear();
        line.push(b'{');
        write_path(record.path, line);
        line.push(b',');
        write_sums(&record.usage, line);
        line.extend_from_slice(b",\"depth\":");
        decimal::write(record.depth.into(), line);
        line.extend_from_slice(b",\"kind\":\"");
        line.extend_from_slice(kind(record).as_bytes());
        line.push(b'"');
        if self.times {
            write_newest(record.usage.newest, line);
        }
        line.extend_from_slice(b"}\n");
        out.write_all(line)?;
        Ok(Written::Well)
    }

    fn failure(&mut self, path: &[u8], failure: Failure, _out: &mut dyn Write) -> io::Result<()> {
        let errors = &mut self.errors;
        if !errors.is_empty() {
            errors.push(b',');
        }
        errors.push(b'{');
        write_path(path, errors);
        let (operation, message) = words(failure);
        write!(errors, ",\"operation\":\"{operation}\",\"errno\":")?;
        write_errno(failure.errno, errors);
        errors.extend_from_slice(b",\"message\":");
        write_string(message.as_bytes(), errors);
        errors.push(b'}');
        Ok(())
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written> {
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(b"{\"summary\":{");
        write_sums(&end.total, line);
        let complete = match end.outcome {
            Completeness::Whole => "true",
            Completeness::Errors => "false,\"reason\":\"errors\"",
            Completeness::Cancelled => "false,\"reason\":\"cancelled\"",
            Completeness::Broken => "false,\"reason\":\"internal error\"",
        };
        let directories = end.directories;
        write!(
            line,
            ",\"directories\":{directories},\"complete\":{complete}"
        )?;
        let (seconds, micros) = (end.elapsed.as_secs(), end.elapsed.subsec_micros());
        write!(line, ",\"elapsed\":{seconds}.{micros:06},\"errors\":[")?;
        out.write_all(line)?;
        out.write_all(&self.errors)?;
        out.write_all(b"]}}\n")?;
        Ok(Written::Well)
    }
}

/// What was done, in a word, and what came of it.
fn words(failure: Failure) -> (&'static str, String) {
    let operation = match failure.operation {
        Operation::Access | Operation::Follow => "stat",
        Operation::ReadDirectory | Operation::OpenNames | Operation::CreateOutput => "open",
        Operation::ReadOn | Operation::ReadNames => "read",
        Operation::EmptyName(number) => {
            let message = match number {
                0 => "invalid zero-length file name".into(),
                _ => format!("invalid zero-length file name, number {number}"),
            };
            return ("operand", message);
        }
        Operation::DashInList => {
            let message = "not allowed when reading file names from standard input";
            return ("operand", message.into());
        }
        Operation::WriteOutput => "write",
        Operation::Exported | Operation::ExportedEntry => {
            return (
                "export",
                "could not be read when the export was made".into(),
            );
        }
    };
    (operation, reason(failure.errno))
}

fn write_errno(errno: i32, out: &mut Vec<u8>) {
    if errno == 0 {
        return out.extend_from_slice(b"null");
    }
    out.push(b'"');
    write_name(errno, out);
    out.push(b'"');
}

/// Appends the members that are sums.
pub(super) fn write_sums(usage: &Usage, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"allocated\":");
    decimal::write(usage.allocated, out);
    out.extend_from_slice(b",\"apparent\":");
    decimal::write(usage.apparent, out);
    out.extend_from_slice(b",\"inodes\":");
    decimal::write(usage.inodes.into(), out);
}

fn write_newest(newest: FileTime, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(b",\"time\":\"");
    if write_time(newest, out) {
        out.push(b'"');
        return;
    }
    out.truncate(start);
    out.extend_from_slice(b",\"time\":null");
    if newest != FileTime::NEVER {
        out.extend_from_slice(b",\"time_seconds\":");
        out.extend_from_slice(newest.seconds.to_string().as_bytes());
    }
}

fn write_path(path: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"path\":");
    if !write_string(path, out) {
        out.extend_from_slice(b",\"path_base64\":\"");
        write_base64(path, out);
        out.push(b'"');
    }
}

/// Appends a string in its quotes. False where the bytes are not UTF-8, and U+FFFD stands for those that are not.
pub(super) fn write_string(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    let text = std::str::from_utf8(bytes);
    match text {
        Ok(text) => write_escaped(text, out),
        Err(_) => write_escaped(&String::from_utf8_lossy(bytes), out),
    }
    out.push(b'"');
    text.is_ok()
}

/// Beyond what JSON asks for, DEL is escaped: no control character of ASCII reaches a terminal.
fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let is_special = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\' | 0x7f);
    // Without a way out of the loop it takes many bytes at a time.
    let is_any_special = text.bytes().fold(false, |any, byte| any | is_special(byte));
    if !is_any_special {
        return out.extend_from_slice(text.as_bytes());
    }
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ if is_special(byte) => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

/// Base64 as RFC 4648 has it, with `+`, `/` and padding.
fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            out.push(match place <= group.len() {
                true => DIGITS[digit as usize],
                false => b'=',
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, expected) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"fooba", "Zm9vYmE="),
            (b"foobar", "Zm9vYmFy"),
            (b"\xfb\xff\xfe", "+//+"),
        ] {
            assert_eq!(written(|out| write_base64(bytes, out)), expected);
        }
    }

    #[test]
    fn strings_are_escaped_as_json_wants_and_del_too() {
        for (bytes, expected) in [
            (&b""[..], r#""""#),
            (b"a b", r#""a b""#),
            (b"\"\\/", r#""\"\\/""#),
            (b"\0\n\x1b\x1f\x7f", r#""\u0000\u000a\u001b\u001f\u007f""#),
            ("a\u{2028}é漢".as_bytes(), "\"a\u{2028}é漢\""),
        ] {
            assert_eq!(written(|out| assert!(write_string(bytes, out))), expected);
        }
        let path = written(|out| write_path(b"\xffa\xe6\xbc\"", out));
        let expected = "\"path\":\"\u{fffd}a\u{fffd}\\\"\",\"path_base64\":\"/2HmvCI=\"";
        assert_eq!(path, expected);
    }
}
