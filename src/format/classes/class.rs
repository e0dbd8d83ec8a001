//! The class of an entry.
//!
//! Any user can choose the names of files, so extensions are bounded: an extension is the text after the last dot, if
//! that is 1 to 16 ASCII letters, digits, `_`, `-` or `+`, in lower case, so that `.JPG` is `jpg`. Dots at the start
//! of a name do not count. Only regular files have an extension.

use crate::count::record::{Record, last_component};
use crate::count::usage::{Detail, FileTime};
use crate::format::columns::{file_type, type_name};
use crate::format::kinds::GroupBy;
use rustix::fs::FileType;

/// The longest extension.
const LONGEST: usize = 16;

const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;

/// The classes of ages, each with its upper bound in days. Files above the last bound are `older`.
const AGES: [(i128, &str); 5] = [
    (1, "day"),
    (7, "week"),
    (30, "month"),
    (91, "quarter"),
    (365, "year"),
];

const UNKNOWN: Class = Class::Fixed("(unknown)");
const DIRECTORIES: Class = Class::Fixed("(directories)");

/// The class of all entries that arrive after the greatest number of classes is reached.
pub const MORE: Class = Class::Fixed("(more)");

/// A class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A class with a name of pdu.
    Fixed(&'static str),
    /// An extension, padded with zeros.
    Extension([u8; LONGEST]),
    /// The number of a user or a group.
    Id(u32),
}

impl Class {
    /// The number of the user or the group.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        match *self {
            Self::Id(number) => Some(number),
            Self::Fixed(_) | Self::Extension(_) => None,
        }
    }
}

/// The class of a record at the time `now`.
#[must_use]
pub fn class(by: GroupBy, now: FileTime, record: &Record<'_>) -> Class {
    match by {
        GroupBy::Extension => match file_type(record) {
            FileType::Directory => DIRECTORIES,
            FileType::Symlink => Class::Fixed("(symlinks)"),
            FileType::RegularFile => extension(record.path),
            FileType::Unknown => UNKNOWN,
            _ => Class::Fixed("(special)"),
        },
        GroupBy::Owner => id(record.detail.map(|detail| detail.uid)),
        GroupBy::Group => id(record.detail.map(|detail| detail.gid)),
        GroupBy::Age => age(now, record.usage.newest),
        GroupBy::Kind => type_name(file_type(record)).map_or(UNKNOWN, Class::Fixed),
    }
}

fn id(number: Option<u32>) -> Class {
    match number {
        None | Some(Detail::NO_ID) => UNKNOWN,
        Some(number) => Class::Id(number),
    }
}

fn age(now: FileTime, time: FileTime) -> Class {
    if time == FileTime::NEVER {
        return UNKNOWN;
    }
    let nanoseconds = |moment: FileTime| {
        i128::from(moment.seconds) * 1_000_000_000 + i128::from(moment.nanoseconds)
    };
    let age = nanoseconds(now) - nanoseconds(time);
    // Less than a day ahead is not the future: clocks of servers differ, and files change during the walk.
    if age < -DAY {
        return Class::Fixed("(future)");
    }
    let found = AGES.iter().find(|(days, _)| age < days * DAY);
    Class::Fixed(found.map_or("older", |(_, name)| name))
}

fn extension(path: &[u8]) -> Class {
    let name = last_component(path);
    let first = name.iter().position(|&byte| byte != b'.').unwrap_or(0);
    let name = name.get(first..).unwrap_or_default();
    let dot = name.iter().rposition(|&byte| byte == b'.');
    let text = dot.and_then(|dot| name.get(dot + 1..)).unwrap_or_default();
    let is_fine = |&byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
    let mut padded = [0; LONGEST];
    match padded.get_mut(..text.len()) {
        Some(place) if !text.is_empty() && text.iter().all(is_fine) => {
            place.copy_from_slice(text);
            padded.make_ascii_lowercase();
            Class::Extension(padded)
        }
        _ => Class::Fixed("(none)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::record::Kind;
    use crate::count::usage::Usage;

    #[test]
    fn an_extension_follows_the_last_dot_and_is_short_and_plain() {
        for (path, expected) in [
            ("a.rs", "rs"),
            ("d.x/a.rs", "rs"),
            ("d.x/a", "(none)"),
            ("a.tar.gz", "gz"),
            ("A.JPG", "jpg"),
            (".bashrc", "(none)"),
            (".config.json", "json"),
            ("..rc", "(none)"),
            ("...", "(none)"),
            ("a.", "(none)"),
            ("a..b", "b"),
            ("a.c++", "c++"),
            ("a.1", "1"),
            ("a.b c", "(none)"),
            ("a.c~", "(none)"),
            ("a.\u{e9}", "(none)"),
            ("a.\u{1b}[31m", "(none)"),
            ("a.0123456789abcdef", "0123456789abcdef"),
            ("a.0123456789abcdef0", "(none)"),
            ("", "(none)"),
        ] {
            let text = match extension(path.as_bytes()) {
                Class::Extension(padded) => {
                    let text = String::from_utf8(padded.into()).expect("it is ASCII");
                    text.trim_end_matches('\0').to_owned()
                }
                other => name_of(other).to_owned(),
            };
            assert_eq!(text, expected, "{path:?}");
        }
    }

    fn name_of(class: Class) -> &'static str {
        match class {
            Class::Fixed(name) => name,
            _ => panic!("{class:?} has no fixed name"),
        }
    }

    #[test]
    fn ages_end_at_their_bounds() {
        const DAY: i64 = 86_400;
        const NOW: i64 = 1_700_000_000;
        let now = FileTime {
            seconds: NOW,
            nanoseconds: 500,
        };
        // Seconds before now, with the class at one nanosecond less than that, and at that.
        for (before, younger, exactly) in [
            (-DAY, "(future)", "day"),
            (0, "day", "day"),
            (DAY, "day", "week"),
            (7 * DAY, "week", "month"),
            (30 * DAY, "month", "quarter"),
            (91 * DAY, "quarter", "year"),
            (365 * DAY, "year", "older"),
        ] {
            let at = |nanoseconds| FileTime {
                seconds: NOW - before,
                nanoseconds,
            };
            assert_eq!(name_of(age(now, at(501))), younger, "{before}, younger");
            assert_eq!(name_of(age(now, at(500))), exactly, "{before}");
            assert_eq!(name_of(age(now, at(499))), exactly, "{before}, older");
        }
    }

    #[test]
    fn times_at_the_ends_of_the_scale_have_an_age() {
        let at = |seconds| FileTime {
            seconds,
            nanoseconds: 0,
        };
        for (now, time, expected) in [
            (i64::MIN, i64::MAX, "(future)"),
            (i64::MAX, i64::MIN + 1, "older"),
            (0, i64::MIN, "(unknown)"),
        ] {
            assert_eq!(name_of(age(at(now), at(time))), expected);
        }
    }

    #[test]
    fn entries_without_attributes_are_unknown() {
        let no_owner = Detail {
            uid: Detail::NO_ID,
            gid: Detail::NO_ID,
            ..Detail::default()
        };
        for detail in [None, Some(&no_owner)] {
            let record = Record {
                path: b"a.rs",
                depth: 1,
                kind: Kind::File,
                usage: Usage::default(),
                detail,
            };
            for by in [GroupBy::Owner, GroupBy::Group, GroupBy::Kind, GroupBy::Age] {
                assert_eq!(class(by, FileTime::NEVER, &record), UNKNOWN, "{by:?}");
            }
        }
    }
}
