//! Block sizes: how a count of bytes is printed, and how a SIZE is parsed.
//!
//! A SIZE is an integer, a unit (`K`, `KiB`, `KB`, … as far as 64 bits reach), both, `human-readable` or `si`, with an
//! optional leading `'` (coreutils manual, "Block size"). Printed counts are rounded up. The arithmetic is in integers
//! of 128 bits: no count wraps or loses a digit. GNU du prints `Infinity` beyond 64 bits; this module prints the count.
//! The quote groups the digits; groups and decimal point are those of the [`Numerals`].

use crate::gnu::decimal;
use crate::gnu::numerals::Numerals;

/// Why a text is no number or no SIZE. The caller writes the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeError {
    /// There is no number, or a block of 0 bytes (GNU: "invalid … argument").
    Invalid,
    /// The text after the number is no unit (GNU: "invalid suffix in … argument").
    InvalidSuffix,
    /// The number does not fit its type (GNU: "… argument too large").
    TooLarge,
}

/// The units that may follow an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffixes {
    /// None, as for `--max-depth`.
    None,
    /// `k`, `K`, `M`, … `Q`, each alone or with `B` or `iB`, as for `--threshold`.
    Sizes,
}

impl Suffixes {
    /// True where the letter may begin a unit.
    fn allow(self, letter: u8) -> bool {
        match self {
            Suffixes::None => false,
            Suffixes::Sizes => matches!(letter, b'k' | b'm') || POWERS[1..].contains(&letter),
        }
    }
}

/// True where the letter may begin the unit of a block size: either case of the letters up to `Y`. A small `e`, `p`,
/// `y` or `z` has no power, so it is an invalid suffix; any other letter is an invalid number.
fn begins_block_unit(letter: u8) -> bool {
    b"KMGTPEZY".contains(&letter.to_ascii_uppercase())
}

/// The unit letters by power. The first power of 1000 is printed as a small `k`.
const POWERS: &[u8; 11] = b"\0KMGTPEZYRQ";

/// The highest power that has a letter.
const LAST_POWER: u32 = 10;

/// Whether units are powers of 1024 or of 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Binary,
    Decimal,
}

impl Base {
    fn value(self) -> u64 {
        match self {
            Base::Binary => 1024,
            Base::Decimal => 1000,
        }
    }
}

/// What is printed after the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Nothing.
    Silent,
    /// The letter of the unit.
    Letter(Base),
    /// The letter with `B` (`kB`) or `iB` (`KiB`).
    Bytes(Base),
}

/// How large the printed blocks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Always this many bytes; never zero.
    Fixed(u64),
    /// The largest power of the base that is no larger than the count.
    Auto(Base),
}

/// How digits are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digits {
    /// Without separators.
    Plain,
    /// In the groups of the locale.
    Grouped,
}

/// How a count of bytes is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSize {
    scale: Scale,
    unit: Unit,
    digits: Digits,
}

impl BlockSize {
    /// The largest power of 1024 that fits, with its letter (`-h`).
    pub const HUMAN: BlockSize = BlockSize {
        scale: Scale::Auto(Base::Binary),
        unit: Unit::Letter(Base::Binary),
        digits: Digits::Plain,
    };

    /// The largest power of 1000 that fits, with its letter (`--si`).
    pub const SI: BlockSize = BlockSize {
        scale: Scale::Auto(Base::Decimal),
        unit: Unit::Letter(Base::Decimal),
        digits: Digits::Plain,
    };

    /// Blocks of `n` bytes, printed as a plain number (`-b`, `-k`, `-m`); zero is taken as one.
    pub const fn bytes(n: u64) -> BlockSize {
        BlockSize {
            scale: Scale::Fixed(if n == 0 { 1 } else { n }),
            unit: Unit::Silent,
            digits: Digits::Plain,
        }
    }

    /// The same format for a count of inodes. The block is one inode and the unit stays, as in GNU du: `-h --inodes`
    /// scales, and `-BMB --inodes` prints a `B` after the number.
    pub const fn for_inodes(self) -> BlockSize {
        match self.scale {
            Scale::Fixed(_) => BlockSize {
                scale: Scale::Fixed(1),
                ..self
            },
            Scale::Auto(_) => self,
        }
    }

    /// The same format without separators between digits.
    #[must_use]
    pub const fn without_grouping(self) -> BlockSize {
        BlockSize {
            digits: Digits::Plain,
            ..self
        }
    }

