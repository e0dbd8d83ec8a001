//! The time zone of local times, found as tzset(3) describes.
//!
//! `TZ` is the name of a file in the zone database, or a POSIX rule (`CET-1CEST,M3.5.0,M10.5.0/3`). Without `TZ`, the
//! system's file gives the zone. A file has precedence over a rule of the same text, and a rule may lack its end. Any
//! other text is UTC, under the name at the beginning of the text: nothing here is an error. All this is as in glibc,
//! with two exceptions: leap seconds in a file are ignored, and a rule without dates of change has those of the United
//! States since 2007, not those of the file `posixrules`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;

/// The zone of a process that has no `TZ`.
const SYSTEM: &str = "/etc/localtime";

/// The directory of the database where `TZDIR` is not set.
const DATABASE: &str = "/usr/share/zoneinfo";

/// The most bytes that are read of a zone's file; the largest files have 4 KiB.
pub const MAX_FILE: u64 = 1024 * 1024;

/// The default dates on which daylight saving time begins and ends in a rule.
const CHANGES: [&str; 2] = ["M3.2.0", "M11.1.0"];

/// The zone for this value of `TZ`, if it is set, and this directory of the database. `read` returns at most
/// [`MAX_FILE`] bytes of a file.
#[must_use]
pub fn zone(
    tz: Option<&OsStr>,
    database: Option<&OsStr>,
    read: impl Fn(&Path) -> Option<Vec<u8>>,
) -> TimeZone {
    let file = |path: &Path| TimeZone::tzif("local", &read(path)?).ok();
    let Some(tz) = tz else {
        return file(Path::new(SYSTEM)).unwrap_or(TimeZone::UTC);
    };
    let tz = tz.as_bytes();
    let tz = tz.strip_prefix(b":").unwrap_or(tz);
    if tz.is_empty() {
        return TimeZone::UTC;
    }
    let database = database.filter(|directory| !directory.is_empty());
    let database = Path::new(database.unwrap_or(DATABASE.as_ref()));
    file(&database.join(OsStr::from_bytes(tz)))
        .or_else(|| rule(tz))
        .unwrap_or_else(TimeZone::unknown)
}

/// A POSIX rule, with all its parts written out, as jiff requires.
fn rule(tz: &[u8]) -> Option<TimeZone> {
    let rest = &mut str::from_utf8(tz).ok()?;
    let name = name(rest)?;
    let Some(offset) = clock(rest, 24) else {
        return TimeZone::posix(&format!("<{name}>0")).ok();
    };
    let mut whole = format!("<{name}>{offset}");
    if !rest.is_empty() {
        let (name, offset) = (self::name(rest)?, clock(rest, 24).unwrap_or_default());
        whole += &format!("<{name}>{offset}");
        for otherwise in CHANGES {
            let told = rest.strip_prefix(',').filter(|told| !told.is_empty());
            *rest = told.unwrap_or_default();
            let change = told.map_or_else(|| Some(otherwise.into()), |_| change(rest));
            whole = [whole, change?].join(",");
        }
    }
    TimeZone::posix(&whole).ok()
}

/// Takes a day of the year and an optional time.
fn change(rest: &mut &str) -> Option<String> {
    let mut day = if skip(rest, "M") {
        let month = number(rest)?;
        let week = skip(rest, ".").then(|| number(rest))??;
        let day = skip(rest, ".").then(|| number(rest))??;
        format!("M{month}.{week}.{day}")
    } else {
        let kind = if skip(rest, "J") { "J" } else { "" };
        format!("{kind}{}", number(rest)?)
    };
    if skip(rest, "/")
        && let Some(time) = clock(rest, 167)
    {
        day = [day, time].join("/");
    }
    Some(day)
}

/// Takes a name: three letters or more, or any text between angle brackets.
fn name<'a>(rest: &mut &'a str) -> Option<&'a str> {
    if skip(rest, "<") {
        let (name, after) = rest.split_once('>')?;
        *rest = after;
        return Some(name);
    }
    let name = take_while(rest, |character| character.is_ascii_alphabetic());
    (name.len() >= 3).then_some(name)
}

/// Takes hours and optional minutes and seconds; takes nothing where there are no hours.
fn clock(rest: &mut &str, most_hours: u32) -> Option<String> {
    let mut after = *rest;
    let sign = if skip(&mut after, "-") { "-" } else { "" };
    if sign.is_empty() {
        skip(&mut after, "+");
    }
    let hours = number(&mut after)?.min(most_hours);
    *rest = after;
    let mut part = || {
        let mut after = *rest;
        let number = skip(&mut after, ":").then(|| number(&mut after))??;
        *rest = after;
        Some(number.min(59))
    };
    let (minutes, seconds) = (part().unwrap_or(0), part().unwrap_or(0));
    Some(format!("{sign}{hours}:{minutes:02}:{seconds:02}"))
}

/// Takes a number; the largest `u32` where it is larger.
fn number(rest: &mut &str) -> Option<u32> {
    let digits = take_while(rest, |character| character.is_ascii_digit());
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))
}

/// Takes a word if the text begins with it.
fn skip(rest: &mut &str, word: &str) -> bool {
    let after = rest.strip_prefix(word);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

fn take_while<'a>(rest: &mut &'a str, is_wanted: impl Fn(char) -> bool) -> &'a str {
    let length = rest.find(|character| !is_wanted(character));
    let (taken, after) = rest.split_at(length.unwrap_or(rest.len()));
    *rest = after;
    taken
}
