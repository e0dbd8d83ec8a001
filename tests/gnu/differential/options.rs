//! Random options: every one GNU du has, with values that are mostly valid and sometimes odd, and a
//! list of command lines that are wrong.

use super::random::{chance, pick, weighted};
use super::random_tree::Tree;
use crate::support::gnu_du::Release;
use fastrand::Rng;

/// One option, not yet spelled out.
#[derive(Debug, Clone)]
pub(crate) struct Opt {
    pub(crate) short: Option<u8>,
    pub(crate) long: Option<&'static str>,
    pub(crate) value: Option<Vec<u8>>,
}

/// Percentage, letter, word. The letter `\0` stands for none.
const FLAGS: &[(u32, u8, &str)] = &[
    (32, b'a', "all"),
    (9, b'A', "apparent-size"),
    (8, b'b', "bytes"),
    (14, b'c', "total"),
    (5, b'D', "dereference-args"),
    (3, b'H', ""),
    (11, b'h', "human-readable"),
    (9, 0, "inodes"),
    (3, b'k', ""),
    (11, b'L', "dereference"),
    (12, b'l', "count-links"),
    (3, b'm', ""),
    (4, b'P', "no-dereference"),
    (12, b'S', "separate-dirs"),
    (6, 0, "si"),
    (10, b's', "summarize"),
    (7, b'x', "one-file-system"),
    (6, b'0', "null"),
];

#[rustfmt::skip] // a table reads better dense
const SIZES: &[&str] = &[
    "1", "2", "512", "1000", "4096", "1K", "K", "KB", "KiB", "kB", "k", "M", "MB", "MiB", "G", "GB",
    "T", "TiB", "P", "E", "EB", "10M", "3K", "7kB", "human-readable", "human", "si", "'1", "'K", "'",
    "0x400", "010", "1b", "2c", "8E", "15E", "18446744073709551615",
];

#[rustfmt::skip] // a table reads better dense
const THRESHOLDS: &[&str] = &[
    "1", "-1", "0", "4K", "-4K", "4097", "8192", "-8192", "12288", "-12288", "1M", "-1M", "10kB",
    "-10KB", "5", "-5", "100", "-100", "K", "1G", "-1G", "0x1000", "+4096", "-010000", "1E", "-7E",
];

#[rustfmt::skip] // a table reads better dense
const DEPTHS: &[&str] = &["0", "1", "2", "3", "1", "2", "7", "100", "+1", "0x2", "010", " 1", "9223372036854775807"];

#[rustfmt::skip] // a table reads better dense
const TIME_WORDS: &[&str] = &["atime", "access", "use", "ctime", "status", "at", "ac", "u", "c", "s"];

#[rustfmt::skip] // a table reads better dense
const STYLES: &[&str] = &[
    "full-iso", "long-iso", "iso", "full", "f", "lo", "l", "i", "+%s", "+%s.%N", "+%Y-%m-%d %H:%M:%S",
    "+%F %T %z", "+%:z %::z %:::z %Z", "+%a %A %b %B %h %e %d", "+%j %U %W %V %G %g %u %w", "+%D %R %r %p %P",
    "+%c", "+%x %X", "+%C %y", "+%k %l %I %H", "+%n%t%%", "+", "+plain", "+%10Y|%_d|%-m|%^a|%#Z|%05S|%+4Y",
    "+%3N %6N %9N %12N", "+%Ey %Od %EY", "+%q", "+%Q %5 %", "+%s %-N %_N", "+\u{e9}%Y",
];

/// A random set of options in a random order; mostly one that GNU accepts.
pub(crate) fn options(rng: &mut Rng, release: &Release, tree: &Tree) -> Vec<Opt> {
    let mut chosen: Vec<Opt> = FLAGS
        .iter()
        .filter(|&&(percent, letter, word)| chance(rng, percent) && release.knows(letter, word))
        .map(|&(_, letter, word)| {
            let wordy = letter == b'A' && !release.has_short_apparent();
            flag(if wordy { 0 } else { letter }, word)
        })
        .collect();
    for (percent, letter, word, values) in [
        (25, b'B', "block-size", SIZES),
        (22, b'd', "max-depth", DEPTHS),
        (16, b't', "threshold", THRESHOLDS),
    ] {
        if chance(rng, percent) {
            chosen.push(valued(letter, word, pick(rng, values).as_bytes().to_vec()));
        }
    }
    chosen.extend(times(rng));
    for _ in 0..weighted(rng, &[(80, 0), (12, 1), (8, 3)]) {
        chosen.push(valued(0, "exclude", pattern(rng, tree)));
    }
    if chance(rng, 8) && !chosen.is_empty() {
        let again = chosen[rng.usize(0..chosen.len())].clone();
        chosen.push(again);
    }
    part_rivals(rng, &mut chosen);
    rng.shuffle(&mut chosen);
    chosen
}

fn flag(letter: u8, word: &'static str) -> Opt {
    Opt {
        short: (letter != 0).then_some(letter),
        long: (!word.is_empty()).then_some(word),
        value: None,
    }
}

/// An option with a value, known by its letter (`\0` for none) and its word.
pub(crate) fn valued(letter: u8, word: &'static str, value: Vec<u8>) -> Opt {
    Opt {
        value: Some(value),
        ..flag(letter, word)
    }
}

