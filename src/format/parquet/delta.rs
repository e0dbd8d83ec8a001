//! Numbers as the bits of their differences (DELTA_BINARY_PACKED).

use crate::count::varint;

/// Differences in a block, which have their least one in common.
const BLOCK: usize = 128;

/// Differences that have as many bits as the largest of them needs.
const MINIBLOCK: usize = 32;

/// Appends this many numbers.
pub(super) fn put(out: &mut Vec<u8>, count: usize, mut numbers: impl Iterator<Item = i64>) {
    let mut last = numbers.next().unwrap_or(0);
    varint::put(out, BLOCK as u64);
    varint::put(out, (BLOCK / MINIBLOCK) as u64);
    varint::put(out, count as u64);
    varint::put_signed(out, last);
    loop {
        let mut deltas = [0; BLOCK];
        let mut filled = 0;
        for (delta, number) in deltas.iter_mut().zip(numbers.by_ref()) {
            *delta = number.wrapping_sub(last);
            last = number;
            filled += 1;
        }
        match deltas.get(..filled) {
            Some(deltas) if filled > 0 => put_block(out, deltas),
            _ => return,
        }
    }
}

fn put_block(out: &mut Vec<u8>, deltas: &[i64]) {
    let least = deltas.iter().copied().min().unwrap_or(0);
    varint::put_signed(out, least);
    let above = |delta: i64| delta.wrapping_sub(least).cast_unsigned();
    let mut widths = [0; BLOCK / MINIBLOCK];
    for (width, deltas) in widths.iter_mut().zip(deltas.chunks(MINIBLOCK)) {
        let all = deltas.iter().fold(0, |all, &delta| all | above(delta));
        *width = (u64::BITS - all.leading_zeros()) as u8;
    }
    out.extend_from_slice(&widths);
    for (&width, deltas) in widths.iter().zip(deltas.chunks(MINIBLOCK)) {
        // The last miniblock is filled with zeros.
        let deltas = deltas
            .iter()
            .map(|&delta| above(delta))
            .chain([0; MINIBLOCK]);
        put_bits(out, width, deltas.take(MINIBLOCK));
    }
}

/// Appends numbers of `width` bits each; as many that the last byte is full.
fn put_bits(out: &mut Vec<u8>, width: u8, numbers: impl Iterator<Item = u64>) {
    let (mut waiting, mut bits) = (0_u128, 0);
    for number in numbers {
        waiting |= u128::from(number) << bits;
        bits += u32::from(width);
        if bits >= u64::BITS {
            out.extend_from_slice(&(waiting as u64).to_le_bytes());
            waiting >>= u64::BITS;
            bits -= u64::BITS;
        }
    }
    let rest = waiting.to_le_bytes();
    out.extend(rest.iter().take(bits.div_ceil(8) as usize));
}