    /// True where a printed count may depend on the locale.
    #[must_use]
    pub fn needs_locale(self) -> bool {
        self.digits == Digits::Grouped || matches!(self.scale, Scale::Auto(_))
    }

    /// Parses the SIZE of `--block-size`.
    pub fn parse(spec: &[u8]) -> Result<BlockSize, SizeError> {
        match Spec::read(spec) {
            Spec::Whole(block_size) => Ok(block_size),
            Spec::Zero(_) => Err(SizeError::Invalid),
            Spec::Broken(_, error) => Err(error),
        }
    }

    /// The block size where no option sets one. The first variable that is set decides, even if its value is invalid.
    /// As in GNU du, the number before an invalid suffix counts (`9x` is 9), and a number beyond 64 bits is the largest
    /// one. The default holds where there is no number, or zero.
    pub fn from_environment(
        du_block_size: Option<&[u8]>,
        block_size: Option<&[u8]>,
        blocksize: Option<&[u8]>,
        posixly_correct: bool,
    ) -> BlockSize {
        let default = BlockSize::bytes(if posixly_correct { 512 } else { 1024 });
        match du_block_size.or(block_size).or(blocksize).map(Spec::read) {
            None | Some(Spec::Broken(0, _)) => default,
            Some(Spec::Zero(digits)) => BlockSize { digits, ..default },
            Some(Spec::Broken(size, _)) => BlockSize::bytes(size),
            Some(Spec::Whole(block_size)) => block_size,
        }
    }

    /// Appends `bytes` in blocks, rounded up.
    pub fn write(&self, bytes: u128, numerals: &Numerals, out: &mut Vec<u8>) {
        match self.scale {
            Scale::Fixed(size) => {
                self.write_whole(divide_up(bytes, size), numerals, out);
                self.write_unit(power_of(size, self.unit), out);
            }
            Scale::Auto(base) => {
                let scaled = scale(bytes, base);
                self.write_whole(scaled.whole, numerals, out);
                if let Some(tenths) = scaled.tenths {
                    out.extend_from_slice(numerals.decimal_point());
                    out.push(b'0' + tenths);
                }
                self.write_unit(scaled.power, out);
            }
        }
    }

    fn write_whole(&self, number: u128, numerals: &Numerals, out: &mut Vec<u8>) {
        match self.digits {
            Digits::Plain => decimal::write(number, out),
            Digits::Grouped => {
                let mut digits = Vec::new();
                decimal::write(number, &mut digits);
                numerals.group(&digits, out);
            }
        }
    }

    /// Appends the letters for `power`.
    fn write_unit(&self, power: u32, out: &mut Vec<u8>) {
        let (base, with_bytes) = match self.unit {
            Unit::Silent => return,
            Unit::Letter(base) => (base, false),
            Unit::Bytes(base) => (base, true),
        };
        match (base, power) {
            (_, 0) => {}
            (Base::Decimal, 1) => out.push(b'k'),
            _ => out.extend(POWERS.get(power as usize)),
        }
        if with_bytes {
            if base == Base::Binary && power > 0 {
                out.push(b'i');
            }
            out.push(b'B');
        }
    }
}

/// A parsed SIZE. An invalid one keeps its number, which counts in an environment variable.
enum Spec {
    Whole(BlockSize),
    /// A block of 0 bytes. As in GNU du, its quote counts in an environment variable.
    Zero(Digits),
    Broken(u64, SizeError),
}

impl Spec {
    fn read(spec: &[u8]) -> Spec {
        let (digits, spec) = match spec {
            [b'\'', rest @ ..] => (Digits::Grouped, rest),
            _ => (Digits::Plain, spec),
        };
        let words = [("human-readable", BlockSize::HUMAN), ("si", BlockSize::SI)];
        if let Ok(block_size) = crate::gnu::argmatch::find(spec, &words) {
            return Spec::Whole(BlockSize {
                digits,
                ..block_size
            });
        }
        // An unsigned number may carry a plus, but no minus.
        if after_white_space(spec).first() == Some(&b'-') {
            return Spec::Broken(0, SizeError::Invalid);
        }
        let number = Number::read(spec, begins_block_unit);
        let size = u64::try_from(number.value).unwrap_or(u64::MAX);
        match number.error_within(0, u64::MAX.into()) {
            None if size == 0 => Spec::Zero(digits),
            // Zero has precedence over an invalid suffix.
            Some(_) if size == 0 => Spec::Broken(0, SizeError::Invalid),
            Some(error) => Spec::Broken(size, error),
            None => Spec::Whole(BlockSize {
                scale: Scale::Fixed(size),
                unit: unit_of(spec),
                digits,
            }),
        }
    }
}

