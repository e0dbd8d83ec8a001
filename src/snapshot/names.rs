//! The names in a store of snapshots: of the directory of a root, and of the snapshots in it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use twox_hash::XxHash64;

/// The longest name on Linux, in bytes.
const LONGEST: usize = 255;

/// Stands before the hash in a name that was cut. The other names do not contain it.
const CUT: u8 = b'~';

/// The end of the name of a snapshot.
const SUFFIX: &str = ".parquet";

/// The name for an absolute path: all bytes but letters, digits, `-`, `_` and `.` are percent-encoded. A name that would be
/// too long ends in the XXH64 of the path.
pub(super) fn of_root(root: &[u8]) -> OsString {
    let hash = format!("{}{:016x}", char::from(CUT), XxHash64::oneshot(0, root));
    let mut name = Vec::new();
    // As much of the name as leaves room for the hash.
    let mut head = 0;
    for &byte in root {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(byte),
            _ => name.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
        if name.len() + hash.len() <= LONGEST {
            head = name.len();
        }
    }
    if name.len() > LONGEST {
        name.truncate(head);
        name.extend_from_slice(hash.as_bytes());
    }
    OsString::from_vec(name)
}

/// A time in messages and lines: whole seconds in UTC.
pub(super) fn in_seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The name of the snapshot with this number among those that began in the same second, counted from 1. Such names have the
/// order of the times.
pub(super) fn of_snapshot(started: Timestamp, number: usize) -> OsString {
    let time = started.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ");
    match number {
        1 => format!("{time}{SUFFIX}"),
        _ => format!("{time}_{number}{SUFFIX}"),
    }
    .into()
}

/// True for a name that [`of_snapshot`] makes.
pub(super) fn is_of_snapshot(name: &[u8]) -> bool {
    let Some(stem) = name.strip_suffix(SUFFIX.as_bytes()) else {
        return false;
    };
    let (time, number) = stem.split_at(stem.len().min(16));
    let is_time = time.iter().enumerate().all(|(at, byte)| match at {
        8 => *byte == b'T',
        15 => *byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    let is_number = match number {
        [] => true,
        [b'_', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    time.len() == 16 && is_time && is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_percent_encoded() {
        for (root, expected) in [
            (&b"/"[..], "%2F"),
            (b"/srv/www.example-1_a", "%2Fsrv%2Fwww.example-1_a"),
            (b"/a b%~\n\xff", "%2Fa%20b%25%7E%0A%FF"),
            ("/é".as_bytes(), "%2F%C3%A9"),
        ] {
            assert_eq!(of_root(root), expected);
        }
    }

    #[test]
    fn a_long_name_is_cut_between_two_characters_and_ends_in_the_hash() {
        let fits = [b"/".to_vec(), vec![b'a'; 252]].concat();
        assert_eq!(of_root(&fits).len(), 255);
        for root in [
            vec![b'/'; 300],
            [&b"/a"[..], &[b'/'; 300]].concat(),
            [b"/".to_vec(), vec![b'a'; 253]].concat(),
        ] {
            let name = of_root(&root).into_string().expect("it is ASCII");
            let (head, hash) = name.split_once('~').expect("it was cut");
            assert!(name.len() <= 255 && name.len() > 252, "{name}");
            assert_eq!(hash.len(), 16);
            assert!(
                !head.ends_with('%') && !head[..head.len() - 1].ends_with('%'),
                "{name}"
            );
        }
        assert_ne!(of_root(&[b'/'; 300]), of_root(&[b'/'; 301]));
    }

    #[test]
    fn names_of_snapshots_are_known_again() {
        let started = "2026-11-25T07:21:00.9Z".parse().expect("a time");
        assert_eq!(of_snapshot(started, 1), "20261125T072100Z.parquet");
        assert_eq!(of_snapshot(started, 12), "20261125T072100Z_12.parquet");
        for number in [1, 2, 100] {
            assert!(is_of_snapshot(
                of_snapshot(started, number).as_encoded_bytes()
            ));
        }
        for name in [
            "",
            ".parquet",
            "x.parquet",
            "20261125T072100Z",
            "20261125T072100Z.parquet~",
            "20261125T072100Z_.parquet",
            "20261125T072100Z_a.parquet",
            "20261125T072100.parquet",
            "20261125t072100Z.parquet",
            "220261125T072100Z.parquet",
            "20261125T072100Z2.parquet",
            ".20261125T072100Z.parquet",
        ] {
            assert!(!is_of_snapshot(name.as_bytes()), "{name}");
        }
    }
}
