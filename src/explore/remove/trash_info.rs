//! The text of the files in a directory for trash, and the names in it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What follows the name of an entry in the name of its info file.
const SUFFIX: &[u8] = b".trashinfo";

/// The longest name of a file.
const LONGEST: usize = 255;

/// The text of an info file.
pub(super) fn text(path: &[u8], now: Timestamp, zone: &TimeZone) -> Vec<u8> {
    let date = now.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S");
    let path = encoded(path);
    format!("[Trash Info]\nPath={path}\nDeletionDate={date}\n").into_bytes()
}

/// The line of a directory in `directorysizes`.
pub(super) fn size_line(allocated: u64, info_time: i64, name: &[u8]) -> String {
    format!("{allocated} {info_time} {}\n", encoded(name))
}

/// A path with the escapes of a URI.
fn encoded(path: &[u8]) -> String {
    let mut text = String::new();
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            text.push(byte.into());
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// The name in the trash on the attempt `number`, counted from 1: `a`, `a.2`, `a.3`. Cut where the name of the info file
/// would be too long, but not inside a character.
pub(super) fn name(name: &[u8], number: u32) -> Vec<u8> {
    let end = match number {
        1 => String::new(),
        number => format!(".{number}"),
    };
    let most = LONGEST - SUFFIX.len() - end.len();
    let mut cut = name.len().min(most);
    if cut < name.len() && std::str::from_utf8(name).is_ok() {
        while cut > 0 && (0x80..0xC0).contains(&name[cut]) {
            cut -= 1;
        }
    }
    [&name[..cut], end.as_bytes()].concat()
}

/// The name of the info file of an entry in the trash.
pub(super) fn info_name(name: &[u8]) -> Vec<u8> {
    [name, SUFFIX].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_info_file_has_the_escaped_path_and_the_local_time() {
        let now: Timestamp = "2026-11-30T23:30:05Z".parse().expect("a time");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let expected =
            "[Trash Info]\nPath=/a/%25%20%0A%C3%A9%FF~-_.\nDeletionDate=2026-12-01T00:30:05\n";
        let text = text(b"/a/% \n\xc3\xa9\xff~-_.", now, &zone);
        assert_eq!(String::from_utf8(text).expect("ASCII"), expected);
        assert_eq!(size_line(4096, 7, b"a b"), "4096 7 a%20b\n");
    }

    #[test]
    fn names_get_numbers_and_fit_with_the_suffix() {
        assert_eq!(
            (name(b"a", 1), name(b"a", 12)),
            (b"a".to_vec(), b"a.12".to_vec())
        );
        for byte in ["x", "\u{e9}", "\u{20ac}"] {
            let long = byte.repeat(255 / byte.len());
            for number in [1, 2, 9999] {
                let name = name(long.as_bytes(), number);
                let length = info_name(&name).len();
                assert!((252..=255).contains(&length), "{byte} {number}: {length}");
                assert!(String::from_utf8(name).is_ok());
            }
        }
        let raw = name(&[0x80; 255], 1);
        assert_eq!(raw.len(), 245);
    }
}