/// The unit that is printed after each size: that of a SIZE without a number, spelt as in that SIZE.
fn unit_of(spec: &[u8]) -> Unit {
    if spec.iter().any(u8::is_ascii_digit) {
        return Unit::Silent;
    }
    match spec {
        [.., b'i', b'B'] => Unit::Bytes(Base::Binary),
        [.., b'B'] => Unit::Bytes(Base::Decimal),
        _ => Unit::Letter(Base::Binary),
    }
}

/// The smallest power of the unit's base that is at least `size`.
fn power_of(size: u64, unit: Unit) -> u32 {
    let base = match unit {
        Unit::Silent => return 0,
        Unit::Letter(base) | Unit::Bytes(base) => u128::from(base.value()),
    };
    let mut reached = 1;
    let mut power = 0;
    while reached < u128::from(size) && power < LAST_POWER {
        reached *= base;
        power += 1;
    }
    power
}

/// Parses an integer in C's syntax (white space, a sign, `0x` for hexadecimal, a leading `0` for octal), with a unit
/// after it where `suffixes` allow one. A unit alone means one of it.
pub fn parse_integer(text: &[u8], suffixes: Suffixes) -> Result<i64, SizeError> {
    let number = Number::read(text, |letter| suffixes.allow(letter));
    match number.error_within(i64::MIN.into(), i64::MAX.into()) {
        Some(error) => Err(error),
        // The bounds were checked just above, so this conversion cannot fail.
        None => i64::try_from(number.value).map_err(|_| SizeError::TooLarge),
    }
}

/// An integer multiplied by its unit, and the error of its text. The value saturates; every type that a caller needs is
/// much narrower, so a saturated value is out of bounds there.
struct Number {
    value: i128,
    error: Option<SizeError>,
}

impl Number {
    fn read(text: &[u8], begins_unit: impl Fn(u8) -> bool) -> Number {
        let (value, rest) = match integer(text) {
            Some(read) => read,
            // A unit without a number means one; there may be no white space before it.
            None if text.first().is_some_and(|&first| begins_unit(first)) => (1, text),
            None => {
                return Number {
                    value: 0,
                    error: Some(SizeError::Invalid),
                };
            }
        };
        let Some(&letter) = rest.first() else {
            return Number { value, error: None };
        };
        let Some(power) = power_of_letter(letter).filter(|_| begins_unit(letter)) else {
            return Number {
                value,
                error: Some(SizeError::InvalidSuffix),
            };
        };
        let (base, length) = match &rest[1..] {
            [b'i', b'B', ..] => (1024, 3),
            // GNU du takes `KD` for `KB`.
            [b'B' | b'D', ..] => (1000, 2),
            _ => (1024, 1),
        };
        let value = value.saturating_mul(i128::pow(base, power));
        let error = (rest.len() > length).then_some(SizeError::InvalidSuffix);
        Number { value, error }
    }

    /// The error of a number that must lie between `least` and `most`. An invalid suffix has precedence over the
    /// bounds.
    fn error_within(&self, least: i128, most: i128) -> Option<SizeError> {
        let fits = (least..=most).contains(&self.value);
        self.error.or((!fits).then_some(SizeError::TooLarge))
    }
}

/// The power of a unit's letter.
fn power_of_letter(letter: u8) -> Option<u32> {
    Some(match letter {
        b'k' | b'K' => 1,
        b'm' | b'M' => 2,
        b'g' | b'G' => 3,
        b't' | b'T' => 4,
        b'P' => 5,
        b'E' => 6,
        b'Z' => 7,
        b'Y' => 8,
        b'R' => 9,
        b'Q' => 10,
        _ => return None,
    })
}

/// The text after its leading white space (that of the C locale).
fn after_white_space(text: &[u8]) -> &[u8] {
    let blanks = text
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r'))
        .count();
    &text[blanks..]
}

