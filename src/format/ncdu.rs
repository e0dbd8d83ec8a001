//! The export format of ncdu (<https://dev.yorhel.nl/ncdu/jsonfmt>): JSON, the whole tree with its files.
//!
//! `[1,2,{metadata},[{root},{file},[{directory},{file}]]]`: a directory is an array whose first element is the
//! directory itself, so every entry is written when it arrives. Names are raw bytes in quotes, as ncdu writes them:
//! only quotes, backslashes and control characters are escaped. Every link of a file has an entry that is marked as a
//! link; readers count them once. A directory at the greatest depth is written when it is left, as one entry with the
//! sum of its contents.
//!
//! The text of an entry depends on nothing but the entry and its directory, so the walkers write most of them
//! ([`EntryRenderer`]); the others arrive as records, as do the entries of an imported export.
//!
//! An export of a cancelled run has no closing bracket, so that no reader takes it for a whole one.

use rustix::fs::FileType;

use super::interface::{EndResult, Format, ReportError, Totals, Warning};
use super::page::Page;
use crate::count::record::{EntryRenderer, Exclusion, Kind, Record, last_component};
use crate::count::usage::{Detail, FileTime, Item, Usage};
use crate::gnu::decimal;
use crate::sys::failure::{Failure, Operation};

/// The content of an export.
#[derive(Debug, Clone)]
pub struct NcduOptions {
    /// A directory at this depth is one entry, with its sum.
    pub max_depth: u32,
    /// The name of the root, where it is not the path of its record.
    pub root: Option<Vec<u8>>,
    /// The members of the entries.
    pub entries: Entries,
    /// The time of the export, in seconds since the epoch.
    pub timestamp: u64,
}

/// The members of an entry, and the renderer that writes them.
#[derive(Debug, Clone, Copy)]
pub struct Entries {
    /// With `ino`, `hlnkc` and `nlink` for files with several links.
    pub links: bool,
    /// With owner, mode and modification time.
    pub extended: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Ncdu {
    options: NcduOptions,
    /// The device of every directory on the way down.
    devices: Vec<u64>,
    has_root: bool,
    /// Inside of a directory that is written as one entry.
    in_sum: bool,
}

/// The text before the name of an entry.
const ENTRY: &[u8] = b",\n{\"name\":\"";

/// The text before the name of a directory that has entries of its own.
const DIRECTORY: &[u8] = b",\n[{\"name\":\"";

/// The greatest number of links that ncdu 2 reads.
const MOST_LINKS: u32 = i32::MAX.unsigned_abs();

/// The text after the last entry of a directory.
const END: &[u8] = b"]";

impl Entries {
    /// Appends an entry from its name on, without its end. The device is written where it differs from the device
    /// `above`, that of the directory; above the root that is 0, so an imported root without a device gets none.
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

