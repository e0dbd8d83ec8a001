//! LIMIT of `--fail-if-grew`: a SIZE, or a percentage of the earlier size.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::gnu::block_size::{Suffixes, parse_integer};

/// How much a directory may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrowthLimit {
    /// By so many bytes (or entries).
    Size(u64),
    /// By so many thousandths of a per cent of the earlier size.
    Share(u32),
}

/// A text that is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidLimit;

/// Digits after the point of a percentage.
const DECIMALS: usize = 3;

/// Thousandths of a per cent in the whole.
const WHOLE: u128 = 100_000;

/// Parses a percentage: digits, perhaps with a point and at most three digits after it.
fn share(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > DECIMALS {
        return None;
    }
    format!("{whole}{decimals:0<DECIMALS$}").parse().ok()
}

impl GrowthLimit {
    /// Parses LIMIT.
    pub(super) fn parse(text: &OsStr) -> Result<Self, InvalidLimit> {
        let text = text.as_bytes();
        if let Some(number) = text.strip_suffix(b"%") {
            return share(number).map(Self::Share).ok_or(InvalidLimit);
        }
        let size = parse_integer(text, Suffixes::Sizes).map_err(|_| InvalidLimit)?;
        let is_negative = text.starts_with(b"-");
        let size = u64::try_from(size).ok().filter(|_| !is_negative);
        size.map(Self::Size).ok_or(InvalidLimit)
    }

    /// True where a change of this size is above the limit.
    #[must_use]
    pub fn is_exceeded(self, before: i128, change: i128) -> bool {
        let Ok(change) = u128::try_from(change) else {
            return false;
        };
        let before = u128::try_from(before).unwrap_or(0);
        match self {
            Self::Size(limit) => change > limit.into(),
            Self::Share(share) => {
                change.saturating_mul(WHOLE) > before.saturating_mul(share.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_exceeded_above_it_only() {
        for (text, before, at_limit) in [
            ("10", 0, 10),
            ("1K", 5, 1024),
            ("0", 5, 0),
            ("5%", 1000, 50),
            ("2.5%", 1000, 25),
            ("0.001%", 100_000, 1),
            ("0%", 1000, 0),
            ("300%", 7, 21),
            ("5%", 0, 0),
            ("5%", 19, 0),
        ] {
            let limit = GrowthLimit::parse(OsStr::new(text)).expect("a limit");
            assert!(!limit.is_exceeded(before, at_limit), "{text}");
            assert!(limit.is_exceeded(before, at_limit + 1), "{text}");
            assert!(!limit.is_exceeded(before, -5), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_limits() {
        for text in [
            "",
            "%",
            "-1",
            "-0",
            "-1%",
            "+1%",
            "1.%",
            ".5%",
            "1.2345%",
            "x",
            "10X",
            "5 %",
            "5%%",
            "99999999%",
            "1e3%",
            "1.5G",
        ] {
            assert_eq!(
                GrowthLimit::parse(OsStr::new(text)),
                Err(InvalidLimit),
                "{text}"
            );
        }
    }
}
