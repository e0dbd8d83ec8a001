//! The time that is printed (`--time`) and its format (`--time-style`, `TIME_STYLE`).
//!
//! FORMAT is the language of `date` in the C locale (coreutils manual, "date conversion specifiers", "Padding and other
//! flags"). Beyond the manual, as in GNU date, an unknown conversion is copied, a width pads it, and flags combine.
//!
//! The zone's offset comes from jiff. A time outside of jiff's years -9999..=9999 is moved by cycles of 400 years,
//! after which the calendar and the weekdays repeat. So the far future has the last rule of the zone, as in GNU. A
//! year that exceeds 32 bits is [`OutOfRange`], as in GNU. [`WIDEST`] is a limit that GNU does not have. Two results
//! differ from glibc's: its daylight saving time is wrong after some 5.8 million years, and a zone that is a rule
//! (`TZ=CET-1CEST,…`) has none before 1970; here the rule holds at all times.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::gnu::argmatch;
pub use crate::gnu::argmatch::WordError;

/// The most padding. GNU date writes gigabytes of blanks for `%9999999999d`.
pub const WIDEST: usize = 1 << 16;

/// The time is outside of the range of GNU; the caller prints its seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// Which time of a file is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// The last change of the contents: the default, which has no word.
    Modified,
    /// The last access.
    Accessed,
    /// The last change of the inode.
    Changed,
}

impl TimeKind {
    /// Parses the WORD of `--time=WORD`.
    pub fn parse(word: &[u8]) -> Result<TimeKind, WordError> {
        let table = [
            ("atime", TimeKind::Accessed),
            ("access", TimeKind::Accessed),
            ("use", TimeKind::Accessed),
            ("ctime", TimeKind::Changed),
            ("status", TimeKind::Changed),
        ];
        argmatch::find(word, &table)
    }
}

/// How times are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStyle {
    format: Cow<'static, [u8]>,
}

impl TimeStyle {
    /// `2024-01-31 23:59:59.123456789 +0100`
    pub const FULL_ISO: TimeStyle = TimeStyle::fixed("%Y-%m-%d %H:%M:%S.%N %z");

    /// `2024-01-31 23:59` (default)
    pub const LONG_ISO: TimeStyle = TimeStyle::fixed("%Y-%m-%d %H:%M");

    /// `2024-01-31`
    pub const ISO: TimeStyle = TimeStyle::fixed("%Y-%m-%d");

    const fn fixed(format: &'static str) -> TimeStyle {
        TimeStyle {
            format: Cow::Borrowed(format.as_bytes()),
        }
    }

    /// Parses the STYLE of `--time-style=STYLE`.
    pub fn parse(text: &[u8]) -> Result<TimeStyle, WordError> {
        if let Some(format) = text.strip_prefix(b"+") {
            return Ok(TimeStyle {
                format: Cow::Owned(format.to_vec()),
            });
        }
        let table = [("full-iso", 0), ("long-iso", 1), ("iso", 2)];
        argmatch::find(text, &table).map(|found| match found {
            0 => TimeStyle::FULL_ISO,
            1 => TimeStyle::LONG_ISO,
            _ => TimeStyle::ISO,
        })
    }

    /// Parses the value of `TIME_STYLE`, which `ls` reads, too: `locale` and the prefix `posix-` have a meaning in `ls`
    /// only, and of a format of two lines the first counts.
    pub fn from_environment(value: &[u8]) -> Result<TimeStyle, WordError> {
        if value == b"locale" {
            return Ok(TimeStyle::LONG_ISO);
        }
        if value.starts_with(b"+") {
            let line = value.split(|&byte| byte == b'\n').next().unwrap_or(value);
            return TimeStyle::parse(line);
        }
        TimeStyle::parse(TimeStyle::without_posix(value))
    }

    /// The value of `TIME_STYLE` without its prefixes `posix-`.
    pub fn without_posix(mut value: &[u8]) -> &[u8] {
        while let Some(rest) = value.strip_prefix(b"posix-") {
            value = rest;
        }
        value
    }

