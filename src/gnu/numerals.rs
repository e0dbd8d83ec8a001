//! How a locale writes numbers: its decimal point and the grouping of its digits (localeconv(3)).

use std::borrow::Cow;

/// The longest character of any encoding, in bytes (MB_LEN_MAX). GNU du takes no longer separators.
const LONGEST: usize = 16;

/// The part of a locale that concerns numbers (LC_NUMERIC). Its texts are bytes of the encoding of the locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numerals {
    decimal_point: Cow<'static, [u8]>,
    thousands_separator: Cow<'static, [u8]>,
    /// The number of digits of each group, from the last group on; the last number holds for all groups before. A number
    /// from 127 on (CHAR_MAX) leaves the remaining digits in one group.
    grouping: Cow<'static, [u8]>,
}

impl Numerals {
    /// The C locale, and every format that a program reads.
    pub const C: Self = Self {
        decimal_point: Cow::Borrowed(b"."),
        thousands_separator: Cow::Borrowed(b""),
        grouping: Cow::Borrowed(b""),
    };

    /// The numerals of these values of localeconv(3), of which GNU du does not take each.
    #[must_use]
    pub fn new(decimal_point: &[u8], thousands_separator: &[u8], grouping: &[u8]) -> Self {
        let is_short = |text: &&[u8]| (1..=LONGEST).contains(&text.len());
        let point = Some(decimal_point).filter(is_short);
        let separator = Some(thousands_separator).filter(is_short);
        Self {
            decimal_point: point.unwrap_or(b".").to_vec().into(),
            thousands_separator: separator.unwrap_or_default().to_vec().into(),
            grouping: grouping.to_vec().into(),
        }
    }

    /// The bytes between a whole number and its tenths.
    #[must_use]
    pub fn decimal_point(&self) -> &[u8] {
        &self.decimal_point
    }

    /// The text with the decimal point of the locale, if that is UTF-8.
    #[must_use]
    pub fn with_decimal_point(&self, text: &str) -> String {
        let point = std::str::from_utf8(&self.decimal_point);
        text.replacen('.', point.unwrap_or("."), 1)
    }

    /// Appends digits in groups.
    pub fn group(&self, digits: &[u8], out: &mut Vec<u8>) {
        let mut sizes = self.grouping.iter().map(|&size| usize::from(size));
        let (mut rest, mut size) = (digits, 127);
        let mut groups = Vec::new();
        while !rest.is_empty() {
            size = sizes.next().unwrap_or(size);
            let start = match size {
                1..127 => rest.len().saturating_sub(size),
                _ => 0,
            };
            let (before, group) = rest.split_at(start);
            groups.push(group);
            rest = before;
        }
        groups.reverse();
        out.extend(groups.join(&*self.thousands_separator));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `du -A --block-size="'1"` with locales that were made for this test (localedef(1)).
    #[test]
    fn digits_are_grouped_as_the_locale_says() {
        for (grouping, separator, expected) in [
            (&[3, 3][..], ",", "1,234,567,890"),
            (&[3], "\u{202f}", "1\u{202f}234\u{202f}567\u{202f}890"),
            (&[3, 2], ",", "1,23,45,67,890"),
            (&[2, 2, 2, 3], ".", "1.234.56.78.90"),
            (&[4], ",", "12,3456,7890"),
            (&[3, 127], " ", "1234567 890"),
            (&[3, 255], " ", "1234567 890"),
            (&[], ",", "1234567890"),
            (&[3], "", "1234567890"),
            (&[10], ",", "1234567890"),
            (&[3], "more than 16 bytes", "1234567890"),
        ] {
            let numerals = Numerals::new(b",", separator.as_bytes(), grouping);
            let mut out = Vec::new();
            numerals.group(b"1234567890", &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{grouping:?}");
        }
    }

    #[test]
    fn a_decimal_point_is_never_empty() {
        for (point, expected) in [(",", "1,5"), ("", "1.5"), ("\u{66b}", "1\u{66b}5")] {
            let numerals = Numerals::new(point.as_bytes(), b"", b"");
            assert_eq!(numerals.with_decimal_point("1.5"), expected);
        }
    }
}
