//! The export format of ncdu (<https://dev.yorhel.nl/ncdu/jsonfmt>): JSON, the whole tree with its files.
//!
//! `[1,2,{metadata},[{root},{file},[{directory},{file}]]]`: a directory is an array that begins with itself, so
//! everything is written as it comes. Names are raw bytes in their quotes, as ncdu writes them: only quotes,
//! backslashes and control characters are escaped. Every link of a file is told, and that it is one; readers count
//! them once. A directory at the greatest depth is told when it is left, as one entry with the sum of all in it.
//!
//! What an entry looks like depends on nothing but the entry and its directory, so walkers write most of them
//! ([`EntryRenderer`]); the rest comes as records, the entries of another export among them.
//!
//! An export that was cancelled is not closed, so that no reader takes it for a whole one.

use std::io::{self, Write};

use rustix::fs::FileType;
use rustix::io::Errno;

use super::{Completeness, End, Format, Written};
use crate::count::record::{EntryRenderer, Kind, Record, last_component};
use crate::count::usage::{Detail, Item, Usage};
use crate::gnu::decimal;
use crate::sys::failure::{Failure, Operation};

/// What an export tells.
#[derive(Debug, Clone)]
pub struct NcduOptions {
    /// Directories at this depth are sums.
    pub max_depth: u32,
    /// The name of the root, where it is not the path of its record.
    pub root: Option<Vec<u8>>,
    /// How entries look.
    pub entries: Entries,
    /// Seconds since the epoch: when the export is made.
    pub timestamp: u64,
}

/// What an export tells of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Entries {
    /// Files with several links say so.
    pub links: bool,
    /// Owner, mode and modification time are told too.
    pub extended: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Ncdu {
    options: NcduOptions,
    /// The device of every directory on the way down.
    devices: Vec<u64>,
    /// The entry that is being written.
    text: Vec<u8>,
    has_root: bool,
    /// Inside of a directory that will be told as a sum.
    in_sum: bool,
}

/// What comes before the name of an entry.
const ENTRY: &[u8] = b",\n{\"name\":\"";

/// What comes before the name of a directory in which more may follow.
const DIRECTORY: &[u8] = b",\n[{\"name\":\"";

/// What comes after the last entry of a directory.
const END: &[u8] = b"]";

impl Entries {
    /// An entry from its name on, without its end. Its device is told where it is another than that of the directory,
    /// `above`; of the root, 0 is what an export did not tell.
    fn push(self, name: &[u8], item: &Item<'_>, above: u64, text: &mut Vec<u8>) {
        push_string(text, name);
        push_sizes(text, &item.usage);
        if let Some(detail) = item.detail
            && detail.inode.device != above
        {
            push_number(text, "dev", detail.inode.device.into());
        }
        if self.extended {
            push_extended(text, item);
        }
    }

    /// What is told of files alone.
    fn push_kind(self, item: &Item<'_>, text: &mut Vec<u8>) {
        let Some(detail) = item.detail else { return };
        if self.links && detail.links > 1 {
            push_number(text, "ino", detail.inode.number.into());
            text.extend_from_slice(b",\"hlnkc\":true");
            push_number(text, "nlink", detail.links.into());
        }
        if FileType::from_raw_mode(detail.mode) != FileType::RegularFile {
            text.extend_from_slice(b",\"notreg\":true");
        }
    }
}

impl EntryRenderer for Entries {
    fn file(&self, name: &[u8], file: &Item<'_>, above: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(ENTRY);
        self.push(name, file, above, out);
        self.push_kind(file, out);
        out.push(b'}');
    }

    fn enter(&self, name: &[u8], directory: &Item<'_>, above: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(DIRECTORY);
        self.push(name, directory, above, out);
        out.push(b'}');
    }

    fn leave(&self) -> &'static [u8] {
        END
    }
}

impl Ncdu {
    /// An export as the options have it.
    #[must_use]
    pub fn new(options: NcduOptions) -> Self {
        Self {
            options,
            devices: Vec::new(),
            text: Vec::new(),
            has_root: false,
            in_sum: false,
        }
    }

