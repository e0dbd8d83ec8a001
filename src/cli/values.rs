//! The types of option values that are numbers. Bytes that are no UTF-8 are invalid, not a panic.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::format::Threshold;
use crate::gnu::block_size::{SizeError, Suffixes, parse_integer};

/// An integer without a unit, between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number<const LEAST: i64, const MOST: i64>(i64);

/// The N of `--max-depth`.
pub(super) type Depth = Number<0, { i64::MAX }>;

/// The N of `--threads`.
pub(super) type Threads = Number<1, 4096>;

/// The N of `--top`.
pub(super) type Top = Number<1, { i64::MAX }>;

/// The COLUMNS of `--width`: as many as a terminal can have.
pub(super) type Width = Number<1, { u16::MAX as i64 }>;

/// A text that is no integer, or one out of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidNumber;

impl<const LEAST: i64, const MOST: i64> Number<LEAST, MOST> {
    pub(super) fn get(self) -> i64 {
        self.0
    }

    /// The number as another type; the largest of that type where it is larger.
    pub(super) fn saturated<T: TryFrom<i64>>(self, largest: T) -> T {
        T::try_from(self.0).unwrap_or(largest)
    }
}

impl<const LEAST: i64, const MOST: i64> TryFrom<&OsStr> for Number<LEAST, MOST> {
    type Error = InvalidNumber;

    fn try_from(text: &OsStr) -> Result<Self, InvalidNumber> {
        match parse_integer(text.as_bytes(), Suffixes::None) {
            Ok(number) if (LEAST..=MOST).contains(&number) => Ok(Self(number)),
            _ => Err(InvalidNumber),
        }
    }
}

/// Why the SIZE of `--threshold` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ThresholdError {
    /// It is no SIZE.
    Size(SizeError),
    /// It is a zero with a minus sign, which would exclude every entry but empty ones.
    NegativeZero,
}

/// The SIZE of `--threshold`, whose sign chooses the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignedSize(pub(super) Threshold);

impl TryFrom<&OsStr> for SignedSize {
    type Error = ThresholdError;

    fn try_from(text: &OsStr) -> Result<Self, ThresholdError> {
        let text = text.as_bytes();
        let size = parse_integer(text, Suffixes::Sizes).map_err(ThresholdError::Size)?;
        match size {
            0 if text.starts_with(b"-") => Err(ThresholdError::NegativeZero),
            0.. => Ok(Self(Threshold::AtLeast(size.unsigned_abs().into()))),
            _ => Ok(Self(Threshold::AtMost(size.unsigned_abs().into()))),
        }
    }
}
