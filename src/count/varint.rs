//! Variable-length integers. Millions of entries may wait for their turn, so they are kept in few bytes.
//!
//! * One number (LEB128): seven bits per byte, the low ones first; the eighth bit is set where another byte follows.
//! * A group of numbers: how many bytes each has, two to a byte, then those bytes, the low ones first. No longer than the
//!   same numbers one by one, and read three times as fast: no byte decides what follows.

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
    put(out, zigzag(number));
}

/// Takes a number that [`put_signed`] appended.
#[inline]
pub(crate) fn take_signed(from: &mut &[u8]) -> i64 {
    of_zigzag(take(from))
}

/// The numbers of a group, at most.
const MOST: usize = 6;

/// The bytes of a group, at most.
const LONGEST: usize = MOST / 2 + 8 * MOST;

/// Appends a group of numbers.
#[inline]
pub(crate) fn put_group<const N: usize>(out: &mut Vec<u8>, numbers: [u64; N]) {
    const { assert!(N.is_multiple_of(2) && N <= MOST) };
    let mut bytes = [0; LONGEST];
    let mut end = N / 2;
    for (index, number) in numbers.into_iter().enumerate() {
        let length = (u64::BITS - number.leading_zeros()).div_ceil(8);
        bytes[index / 2] |= (length << (4 * (index % 2))) as u8;
        if let Some(place) = bytes.get_mut(end..end + 8) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        end += length as usize;
    }
    out.extend_from_slice(bytes.get(..end).unwrap_or_default());
}

/// Takes a group from the front; zeros where it is not there.
#[inline]
pub(crate) fn take_group<const N: usize>(from: &mut &[u8]) -> [u64; N] {
    // Each number is read as eight bytes: near the end, out of a copy that has as many.
    let mut copy = [0; LONGEST];
    let bytes = from.first_chunk().unwrap_or_else(|| {
        copy.iter_mut()
            .zip(*from)
            .for_each(|(to, &byte)| *to = byte);
        &copy
    });
    let mut numbers = [0; N];
    let mut at = N / 2;
    for (index, number) in numbers.iter_mut().enumerate() {
        let length = (bytes[index / 2] >> (4 * (index % 2)) & 0xf).min(8);
        let word = bytes.get(at..).and_then(|rest| rest.first_chunk());
        let unused = u64::BITS - 8 * u32::from(length);
        let mask = u64::MAX.checked_shr(unused).unwrap_or(0);
        *number = word.map_or(0, |&word| u64::from_le_bytes(word)) & mask;
        at += usize::from(length);
    }
    *from = from.get(at..).unwrap_or_default();
    numbers
}

/// A signed number as one without a sign: numbers near 0 are small.
#[inline]
pub(crate) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

/// The number of which [`zigzag`] made this one.
#[inline]
pub(crate) fn of_zigzag(zigzag: u64) -> i64 {
    (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_back_as_they_were_at_any_place() {
        let numbers = || (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, !(1 << bit)]);
        let mut bytes = Vec::new();
        for (number, other) in numbers().zip(numbers().rev()) {
            put_group(&mut bytes, [number, other]);
            put_group(&mut bytes, [number, 0, other, u64::MAX, 1, zigzag(-1)]);
        }
        let mut rest = bytes.as_slice();
        for (number, other) in numbers().zip(numbers().rev()) {
            assert_eq!(take_group(&mut rest), [number, other]);
            assert_eq!(take_group(&mut rest), [number, 0, other, u64::MAX, 1, 1]);
        }
        assert!(rest.is_empty());
        assert_eq!(take_group(&mut rest), [0; 6]);
        for number in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(of_zigzag(zigzag(number)), number);
        }
    }

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