    /// Appends the time in this style. On an error nothing is appended.
    pub fn write(
        &self,
        seconds: i64,
        nanoseconds: u32,
        zone: &TimeZone,
        out: &mut Vec<u8>,
    ) -> Result<(), OutOfRange> {
        let time = Civil::new(seconds, nanoseconds, zone)?;
        let start = out.len();
        let context = Context {
            time: &time,
            upper: false,
            year_pad: Pad::Default,
        };
        let result = context.format(&self.format, None, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

/// A time as date and clock time in its zone.
struct Civil {
    seconds: i64,
    nanoseconds: u32,
    year: i64,
    /// 1 to 12.
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// Days since Sunday.
    weekday: i64,
    /// Days since January 1.
    yearday: i64,
    /// Seconds east of Greenwich.
    offset: i64,
    abbreviation: String,
}

const DAY: i64 = 86_400;

/// The Gregorian calendar repeats after 400 years, which are whole weeks.
const CYCLE_DAYS: i64 = 146_097;

/// The last year whose difference from 1900 fits an `int`, as C's `tm_year` requires.
const LAST_YEAR: i64 = i32::MAX as i64 + 1900;

/// The first one.
const FIRST_YEAR: i64 = i32::MIN as i64 + 1900;

impl Civil {
    fn new(seconds: i64, nanoseconds: u32, zone: &TimeZone) -> Result<Civil, OutOfRange> {
        let nearby = Timestamp::from_second(within_reach(seconds)).map_err(|_| OutOfRange)?;
        let info = zone.to_offset_info(nearby);
        let offset = i64::from(info.offset().seconds());
        let local = seconds.checked_add(offset).ok_or(OutOfRange)?;
        let days = local.div_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return Err(OutOfRange);
        }
        let time = local.rem_euclid(DAY);
        Ok(Civil {
            seconds,
            nanoseconds,
            year,
            month,
            day,
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
            // January 1, 1970 was a Thursday.
            weekday: (days + 4).rem_euclid(7),
            yearday: yearday(year, month, day),
            offset,
            // The C library prints no name for a zone that it does not find.
            abbreviation: match zone.is_unknown() {
                true => String::new(),
                false => info.abbreviation().to_owned(),
            },
        })
    }

    /// The hour of a clock with twelve hours.
    fn hour12(&self) -> i64 {
        match self.hour {
            0 => 12,
            1..=12 => self.hour,
            _ => self.hour - 12,
        }
    }

    /// The number of the week, where weeks begin on `first_day` (days after Sunday). Days before the first such day
    /// are in week 0.
    fn week(&self, first_day: i64) -> i64 {
        (self.yearday - (self.weekday - first_day + 7) % 7 + 7) / 7
    }

    /// The year and the week of ISO 8601, where a week belongs to the year of its Thursday.
    fn iso_week(&self) -> (i64, i64) {
        let thursday = self.yearday - (self.weekday + 6) % 7 + 3;
        let length = 365 + i64::from(is_leap(self.year));
        if thursday < 0 {
            let previous = 365 + i64::from(is_leap(self.year - 1));
            (self.year - 1, (thursday + previous) / 7 + 1)
        } else if thursday >= length {
            (self.year + 1, 1)
        } else {
            (self.year, thursday / 7 + 1)
        }
    }
}

/// Moves a time beyond jiff's range by whole cycles of the calendar.
fn within_reach(seconds: i64) -> i64 {
    const CYCLE: i64 = CYCLE_DAYS * DAY;
    let first = Timestamp::MIN.as_second();
    let last = Timestamp::MAX.as_second();
    if seconds > last {
        last - CYCLE + (seconds - last).rem_euclid(CYCLE)
    } else if seconds < first {
        // `first - seconds` can overflow; the difference of the remainders cannot.
        first + (seconds.rem_euclid(CYCLE) - first.rem_euclid(CYCLE)).rem_euclid(CYCLE)
    } else {
        seconds
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn yearday(year: i64, month: i64, day: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = BEFORE.get((month - 1) as usize).copied().unwrap_or(0);
    before + i64::from(month > 2 && is_leap(year)) + day - 1
}

/// The date that is `days` days after January 1, 1970. Years begin in March here, so that the leap day is the last day
/// of a year, and any five months before it have 153 days.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // March 1 of the year 0 is 719468 days before 1970.
    let days = days + 719_468;
    let cycle = days.div_euclid(CYCLE_DAYS);
    let day = days.rem_euclid(CYCLE_DAYS);
    // Subtract the leap days before this day (1 in 4 years, none in 100, 1 in 400); each year then has 365 days.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (cycle * 400 + year + next, month, day_of_month)
}

/// The padding of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pad {
    /// That of the conversion.
    Default,
    /// Flag `0`.
    Zero,
    /// Flag `+`: zeros, and a sign before years of more than four digits.
    Sign,
    /// Flag `_`.
    Space,
    /// Flag `-`.
    Nothing,
}

/// Flags, width and modifier of one conversion.
struct Spec {
    pad: Pad,
    /// The width, if one was given.
    width: Option<usize>,
    upper: bool,
    lower: bool,
    /// Flag `#`.
    opposite: bool,
    /// `E` or `O`, which change few conversions in the C locale.
    modifier: Option<u8>,
}

/// What conversions inherit from an enclosing one, such as `%Y` from `%F`.
struct Context<'a> {
    time: &'a Civil,
    upper: bool,
    year_pad: Pad,
}

/// The meaning of a conversion letter.
enum Field {
    /// Text, padded with blanks; `^` and `#` change its case.
    Text(String),
    /// A number with this many digits, padded with zeros.
    Number(usize, i64),
    /// A number with this many columns, padded with blanks.
    Blank(usize, i64),
    /// A year or a part of one: digits, absolute value, and true for a negative one.
    Year(usize, i64, bool),
    /// The conversions of another format.
    Format(&'static str),
    /// `%F`, whose width goes to its year.
    Date,
    Nanoseconds,
    Unknown,
}

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn name(names: &[&str], index: i64, length: usize) -> Field {
    let name = names.get(index as usize).copied().unwrap_or("?");
    Field::Text(name.chars().take(length).collect())
}

impl Context<'_> {
    /// Appends the time in `format`; `width` is the default width of its first conversion.
    fn format(
        &self,
        format: &[u8],
        width: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutOfRange> {
        let mut first_width = width;
        let mut at = 0;
        while let Some(&byte) = format.get(at) {
            if byte == b'%' {
                at = self.conversion(format, at, first_width, out)?;
            } else {
                out.push(byte);
                at += 1;
            }
            first_width = None;
        }
        Ok(())
    }

    /// Appends the conversion whose `%` is at `start`, and returns the position after it.
    fn conversion(
        &self,
        format: &[u8],
        start: usize,
        width: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Result<usize, OutOfRange> {
        let (mut spec, at) = self.spec(format, start + 1, width)?;
        let letter = format.get(at).copied();
        let after = at + 1;
        let (field, end) = match letter {
            // A `%` without a letter, at the end or before another `%`, is no conversion. That other `%` begins the
            // next one.
            None => (Field::Unknown, at),
            Some(b'%') if at > start + 1 => (Field::Unknown, at),
            Some(b':') => {
                let colons = format[at..]
                    .iter()
                    .take_while(|&&byte| byte == b':')
                    .count();
                match format.get(at + colons) {
                    Some(b'z') if colons <= 3 => {
                        return Ok(self.write_offset(colons, &spec, at + colons + 1, out));
                    }
                    Some(b'z') => (Field::Unknown, at + colons + 1),
                    _ => (Field::Unknown, after),
                }
            }
            Some(b'z') => return Ok(self.write_offset(0, &spec, after, out)),
            Some(letter) => (self.field(letter, &mut spec), after),
        };
        match field {
            Field::Unknown => spec.write_text(&format[start..end], out),
            field => self.write_field(field, spec, out)?,
        }
        Ok(end)
    }

    /// Parses flags, width and modifier from `at` on, and returns the position of the letter.
    fn spec(
        &self,
        format: &[u8],
        mut at: usize,
        width: Option<usize>,
    ) -> Result<(Spec, usize), OutOfRange> {
        let mut spec = Spec {
            width,
            upper: self.upper,
            ..Spec::PLAIN
        };
        while let Some(&flag) = format.get(at) {
            match flag {
                b'_' => spec.pad = Pad::Space,
                b'-' => spec.pad = Pad::Nothing,
                b'+' => spec.pad = Pad::Sign,
                b'0' => spec.pad = Pad::Zero,
                b'^' => spec.upper = true,
                b'#' => spec.opposite = true,
                _ => break,
            }
            at += 1;
        }
        let digits = format[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits > 0 {
            spec.width = Some(width_of(&format[at..at + digits])?);
            at += digits;
        }
        if let Some(&modifier @ (b'E' | b'O')) = format.get(at) {
            spec.modifier = Some(modifier);
            at += 1;
        }
        Ok((spec, at))
    }

    /// The field of `letter` at this time.
    fn field(&self, letter: u8, spec: &mut Spec) -> Field {
        let refused: &[u8] = match letter {
            b'a' | b'A' | b'D' | b'F' => b"EO",
            b'c' | b'x' | b'X' => b"O",
            b'b' | b'h' | b'B' | b'd' | b'e' | b'H' | b'I' | b'k' | b'l' | b'j' | b'M' | b'm'
            | b'N' | b'S' | b'U' | b'V' | b'g' | b'G' | b'W' | b'w' => b"E",
            _ => b"",
        };
        let refuses = spec
            .modifier
            .is_some_and(|modifier| refused.contains(&modifier));
        if spec.opposite {
            match letter {
                // `#` holds for these two even where the modifier is refused, as in GNU date.
                b'b' | b'h' => spec.upper = true,
                b'a' | b'A' | b'B' if !refuses => spec.upper = true,
                b'p' | b'P' | b'Z' => (spec.upper, spec.lower) = (false, true),
                _ => {}
            }
        }
        if refuses {
            return Field::Unknown;
        }
        if letter == b'P' {
            spec.lower = true;
        }
        match letter {
            b'C' | b'G' | b'Y' | b'g' | b'y' | b'c' | b'x' => {
                self.year_field(letter, spec.modifier)
            }
            _ => self.plain_field(letter),
        }
    }

    /// The field of a letter that no modifier changes.
    fn plain_field(&self, letter: u8) -> Field {
        let time = self.time;
        match letter {
            b'%' => Field::Text("%".to_owned()),
            b'n' => Field::Text("\n".to_owned()),
            b't' => Field::Text("\t".to_owned()),
            b'a' => name(&WEEKDAYS, time.weekday, 3),
            b'A' => name(&WEEKDAYS, time.weekday, usize::MAX),
            b'b' | b'h' => name(&MONTHS, time.month - 1, 3),
            b'B' => name(&MONTHS, time.month - 1, usize::MAX),
            b'p' | b'P' => Field::Text(if time.hour > 11 { "PM" } else { "AM" }.to_owned()),
            b'r' => Field::Text(self.text("%I:%M:%S %p")),
            b'X' => Field::Text(self.text("%H:%M:%S")),
            b'Z' => Field::Text(time.abbreviation.clone()),
            b'D' => Field::Format("%m/%d/%y"),
            b'R' => Field::Format("%H:%M"),
            b'T' => Field::Format("%H:%M:%S"),
            b'F' => Field::Date,
            b'N' => Field::Nanoseconds,
            b'd' => Field::Number(2, time.day),
            b'e' => Field::Blank(2, time.day),
            b'H' => Field::Number(2, time.hour),
            b'I' => Field::Number(2, time.hour12()),
            b'k' => Field::Blank(2, time.hour),
            b'l' => Field::Blank(2, time.hour12()),
            b'j' => Field::Number(3, time.yearday + 1),
            b'M' => Field::Number(2, time.minute),
            b'm' => Field::Number(2, time.month),
            b'q' => Field::Number(1, (time.month + 2) / 3),
            b'S' => Field::Number(2, time.second),
            b's' => Field::Number(1, time.seconds),
            b'u' => Field::Number(1, (time.weekday + 6) % 7 + 1),
            b'w' => Field::Number(1, time.weekday),
            b'U' => Field::Number(2, time.week(0)),
            b'W' => Field::Number(2, time.week(1)),
            b'V' => Field::Number(2, time.iso_week().1),
            _ => Field::Unknown,
        }
    }

    /// The field of a letter with a year. GNU date pads a year and prints the digits of a negative one after a minus.
    /// With `%c`, `%x` and the modifier `E`, it does not pad, counts the years of a century upwards, and keeps the year
    /// in 32 bits.
    fn year_field(&self, letter: u8, modifier: Option<u8>) -> Field {
        let year = self.time.year;
        let (iso_year, _) = self.time.iso_week();
        let wrapped = year as i32;
        match (letter, modifier) {
            (b'C', Some(b'E')) => Field::Text(wrapped.div_euclid(100).to_string()),
            (b'Y', Some(b'E')) => Field::Text(wrapped.to_string()),
            (b'y', Some(b'E')) => Field::Text(format!("{:02}", year.rem_euclid(100))),
            (b'c', _) => Field::Text(format!("{} {wrapped}", self.text("%a %b %e %H:%M:%S"))),
            (b'x', _) => Field::Text(format!(
                "{}{:02}",
                self.text("%m/%d/"),
                year.rem_euclid(100)
            )),
            (b'C', _) => Field::Year(2, (year / 100).abs(), year < 0),
            (b'Y', _) => Field::Year(4, year.abs(), year < 0),
            (b'y', _) => Field::Year(2, (year % 100).abs(), false),
            (b'g', _) => Field::Year(2, (iso_year % 100).abs(), false),
            _ => Field::Year(4, iso_year.abs(), iso_year < 0),
        }
    }

    /// A composite without the flags of this context, as the C library prints it.
    fn text(&self, format: &str) -> String {
        let plain = Context {
            time: self.time,
            upper: false,
            year_pad: Pad::Default,
        };
        let mut out = Vec::new();
        // The callers' formats have no width, so they cannot fail, and they are ASCII.
        let _ = plain.format(format.as_bytes(), None, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write_field(
        &self,
        field: Field,
        mut spec: Spec,
        out: &mut Vec<u8>,
    ) -> Result<(), OutOfRange> {
        match field {
            Field::Text(text) => spec.write_text(text.as_bytes(), out),
            Field::Number(digits, value) => {
                spec.write_number(
                    digits,
                    &value.unsigned_abs().to_string(),
                    minus(value < 0),
                    out,
                );
            }
            Field::Blank(digits, value) => {
                if spec.pad == Pad::Default {
                    spec.pad = Pad::Space;
                }
                spec.write_number(digits, &value.to_string(), "", out);
            }
            Field::Year(digits, value, negative) => {
                self.write_year(digits, value, negative, spec, out)
            }
            Field::Format(format) => return self.write_format(format, None, &spec, out),
            Field::Date => return self.write_date(spec, out),
            Field::Nanoseconds => self.write_nanoseconds(&spec, out),
            Field::Unknown => {}
        }
        Ok(())
    }

    /// Appends a year. The flag `+` prints a plus where the year or the width has more digits than usual.
    fn write_year(
        &self,
        digits: usize,
        value: i64,
        negative: bool,
        mut spec: Spec,
        out: &mut Vec<u8>,
    ) {
        if spec.pad == Pad::Default {
            spec.pad = self.year_pad;
        }
        let usual = if digits == 2 { 99 } else { 9999 };
        let roomy = spec.width.is_some_and(|width| width > digits);
        let signed = spec.pad == Pad::Sign && (value > usual || roomy);
        let sign = if negative {
            "-"
        } else if signed {
            "+"
        } else {
            ""
        };
        spec.write_number(digits, &value.to_string(), sign, out);
    }

    /// Appends `%F`: the month and the day take six columns, the year takes the others.
    fn write_date(&self, mut spec: Spec, out: &mut Vec<u8>) -> Result<(), OutOfRange> {
        let year_width = if spec.pad == Pad::Default && spec.width.is_none() {
            spec.pad = Pad::Sign;
            4
        } else {
            spec.width.unwrap_or(0).saturating_sub(6)
        };
        self.write_format("%Y-%m-%d", Some(year_width), &spec, out)
    }

    /// Appends the conversions of another format as one field.
    fn write_format(
        &self,
        format: &str,
        first_width: Option<usize>,
        spec: &Spec,
        out: &mut Vec<u8>,
    ) -> Result<(), OutOfRange> {
        let inner = Context {
            time: self.time,
            upper: spec.upper,
            year_pad: spec.pad,
        };
        let mut text = Vec::new();
        inner.format(format.as_bytes(), first_width, &mut text)?;
        spec.fill(text.len(), out);
        out.extend(text);
        Ok(())
    }

    /// Appends `%N`. A smaller width cuts the fraction, a larger one pads it on the right. Zeros at the end are
    /// padding.
    fn write_nanoseconds(&self, spec: &Spec, out: &mut Vec<u8>) {
        let width = spec.width.filter(|&width| width > 0).unwrap_or(9);
        let digits = format!("{:09}", self.time.nanoseconds);
        let mut kept = digits.as_bytes();
        while let [head @ .., last] = kept
            && !head.is_empty()
            && (width < kept.len() || *last == b'0')
        {
            kept = head;
        }
        out.extend(kept);
        let missing = width - kept.len();
        match spec.pad {
            Pad::Nothing => {}
            Pad::Space => pad(b' ', missing, out),
            _ => pad(b'0', missing, out),
        }
    }

    /// Appends `%z` with its colons, and returns `end`. An abbreviation that begins with `-` (`-00`) marks an unknown
    /// offset, which has a minus.
    fn write_offset(&self, colons: usize, spec: &Spec, end: usize, out: &mut Vec<u8>) -> usize {
        let offset = self.time.offset;
        let unknown = offset == 0 && self.time.abbreviation.starts_with('-');
        let sign = if offset < 0 || unknown { "-" } else { "+" };
        let (hours, minutes, seconds) = (
            offset.abs() / 3600,
            offset.abs() / 60 % 60,
            offset.abs() % 60,
        );
        let (digits, text) = match (colons, minutes, seconds) {
            (0, _, _) => (5, (hours * 100 + minutes).to_string()),
            (3, 0, 0) => (3, hours.to_string()),
            (1, _, _) | (3, _, 0) => (6, format!("{hours}:{minutes:02}")),
            _ => (9, format!("{hours}:{minutes:02}:{seconds:02}")),
        };
        spec.write_number(digits, &text, sign, out);
        end
    }
}

/// The width in decimal digits; an error where it exceeds 64 bits, as in GNU date.
fn width_of(digits: &[u8]) -> Result<usize, OutOfRange> {
    let mut width: i64 = 0;
    for digit in digits {
        let tens = width.checked_mul(10).ok_or(OutOfRange)?;
        width = tens
            .checked_add(i64::from(digit - b'0'))
            .ok_or(OutOfRange)?;
    }
    Ok(usize::try_from(width).unwrap_or(WIDEST).min(WIDEST))
}

fn minus(negative: bool) -> &'static str {
    if negative { "-" } else { "" }
}

fn pad(byte: u8, count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, byte);
}

impl Spec {
    const PLAIN: Spec = Spec {
        pad: Pad::Default,
        width: None,
        upper: false,
        lower: false,
        opposite: false,
        modifier: None,
    };

    /// Appends the padding before a field of `length` bytes.
    fn fill(&self, length: usize, out: &mut Vec<u8>) {
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        match self.pad {
            Pad::Nothing => {}
            Pad::Zero | Pad::Sign => pad(b'0', missing, out),
            Pad::Default | Pad::Space => pad(b' ', missing, out),
        }
    }

    /// Appends text in the case that the flags choose.
    fn write_text(&self, text: &[u8], out: &mut Vec<u8>) {
        self.fill(text.len(), out);
        let start = out.len();
        out.extend(text);
        if self.lower {
            out[start..].make_ascii_lowercase();
        } else if self.upper {
            out[start..].make_ascii_uppercase();
        }
    }

    /// Appends a number; `digits` is its default width. Blanks are before the sign, zeros after it.
    fn write_number(&self, digits: usize, number: &str, sign: &str, out: &mut Vec<u8>) {
        let missing = self
            .width
            .unwrap_or(digits)
            .saturating_sub(sign.len() + number.len());
        if self.pad == Pad::Space {
            pad(b' ', missing, out);
        }
        out.extend(sign.as_bytes());
        if !matches!(self.pad, Pad::Space | Pad::Nothing) {
            pad(b'0', missing, out);
        }
        out.extend(number.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gnu::zone;

    fn printed(style: &TimeStyle, zone: &str, seconds: i64, nanoseconds: u32) -> Option<String> {
        let zone = zone::zone(Some(zone.as_ref()), None, |path| std::fs::read(path).ok());
        let mut out = b"before".to_vec();
        let result = style.write(seconds, nanoseconds, &zone, &mut out);
        let written = String::from_utf8(out.split_off(6)).expect("the case is sound");
        assert!(result.is_ok() || written.is_empty());
        result.ok().map(|()| written)
    }

    /// From `TZ=ZONE date -d @SECONDS.NANOSECONDS +FORMAT`; none where it says "out of range".
    #[test]
    fn formats_are_those_of_date() {
        for (zone, seconds, nanoseconds, format, expected) in [
            (
                "UTC",
                0,
                0,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Thu Thursday Jan January Thu Jan  1 00:00:00 1970 19 01 01/01/70  1 1970-01-01 70 1970 Jan 00 12 001  0 12 01 00 AM am 1 12:00:00 AM 00:00 0 00 00:00:00 4 00 01 4 00 01/01/70 00:00:00 70 1970 +0000 +00:00 +00:00:00 +00 UTC %",
                ),
            ),
            (
                "Europe/Berlin",
                1719835506,
                123456789,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Mon Monday Jul July Mon Jul  1 14:05:06 2024 20 01 07/01/24  1 2024-07-01 24 2024 Jul 14 02 183 14  2 07 05 PM pm 3 02:05:06 PM 14:05 1719835506 06 14:05:06 1 26 27 1 27 07/01/24 14:05:06 24 2024 +0200 +02:00 +02:00:00 +02 CEST %",
                ),
            ),
            (
                "America/St_Johns",
                1704067199,
                5,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Sun Sunday Dec December Sun Dec 31 20:29:59 2023 20 31 12/31/23 31 2023-12-31 23 2023 Dec 20 08 365 20  8 12 29 PM pm 4 08:29:59 PM 20:29 1704067199 59 20:29:59 7 53 52 0 52 12/31/23 20:29:59 23 2023 -0330 -03:30 -03:30:00 -03:30 NST %",
                ),
            ),
            (
                "Europe/Berlin",
                -2500000000,
                0,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Sat Saturday Oct October Sat Oct 11 20:26:48 1890 18 11 10/11/90 11 1890-10-11 90 1890 Oct 20 08 284 20  8 10 26 PM pm 4 08:26:48 PM 20:26 -2500000000 48 20:26:48 6 40 41 6 40 10/11/90 20:26:48 90 1890 +0053 +00:53 +00:53:28 +00:53:28 LMT %",
                ),
            ),
            (
                "UTC",
                -62200000000,
                0,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Thu Thursday Dec December Thu Dec 17 14:13:20 -2 -0 17 12/17/02 17 -002-12-17 02 -002 Dec 14 02 351 14  2 12 13 PM pm 4 02:13:20 PM 14:13 -62200000000 20 14:13:20 4 50 51 4 50 12/17/98 14:13:20 02 -002 +0000 +00:00 +00:00:00 +00 UTC %",
                ),
            ),
            (
                "UTC",
                -72200000000,
                0,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Mon Monday Jan January Mon Jan 26 20:26:40 -318 -3 26 01/26/18 26 -318-01-26 18 -318 Jan 20 08 026 20  8 01 26 PM pm 1 08:26:40 PM 20:26 -72200000000 40 20:26:40 1 04 05 1 04 01/26/82 20:26:40 18 -318 +0000 +00:00 +00:00:00 +00 UTC %",
                ),
            ),
            (
                "UTC",
                -62009366400,
                0,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Sat Saturday Jan January Sat Jan  1 00:00:00 5 00 01 01/01/05  1 0005-01-01 04 0004 Jan 00 12 001  0 12 01 00 AM am 1 12:00:00 AM 00:00 -62009366400 00 00:00:00 6 00 53 6 00 01/01/05 00:00:00 05 0005 +0000 +00:00 +00:00:00 +00 UTC %",
                ),
            ),
            (
                "UTC",
                253402300800,
                0,
                "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %q %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %z %:z %::z %:::z %Z %%",
                Some(
                    "Sat Saturday Jan January Sat Jan  1 00:00:00 10000 100 01 01/01/00  1 +10000-01-01 99 9999 Jan 00 12 001  0 12 01 00 AM am 1 12:00:00 AM 00:00 253402300800 00 00:00:00 6 00 52 6 00 01/01/00 00:00:00 00 10000 +0000 +00:00 +00:00:00 +00 UTC %",
                ),
            ),
            (
                "Europe/Berlin",
                67767976233532799,
                0,
                "%F %T %z",
                Some("+2147483648-01-01 00:59:59 +0100"),
            ),
            (
                "UTC",
                67768036191676799,
                0,
                "%F %T|%c",
                Some("+2147485547-12-31 23:59:59|Wed Dec 31 23:59:59 -2147481749"),
            ),
            ("UTC", 67768036191676800, 0, "%F", None),
            ("Europe/Berlin", 67768036191676799, 0, "%F", None),
            (
                "UTC",
                -67768040609740800,
                0,
                "%F %T|%c",
                Some("-2147481748-01-01 00:00:00|Thu Jan  1 00:00:00 -2147481748"),
            ),
            ("UTC", -67768040609740801, 0, "%F", None),
            (
                "Europe/Berlin",
                -67768040609740801,
                0,
                "%F %T %z",
                Some("-2147481748-01-01 00:53:27 +0053"),
            ),
            ("UTC", i64::MAX, 0, "%F", None),
            ("UTC", i64::MIN, 0, "%F", None),
            (
                "UTC",
                253402300799,
                999999999,
                "%F %T.%N",
                Some("9999-12-31 23:59:59.999999999"),
            ),
            (
                "Europe/Berlin",
                253402300799,
                0,
                "%F %T %Z",
                Some("+10000-01-01 00:59:59 CET"),
            ),
            (
                "Europe/Berlin",
                100000000000000,
                0,
                "%F %T %Z",
                Some("+3170843-11-07 10:46:40 CET"),
            ),
            (
                "America/St_Johns",
                100000014000000,
                0,
                "%F %T %:z",
                Some("+3170844-04-17 08:10:00 -02:30"),
            ),
            (
                "America/St_Johns",
                1719835506,
                0,
                "%_z|%-z|%0z|%10z|%_10z|%+10z|%-10z|%_:z|%10::z|%:::z|%::::z|%:x|%:|%::z",
                Some(
                    " -230|-230|-0230|-000000230|      -230|-000000230|-230| -2:30|-002:30:00|-02:30|%::::z|%:x|%:|-02:30:00",
                ),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%_d|%-d|%0e|%e|%5d|%_5d|%-5d|%+5d|%k|%0k|%j|%-j|%_j|%5j",
                Some(" 1|1|01| 1|00001|    1|1|00001| 0|00|061|61| 61|00061"),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%Y|%_Y|%-Y|%+Y|%6Y|%_6Y|%+6Y|%+4Y|%+C|%+4C|%3y|%+3y|%G|%+6G|%5g",
                Some(
                    "2024|2024|2024|2024|002024|  2024|+02024|2024|20|+020|024|+24|2024|+02024|00024",
                ),
            ),
            (
                "UTC",
                -62009366400,
                0,
                "%Y|%_Y|%-Y|%+Y|%F|%_F|%-F|%+F|%12F|%+12F|%_12F|%012F|%5Y",
                Some(
                    "0005|   5|5|0005|0005-01-01|5-01-01|5-01-01|5-01-01|000005-01-01|+00005-01-01|     5-01-01|000005-01-01|00005",
                ),
            ),
            (
                "UTC",
                253402300800,
                0,
                "%Y|%_Y|%-Y|%+Y|%0Y|%F|%_F|%-F|%+F|%0F|%12F|%+12F|%+C|%C",
                Some(
                    "10000|10000|10000|+10000|10000|+10000-01-01|10000-01-01|10000-01-01|+10000-01-01|10000-01-01|010000-01-01|+10000-01-01|+100|100",
                ),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%^a|%#a|%^B|%#b|%#p|%^p|%P|%^P|%#P|%#Z|%^Z|%^c|%#c|%^x|%^r",
                Some(
                    "FRI|FRI|MARCH|MAR|am|AM|am|am|am|utc|UTC|FRI MAR  1 00:00:00 2024|Fri Mar  1 00:00:00 2024|03/01/24|12:00:00 AM",
                ),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%10a|%-10a|%010a|%_10a|%10A|%12D|%012D|%_12T|%10R|%10n|%3t|%5%|%_%|%10Z|%010Z|%30c|%030c",
                Some(
                    "       Fri|Fri|0000000Fri|       Fri|    Friday|    03/01/24|000003/01/24|    00:00:00|     00:00|         \n|  \t|   %5%|%_%|       UTC|0000000UTC|      Fri Mar  1 00:00:00 2024|000000Fri Mar  1 00:00:00 2024",
                ),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%Ec|%EC|%Ex|%EX|%Ey|%EY|%Od|%Oe|%OH|%OI|%Om|%OM|%OS|%Ou|%OU|%OV|%Ow|%OW|%Oy|%OB|%Ob",
                Some(
                    "Fri Mar  1 00:00:00 2024|20|03/01/24|00:00:00|24|2024|01| 1|00|12|03|00|00|5|08|09|5|09|24|March|Mar",
                ),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%Ed|%EH|%Oc|%Ox|%OX|%Ea|%Oa|%OD|%ED|%EF|%OF|%#Eb|%^Ed|%EB|%EN|%Ep|%OZ|%En|%Er|%ET|%Es",
                Some(
                    "%Ed|%EH|%Oc|%Ox|%OX|%Ea|%Oa|%OD|%ED|%EF|%OF|%#EB|%^ED|%EB|%EN|AM|UTC|\n|12:00:00 AM|00:00:00|1709251200",
                ),
            ),
            (
                "UTC",
                1709251200,
                0,
                "%f|%i|%J|%K|%L|%o|%O|%Q|%v|%E|%^f|%8f|%08f|%",
                Some("%f|%i|%J|%K|%L|%o|%O|%Q|%v|%E|%^F|     %8f|0000%08f|%"),
            ),
            (
                "UTC",
                1709251200,
                0,
                "100%% %%d %5%d é \\n",
                Some("100% %d    %501 é \\n"),
            ),
            ("UTC", 1709251200, 0, "%-", Some("%-")),
            ("UTC", 1709251200, 0, "%10", Some("       %10")),
            ("UTC", 1709251200, 0, "%+", Some("%+")),
            (
                "UTC",
                1230768000,
                0,
                "%G-W%V-%u %g %U %W %j",
                Some("2009-W01-4 09 00 00 001"),
            ),
            (
                "UTC",
                1104537600,
                0,
                "%G-W%V-%u %g %U %W %j",
                Some("2004-W53-6 04 00 00 001"),
            ),
            (
                "UTC",
                1135987200,
                0,
                "%G-W%V-%u %g %U %W %j",
                Some("2005-W52-6 05 52 52 365"),
            ),
            (
                "UTC",
                1230681600,
                0,
                "%G-W%V-%u %g %U %W %j",
                Some("2009-W01-3 09 52 52 366"),
            ),
            ("UTC", -1, 0, "%s %T", Some("-1 23:59:59")),
        ] {
            let style =
                TimeStyle::parse(format!("+{format}").as_bytes()).expect("the case is sound");
            let written = printed(&style, zone, seconds, nanoseconds);
            assert_eq!(written.as_deref(), expected, "{zone} {seconds} {format}");
        }
    }

    /// From `du --time --time-style=+FORMAT` of a file with that fraction; `date` rewrites `%-N` itself.
    #[test]
    fn fractions_are_cut_and_filled_on_the_right() {
        let style =
            TimeStyle::parse(b"+%N|%-N|%_N|%0N|%+N|%1N|%3N|%-3N|%_3N|%12N|%-12N|%_12N|%0N|%ON|%:N")
                .expect("the case is sound");
        for (nanoseconds, expected) in [
            (
                120000000,
                "120000000|12|12       |120000000|120000000|1|120|12|12 |120000000000|12|12          |120000000|120000000|%:N",
            ),
            (
                0,
                "000000000|0|0        |000000000|000000000|0|000|0|0  |000000000000|0|0           |000000000|000000000|%:N",
            ),
            (
                1,
                "000000001|000000001|000000001|000000001|000000001|0|000|0|0  |000000001000|000000001|000000001   |000000001|000000001|%:N",
            ),
            (
                123456789,
                "123456789|123456789|123456789|123456789|123456789|1|123|123|123|123456789000|123456789|123456789   |123456789|123456789|%:N",
            ),
        ] {
            assert_eq!(
                printed(&style, "UTC", 1_709_251_200, nanoseconds).as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn widths_have_bounds() {
        let zone = TimeZone::UTC;
        let mut out = Vec::new();
        let wide = TimeStyle::parse(b"+%9999999999d").expect("the case is sound");
        assert_eq!(wide.write(0, 0, &zone, &mut out), Ok(()));
        assert_eq!(out.len(), WIDEST);
        // GNU fails here as well, as the width exceeds 64 bits.
        let wider = TimeStyle::parse(b"+x%99999999999999999999d").expect("the case is sound");
        assert_eq!(wider.write(0, 0, &zone, &mut out), Err(OutOfRange));
        assert_eq!(out.len(), WIDEST);
    }

    #[test]
    fn raw_bytes_pass() {
        let mut out = Vec::new();
        let style = TimeStyle::parse(b"+\xff%d\xc3%\xff").expect("the case is sound");
        assert_eq!(style.write(0, 0, &TimeZone::UTC, &mut out), Ok(()));
        assert_eq!(out, b"\xff01\xc3%\xff");
    }

    /// From `du --time --time-style=STYLE`.
    #[test]
    fn styles_may_be_abbreviated() {
        for (word, expected) in [
            ("full-iso", Ok("2024-03-01 00:00:00.000000000 +0000")),
            ("f", Ok("2024-03-01 00:00:00.000000000 +0000")),
            ("long-iso", Ok("2024-03-01 00:00")),
            ("l", Ok("2024-03-01 00:00")),
            ("iso", Ok("2024-03-01")),
            ("i", Ok("2024-03-01")),
            ("+", Ok("")),
            ("+%Y\n%m", Ok("2024\n03")),
            ("", Err(WordError::Ambiguous)),
            ("locale", Err(WordError::Invalid)),
            ("posix-iso", Err(WordError::Invalid)),
            ("isox", Err(WordError::Invalid)),
        ] {
            let written = TimeStyle::parse(word.as_bytes())
                .map(|style| printed(&style, "UTC", 1_709_251_200, 0));
            assert_eq!(
                written,
                expected.map(|text| Some(text.to_owned())),
                "{word}"
            );
        }
    }

    /// From `TIME_STYLE=STYLE du --time`.
    #[test]
    fn the_environment_speaks_to_ls_too() {
        for (value, expected) in [
            ("locale", Ok(TimeStyle::LONG_ISO)),
            ("iso", Ok(TimeStyle::ISO)),
            ("posix-full-iso", Ok(TimeStyle::FULL_ISO)),
            ("posix-posix-iso", Ok(TimeStyle::ISO)),
            ("posix-locale", Err(WordError::Invalid)),
            ("posix-", Err(WordError::Ambiguous)),
            ("", Err(WordError::Ambiguous)),
            ("+%Y\n%m", TimeStyle::parse(b"+%Y")),
            ("posix-+%Y\n%m", TimeStyle::parse(b"+%Y\n%m")),
        ] {
            assert_eq!(
                TimeStyle::from_environment(value.as_bytes()),
                expected,
                "{value}"
            );
        }
    }

    /// From `du --time=WORD`.
    #[test]
    fn times_have_several_words() {
        for (word, expected) in [
            ("atime", Ok(TimeKind::Accessed)),
            ("a", Ok(TimeKind::Accessed)),
            ("acc", Ok(TimeKind::Accessed)),
            ("use", Ok(TimeKind::Accessed)),
            ("ctime", Ok(TimeKind::Changed)),
            ("s", Ok(TimeKind::Changed)),
            ("mtime", Err(WordError::Invalid)),
            ("modification", Err(WordError::Invalid)),
            ("", Err(WordError::Ambiguous)),
        ] {
            assert_eq!(TimeKind::parse(word.as_bytes()), expected, "{word}");
        }
    }
}
