//! Numbers, names and times as texts.

use std::time::Duration;

use crate::count::usage::{FileTime, Measure};
use crate::explore::browser::Browser;
use crate::explore::browser::options::BrowserOptions;
use crate::format::chart::{Strokes, cut};
use crate::format::lines::write_newest;
use crate::gnu::quote::{self, Charset};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    options: &'a BrowserOptions,
    charset: Charset,
}

impl<'a> Texts<'a> {
    pub(super) fn of(browser: &'a Browser) -> Self {
        Self {
            options: &browser.options,
            charset: browser.charset(),
        }
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.options.is_ascii
    }

    /// One of two texts: the second for ASCII.
    pub(super) fn choose<'t>(&self, text: &'t str, ascii: &'t str) -> &'t str {
        match self.options.is_ascii {
            true => ascii,
            false => text,
        }
    }

    /// A number of bytes. Sums stop at the largest number: then it is the least that they are.
    pub(super) fn size(&self, bytes: u64) -> String {
        match bytes {
            u64::MAX => self.choose("≥16 EiB", ">=16 EiB").to_owned(),
            _ => self.options.sizes.text(bytes.into(), self.options.numerals),
        }
    }

    /// A number of entries, in groups of three digits.
    pub(super) fn count(&self, count: u64) -> String {
        let digits = count.to_string();
        let mut grouped = Vec::new();
        self.options.numerals.group(digits.as_bytes(), &mut grouped);
        match String::from_utf8(grouped) {
            Ok(grouped) if grouped != digits || digits.len() <= 3 => grouped,
            _ => in_threes(&digits, self.separator()),
        }
    }

    /// Where the locale has none, a comma, or a point where the comma is before the decimals.
    fn separator(&self) -> char {
        match self.options.numerals.decimal_point() {
            b"," => '.',
            _ => ',',
        }
    }

    /// A number of entries with the word.
    pub(super) fn entries(&self, count: u64) -> String {
        match count {
            1 => "1 entry".into(),
            _ => format!("{} entries", self.count(count)),
        }
    }

    /// The number of a measure.
    pub(super) fn amount(&self, amount: u64, measure: Measure) -> String {
        match measure {
            Measure::Inodes => self.count(amount),
            Measure::Allocated | Measure::Apparent => self.size(amount),
        }
    }

    /// A name or a path, without characters that a terminal does not show.
    pub(super) fn name(&self, name: &[u8]) -> String {
        // Bytes that are no character of the charset are escaped, so the conversion loses nothing.
        String::from_utf8_lossy(&quote::printable(name, self.charset)).into_owned()
    }

    /// A path for a sentence or a list of paths: between quotes where its end cannot be seen.
    pub(super) fn path(&self, path: &[u8]) -> String {
        let text = self.name(path);
        let name = text.rsplit('/').next().unwrap_or_default();
        let is_blank = |char: Option<char>| char.is_some_and(char::is_whitespace);
        match is_blank(name.chars().next()) || is_blank(name.chars().next_back()) {
            true => format!("'{text}'"),
            false => text,
        }
    }

    /// The text, without its middle where that is too wide.
    pub(super) fn cut(&self, text: &str, room: usize) -> String {
        cut(text, room, Strokes::of(self.options.is_ascii).gap)
    }

    pub(super) fn time(&self, time: FileTime) -> String {
        let mut text = Vec::new();
        write_newest(
            &self.options.time_style,
            &self.options.zone,
            time,
            &mut text,
        );
        self.name(&text)
    }
}

fn in_threes(digits: &str, separator: char) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// `12 s`, `1:02 min`, `1:00:02 h`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes}:{:02} min", seconds % 60),
        _ => format!("{hours}:{:02}:{:02} h", minutes % 60, seconds % 60),
    }
}

pub(super) fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Allocated => "allocated",
        Measure::Apparent => "apparent",
        Measure::Inodes => "inodes",
    }
}
