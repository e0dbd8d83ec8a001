//! Figures of bytes and of entries as texts, in the units and with the signs that the command line and the locale give.

use super::browser::options::BrowserOptions;
use crate::format::chart::Sizes;
use crate::gnu::numerals::Numerals;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    sizes: Sizes,
    numerals: &'static Numerals,
    is_ascii: bool,
}

impl Figures {
    pub(super) fn of(options: &BrowserOptions) -> Self {
        Self {
            sizes: options.sizes,
            numerals: options.numerals,
            is_ascii: options.is_ascii,
        }
    }

    /// A number of bytes.
    pub(super) fn size(&self, bytes: u128) -> String {
        self.sizes.text(bytes, self.numerals)
    }

    /// A sum of bytes. Sums stop at the largest number: then it is the least that they are.
    pub(super) fn sum(&self, bytes: u64) -> String {
        match (bytes, self.is_ascii) {
            (u64::MAX, true) => ">=16 EiB".into(),
            (u64::MAX, false) => "≥16 EiB".into(),
            _ => self.size(bytes.into()),
        }
    }

    /// A number in groups of three digits.
    pub(super) fn count(&self, count: u64) -> String {
        let digits = count.to_string();
        let mut grouped = Vec::new();
        self.numerals.group(digits.as_bytes(), &mut grouped);
        match String::from_utf8(grouped) {
            Ok(grouped) if grouped != digits || digits.len() <= 3 => grouped,
            _ => in_threes(&digits, self.separator()),
        }
    }

    /// Where the locale has none, a comma, or a point where the comma is before the decimals.
    fn separator(&self) -> char {
        match self.numerals.decimal_point() {
            b"," => '.',
            _ => ',',
        }
    }

    /// A number and what it counts.
    pub(super) fn counted(&self, count: u64, one: &str, several: &str) -> String {
        let noun = if count == 1 { one } else { several };
        format!("{} {noun}", self.count(count))
    }

    /// A number of entries with the word.
    pub(super) fn entries(&self, count: u64) -> String {
        self.counted(count, "entry", "entries")
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
