//! What OLD of `--diff=OLD` names: a file, the newest snapshot, or the newest one of a time.
//!
//! A file has precedence over the words, so a file that is called `7d` can be named. An age counts
//! back from now in the calendar of the local time zone, so `1d` is the same time yesterday, and `1m` before March 31 is
//! the last day of February. A time without seconds, or a date, stands for its whole minute or day: `2026-11-18` is the
//! newest snapshot of that day, or one before it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

/// Which state `--diff` compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OldSnapshot {
    /// The state in this file.
    File(OsString),
    /// The newest snapshot of the directory.
    Last,
    /// The newest snapshot that was begun at this time or before it.
    At(Timestamp),
}

/// A text that names no snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidOld;

impl OldSnapshot {
    /// Parses OLD at the time `now`, whose zone is the local one; `is_there` tells whether a file exists.
    pub(super) fn parse(
        text: &OsStr,
        now: impl FnOnce() -> Zoned,
        is_there: impl FnOnce(&OsStr) -> bool,
    ) -> Result<Self, InvalidOld> {
        if text.as_bytes().contains(&b'/') || is_there(text) {
            return Ok(Self::File(text.to_owned()));
        }
        let text = text.to_str().ok_or(InvalidOld)?;
        if text == "last" {
            return Ok(Self::Last);
        }
        if let Some(age) = age(text) {
            let then = now().checked_sub(age).map_err(|_| InvalidOld)?;
            return Ok(Self::At(then.timestamp()));
        }
        let zone = || now().time_zone().clone();
        time(text, zone).map(Self::At).ok_or(InvalidOld)
    }
}

/// An age: digits and one letter.
fn age(text: &str) -> Option<Span> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let span = Span::new();
    match &text[digits.len()..] {
        "h" => span.try_hours(number),
        "d" => span.try_days(number),
        "w" => span.try_weeks(number),
        "m" => span.try_months(number),
        "y" => span.try_years(number),
        _ => return None,
    }
    .ok()
}

/// The last moment of a time or a date: of the local zone, unless the text ends in `Z` or in an offset.
fn time(text: &str, zone: impl FnOnce() -> TimeZone) -> Option<Timestamp> {
    if let Ok(exact) = text.parse::<Timestamp>() {
        return Some(exact);
    }
    let last = match text.split_once(['T', ' ']) {
        None => day(text)?.to_datetime(Time::MAX),
        Some((date, clock)) => last_moment(day(date)?, clock)?,
    };
    zone().to_zoned(last).ok().map(|zoned| zoned.timestamp())
}

/// The date of `2026-11-18`, and of no other form.
fn day(text: &str) -> Option<Date> {
    Date::strptime("%Y-%m-%d", text)
        .ok()
        .filter(|_| text.len() == 10)
}

/// The last moment of `04:00` or of `04:00:03` on a date.
fn last_moment(date: Date, clock: &str) -> Option<DateTime> {
    let (format, rest) = match clock.len() {
        5 => ("%H:%M", 1.minute()),
        8 => ("%H:%M:%S", 1.second()),
        _ => return None,
    };
    let begin = date.to_datetime(Time::strptime(format, clock).ok()?);
    begin
        .checked_add(rest)
        .ok()?
        .checked_sub(1.nanosecond())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Summer time ended in this zone on 2026-10-25.
    fn now() -> Zoned {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("the rule is sound");
        let now: Timestamp = "2026-11-30T11:42:00Z".parse().expect("the time is sound");
        now.to_zoned(zone)
    }

    fn parsed(text: &str) -> Result<OldSnapshot, InvalidOld> {
        OldSnapshot::parse(OsStr::new(text), now, |_| false)
    }

    #[test]
    fn an_age_counts_back_in_the_local_calendar_and_a_time_is_local() {
        for (text, expected) in [
            ("36h", "2026-11-28T23:42:00Z"),
            ("7d", "2026-11-23T11:42:00Z"),
            ("2w", "2026-11-16T11:42:00Z"),
            // The offset was +02:00 then: the clock shows the same time.
            ("36d", "2026-10-25T11:42:00Z"),
            ("37d", "2026-10-24T10:42:00Z"),
            ("888h", "2026-10-24T11:42:00Z"),
            ("3m", "2026-08-30T10:42:00Z"),
            ("9m", "2026-02-28T11:42:00Z"),
            ("1y", "2025-11-30T11:42:00Z"),
            ("0h", "2026-11-30T11:42:00Z"),
            ("2026-11-18", "2026-11-18T22:59:59.999999999Z"),
            ("2026-07-01", "2026-07-01T21:59:59.999999999Z"),
            ("2026-11-18T04:00", "2026-11-18T03:00:59.999999999Z"),
            ("2026-11-18 23:59", "2026-11-18T22:59:59.999999999Z"),
            ("2026-11-18T04:00:03", "2026-11-18T03:00:03.999999999Z"),
            ("2026-11-18T04:00:03Z", "2026-11-18T04:00:03Z"),
            ("2026-11-18T04:00:03+02:00", "2026-11-18T02:00:03Z"),
        ] {
            let expected = expected.parse().expect("the case is sound");
            assert_eq!(parsed(text), Ok(OldSnapshot::At(expected)), "{text}");
        }
    }

    #[test]
    fn a_file_has_precedence_and_other_words_are_refused() {
        assert_eq!(parsed("last"), Ok(OldSnapshot::Last));
        for text in ["./last", "a/7d", "/"] {
            assert_eq!(parsed(text), Ok(OldSnapshot::File(text.into())), "{text}");
        }
        let there = OldSnapshot::parse(OsStr::new("7d"), now, |name| name == "7d");
        assert_eq!(there, Ok(OldSnapshot::File("7d".into())));
        for text in [
            "",
            "d",
            "7",
            "7D",
            "7 d",
            "-7d",
            "+7d",
            "7dd",
            "1y6m",
            "7s",
            "1.5d",
            "99999999999999999999d",
            "99999y",
            "Last",
            "lastt",
            "las",
            "2026-11",
            "2026-11-31",
            "2026-1-1",
            "20261118",
            "2026-11-18T",
            "2026-11-18T4:00",
            "2026-11-18T24:00",
            "2026-11-18T04:60",
            "2026-11-18T04:00:61",
            "old.parquet",
            "7\u{e9}",
        ] {
            assert_eq!(parsed(text), Err(InvalidOld), "{text}");
        }
        let bytes = OldSnapshot::parse(OsStr::from_bytes(b"\xff"), now, |_| false);
        assert_eq!(bytes, Err(InvalidOld));
    }
}
