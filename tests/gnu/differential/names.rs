//! Names of entries: mostly plain ones, and those for which a rule of quoting, matching or printing exists.

use super::random::{chance, pick};
use fastrand::Rng;

/// One or more for each rule: shell quoting, control characters, option look-alikes, UTF-8 that is
/// not, glob characters, and `total`, which is also the last line of `-c`.
const ODD: &[&[u8]] = &[
    b" ",
    b"a b",
    b"trailing ",
    b"it's",
    b"\"quoted\"",
    b"'\"",
    b"new\nline",
    b"\n",
    b"tab\there",
    b"cr\r",
    b"esc\x1b[31mred",
    b"bell\x07",
    b"del\x7f",
    b"-dash",
    b"--",
    b"-",
    b"--all",
    b"\xff\xfe",
    b"bad\xc3",
    b"\xe6\x97\xa5\xe6\x9c",
    b"\xc3\xa9t\xc3\xa9",
    b"\xe6\x97\xa5\xe6\x9c\xac",
    b"\xe2\x80\xae\x74\x78\x74",
    b"c1\xc2\x9b31m",
    b"\xed\xa0\x80",
    b"*",
    b"?",
    b"[a]",
    b"[!a]",
    b"[",
    b"..x",
    b"...",
    b".hidden",
    b"~",
    b"$HOME",
    b"back\\slash",
    b"\\",
    b"\\*",
    b"a=b",
    b"#x",
    b"!x",
    b"{a,b}",
    b"a;b",
    b"a:b",
    b"total",
    b"Infinity",
];

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789ABCXYZ_.";

/// A name for an entry: five in six are plain.
pub(crate) fn name(rng: &mut Rng) -> Vec<u8> {
    if chance(rng, 83) {
        return plain(rng, 6);
    }
    if chance(rng, 6) {
        return vec![LETTERS[rng.usize(0..26)]; 255];
    }
    let mut odd = pick(rng, ODD).to_vec();
    if chance(rng, 20) {
        odd.extend(plain(rng, 3));
    }
    odd
}

/// Letters and digits, at most `longest`; short ones are common, so that patterns and `a` / `a/a` meet.
pub(crate) fn plain(rng: &mut Rng, longest: usize) -> Vec<u8> {
    let length = if chance(rng, 45) {
        1
    } else {
        rng.usize(1..=longest)
    };
    let mut name = vec![LETTERS[rng.usize(0..26)]];
    name.extend((1..length).map(|_| LETTERS[rng.usize(0..LETTERS.len())]));
    name
}
