//! JSON Lines: one object per line, without loss of information. `docs/pdu.schema.json` describes every line.
//!
//! ```text
//! {"path":"t/f","allocated":4096,"apparent":5,"inodes":1,"depth":1,"kind":"file"}
//! {"summary":{"allocated":8192,"apparent":5,"inodes":2,"directories":1,"complete":true,"elapsed":0.000213,"errors":[]}}
//! ```
//!
//! The object of a record is written at once. Sizes are bytes, whatever the unit of du's lines, and integers without a
//! bound: sums may exceed 2^64. With `--time`, `time` is the newest time in the form of RFC 3339, in UTC. For a time
//! outside of its years, `time` is null and `time_seconds` contains the seconds since 1970, and the first such time has
//! a message; where an export contains no time, there is only the null. In a path that is not UTF-8, U+FFFD replaces
//! the invalid bytes, and a second key `path_base64` contains the path. A newline ends a line, also with `-0`: no line
//! contains one.
//!
//! The last object is the summary. If it is missing, pdu did not run to its end. If a part of the tree is missing in
//! the sums, `complete` is false, and `reason` says why. The objects of the errors wait for the summary in memory;
//! nothing else does.

use super::columns::{Times, kind};
use super::errno::write_name;
use super::interface::{EndResult, Format, Totals, Warning};
use super::page::Page;
use crate::count::record::Record;
use crate::count::usage::{FileTime, Usage};
use crate::gnu::decimal;
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::reason;

/// See the module.
#[derive(Debug)]
pub(super) struct Json {
    times: Option<Times>,
    /// The objects of the errors, with commas between them.
    errors: Vec<u8>,
}

impl Json {
    /// Objects with or without the newest time.
    pub(super) fn new(times: bool) -> Self {
        Self {
            times: times.then(Times::default),
            errors: Vec::new(),
        }
    }
}

impl Format for Json {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        out.push(b'{');
        write_path(record.path, out);
        out.push(b',');
        write_sums(&record.usage, out);
        out.extend_from_slice(b",\"depth\":");
        decimal::write(record.depth.into(), out);
        out.extend_from_slice(b",\"kind\":\"");
        out.extend_from_slice(kind(record).as_bytes());
        out.push(b'"');
        let warning = match &mut self.times {
            Some(times) => write_newest(times, record.usage.newest, out),
            None => None,
        };
        out.extend_from_slice(b"}\n");
        warning
    }

    fn failure(&mut self, path: &[u8], failure: Failure, _out: &mut Vec<u8>) {
        let errors = &mut self.errors;
        if !errors.is_empty() {
            errors.push(b',');
        }
        errors.push(b'{');
        write_path(path, errors);
        let (operation, message) = describe(failure);
        let operation = format!(",\"operation\":\"{operation}\",\"errno\":");
        errors.extend_from_slice(operation.as_bytes());
        write_errno(failure.errno, errors);
        errors.extend_from_slice(b",\"message\":");
        write_string(message.as_bytes(), errors);
        errors.push(b'}');
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        let out = &mut page.lines;
        out.extend_from_slice(b"{\"summary\":{");
        write_sums(&totals.counts.total, out);
        let complete = match totals.completeness.reason() {
            None => "true".into(),
            Some(reason) => format!("false,\"reason\":\"{reason}\""),
        };
        let directories = totals.counts.directories;
        let (seconds, micros) = (totals.elapsed.as_secs(), totals.elapsed.subsec_micros());
        let rest = format!(
            ",\"directories\":{directories},\"complete\":{complete}\
             ,\"elapsed\":{seconds}.{micros:06},\"errors\":["
        );
        out.extend_from_slice(rest.as_bytes());
        out.append(&mut self.errors);
        out.extend_from_slice(b"]}}\n");
        Ok(None)
    }
}

/// The word for the operation, and the message.
fn describe(failure: Failure) -> (&'static str, String) {
    let operation = match failure.operation {
        Operation::Access | Operation::Follow => "stat",
        Operation::ReadDirectory | Operation::OpenNames | Operation::CreateOutput => "open",
        Operation::ReadOn | Operation::ReadTag | Operation::ReadNames => "read",
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
        Operation::WriteOutput | Operation::StoreSize | Operation::RemoveFile => "write",
        Operation::ExportedSize => {
            let message = "the size did not fit into 63 bits when the export was made";
            return ("export", message.into());
        }
        Operation::Exported | Operation::ExportedInPart | Operation::ExportedEntry => {
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

/// Appends the members `allocated`, `apparent` and `inodes`.
pub(super) fn write_sums(usage: &Usage, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"allocated\":");
    decimal::write(usage.allocated, out);
    out.extend_from_slice(b",\"apparent\":");
    decimal::write(usage.apparent, out);
    out.extend_from_slice(b",\"inodes\":");
    decimal::write(usage.inodes.into(), out);
}

fn write_newest(times: &mut Times, newest: FileTime, out: &mut Vec<u8>) -> Option<Warning> {
    let start = out.len();
    out.extend_from_slice(b",\"time\":\"");
    let Err(warning) = times.write(newest, out) else {
        out.push(b'"');
        return None;
    };
    out.truncate(start);
    out.extend_from_slice(b",\"time\":null");
    if newest != FileTime::NEVER {
        out.extend_from_slice(b",\"time_seconds\":");
        out.extend_from_slice(newest.seconds.to_string().as_bytes());
    }
    warning
}

fn write_path(path: &[u8], out: &mut Vec<u8>) {
    write_named_path("path", path, out);
}

/// Appends a path as a member of this name, and its exact bytes as a second member where it is not UTF-8.
pub fn write_named_path(name: &str, path: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("\"{name}\":").as_bytes());
    if !write_string(path, out) {
        out.extend_from_slice(format!(",\"{name}_base64\":\"").as_bytes());
        write_base64(path, out);
        out.push(b'"');
    }
}

/// Members with a number for each measure, null where it is not known.
#[must_use]
pub fn measures(numbers: [Option<i128>; 3]) -> String {
    let text = |number: Option<i128>| {
        number.map_or_else(|| "null".to_owned(), |number| number.to_string())
    };
    let [allocated, apparent, inodes] = numbers.map(text);
    format!("\"allocated\":{allocated},\"apparent\":{apparent},\"inodes\":{inodes}")
}

/// Appends a string in quotes. Returns false where the bytes are not UTF-8; U+FFFD replaces the invalid ones.
pub fn write_string(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    let text = std::str::from_utf8(bytes);
    match text {
        Ok(text) => write_escaped(text, out),
        Err(_) => write_escaped(&String::from_utf8_lossy(bytes), out),
    }
    out.push(b'"');
    text.is_ok()
}

/// Escapes DEL as well, which JSON does not demand: no control character of ASCII reaches a terminal.
fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let is_special = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\' | 0x7f);
    // A loop without an early exit is vectorized.
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

/// Appends base64 (RFC 4648), with `+`, `/` and padding.
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
    fn strings_are_escaped_as_json_demands_and_del_too() {
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
