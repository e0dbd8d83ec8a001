//! Sizes for people, all in one style: `24.5 EiB`.

use humansize::{FixedAt, FormatSizeOptions};

/// humansize panics from a thousand of its largest unit on, unless it is told to use that unit.
const BEYOND_UNITS: u128 = 1000_u128.pow(9);

/// The size with a unit, and one decimal where it is no whole number of units.
#[must_use]
pub fn human_size(bytes: u128, units: FormatSizeOptions) -> String {
    let unit = (bytes >= BEYOND_UNITS).then_some(FixedAt::Yotta);
    // A float has 53 bits of precision; a number below 1024 with one decimal needs 14.
    humansize::format_size_i(bytes as f64, units.decimal_places(1).fixed_at(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use humansize::{BINARY, DECIMAL};

    #[test]
    fn every_size_has_one_style() {
        for (bytes, binary, decimal) in [
            (0, "0 B", "0 B"),
            (1023, "1023 B", "1.0 kB"),
            (1 << 64, "16 EiB", "18.4 EB"),
            (3 << 63, "24 EiB", "27.7 EB"),
            (49 << 59, "24.5 EiB", "28.2 EB"),
            (1 << 70, "1 ZiB", "1.2 ZB"),
            (1 << 80, "1 YiB", "1.2 YB"),
            (1 << 90, "1024 YiB", "1237.9 YB"),
            (1 << 100, "1048576 YiB", "1267650.6 YB"),
        ] {
            assert_eq!(human_size(bytes, BINARY), binary, "{bytes}");
            assert_eq!(human_size(bytes, DECIMAL), decimal, "{bytes}");
        }
        assert!(human_size(u128::MAX, BINARY).ends_with(" YiB"));
    }
}
