//! Integers in decimal digits: nearly every line of every report has some.

/// Appends a number in decimal digits.
pub fn write(number: u128, out: &mut Vec<u8>) {
    if let Some((digits, count)) = short(number) {
        let end = out.len() + count;
        out.extend_from_slice(&digits);
        return out.truncate(end);
    }
    write(number / EIGHT_DIGITS, out);
    let digits = digits((number % EIGHT_DIGITS) as u64) + ZEROS;
    out.extend_from_slice(&digits.to_le_bytes());
}

/// The first number that has more than eight decimal digits.
const EIGHT_DIGITS: u128 = 100_000_000;

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The decimal digits of a number that has no more than eight, and how many it has; then bytes of zero.
///
/// Without a branch: most numbers that are printed are such, and no two are equally long.
#[must_use]
#[inline]
pub fn short(number: u128) -> Option<([u8; 8], usize)> {
    if number >= EIGHT_DIGITS {
        return None;
    }
    let digits = digits(number as u64);
    // The last digit is one, be it 0.
    let zeros = (digits | (1 << 56)).trailing_zeros() / 8;
    let text = (digits + ZEROS) >> (8 * zeros);
    Some((text.to_le_bytes(), 8 - zeros as usize))
}

/// The digits of a number that has no more than eight, zeros before them, all at once: the first is the lowest byte.
#[inline]
fn digits(number: u64) -> u64 {
    // Two fork of four digits, four quarters of two, eight digits. The factors divide by 100 and by 10 all numbers
    // that occur.
    let fork = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fork * 10_486) >> 20) & 0x7f_0000_007f;
    let quarters = ((fork - hundreds * 100) << 16) | hundreds;
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    ((quarters - tens * 10) << 8) | tens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_what_the_standard_library_prints() {
        let around = (0..=39).flat_map(|digits| {
            let power = 10_u128.checked_pow(digits).unwrap_or(u128::MAX);
            (0..3).flat_map(move |near| [power - near.min(power), power.saturating_add(near)])
        });
        let scattered = (0..1_000_000_u64).map(|n| u128::from((n * 2_654_435_761) >> (n % 30)));
        for number in around.chain(0..10_000).chain(scattered) {
            let mut out = b"before ".to_vec();
            write(number, &mut out);
            assert_eq!(out, format!("before {number}").into_bytes());
        }
    }
}
