//! Times: which one is printed (`--time`), and how (`--time-style`, `TIME_STYLE`).
//!
//! The styles are those of the GNU coreutils manual, "du invocation"; FORMAT is the language of `date` ("date
//! conversion specifiers", "Padding and other flags") in the C locale, with what GNU does beyond its manual: an
//! unknown conversion is copied, a width pads it, and flags combine.
//!
//! The zone's offset comes from jiff. Years beyond jiff's -9999..=9999 are moved by whole 400-year cycles, after
//! which the calendar and its weekdays repeat; the far future thus follows the zone's last rule, as in GNU. What
//! exceeds GNU's 32-bit years is [`OutOfRange`]. The one limit of our own is [`WIDEST`].

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::words;
pub use crate::words::WordError;

/// The widest padding. GNU writes gigabytes of blanks for `%9999999999d`; that helps nobody.
pub const WIDEST: usize = 1 << 16;

/// The time is beyond what GNU can print; its raw seconds stand in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// Which time of a file is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// The last change of the contents; the default, for which GNU has no word.
    Modified,
    /// The last access.
    Accessed,
    /// The last change of the inode.
    Changed,
}

impl TimeKind {
    /// Reads the WORD of `--time=WORD`.
    pub fn parse(word: &[u8]) -> Result<TimeKind, WordError> {
        let table = [
            ("atime", TimeKind::Accessed),
            ("access", TimeKind::Accessed),
            ("use", TimeKind::Accessed),
            ("ctime", TimeKind::Changed),
            ("status", TimeKind::Changed),
        ];
        words::find(word, &table)
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

    /// `2024-01-31 23:59`, the default.
    pub const LONG_ISO: TimeStyle = TimeStyle::fixed("%Y-%m-%d %H:%M");

    /// `2024-01-31`
    pub const ISO: TimeStyle = TimeStyle::fixed("%Y-%m-%d");

    const fn fixed(format: &'static str) -> TimeStyle {
        TimeStyle { format: Cow::Borrowed(format.as_bytes()) }
    }

    /// Reads the STYLE of `--time-style=STYLE`.
    pub fn parse(text: &[u8]) -> Result<TimeStyle, WordError> {
        if let Some(format) = text.strip_prefix(b"+") {
            return Ok(TimeStyle { format: Cow::Owned(format.to_vec()) });
        }
        let table = [("full-iso", 0), ("long-iso", 1), ("iso", 2)];
        words::find(text, &table).map(|found| match found {
            0 => TimeStyle::FULL_ISO,
            1 => TimeStyle::LONG_ISO,
            _ => TimeStyle::ISO,
        })
    }

    /// Reads the value of `TIME_STYLE`, which `ls` shares: `locale` and the prefix `posix-` mean something only
    /// there, and a format of two lines gives its first.
    pub fn from_environment(value: &[u8]) -> Result<TimeStyle, WordError> {
        if value == b"locale" {
            return Ok(TimeStyle::LONG_ISO);
        }
        if value.starts_with(b"+") {
            let line = value.split(|&byte| byte == b'\n').next().unwrap_or(value);
            return TimeStyle::parse(line);
        }
        let mut style = value;
        while let Some(rest) = style.strip_prefix(b"posix-") {
            style = rest;
        }
        TimeStyle::parse(style)
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
        let context = Context { time: &time, upper: false, year_pad: Pad::Default };
        let result = context.format(&self.format, None, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

/// A moment, broken down in its zone: C's `struct tm` with the year in full.
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

/// The last year that C's `int tm_year` can hold.
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
            abbreviation: info.abbreviation().to_owned(),
        })
    }

    /// The hour on a clock face.
    fn hour12(&self) -> i64 {
        match self.hour {
            0 => 12,
            1..=12 => self.hour,
            _ => self.hour - 12,
        }
    }

    /// The number of the week when weeks begin on the given day after Sunday; days before the first are in week 0.
    fn week(&self, first_day: i64) -> i64 {
        (self.yearday - (self.weekday - first_day + 7) % 7 + 7) / 7
    }

    /// The year and the week of ISO 8601, whose weeks belong to the year of their Thursday.
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
        // The distance of the lowest number overflows a subtraction, but not its remainder.
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

/// The date that is `days` days after January 1, 1970. Years are counted from March, so that the leap day is the
/// last of a year; five months then have 153 days, whichever they are.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // March 1 of the year 0 is 719468 days before 1970.
    let days = days + 719_468;
    let cycle = days.div_euclid(CYCLE_DAYS);
    let day = days.rem_euclid(CYCLE_DAYS);
    // Take out the leap days that came before (one in 4 years, none in 100, one in 400): what is left has 365 each.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + next, month, day_of_month)
}

/// How a field is filled up to its width.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pad {
    /// As the conversion sees fit.
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