    /// Writes an entry, or the beginning of a directory.
    fn write(
        &mut self,
        head: &[u8],
        record: &Record<'_>,
        readable: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let name = match &self.options.root {
            Some(root) if record.depth == 0 => root,
            _ if record.depth == 0 => record.path,
            _ => record.name(),
        };
        let above = self.devices.last().copied().unwrap_or(0);
        let (entries, text) = (self.options.entries, &mut self.text);
        text.clear();
        text.extend_from_slice(head);
        let item = record.item();
        entries.push(name, &item, above, text);
        if record.kind == Kind::File {
            entries.push_kind(&item, text);
        }
        if !readable {
            text.extend_from_slice(b",\"read_error\":true");
        }
        text.push(b'}');
        out.write_all(text)
    }
}

impl Format for Ncdu {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(
            out,
            r#"[1,2,{{"progname":"pdu","progver":"{}","timestamp":{}}}"#,
            env!("CARGO_PKG_VERSION"),
            self.options.timestamp
        )
    }

    fn enter(
        &mut self,
        record: &Record<'_>,
        readable: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.has_root = true;
        if record.depth < self.options.max_depth {
            self.write(DIRECTORY, record, readable, out)?;
            let device = record.detail.map_or(0, |detail| detail.inode.device);
            self.devices.push(device);
        } else if record.depth == self.options.max_depth {
            self.in_sum = true;
        }
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written> {
        let most = self.options.max_depth;
        match record.kind {
            _ if record.depth > most => {}
            // The root of an export is a directory: it was one when the command line was looked at.
            Kind::File if record.depth == 0 => return Err(Errno::NOTDIR.into()),
            Kind::File => self.write(ENTRY, record, true, out)?,
            _ if record.depth < most => {
                self.devices.pop();
                out.write_all(END)?;
            }
            _ => {
                self.in_sum = false;
                let is_root = record.depth == 0;
                self.write(if is_root { DIRECTORY } else { ENTRY }, record, true, out)?;
                out.write_all(if is_root { END } else { b"" })?;
            }
        }
        Ok(Written::Well)
    }

    /// An entry of the directory that is open, which could not be looked at. What else may fail was told there.
    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut dyn Write) -> io::Result<()> {
        let has_place = !self.devices.is_empty() && !self.in_sum;
        let is_of_entry = matches!(
            failure.operation,
            Operation::Access | Operation::ExportedEntry
        );
        if !has_place || !is_of_entry {
            return Ok(());
        }
        self.text.clear();
        self.text.extend_from_slice(ENTRY);
        push_string(&mut self.text, last_component(path));
        self.text.extend_from_slice(b"\",\"read_error\":true}");
        out.write_all(&self.text)
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written> {
        if !matches!(end.outcome, Completeness::Whole | Completeness::Errors) {
            return Ok(Written::Well);
        }
        if !self.has_root {
            return Err(io::Error::other(
                "nothing to export: the directory was left out, or is gone",
            ));
        }
        out.write_all(b"]\n")?;
        Ok(Written::Well)
    }
}

/// The end of the name, and the sizes that are not 0. In one piece where these are short: every entry of an export has
/// them.
fn push_sizes(text: &mut Vec<u8>, usage: &Usage) {
    let (mut piece, mut end) = ([b'"'; 40], 1);
    let sizes = [
        (b",\"asize\":", usage.apparent),
        (b",\"dsize\":", usage.allocated),
    ];
    for (key, size) in sizes {
        let after = end + key.len();
        match decimal::short(size) {
            Some(_) if size == 0 => {}
            Some((digits, count)) => {
                piece[end..after].copy_from_slice(key);
                piece[after..after + digits.len()].copy_from_slice(&digits);
                end = after + count;
            }
            None => {
                text.extend_from_slice(&piece[..end]);
                text.extend_from_slice(key);
                decimal::write(size, text);
                end = 0;
            }
        }
    }
    text.extend_from_slice(&piece[..end]);
}

