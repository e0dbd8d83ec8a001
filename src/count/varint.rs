//! Variable-length integers (LEB128): seven bits per byte, the low ones first; the eighth bit is set where another
//! byte follows. Millions of entries may wait for their turn, so they are kept in few bytes.

/// Appends a number.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number from the front; 0 where there are no bytes.
#[inline]
pub(crate) fn take(from: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = from.split_first() {
        *from = rest;
        number |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte < 0x80 {
            break;
        }
        shift += 7;
    }
    number
}

/// Appends a signed number in zigzag coding: numbers near 0 of either sign are short.
#[inline]
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, (number << 1 ^ number >> 63) as u64);
}

/// Takes a number that [`put_signed`] appended.
#[inline]
pub(crate) fn take_signed(from: &mut &[u8]) -> i64 {
    let zigzag = take(from);
    (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_one_after_the_other() {
        let powers = (0..64).map(|bit| 1_u64 << bit);
        let numbers: Vec<u64> = powers
            .flat_map(|power| [power - 1, power, !power])
            .collect();
        let mut bytes = Vec::new();
        for &number in &numbers {
            put(&mut bytes, number);
            put_signed(&mut bytes, number as i64);
        }
        let mut rest = bytes.as_slice();
        for &number in &numbers {
            assert_eq!(take(&mut rest), number);
            assert_eq!(take_signed(&mut rest), number as i64);
        }
        assert!(rest.is_empty());
        assert_eq!(take(&mut rest), 0);
    }

    #[test]
    fn small_numbers_are_short() {
        for (number, length) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (u64::from(u32::MAX), 5),
            (u64::MAX, 10),
        ] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(bytes.len(), length, "{number}");
        }
    }
}