/// What one conversion was asked for.
struct Spec {
    pad: Pad,
    /// The width, if one was given.
    width: Option<usize>,
    upper: bool,
    lower: bool,
    /// Flag `#`.
    opposite: bool,
    /// `E` or `O`; in the C locale it changes little.
    modifier: Option<u8>,
}

/// What an enclosing conversion (`%F` for its `%Y`) hands down.
struct Context<'a> {
    time: &'a Civil,
    upper: bool,
    year_pad: Pad,
}

/// What a conversion letter stands for.
enum Field {
    /// Text that `^` and `#` may recase, padded with blanks.
    Text(String),
    /// A number of so many digits.
    Number(usize, i64),
    /// The same, padded with blanks.
    Blank(usize, i64),
    /// A year or a part of one: the value without its sign, and whether that is a minus.
    Year(usize, i64, bool),
    /// The conversions of another format.
    Format(&'static str),
    /// `%F`, whose width goes to its year.
    Date,
    Nanoseconds,
    Unknown,
}

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
];

fn name(names: &[&str], index: i64, length: usize) -> Field {
    let name = names.get(index as usize).copied().unwrap_or("?");
    Field::Text(name.chars().take(length).collect())
}

impl Context<'_> {
    /// Appends the time in `format`; `width` is that of its first conversion.
    fn format(&self, format: &[u8], width: Option<usize>, out: &mut Vec<u8>) -> Result<(), OutOfRange> {
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

    /// Appends the conversion whose `%` is at `start`, and returns where it ends.
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
            // A lone percent sign at the end, or one after flags, is no conversion; the latter begins the next one.
            None => (Field::Unknown, at),
            Some(b'%') if at > start + 1 => (Field::Unknown, at),
            Some(b':') => {
                let colons = format[at..].iter().take_while(|&&byte| byte == b':').count();
                match format.get(at + colons) {
                    Some(b'z') if colons <= 3 => return Ok(self.write_offset(colons, &spec, at + colons + 1, out)),
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

    /// Reads flags, width and modifier from `at` on, and returns where the letter stands.
    fn spec(&self, format: &[u8], mut at: usize, width: Option<usize>) -> Result<(Spec, usize), OutOfRange> {
        let mut spec =
            Spec { pad: Pad::Default, width, upper: self.upper, lower: false, opposite: false, modifier: None };
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
        let digits = format[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            let mut width: i64 = 0;
            for digit in &format[at..at + digits] {
                let tens = width.checked_mul(10).ok_or(OutOfRange)?;
                width = tens.checked_add(i64::from(digit - b'0')).ok_or(OutOfRange)?;
            }
            spec.width = Some(usize::try_from(width).unwrap_or(WIDEST).min(WIDEST));
            at += digits;
        }
        if let Some(&modifier @ (b'E' | b'O')) = format.get(at) {
            spec.modifier = Some(modifier);
            at += 1;
        }
        Ok((spec, at))
    }

    /// What `letter` stands for at this time.
    fn field(&self, letter: u8, spec: &mut Spec) -> Field {
        let refused: &[u8] = match letter {
            b'a' | b'A' | b'D' | b'F' => b"EO",
            b'c' | b'x' | b'X' => b"O",
            b'b' | b'h' | b'B' | b'd' | b'e' | b'H' | b'I' | b'k' | b'l' | b'j' | b'M' | b'm' | b'N' | b'S' | b'U'
            | b'V' | b'g' | b'G' | b'W' | b'w' => b"E",
            _ => b"",
        };
        if spec.modifier.is_some_and(|modifier| refused.contains(&modifier)) {
            return Field::Unknown;
        }
        if spec.opposite {
            match letter {
                b'a' | b'A' | b'b' | b'h' | b'B' => spec.upper = true,
                b'p' | b'P' | b'Z' => (spec.upper, spec.lower) = (false, true),
                _ => {}
            }
        }
        if letter == b'P' {
            spec.lower = true;
        }
        match letter {
            b'C' | b'G' | b'Y' | b'g' | b'y' | b'c' | b'x' => self.year_field(letter, spec.modifier),
            _ => self.plain_field(letter),
        }
    }

    /// The conversions that no modifier touches.
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

    /// The conversions that show a year. `date` itself pads them and shows the digits of a year before 0 as they
    /// are; what it leaves to the C library (`%c`, `%x`, `%EY`, …) is plain, counts the years of a century
    /// upwards, and holds the year in 32 bits.
    fn year_field(&self, letter: u8, modifier: Option<u8>) -> Field {
        let year = self.time.year;
        let (iso_year, _) = self.time.iso_week();
        let wrapped = year as i32;
        match (letter, modifier) {
            (b'C', Some(b'E')) => Field::Text(wrapped.div_euclid(100).to_string()),
            (b'Y', Some(b'E')) => Field::Text(wrapped.to_string()),
            (b'y', Some(b'E')) => Field::Text(format!("{:02}", year.rem_euclid(100))),
            (b'c', _) => Field::Text(format!("{} {wrapped}", self.text("%a %b %e %H:%M:%S"))),
            (b'x', _) => Field::Text(format!("{}{:02}", self.text("%m/%d/"), year.rem_euclid(100))),
            (b'C', _) => Field::Year(2, (year / 100).abs(), year < 0),
            (b'Y', _) => Field::Year(4, year.abs(), year < 0),
            (b'y', _) => Field::Year(2, (year % 100).abs(), false),
            (b'g', _) => Field::Year(2, (iso_year % 100).abs(), false),
            _ => Field::Year(4, iso_year.abs(), iso_year < 0),
        }
    }

    /// A composite as the C library prints it, without our flags.
    fn text(&self, format: &str) -> String {
        let plain = Context { time: self.time, upper: false, year_pad: Pad::Default };
        let mut out = Vec::new();
        // Our own formats have no widths, so they cannot fail, and they are ASCII.
        let _ = plain.format(format.as_bytes(), None, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write_field(&self, field: Field, mut spec: Spec, out: &mut Vec<u8>) -> Result<(), OutOfRange> {
        match field {
            Field::Text(text) => spec.write_text(text.as_bytes(), out),
            Field::Number(digits, value) => {
                spec.write_number(digits, &value.unsigned_abs().to_string(), minus(value < 0), out);
            }
            Field::Blank(digits, value) => {
                if spec.pad == Pad::Default {
                    spec.pad = Pad::Space;
                }
                spec.write_number(digits, &value.to_string(), "", out);
            }
            Field::Year(digits, value, negative) => self.write_year(digits, value, negative, spec, out),
            Field::Format(format) => return self.write_format(format, None, &spec, out),
            Field::Date => return self.write_date(spec, out),
            Field::Nanoseconds => self.write_nanoseconds(&spec, out),
            Field::Unknown => {}
        }
        Ok(())
    }

    /// Appends a year. The flag `+` signs it where it has more digits than usual, or room for more.
    fn write_year(&self, digits: usize, value: i64, negative: bool, mut spec: Spec, out: &mut Vec<u8>) {
        if spec.pad == Pad::Default {
            spec.pad = self.year_pad;
        }
        let usual = if digits == 2 { 99 } else { 9999 };
        let roomy = spec.width.is_some_and(|width| width > digits);
        let signed = spec.pad == Pad::Sign && (value > usual || roomy);
        let sign = if negative { "-" } else if signed { "+" } else { "" };
        spec.write_number(digits, &value.to_string(), sign, out);
    }

    /// `%F`: the day and the month take six columns, the year has the others.
    fn write_date(&self, mut spec: Spec, out: &mut Vec<u8>) -> Result<(), OutOfRange> {
        let year_width = if spec.pad == Pad::Default && spec.width.is_none() {
            spec.pad = Pad::Sign;
            4
        } else {
            spec.width.unwrap_or(0).saturating_sub(6)
        };
        self.write_format("%Y-%m-%d", Some(year_width), &spec, out)
    }

    /// Appends another format's conversions as one field.
    fn write_format(
        &self,
        format: &str,
        first_width: Option<usize>,
        spec: &Spec,
        out: &mut Vec<u8>,
    ) -> Result<(), OutOfRange> {
        let inner = Context { time: self.time, upper: spec.upper, year_pad: spec.pad };
        let mut text = Vec::new();
        inner.format(format.as_bytes(), first_width, &mut text)?;
        spec.fill(text.len(), out);
        out.extend(text);
        Ok(())
    }

    /// Appends `%N`: a width cuts the fraction, or fills it on the right; flags other than `0` drop zeros there.
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

    /// Appends `%z` with its colons, and returns `end`. The zone `-00` means that the offset is unknown.
    fn write_offset(&self, colons: usize, spec: &Spec, end: usize, out: &mut Vec<u8>) -> usize {
        let offset = self.time.offset;
        let unknown = offset == 0 && self.time.abbreviation.starts_with('-');
        let sign = if offset < 0 || unknown { "-" } else { "+" };
        let (hours, minutes, seconds) = (offset.abs() / 3600, offset.abs() / 60 % 60, offset.abs() % 60);
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

fn minus(negative: bool) -> &'static str {
    if negative { "-" } else { "" }
}

fn pad(byte: u8, count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, byte);
}

impl Spec {
    /// Fills up to the width before something of `length` bytes.
    fn fill(&self, length: usize, out: &mut Vec<u8>) {
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        match self.pad {
            Pad::Nothing => {}
            Pad::Zero | Pad::Sign => pad(b'0', missing, out),
            Pad::Default | Pad::Space => pad(b' ', missing, out),
        }
    }

    /// Appends text, recased.
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

    /// Appends a number of usually so many digits: blanks go before its sign, zeros after it.
    fn write_number(&self, digits: usize, number: &str, sign: &str, out: &mut Vec<u8>) {
        let missing = self.width.unwrap_or(digits).saturating_sub(sign.len() + number.len());
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
