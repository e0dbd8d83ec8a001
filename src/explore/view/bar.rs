//! The bar of a row: full for the largest row.

/// The left parts of a full cell, by eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar of at most `width` cells.
pub(super) fn bar(amount: u64, largest: u64, width: usize, is_ascii: bool) -> String {
    let steps = if is_ascii { 1 } else { 8 };
    let most = width as u64 * steps;
    let amount = amount.min(largest);
    let length = u128::from(amount) * u128::from(most) / u128::from(largest.max(1));
    let length = usize::try_from(length).unwrap_or(width);
    match is_ascii {
        true => "#".repeat(length),
        false => "█".repeat(length / 8) + EIGHTHS[length % 8],
    }
}

/// The part in whole per cent, rounded to the nearest.
pub(super) fn per_cent(part: u64, whole: u64) -> u64 {
    let doubled = u128::from(part.min(whole)) * 200 + u128::from(whole);
    let per_cent = doubled.checked_div(u128::from(whole) * 2).unwrap_or(0);
    u64::try_from(per_cent).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_eighths_or_whole_signs() {
        for (amount, unicode, ascii) in [
            (0, "", ""),
            (1, "", ""),
            (125, "▌", ""),
            (250, "█", "#"),
            (500, "██", "##"),
            (999, "███▉", "###"),
            (1000, "████", "####"),
            (2000, "████", "####"),
        ] {
            assert_eq!(bar(amount, 1000, 4, false), unicode, "{amount}");
            assert_eq!(bar(amount, 1000, 4, true), ascii, "{amount}");
        }
        assert_eq!(bar(u64::MAX, u64::MAX, 3, false), "███");
        assert_eq!(bar(0, 0, 3, false), "");
    }

    #[test]
    fn per_cents_are_rounded_to_the_nearest() {
        for (part, whole, expected) in
            [(0, 0, 0), (1, 200, 1), (1, 201, 0), (2, 3, 67), (3, 2, 100)]
        {
            assert_eq!(per_cent(part, whole), expected, "{part}/{whole}");
        }
        assert_eq!(per_cent(u64::MAX, u64::MAX), 100);
    }
}
