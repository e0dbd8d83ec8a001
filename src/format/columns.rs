//! The columns that JSON and CSV share.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use rustix::fs::FileType;

use crate::count::record::{Kind, Record};
use crate::count::usage::FileTime;

/// All nine digits of a fraction: times of equal length sort as text.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));

/// 0000-01-01T00:00:00Z: the first year of RFC 3339.
const YEAR_0: i64 = -62_167_219_200;

/// The words for the file types.
pub(super) const KINDS: [&str; 7] = [
    "file",
    "directory",
    "symlink",
    "fifo",
    "socket",
    "block device",
    "character device",
];

/// The word for the file type.
pub(super) fn kind(record: &Record<'_>) -> &'static str {
    KINDS[usize::from(kind_index(record))]
}

/// The index of the file type in [`KINDS`].
pub(super) fn kind_index(record: &Record<'_>) -> u8 {
    if record.kind != Kind::File {
        return 1;
    }
    let mode = record.detail.map_or(0, |detail| detail.mode);
    match FileType::from_raw_mode(mode) {
        FileType::Symlink => 2,
        FileType::Fifo => 3,
        FileType::Socket => 4,
        FileType::BlockDevice => 5,
        FileType::CharacterDevice => 6,
        FileType::RegularFile | FileType::Directory | FileType::Unknown => 0,
    }
}

/// Appends a time in the form of RFC 3339, in UTC. Appends nothing and returns false where the time is outside of its
/// years.
pub(super) fn write_time(moment: FileTime, out: &mut Vec<u8>) -> bool {
    let Ok(nanoseconds) = i32::try_from(moment.nanoseconds) else {
        return false;
    };
    match Timestamp::new(moment.seconds, nanoseconds) {
        Ok(time) if moment.seconds >= YEAR_0 => PRINTER.print_timestamp(&time, out).is_ok(),
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
            (253_402_300_800, 0, ""),
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
