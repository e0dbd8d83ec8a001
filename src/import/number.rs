//! The value of a JSON number: `12`, `-1`, `1e3`, `1.50`. Makers of exports write integers in each of these forms.

/// The longest number: more digits than any program writes.
pub(super) const LONGEST: usize = 400;

/// A number, without what is less than a billionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) is_negative: bool,
    /// The digits before the decimal point.
    pub(super) whole: u64,
    /// The billionths after it.
    pub(super) nanos: u32,
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        Self {
            is_negative: false,
            whole,
            nanos: 0,
        }
    }
}

impl Number {
    /// The number as an unsigned integer; none where it is negative.
    pub(super) fn unsigned(self) -> Option<u64> {
        (!self.is_negative).then_some(self.whole)
    }

    /// An identifier (a device, an inode), which some programs print as a signed number.
    pub(super) fn identifier(self) -> u64 {
        match self.is_negative {
            true => self.whole.wrapping_neg(),
            false => self.whole,
        }
    }
}

/// The parts of a number, as its text has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal<'a> {
    is_negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Decimal<'a> {
    /// Splits the text of a number; none where JSON does not allow the text.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, rest) = digits(text);
        if whole.is_empty() || whole.len() > 1 && whole.starts_with(b"0") {
            return None;
        }
        let (fraction, rest) = match rest.strip_prefix(b".") {
            Some(rest) => Some(digits(rest)).filter(|(fraction, _)| !fraction.is_empty())?,
            None => (&b""[..], rest),
        };
        let exponent = match rest.split_first() {
            None => 0,
            Some((b'e' | b'E', rest)) => exponent(rest)?,
            Some(_) => return None,
        };
        Some(Self {
            is_negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The value; none where it is too large.
    pub(super) fn value(&self) -> Option<Number> {
        // All digits, and the place of the decimal point among them.
        let point = i64::try_from(self.whole.len()).ok()? + self.exponent;
        let is_zero = |digits: &[u8]| digits.iter().all(|&digit| digit == b'0');
        let (mut whole, mut nanos) = (0_u64, 0);
        if !is_zero(self.whole) || !is_zero(self.fraction) {
            for place in 0..point {
                let next = whole.checked_mul(10)?;
                whole = next.checked_add(self.digit(place).into())?;
            }
            for place in point..point + 9 {
                nanos = nanos * 10 + u32::from(self.digit(place));
            }
        }
        Some(Number {
            is_negative: self.is_negative && (whole, nanos) != (0, 0),
            whole,
            nanos,
        })
    }

    fn digit(&self, place: i64) -> u8 {
        let digits = || self.whole.iter().chain(self.fraction);
        let place = usize::try_from(place).ok();
        let digit = place.and_then(|place| digits().nth(place));
        digit.map_or(0, |digit| digit - b'0')
    }
}

/// The digits at the start of a text, and what follows them.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (is_negative, text) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (digits, rest) = digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let mut exponent: i64 = 0;
    for digit in digits {
        // Every exponent above the bound has the same effect.
        exponent = (exponent * 10 + i64::from(digit - b'0')).min(100_000);
    }
    Some(if is_negative { -exponent } else { exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(bool, u64, u32)> {
        let number = Decimal::parse(text.as_bytes())?.value();
        number.map(|number| (number.is_negative, number.whole, number.nanos))
    }

    #[test]
    fn numbers_have_their_value_in_every_form_of_json() {
        let zeros = "0".repeat(300);
        for (text, expected) in [
            ("0", (false, 0, 0)),
            ("-0", (false, 0, 0)),
            ("-0.0e9", (false, 0, 0)),
            ("12", (false, 12, 0)),
            ("-1", (true, 1, 0)),
            ("1e3", (false, 1000, 0)),
            ("1.073741824E+09", (false, 1_073_741_824, 0)),
            ("1500e-2", (false, 15, 0)),
            ("5e-3", (false, 0, 5_000_000)),
            ("-1.5", (true, 1, 500_000_000)),
            ("3.0000000019", (false, 3, 1)),
            ("18446744073709551615", (false, u64::MAX, 0)),
            ("0e99999999999999999999", (false, 0, 0)),
            ("1e-99999999999999999999", (false, 0, 0)),
            (&format!("0.{zeros}1e301"), (false, 1, 0)),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_json_forbids_and_what_is_too_large_is_no_number() {
        for text in [
            "", "-", "+1", "0512", "-01", "00", "1.", ".5", "1.e5", "1e", "1e+", "1e5.5", "1-2",
            "--1", "1e1e1", "0x10", "1.2.3",
        ] {
            assert!(Decimal::parse(text.as_bytes()).is_none(), "{text}");
        }
        for text in ["18446744073709551616", "1e20", "1e400", "1e99999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