    /// Appends the members that only files have.
    fn push_kind(self, item: &Item<'_>, text: &mut Vec<u8>) {
        let Some(detail) = item.detail else { return };
        // Before the links: for ncdu 2.5 and later, the last of these members decides what the entry is.
        if FileType::from_raw_mode(detail.mode) != FileType::RegularFile {
            text.extend_from_slice(b",\"notreg\":true");
        }
        if self.links && detail.links > 1 {
            push_number(text, "ino", detail.inode.number.into());
            text.extend_from_slice(b",\"hlnkc\":true");
            if detail.links != Detail::SEVERAL {
                push_number(text, "nlink", detail.links.min(MOST_LINKS).into());
            }
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

    /// An array without further entries: ncdu 2 refuses entries in an excluded directory, and ncdu 1 counts its sizes.
    fn excluded(
        &self,
        name: &[u8],
        directory: &Item<'_>,
        above: u64,
        exclusion: Exclusion,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(DIRECTORY);
        self.push(name, directory, above, out);
        if directory.usage.inodes > 0 {
            push_number(out, "items", directory.usage.inodes.into());
        }
        out.extend_from_slice(match exclusion {
            Exclusion::Cache => b",\"excluded\":\"pattern\"}]".as_slice(),
            Exclusion::KernelFileSystem => b",\"excluded\":\"kernfs\"}]",
            Exclusion::OtherFileSystem => b",\"excluded\":\"otherfs\"}]",
        });
    }
}

impl Ncdu {
    /// An export as the options have it.
    #[must_use]
    pub fn new(options: NcduOptions) -> Self {
        Self {
            options,
            devices: Vec::new(),
            has_root: false,
            in_sum: false,
        }
    }

    /// Appends an entry, or the beginning of a directory.
    fn write(&self, head: &[u8], record: &Record<'_>, is_readable: bool, out: &mut Vec<u8>) {
        let name = match &self.options.root {
            Some(root) if record.depth == 0 => root,
            _ if record.depth == 0 => record.path,
            _ => record.name(),
        };
        let above = self.devices.last().copied().unwrap_or(0);
        let entries = self.options.entries;
        out.extend_from_slice(head);
        let item = record.item();
        entries.push(name, &item, above, out);
        if record.kind == Kind::File {
            entries.push_kind(&item, out);
        }
        if !is_readable {
            out.extend_from_slice(b",\"read_error\":true");
        }
        out.push(b'}');
    }

    /// Appends a directory with the sum of its contents, which are left out. All but the root are no arrays, so that
    /// every reader counts the sizes: gdu ignores those of directories before 5.37, and from then on reads `items`.
    fn write_sum(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let is_root = record.depth == 0;
        self.write(if is_root { DIRECTORY } else { ENTRY }, record, true, out);
        push_items(record, out);
        out.extend_from_slice(if is_root { END } else { b"" });
    }
}

impl Format for Ncdu {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let metadata = format!(
            r#"[1,2,{{"progname":"pdu","progver":"{}","timestamp":{}}}"#,
            env!("CARGO_PKG_VERSION"),
            self.options.timestamp
        );
        out.extend_from_slice(metadata.as_bytes());
    }

    fn enter(&mut self, record: &Record<'_>, is_readable: bool, out: &mut Vec<u8>) {
        self.has_root = true;
        if record.depth < self.options.max_depth {
            self.write(DIRECTORY, record, is_readable, out);
            // It was a sum in the export that it comes from.
            if record.usage.inodes > 1 {
                push_items(record, out);
            }
            let device = record.detail.map_or(0, |detail| detail.inode.device);
            self.devices.push(device);
        } else if record.depth == self.options.max_depth {
            self.in_sum = true;
        }
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Option<Warning> {
        let most = self.options.max_depth;
        match record.kind {
            _ if record.depth > most => {}
            // A root that was a directory when the command line was checked, and is a file now: there is no root.
            Kind::File if record.depth == 0 => {}
            Kind::File => self.write(ENTRY, record, true, out),
            _ if record.depth < most => {
                self.devices.pop();
                out.extend_from_slice(END);
            }
            _ => {
                self.in_sum = false;
                self.write_sum(record, out);
            }
        }
        None
    }

    /// Appends an entry of the open directory for which an operation failed. A failure of the directory itself is
    /// part of its own entry.
    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        let has_place = !self.devices.is_empty() && !self.in_sum;
        let is_of_entry = matches!(
            failure.operation,
            Operation::Access | Operation::ExportedEntry
        );
        if has_place && is_of_entry {
            out.extend_from_slice(ENTRY);
            push_string(out, last_component(path));
            out.extend_from_slice(b"\",\"read_error\":true}");
        }
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        if totals.completeness.is_end_of_walk() {
            if !self.has_root {
                let reason = "nothing to export: the directory was left out, or is gone";
                return Err(ReportError::Empty(reason));
            }
            page.lines.extend_from_slice(b"]\n");
        }
        Ok(None)
    }
}

/// Appends the quote after the name, and the sizes that are not 0. Short sizes are appended in one piece, because
/// every entry of an export has sizes.
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

/// Adds the number of entries in a sum to the object that was appended last.
fn push_items(record: &Record<'_>, text: &mut Vec<u8>) {
    text.pop();
    push_number(text, "items", record.usage.inodes.into());
    text.push(b'}');
}

fn push_extended(text: &mut Vec<u8>, item: &Item<'_>) {
    if let Some(detail) = item.detail {
        for (key, id) in [("uid", detail.uid), ("gid", detail.gid)] {
            if id != Detail::NO_ID {
                push_number(text, key, id.into());
            }
        }
        if detail.mode & Detail::NO_PERMISSIONS == 0 {
            push_number(text, "mode", detail.mode.into());
        }
    }
    if item.usage.newest != FileTime::NEVER {
        // As ncdu 1 does: it and ncdu 2 refuse a file with a negative number.
        let seconds = item.usage.newest.seconds.cast_unsigned();
        push_number(text, "mtime", seconds.into());
    }
}

/// Appends the bytes between two quotes, as ncdu writes them.
fn push_string(text: &mut Vec<u8>, string: &[u8]) {
    // Nearly all names are plain.
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

/// True where no byte is escaped. Checks eight bytes at a time, the last bytes twice: a loop over single bytes costs
/// one mispredicted branch per name.
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
    // If a byte is less than `than`, the subtraction sets the highest bit of that byte.
    let has_less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word;
    let has = |byte: u8| has_less(word ^ (ONES * u64::from(byte)), 1);
    (has_less(word, 0x20) | has(b'"') | has(b'\\') | has(0x7f)) & HIGHEST == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_any_length_follow_the_name_and_a_size_of_0_is_left_out() {
        let member = |key: &str, size: u128| match size {
            0 => String::new(),
            _ => format!(",\"{key}\":{size}"),
        };
        let sizes = [0, 1, 99_999_999, 100_000_000, u128::from(u64::MAX) + 1];
        for apparent in sizes {
            for allocated in sizes {
                let usage = Usage {
                    apparent,
                    allocated,
                    ..Usage::default()
                };
                let mut text = b"name".to_vec();
                push_sizes(&mut text, &usage);
                let expected = member("asize", apparent) + &member("dsize", allocated);
                assert_eq!(text, format!("name\"{expected}").into_bytes());
            }
        }
    }

    #[test]
    fn a_byte_is_plain_or_not_at_any_place() {
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
