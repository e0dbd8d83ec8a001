//! The columns that JSON, CSV and Parquet share.

use jiff::SignedDuration;
use jiff::civil::{self, DateTime};
use jiff::fmt::temporal::DateTimePrinter;
use rustix::fs::FileType;

use super::interface::Warning;
use crate::count::record::{Kind, Record};
use crate::count::usage::FileTime;

/// All nine digits of a fraction: times of equal length sort as text.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));

/// The time zero of a file system. A date and time of day without a zone: jiff's timestamps end a day before the last
/// year of RFC 3339 does.
const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

/// The file type; unknown where an export does not tell it.
pub(super) fn file_type(record: &Record<'_>) -> FileType {
    match (record.kind, record.detail) {
        (Kind::File, Some(detail)) => FileType::from_raw_mode(detail.mode),
        (Kind::File, None) => FileType::Unknown,
        _ => FileType::Directory,
    }
}

/// The words for the file types; the most frequent first.
const TYPES: [(FileType, &str); 7] = [
    (FileType::RegularFile, "file"),
    (FileType::Directory, "directory"),
    (FileType::Symlink, "symlink"),
    (FileType::Fifo, "fifo"),
    (FileType::Socket, "socket"),
    (FileType::BlockDevice, "block device"),
    (FileType::CharacterDevice, "character device"),
];

/// The words for the file types.
#[cfg(feature = "parquet")]
pub(super) fn type_names() -> impl Iterator<Item = &'static str> + Clone {
    TYPES.iter().map(|&(_, name)| name)
}

/// The index of a file type in [`type_names`]; none for the unknown one.
#[cfg(feature = "parquet")]
pub(super) fn type_index(file_type: FileType) -> Option<u32> {
    let index = TYPES.iter().position(|&(known, _)| known == file_type);
    index.map(|index| index as u32)
}

/// The word for a file type; none for the unknown one.
#[must_use]
pub fn type_name(file_type: FileType) -> Option<&'static str> {
    let mut types = TYPES.into_iter();
    types.find_map(|(known, name)| (known == file_type).then_some(name))
}

/// The file type with this word.
#[must_use]
pub fn type_named(name: &[u8]) -> Option<FileType> {
    let mut types = TYPES.into_iter();
    types.find_map(|(known, word)| (word.as_bytes() == name).then_some(known))
}

/// The word for the file type of a record.
pub(super) fn kind(record: &Record<'_>) -> &'static str {
    type_name(file_type(record)).unwrap_or("unknown")
}

/// The column of times.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    has_warned: bool,
}

impl Times {
    /// Appends a time in the form of RFC 3339, in UTC. Where the time has no such form, appends nothing and returns an
    /// error: a warning for the first time that is outside of the years of RFC 3339.
    pub(super) fn write(
        &mut self,
        moment: FileTime,
        out: &mut Vec<u8>,
    ) -> Result<(), Option<Warning>> {
        if moment == FileTime::NEVER {
            return Err(None);
        }
        if write_time(moment, out) {
            return Ok(());
        }
        let is_first = !std::mem::replace(&mut self.has_warned, true);
        Err(is_first.then_some(Warning::TimeOutOfRange(moment.seconds)))
    }
}

/// Appends a time in the form of RFC 3339, in UTC. Returns false where the time is outside of the years of RFC 3339.
pub fn write_time(moment: FileTime, out: &mut Vec<u8>) -> bool {
    let since = i32::try_from(moment.nanoseconds).ok();
    let since = since.filter(|nanoseconds| *nanoseconds < 1_000_000_000);
    let since = since.map(|nanoseconds| SignedDuration::new(moment.seconds, nanoseconds));
    match since.map(|since| EPOCH.checked_add(since)) {
        Some(Ok(time)) if time.year() >= 0 => {
            let is_written = PRINTER.print_datetime(&time, &mut *out).is_ok();
            out.push(b'Z');
            is_written
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_form_of_rfc_3339_or_none() {
        for (seconds, nanoseconds, expected) in [
            (0, 0, "1970-01-01T00:00:00.000000000Z"),
            (-1, 250_000_000, "1969-12-31T23:59:59.250000000Z"),
            (1_795_290_739, 123_456_789, "2026-11-21T19:52:19.123456789Z"),
            (-62_167_219_200, 0, "0000-01-01T00:00:00.000000000Z"),
            (-62_167_219_201, 0, ""),
            (
                253_402_207_200,
                999_999_999,
                "9999-12-30T22:00:00.999999999Z",
            ),
            (-62_167_219_200, 1, "0000-01-01T00:00:00.000000001Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59.000000000Z"),
            (
                253_402_300_799,
                999_999_999,
                "9999-12-31T23:59:59.999999999Z",
            ),
            (253_402_300_800, 0, ""),
            (-377_705_116_800, 0, ""),
            (0, 1_000_000_000, ""),
            (0, u32::MAX, ""),
            (i64::MIN, 0, ""),
            (i64::MAX, 999_999_999, ""),
        ] {
            let mut out = Vec::new();
            let moment = FileTime {
                seconds,
                nanoseconds,
            };
            assert_eq!(write_time(moment, &mut out), !expected.is_empty());
            assert_eq!(String::from_utf8_lossy(&out), expected, "{seconds}");
        }
    }
}
