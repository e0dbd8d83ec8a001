//! The smallest and the largest value of a column for the footer: by these an engine leaves out row groups.

use parquet::data_type::ByteArray;
use parquet::file::statistics::{Statistics, ValueStatistics};

/// Bytes of a text, at most: a path may be as long as it likes.
const MOST: usize = 64;

/// Those of texts. None where one has no short bound.
pub(super) fn of_texts<'a>(texts: impl Iterator<Item = &'a [u8]> + Clone) -> Option<Statistics> {
    let (least, is_least) = texts.clone().min().and_then(lower)?;
    let (most, is_most) = texts.max().and_then(upper)?;
    let (least, most) = (ByteArray::from(least), ByteArray::from(most));
    let bounds = ValueStatistics::new(Some(least), Some(most), None, Some(0), false)
        .with_min_is_exact(is_least)
        .with_max_is_exact(is_most);
    Some(bounds.into())
}

/// Those of numbers; none where there is no number.
pub(super) fn of_numbers(numbers: &[i64], nulls: u64) -> Option<Statistics> {
    let (least, most) = (numbers.iter().min()?, numbers.iter().max()?);
    let bounds = ValueStatistics::new(Some(*least), Some(*most), None, Some(nulls), false);
    Some(bounds.with_backwards_compatible_min_max(true).into())
}

/// A text that is not larger, and whether it is the same. None where there is no short one.
fn lower(text: &[u8]) -> Option<(Vec<u8>, bool)> {
    let cut = cut(text)?;
    Some((cut.into(), cut.len() == text.len()))
}

/// A text that is not smaller, and whether it is the same: where it is cut, its last character is the next one. None where
/// there is no short one.
fn upper(text: &[u8]) -> Option<(Vec<u8>, bool)> {
    let cut = cut(text)?;
    if cut.len() == text.len() {
        return Some((cut.into(), true));
    }
    let cut = std::str::from_utf8(cut).ok()?;
    cut.char_indices().rev().find_map(|(at, last)| {
        let next = char::from_u32(last as u32 + 1)?;
        let bound = cut.get(..at)?.to_owned() + next.encode_utf8(&mut [0; 4]);
        Some((bound.into_bytes(), false))
    })
}

/// The first characters, in [`MOST`] bytes at most. None where it is not UTF-8.
fn cut(text: &[u8]) -> Option<&[u8]> {
    let text = std::str::from_utf8(text).ok()?;
    let end = (0..=MOST.min(text.len())).rfind(|&end| text.is_char_boundary(end))?;
    text.as_bytes().get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_short_and_enclose_the_texts() {
        let long = "a".repeat(MOST);
        let cases = [
            ("", Some("")),
            ("abc", Some("abc")),
            (&*format!("{long}bc"), Some(&*format!("{}b", &long[1..]))),
            (
                &format!("{}\u{d7ff}x", &long[3..]),
                Some(&format!("{}b", &long[4..])),
            ),
            (
                &format!("{}\u{10ffff}x", &long[4..]),
                Some(&format!("{}b", &long[5..])),
            ),
            (
                &format!("{}é", &long[1..]),
                Some(&format!("{}b", &long[2..])),
            ),
            (&"\u{10ffff}".repeat(17), None),
        ];
        for (text, most) in cases {
            let (least, _) = lower(text.as_bytes()).expect("UTF-8");
            let bound = upper(text.as_bytes());
            assert!(least.as_slice() <= text.as_bytes() && least.len() <= MOST);
            assert_eq!(
                bound.map(|(bound, _)| bound),
                most.map(|most| most.as_bytes().into())
            );
            assert!(most.is_none_or(|most| most >= text && most.len() <= MOST));
        }
        assert!(lower(b"\xff").is_none() && upper(b"\xff").is_none());
    }
}
