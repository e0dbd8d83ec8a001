//! The time zone of local times, as the C library finds it (tzset(3)).
//!
//! `TZ` is the name of a file of the zone database, or a rule as POSIX has them; where there is none, it is the
//! system's file. As in glibc the file goes first, a rule may lack its end, and what is neither is UTC under the name
//! that it begins with. What is wrong here is no error there either.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;

use crate::again::{open, read_all};

/// The zone of a process that has no `TZ`.
const SYSTEM: &str = "/etc/localtime";

/// Where the database is, unless `TZDIR` says otherwise.
const DATABASE: &str = "/usr/share/zoneinfo";

/// No zone has a larger file: the largest have 4 KiB.
const LARGEST: u64 = 1024 * 1024;

/// When daylight saving time begins and ends where a rule does not say it.
const CHANGES: [&str; 2] = ["M3.2.0", "M11.1.0"];

/// The zone that `TZ` (if it is set) names, in this database.
#[must_use]
pub fn zone(tz: Option<&OsStr>, database: Option<&OsStr>) -> TimeZone {
    let Some(tz) = tz else {
        return file(Path::new(SYSTEM)).unwrap_or(TimeZone::UTC);
    };
    let tz = tz.as_bytes();
    let tz = tz.strip_prefix(b":").unwrap_or(tz);
    if tz.is_empty() {
        return TimeZone::UTC;
    }
    let database = Path::new(database.unwrap_or(DATABASE.as_ref()));
    file(&database.join(OsStr::from_bytes(tz)))
        .or_else(|| rule(tz))
        .unwrap_or_else(TimeZone::unknown)
}

fn file(path: &Path) -> Option<TimeZone> {
    let mut data = Vec::new();
    read_all(open(path.as_os_str()).ok()?.take(LARGEST), &mut data).ok()?;
    TimeZone::tzif("local", &data).ok()
}

/// A rule, as whole as jiff wants it.
fn rule(tz: &[u8]) -> Option<TimeZone> {
    let rest = &mut str::from_utf8(tz).ok()?;
    let name = name(rest)?;
    let utc = || TimeZone::posix(&format!("<{name}>0")).ok();
    let Some(offset) = offset(rest) else {
        return utc();
    };
    let mut whole = format!("<{name}>{offset}");
    if !rest.is_empty() {
        whole += &format!(
            "<{}>{}",
            self::name(rest)?,
            self::offset(rest).unwrap_or_default()
        );
        let mut changes = rest.strip_prefix(',').unwrap_or_default().split(',');
        for otherwise in CHANGES {
            let change = changes.next().filter(|change| !change.is_empty());
            whole = [&*whole, ",", change.unwrap_or(otherwise)].concat();
        }
    }
    TimeZone::posix(&whole).ok()
}

/// Takes a name of three letters or more, or what stands between angle brackets.
fn name<'a>(rest: &mut &'a str) -> Option<&'a str> {
    if let Some(quoted) = rest.strip_prefix('<') {
        let (name, after) = quoted.split_once('>')?;
        *rest = after;
        return Some(name);
    }
    let is_letter = |character: char| character.is_ascii_alphabetic();
    let length = rest.find(|character| !is_letter(character));
    let (name, after) = rest.split_at(length.unwrap_or(rest.len()));
    *rest = after;
    (name.len() >= 3).then_some(name)
}

/// Takes hours, and perhaps minutes and seconds, of one or two digits each.
fn offset(rest: &mut &str) -> Option<String> {
    let (sign, mut after) = match rest.as_bytes().first()? {
        b'-' => ("-", rest.get(1..)?),
        b'+' => ("", rest.get(1..)?),
        _ => ("", *rest),
    };
    let [hours, minutes, seconds] = [("", 24), (":", 59), (":", 59)].map(|(before, most)| {
        let (number, end) = number(after.strip_prefix(before)?)?;
        after = end;
        Some(number.min(most))
    });
    let (hours, minutes, seconds) = (hours?, minutes.unwrap_or(0), seconds.unwrap_or(0));
    *rest = after;
    Some(format!("{sign}{hours}:{minutes:02}:{seconds:02}"))
}

/// A number of one or two digits, and what follows it.
fn number(text: &str) -> Option<(u8, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, after) = text.split_at_checked(digits)?;
    Some((digits.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    /// What GNU du 9.10 says of `TZ` (glibc 2.36), on 2026-11-22 at 00:06:31 UTC: its time, and the zone's name.
    #[test]
    fn every_tz_means_what_it_means_to_the_c_library() {
        let noon = Timestamp::from_second(1_795_305_991).expect("it is one");
        for (tz, expected) in [
            ("Nowhere/x", "00:06:31 +0000 Nowhere"),
            ("No/Where", "00:06:31 +0000 "),
            ("UTC0", "00:06:31 +0000 UTC"),
            ("", "00:06:31 +0000 UTC"),
            (":", "00:06:31 +0000 UTC"),
            ("EST5EDT", "19:06:31 -0500 EST"),
            ("AAA5", "19:06:31 -0500 AAA"),
            ("AAA5BBB", "19:06:31 -0500 AAA"),
            ("AAA5BBB6", "19:06:31 -0500 AAA"),
            ("AAA5BBB,J60,J300", "19:06:31 -0500 AAA"),
            ("AAA5BBB,J60,J300,J200", "19:06:31 -0500 AAA"),
            ("EST5EDT4,M3.2.0/2", "19:06:31 -0500 EST"),
            ("<+03>-3", "03:06:31 +0300 +03"),
            ("AAA-1:2:3", "01:08:34 +0102 AAA"),
            ("UTC+25", "00:06:31 -2400 UTC"),
            (":Europe/Berlin", "01:06:31 +0100 CET"),
            ("Europe/../Europe/Paris", "01:06:31 +0100 CET"),
            ("/usr/share/zoneinfo/Asia/Tokyo", "09:06:31 +0900 JST"),
            ("Europe", "00:06:31 +0000 Europe"),
            ("/etc/passwd", "00:06:31 +0000 "),
            ("AAA", "00:06:31 +0000 AAA"),
            ("AA5", "00:06:31 +0000 "),
            ("AAA5 ", "00:06:31 +0000 "),
            ("A\u{ff}B5", "00:06:31 +0000 "),
        ] {
            let needs_file = tz.contains("/") && expected.len() > 15 && !expected.contains("+0000");
            if needs_file && !Path::new(DATABASE).join("Europe/Berlin").exists() {
                continue;
            }
            let zone = zone(Some(tz.as_ref()), None);
            let offset = zone.to_offset_info(noon);
            let local = zone.to_datetime(noon).strftime("%H:%M:%S").to_string();
            let seconds = offset.offset().seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
            let name = if zone == TimeZone::unknown() {
                ""
            } else {
                offset.abbreviation()
            };
            let said = format!("{local} {sign}{hours:02}{minutes:02} {name}");
            assert_eq!(said, expected, "{tz:?}");
        }
    }
}
