//! Random numbers from a seed. One seed gives one tree or one command line, whatever ran before it, so that a single case
//! can be run again alone.

use fastrand::Rng;

/// A generator for the thing `number` of the kind `stream`, independent of all others.
pub(crate) fn rng_for(seed: u64, stream: u64, number: u64) -> Rng {
    // Rng's own mixing separates neighbouring seeds; the odd multipliers keep the streams apart.
    let mixed = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(stream.wrapping_mul(0xbf58_476d_1ce4_e5b9))
        .wrapping_add(number.wrapping_mul(0x94d0_49bb_1331_11eb));
    let mut rng = Rng::with_seed(mixed);
    let again = rng.u64(..);
    Rng::with_seed(again)
}

/// True in `percent` of a hundred calls.
pub(crate) fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(0..100) < percent
}

/// One of `of`, all with the same weight.
pub(crate) fn pick<'a, T: ?Sized>(rng: &mut Rng, of: &[&'a T]) -> &'a T {
    of[rng.usize(0..of.len())]
}

/// One of `of`, each with its weight.
pub(crate) fn weighted<T: Copy>(rng: &mut Rng, of: &[(u32, T)]) -> T {
    let total = of.iter().map(|(weight, _)| weight).sum();
    let mut left = rng.u32(0..total);
    for &(weight, value) in of {
        if left < weight {
            return value;
        }
        left -= weight;
    }
    unreachable!("the number is below the sum of the weights")
}
