//! Integers in decimal digits. Nearly every line of every report has one, so it is written without a branch per digit.

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

/// The decimal digits of a number that has at most eight, and their count; the bytes after them are zero.
///
/// Most printed numbers have at most eight digits. Their lengths vary, so a branch per digit would be mispredicted.
#[must_use]
#[inline]
pub fn short(number: u128) -> Option<([u8; 8], usize)> {
    if number >= EIGHT_DIGITS {
        return None;
    }
    let digits = digits(number as u64);
    // Bit 56 belongs to the last digit: it stays, even if it is 0.
    let zeros = (digits | (1 << 56)).trailing_zeros() / 8;
    let text = (digits + ZEROS) >> (8 * zeros);
    Some((text.to_le_bytes(), 8 - zeros as usize))
}

/// The eight digits of a number, leading zeros included, one in each byte; the first digit is in the lowest byte.
#[inline]
fn digits(number: u64) -> u64 {
    // Split into two halves of four digits, then four quarters of two, then eight digits. Multiplying by 10,486 / 2^20
    // divides by 100, and by 103 / 2^10 by 10, exactly for all numbers below 10,000 and 100.
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x7f_0000_007f;
    let quarters = ((halves - hundreds * 100) << 16) | hundreds;
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