fn times(rng: &mut Rng) -> Vec<Opt> {
    let mut chosen = Vec::new();
    let timed = chance(rng, 20);
    if timed && chance(rng, 50) {
        chosen.push(flag(0, "time"));
    } else if timed {
        let word = pick(rng, TIME_WORDS).as_bytes().to_vec();
        chosen.push(valued(0, "time", word));
    }
    if chance(rng, if timed { 65 } else { 2 }) {
        let style = pick(rng, STYLES).as_bytes().to_vec();
        chosen.push(valued(0, "time-style", style));
    }
    chosen
}

/// `-s` conflicts with `-a` and with a depth. Most conflicts are removed here; otherwise they would be most of the cases.
fn part_rivals(rng: &mut Rng, chosen: &mut Vec<Opt>) {
    let summarizes = chosen.iter().any(|opt| opt.short == Some(b's'));
    if !summarizes || chance(rng, 8) {
        return;
    }
    let loser: &[u8] = if chance(rng, 60) { b"ad" } else { b"s" };
    chosen.retain(|opt| opt.short.is_none_or(|letter| !loser.contains(&letter)));
}

#[rustfmt::skip]
const GLOBS: &[&str] = &[
    "*", "**", "[a-f]", "[[:alpha:]]", "[[:digit:]]*", "[a", "{a,b}", "+(a)", "*[0-9]", "??", "?",
    ".*", "", "/", ".", "*/*/*", "a/*/b", "[]a]", "\\", "[^a-m]?", "*.x", "[[:upper:]]*", "-*",
];

/// A shell pattern, made from a path of the tree so that it often matches something.
pub(crate) fn pattern(rng: &mut Rng, tree: &Tree) -> Vec<u8> {
    let item = &tree.items[rng.usize(0..tree.items.len())];
    let name = item.name.clone();
    let first = name.first().copied().unwrap_or(b'a');
    let rest = name.get(1..).unwrap_or_default();
    match rng.u32(0..26) {
        0..5 => name,
        5..7 => [&name[..rng.usize(0..=name.len())], b"*"].concat(),
        7 => [b"?", rest].concat(),
        8 => [b"*", rest].concat(),
        9 => [b"[", &[first][..], b"x]*"].concat(),
        10 => [b"[!", &[first][..], b"]*"].concat(),
        11..14 => item.path.clone(),
        14 => [b"*/", &name[..]].concat(),
        15 => [&item.path[..], b"/*"].concat(),
        16 => [b"./", &item.path[..]].concat(),
        17 => [&name[..], b"/"].concat(),
        18 => [b"\\", &name[..]].concat(),
        19 => item
            .path
            .iter()
            .map(|&b| if b == b'/' { b'?' } else { b })
            .collect(),
        _ => pick(rng, GLOBS).into(),
    }
}

/// The lines of a pattern file, with the quirks that editors leave: no last newline, CRLF, blanks.
pub(crate) fn pattern_file(rng: &mut Rng, tree: &Tree) -> Vec<u8> {
    let mut lines = Vec::new();
    for _ in 0..rng.usize(0..5) {
        lines.extend(pattern(rng, tree));
        lines.extend_from_slice(weighted(
            rng,
            &[
                (9, &b"\n"[..]),
                (1, &b"\r\n"[..]),
                (1, &b" \n"[..]),
                (1, &b"\n\n"[..]),
            ],
        ));
    }
    if chance(rng, 30) {
        lines.pop();
    }
    lines
}

/// Command lines that GNU refuses, or warns about; and a few valid ones that are close to them.
#[rustfmt::skip]
pub(crate) const BAD: &[&[&str]] = &[
    &["--nope"], &["--nope=3"], &["-Z"], &["-q"], &["-aqs"], &["-W"], &["-\u{e9}"], &["--=x"], &["--s"], &["--t"],
    &["--ti"], &["--a"], &["--d"], &["--e"], &["--h"], &["--n"], &["--b"], &["--all=3"], &["--si=3"], &["--no"],
    &["--max-depth=x"], &["--max-depth="], &["--max-depth"], &["-d"], &["-d", ""], &["-d", "1x"], &["-d1K"],
    &["-d99999999999999999999"], &["-d", "-x"], &["-B"], &["-B0"], &["-Bfoo"], &["-B1foo"], &["-B99999999999999999999"],
    &["-BZ"], &["-B", "-1"], &["-B", ""], &["-B0x"], &["-B1.5K"], &["--block-size="], &["--block-size=0"],
    &["--block-size=16E"], &["--block-size=1KiBx"], &["--blo=K9"], &["-t"], &["-tx"], &["-t", "-0"], &["-t", "-"],
    &["-t", ""], &["-t1Q"], &["-t8E"], &["-t", "-8E"], &["--threshold=1kx"], &["--threshold=x"], &["--thr=-0K"],
    &["--time=foo"], &["--time=a"], &["--time="], &["--time=Atime"], &["--time", "--time-style=foo"],
    &["--time", "--time-style="], &["--time-style=foo"], &["--time", "--time-style"], &["--time", "--time-style=fu ll"],
    &["--time", "--time-style=posix-iso"], &["--exclude"], &["-X"], &["-X", "no-such-file"], &["-X", "."], &["--files0-from"],
    &["--files0-from=no-such-file"], &["--files0-from=."], &["--files0-from=-", "operand"], &["--files0-from=-", "a", "b"],
    &["-as"], &["-s", "-d1"], &["-s", "-d0"], &["-sd", "2"], &["--sum", "--all"], &["--inodes", "-b"],
    &["--inodes", "--apparent"], &["-d", "x", "-Z", "--nope"], &["-d1", "-d", "q"], &["-hB", "x"], &["-s0a"],
    &["-X", "no-such-file", "--nope"], &["-1"], &["-", "-"], &["---"], &["--", "-a"],
];