#[inline]
fn push_number(text: &mut Vec<u8>, key: &str, value: u128) {
    text.extend_from_slice(b",\"");
    text.extend_from_slice(key.as_bytes());
    text.extend_from_slice(b"\":");
    decimal::write(value, text);
}

fn push_extended(text: &mut Vec<u8>, item: &Item<'_>) {
    if let Some(detail) = item.detail {
        for (key, id) in [("uid", detail.uid), ("gid", detail.gid)] {
            if id != Detail::NO_ID {
                push_number(text, key, id.into());
            }
        }
        push_number(text, "mode", detail.mode.into());
    }
    // What is before the epoch is left out: ncdu would refuse the whole file.
    if let Ok(seconds) = u64::try_from(item.usage.newest.seconds) {
        push_number(text, "mtime", seconds.into());
    }
}

/// Bytes between quotes, as ncdu writes them.
fn push_string(text: &mut Vec<u8>, string: &[u8]) {
    // Nearly all names are.
    if is_plain(string) {
        return text.extend_from_slice(string);
    }
    for &byte in string {
        match byte {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', byte]),
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            0x08 => text.extend_from_slice(b"\\b"),
            0x0c => text.extend_from_slice(b"\\f"),
            0..=0x1f | 0x7f => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                text.extend_from_slice(&[b'\\', b'u', b'0', b'0', DIGITS[high], DIGITS[low]]);
            }
            _ => text.push(byte),
        }
    }
}

/// True where no byte is escaped. Eight bytes at a time, those at the end twice: a loop over the bytes of a name costs
/// the processor a wrong guess for every name.
fn is_plain(string: &[u8]) -> bool {
    let (Some(first), Some(last)) = (string.first_chunk(), string.last_chunk()) else {
        return string.iter().all(|&byte| is_plain_word([byte; 8]));
    };
    let (words, _) = string.get(8..).unwrap_or_default().as_chunks();
    is_plain_word(*first) && is_plain_word(*last) && words.iter().copied().all(is_plain_word)
}

fn is_plain_word(word: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    let word = u64::from_le_bytes(word);
    // Some byte of a word is less than another if the highest bit is set in what borrows from it.
    let has_less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word;
    let has = |byte: u8| has_less(word ^ (ONES * u64::from(byte)), 1);
    (has_less(word, 0x20) | has(b'"') | has(b'\\') | has(0x7f)) & HIGHEST == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_any_length_follow_the_name_and_none_is_told_of_nothing() {
        let told = |key: &str, size: u128| match size {
            0 => String::new(),
            _ => format!(",\"{key}\":{size}"),
        };
        let sizes = [0, 1, 99_999_999, 100_000_000, u128::from(u64::MAX) + 1];
        for apparent in sizes {
            for allocated in sizes {
                let usage = Usage {
                    apparent,
                    allocated,
                    ..Usage::NONE
                };
                let mut text = b"name".to_vec();
                push_sizes(&mut text, &usage);
                let expected = told("asize", apparent) + &told("dsize", allocated);
                assert_eq!(text, format!("name\"{expected}").into_bytes());
            }
        }
    }

    #[test]
    fn a_byte_is_plain_or_not_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let plain = !matches!(byte, 0..=0x1f | 0x7f | b'"' | b'\\');
            for length in 1..40 {
                for place in 0..length {
                    let mut string = vec![b'x'; length];
                    string[place] = byte;
                    assert_eq!(is_plain(&string), plain, "{byte:#x} at {place} of {length}");
                }
            }
        }
        assert!(is_plain(b""));
    }

    #[test]
    fn only_what_json_forbids_and_delete_are_escaped() {
        let mut text = Vec::new();
        push_string(&mut text, b"a\"\\\x01\x1f\n\r\t\x08\x0c\x7f\xff/\xc3\xa9");
        assert_eq!(
            text,
            b"a\\\"\\\\\\u0001\\u001f\\n\\r\\t\\b\\f\\u007f\xff/\xc3\xa9"
        );
    }
}
