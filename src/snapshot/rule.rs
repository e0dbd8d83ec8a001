//! RULE of `--keep`: `14`, or `7d,4w,12m`. What it means stands in `keep.rs`.

use std::str::FromStr;

/// A rule. See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepRule {
    /// The parts, each with the number of periods.
    pub(super) parts: Vec<(Period, usize)>,
}

/// A text that is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidRule;

/// What one snapshot is kept of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    /// Each snapshot.
    Moment,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl FromStr for KeepRule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let parts: Result<_, _> = text.split(',').map(part).collect();
        Ok(Self { parts: parts? })
    }
}

/// Parses one part: a number from 1 on, and the letter of a period.
fn part(text: &str) -> Result<(Period, usize), InvalidRule> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let period = match &text[digits.len()..] {
        "" => Period::Moment,
        "h" => Period::Hour,
        "d" => Period::Day,
        "w" => Period::Week,
        "m" => Period::Month,
        "y" => Period::Year,
        _ => return Err(InvalidRule),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits
        .parse()
        .ok()
        .filter(|&number| is_number && number > 0);
    Ok((period, number.ok_or(InvalidRule)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ",",
            "0",
            "0d",
            "d",
            "7d,",
            "-1",
            "+1",
            "1.5",
            "7 d",
            "7D",
            "7dd",
            "7s",
            "all",
            "1,x",
            " 7",
            "７d",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<KeepRule>(), Err(InvalidRule), "{text}");
        }
    }
}
