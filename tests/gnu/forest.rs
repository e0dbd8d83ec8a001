//! The tree in memory that the explorer shows, built from a walk: each of its directories has the sums that GNU du prints
//! for this directory alone, and the command line has the total of GNU du.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use pdu::forest::entry::Reading;
use pdu::forest::{DirId, Forest, LinkCounting, Sums};

use crate::support::forest::{options, walk};
use crate::support::gnu_du::GnuDu;
use crate::support::run::{du, stdout};
use crate::support::tree::Tree;

const TREE: &str = r"
a/file 5000
a/b/large 90000
a/b/link = a/file
a/b/c/deep/er/f 1
a/c/link = a/b/large
a/c/twice = a/c/link
a/empty/
d/link = a/b/c/deep/er/f
d/e/two 8192
d/e/three = d/e/two
d/skipped.o 7000
d/skipped.d/f 7000
d/s -> ../a
d/a\x20name\n\xff 3
";

/// Operands that lie in others, directly or further below, and some that are the same.
const OPERANDS: &[&[&str]] = &[
    &["a", "d"],
    &["a", "a/b", "d"],
    &["a/b", "a/b/c", "a", "a"],
    &["d/e", "d/e/two", "a/file"],
    &["d/skipped.o", "d"],
    &["d", "d/skipped.o", "a/b/c/deep"],
    &["d/skipped.d", "d/skipped.d/f", "d", "d/skipped.o"],
    &["a/file", "a/file", "a/b/link"],
    &["d/skipped.o", "d/skipped.o"],
    &["d", "d/e/two", "d", "d/skipped.o", "d/skipped.o"],
];

/// All directories below one, with their paths.
fn directories(forest: &Forest) -> Vec<(DirId, String)> {
    let mut all = vec![DirId::TOP];
    let mut at = 0;
    while let Some(&id) = all.get(at) {
        all.extend(forest.rows(id).filter_map(|row| row.directory));
        at += 1;
    }
    let path = |id| OsString::from_vec(forest.path(id)).into_string();
    all.into_iter()
        .skip(1)
        .map(|id| (id, path(id).expect("it is ASCII")))
        .collect()
}

/// The number in the last line of GNU du.
fn answer(gnu: &GnuDu, at: &Path, words: &str) -> u64 {
    let out = stdout(du(&gnu.path, at, words));
    let line = out.lines().last().expect("a line");
    line.split('\t')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

fn sums(gnu: &GnuDu, at: &Path, words: &str) -> Sums {
    Sums {
        allocated: answer(gnu, at, &format!("-scB1 {words}")),
        apparent: answer(gnu, at, &format!("-scb {words}")),
        entries: answer(gnu, at, &format!("-sc --inodes {words}")),
    }
}

#[test]
fn each_directory_of_the_explorer_has_the_sums_of_gnu_du() {
    let Some(gnu) = GnuDu::same_sizes() else {
        return;
    };
    let tree = Tree::of(TREE);
    for walkers in [1, 20] {
        for (links, pattern, words) in [
            (LinkCounting::Once, "", "-x"),
            (LinkCounting::Each, "", "-xl"),
            (LinkCounting::Once, "skip*", "-x --exclude=skip*"),
        ] {
            let forest = walk(
                tree.root(),
                &["a", "d"],
                options(walkers, links, pattern),
                links,
            );
            let all = directories(&forest);
            assert!(all.len() >= 9, "{all:?}");
            for (id, path) in all {
                let expected = sums(gnu, tree.root(), &format!("{words} {path}"));
                assert_eq!(forest.dir(id).sums, expected, "-j{walkers} {words} {path}");
            }
        }
    }
}

#[test]
fn the_command_line_of_the_explorer_has_the_total_of_gnu_du() {
    let Some(gnu) = GnuDu::same_sizes() else {
        return;
    };
    let tree = Tree::of(TREE);
    let at = tree.root();
    for (walkers, (links, word)) in [1, 20].into_iter().flat_map(|walkers| {
        let counts = [(LinkCounting::Once, ""), (LinkCounting::Each, "-l")];
        counts.map(|links| (walkers, links))
    }) {
        for operands in OPERANDS {
            let forest = walk(at, operands, options(walkers, links, ""), links);
            let paths: Vec<String> = operands
                .iter()
                .map(|name| format!("{}/{name}", at.display()))
                .collect();
            let expected = sums(gnu, at, &format!("{word} {}", paths.join(" ")));
            assert_eq!(
                forest.dir(DirId::TOP).sums,
                expected,
                "-j{walkers} {word} {operands:?}"
            );
        }
    }
}

#[test]
fn what_a_pattern_leaves_out_is_a_row_of_the_explorer() {
    let tree = Tree::of(TREE);
    for walkers in [1, 20] {
        let options = options(walkers, LinkCounting::Once, "skip*");
        let forest = walk(tree.root(), &["d"], options, LinkCounting::Once);
        let root = forest.rows(DirId::TOP).next().and_then(|row| row.directory);
        let rows = forest.rows(root.expect("the operand"));
        let left_out = rows.filter(|row| row.entry.reading == Reading::Excluded);
        let mut names: Vec<&[u8]> = left_out.map(|row| row.name).collect();
        names.sort_unstable();
        assert_eq!(names, [&b"skipped.d"[..], b"skipped.o"]);
    }
}