/// The integer at the start of `text` and the text after it; none where there is no digit.
fn integer(text: &[u8]) -> Option<(i128, &[u8])> {
    let text = after_white_space(text);
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
            (16, rest)
        }
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let mut magnitude: i128 = 0;
    let mut length = 0;
    while let Some(digit) = digits
        .get(length)
        .and_then(|&byte| char::from(byte).to_digit(radix))
    {
        magnitude = magnitude
            .saturating_mul(radix.into())
            .saturating_add(digit.into());
        length += 1;
    }
    let value = if negative { -magnitude } else { magnitude };
    (length > 0).then_some((value, &digits[length..]))
}

/// `count` in blocks of `size`, rounded up. A division in 64 bits is several times as fast as one in 128, and nearly
/// every count fits.
fn divide_up(count: u128, size: u64) -> u128 {
    match u64::try_from(count) {
        Ok(count) => count.div_ceil(size).into(),
        Err(_) => count.div_ceil(size.into()),
    }
}

/// A count in units of a power of a base, rounded up.
struct Scaled {
    whole: u128,
    /// The decimal, if there is one.
    tenths: Option<u8>,
    power: u32,
}

/// `count` in units of the largest power of the base that it reaches. A number below ten has one decimal, unless the
/// power is 0.
fn scale(count: u128, base: Base) -> Scaled {
    let base = u128::from(base.value());
    let mut power = 0;
    let mut size: u128 = 1;
    // The comparison needs the next power, at most 2^110: it fits.
    while count >= size * base && power < LAST_POWER {
        size *= base;
        power += 1;
    }
    let (whole, rest) = (count / size, count % size);
    // No overflow: a size is at most 2^100, and the rest is smaller.
    let tenths = if whole < 10 {
        (rest * 10).div_ceil(size)
    } else {
        0
    };
    let rounded = whole + u128::from(rest > 0);
    let (whole, tenths, power) = match power {
        1.. if whole * 10 + tenths < 100 => (whole + tenths / 10, Some((tenths % 10) as u8), power),
        // Rounding up can reach the next power: 1023.1K is 1.0M.
        ..LAST_POWER if rounded == base => (1, Some(0), power + 1),
        _ => (rounded, None, power),
    };
    Scaled {
        whole,
        tenths,
        power,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(block_size: BlockSize, bytes: u128) -> String {
        in_locale(block_size, bytes, &Numerals::C)
    }

    fn in_locale(block_size: BlockSize, bytes: u128, numerals: &Numerals) -> String {
        let mut out = Vec::new();
        block_size.write(bytes, numerals, &mut out);
        String::from_utf8(out).expect("the case is sound")
    }

    /// From `du -A -B SIZE` in de_DE.UTF-8, and from `DU_BLOCK_SIZE=SIZE du -A`.
    #[test]
    fn a_quote_groups_digits_and_every_decimal_has_the_point_of_the_locale() {
        let german = Numerals::new(b",", b".", &[3, 3]);
        for (spec, bytes, expected) in [
            ("'1", 1_234_567, "1.234.567"),
            ("1", 1_234_567, "1234567"),
            ("'K", 1_234_567, "1.206K"),
            ("'kB", 1_234_567, "1.235kB"),
            ("'1K", 1_234_567, "1.206"),
            ("'h", 1_234_567, "1,2M"),
            ("'h", 1_046_000, "1.022K"),
            ("h", 1_234_567, "1,2M"),
            ("si", 999_001, "1,0M"),
            ("'1", 999, "999"),
        ] {
            let block_size = BlockSize::parse(spec.as_bytes()).expect("the case is sound");
            assert_eq!(in_locale(block_size, bytes, &german), expected, "{spec}");
        }
        for (spec, expected) in [
            ("'0", "1.206"),
            ("0", "1206"),
            ("'9x", "137175"),
            ("'", "1206"),
            ("'1", "1.234.567"),
        ] {
            let spec = Some(spec.as_bytes());
            let block_size = BlockSize::from_environment(spec, None, None, false);
            assert_eq!(
                in_locale(block_size, 1_234_567, &german),
                expected,
                "{spec:?}"
            );
        }
    }

    /// From `truncate -s BYTES f; du -A -B SIZE f`.
    #[test]
    fn sizes_are_printed_as_gnu_prints_them() {
        for (spec, bytes, expected) in [
            ("h", 0, "0"),
            ("h", 1, "1"),
            ("h", 1023, "1023"),
            ("h", 1024, "1.0K"),
            ("h", 1025, "1.1K"),
            ("h", 1126, "1.1K"),
            ("h", 1127, "1.2K"),
            ("h", 10137, "9.9K"),
            ("h", 10138, "10K"),
            ("h", 10240, "10K"),
            ("h", 10241, "11K"),
            ("h", 1047552, "1023K"),
            ("h", 1047553, "1.0M"),
            ("h", 1048576, "1.0M"),
            ("h", 1073741824, "1.0G"),
            ("human-readable", 9000000000000000001, "7.9E"),
            ("si", 999, "999"),
            ("si", 1000, "1.0k"),
            ("si", 1001, "1.1k"),
            ("si", 9900, "9.9k"),
            ("si", 9901, "10k"),
            ("si", 10001, "11k"),
            ("si", 999000, "999k"),
            ("si", 999001, "1.0M"),
            ("si", 5000000, "5.0M"),
            ("'h", 123456789, "118M"),
            ("s", 12345, "13k"),
            ("K", 1025, "2K"),
            ("M", 4194304, "4M"),
            ("MB", 4194304, "5MB"),
            ("MiB", 4194304, "4MiB"),
            ("kB", 1, "1kB"),
            ("KD", 1001, "2K"),
            ("m", 1, "1M"),
            ("1K", 1025, "2"),
            ("1KB", 1001, "2"),
            ("'1", 123456789, "123456789"),
            ("0x10", 33, "3"),
            ("010", 17, "3"),
            ("+7", 8, "2"),
            (" 5", 11, "3"),
            ("3MB", 3000001, "2"),
            ("G", 0, "0G"),
            ("GB", 0, "0GB"),
            ("E", 4611686018427387904, "4E"),
            ("18446744073709551615", 1, "1"),
        ] {
            let block_size = BlockSize::parse(spec.as_bytes()).expect("the case is sound");
            assert_eq!(printed(block_size, bytes), expected, "{spec} {bytes}");
        }
    }

    /// From the messages of `du -B SIZE`.
    #[test]
    fn bad_sizes_are_refused() {
        for (spec, expected) in [
            ("", SizeError::Invalid),
            ("0", SizeError::Invalid),
            ("0K", SizeError::Invalid),
            ("0x", SizeError::Invalid),
            ("-1", SizeError::Invalid),
            ("'", SizeError::Invalid),
            ("+", SizeError::Invalid),
            (" K", SizeError::Invalid),
            ("foo", SizeError::Invalid),
            ("human-readablex", SizeError::Invalid),
            ("six", SizeError::Invalid),
            ("1foo", SizeError::InvalidSuffix),
            ("1KBx", SizeError::InvalidSuffix),
            ("Ki", SizeError::InvalidSuffix),
            ("08", SizeError::Invalid),
            ("b", SizeError::Invalid),
            ("e", SizeError::InvalidSuffix),
            ("p", SizeError::InvalidSuffix),
            ("y", SizeError::InvalidSuffix),
            ("1.5", SizeError::InvalidSuffix),
            ("18446744073709551616", SizeError::TooLarge),
            ("Z", SizeError::TooLarge),
            ("1Y", SizeError::TooLarge),
            ("17179869184G", SizeError::TooLarge),
            ("R", SizeError::Invalid),
            ("99999999999999999999x", SizeError::InvalidSuffix),
        ] {
            assert_eq!(BlockSize::parse(spec.as_bytes()), Err(expected), "{spec}");
        }
    }

    /// From `du -A` of 5,000,000 bytes with `DU_BLOCK_SIZE`, `BLOCK_SIZE`, `BLOCKSIZE` and `POSIXLY_CORRECT`.
    #[test]
    fn the_first_variable_decides() {
        for (first, second, third, posixly_correct, expected) in [
            (None, None, None, false, "4883"),
            (None, None, None, true, "9766"),
            (Some(""), Some("M"), Some("M"), false, "4883"),
            (Some("foo"), Some("M"), Some("M"), false, "4883"),
            (Some("foo"), None, None, true, "9766"),
            (Some("9x"), None, None, false, "555556"),
            (Some("0"), None, None, false, "4883"),
            (Some("1Kx"), Some("1"), None, false, "4883"),
            (Some("1Z"), None, None, false, "1"),
            (Some("99999999999999999999"), Some("1"), None, false, "1"),
            (None, Some("MB"), Some("1"), false, "5MB"),
            (None, None, Some("h"), false, "4.8M"),
            (None, Some("z"), Some("1"), false, "5000000"),
            (Some("'si"), None, None, false, "5.0M"),
            (None, Some("-5"), Some("1"), true, "9766"),
        ] {
            let bytes = |value: Option<&'static str>| value.map(str::as_bytes);
            let block_size = BlockSize::from_environment(
                bytes(first),
                bytes(second),
                bytes(third),
                posixly_correct,
            );
            assert_eq!(
                printed(block_size, 5_000_000),
                expected,
                "{first:?} {second:?} {third:?}"
            );
        }
    }

    /// From `du --inodes -s -B SIZE` of a directory with 1500 files.
    #[test]
    fn inodes_keep_the_unit() {
        for (spec, expected) in [
            ("h", "1.5K"),
            ("si", "1.6k"),
            ("K", "1501"),
            ("KB", "1501B"),
            ("MiB", "1501B"),
            ("M", "1501"),
            ("1M", "1501"),
            ("512", "1501"),
        ] {
            let block_size = BlockSize::parse(spec.as_bytes()).expect("the case is sound");
            assert_eq!(printed(block_size.for_inodes(), 1501), expected, "{spec}");
        }
    }

    /// GNU stops at 64 bits; the expected values are those of `bc`.
    #[test]
    fn large_sums_stay_exact() {
        for (block_size, bytes, expected) in [
            (
                BlockSize::bytes(1),
                u128::MAX,
                "340282366920938463463374607431768211455",
            ),
            (BlockSize::bytes(1024), 1 << 64, "18014398509481984"),
            (
                BlockSize::bytes(u64::MAX),
                u128::MAX,
                "18446744073709551617",
            ),
            (BlockSize::HUMAN, 1 << 64, "16E"),
            (BlockSize::HUMAN, (1 << 64) + 1, "17E"),
            (BlockSize::HUMAN, (1 << 70) - 1, "1.0Z"),
            (BlockSize::HUMAN, 1 << 100, "1.0Q"),
            (BlockSize::HUMAN, u128::MAX, "268435456Q"),
            (BlockSize::SI, u128::MAX, "340282367Q"),
            (BlockSize::SI, 10_u128.pow(27), "1.0R"),
        ] {
            assert_eq!(printed(block_size, bytes), expected, "{bytes}");
        }
    }

    /// Which texts are refused, and why, is from `du --threshold=TEXT`.
    #[test]
    fn integers_are_read_as_in_c() {
        use SizeError::{Invalid, InvalidSuffix, TooLarge};
        for (text, expected) in [
            ("1KB", Ok(1000)),
            ("1KiB", Ok(1024)),
            ("1KD", Ok(1000)),
            ("-1M", Ok(-1_048_576)),
            ("K", Ok(1024)),
            ("kB", Ok(1000)),
            ("0x10", Ok(16)),
            ("-0x10", Ok(-16)),
            ("010", Ok(8)),
            (" \t\n+5", Ok(5)),
            ("-0", Ok(0)),
            ("0Q", Ok(0)),
            ("-8E", Ok(i64::MIN)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("8E", Err(TooLarge)),
            ("-9223372036854775809", Err(TooLarge)),
            ("1R", Err(TooLarge)),
            ("1QB", Err(TooLarge)),
            ("", Err(Invalid)),
            ("-", Err(Invalid)),
            ("--5", Err(Invalid)),
            ("-K", Err(Invalid)),
            (" K", Err(Invalid)),
            ("m", Ok(1_048_576)),
            ("g", Err(Invalid)),
            ("B", Err(Invalid)),
            ("5 ", Err(InvalidSuffix)),
            ("08", Err(InvalidSuffix)),
            ("0x", Err(InvalidSuffix)),
            ("1Ki", Err(InvalidSuffix)),
            ("1KBx", Err(InvalidSuffix)),
            ("99999999999999999999x", Err(InvalidSuffix)),
        ] {
            assert_eq!(
                parse_integer(text.as_bytes(), Suffixes::Sizes),
                expected,
                "{text}"
            );
        }
        assert_eq!(parse_integer(b"1K", Suffixes::None), Err(InvalidSuffix));
        assert_eq!(parse_integer(b"K", Suffixes::None), Err(Invalid));
        assert_eq!(parse_integer(b"-0x10", Suffixes::None), Ok(-16));
    }
}
