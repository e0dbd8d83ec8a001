//! `--top`, `--sort` and `--reverse`: GNU du's lines, sorted by this test, are what pdu must print.

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, PDU};
use crate::support::tree::Tree;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

/// A line of GNU du: the number, the time, the path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    size: u128,
    time: String,
    path: String,
    text: String,
}

/// Directories of files of many sizes, of which some are alike, with links and times.
fn forest() -> Tree {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut text = String::new();
    for directory in 0..60 {
        for file in 0..30 {
            let size = rng.usize(0..12) * 5_000 + rng.usize(0..2);
            let time = rng.u32(1_000_000_000..1_000_000_400);
            let _ = writeln!(
                text,
                "d{}/e{directory}/f{file} {size} @{time}",
                directory % 7
            );
        }
        let _ = writeln!(
            text,
            "d{}/e{directory}/link = d{}/e{}/f3",
            directory % 7,
            directory / 3 % 7,
            directory / 3
        );
    }
    Tree::of(&text)
}

fn output_of(program: &Path, tree: &Tree, words: &[&str]) -> String {
    let mut command = run::du(program, tree.root(), "");
    command.args(words);
    // Standard error is not empty: `-b` with `--inodes` warns.
    let answer = run::run(command);
    assert!(answer.status.success(), "{words:?}: {answer:?}");
    answer.out
}

/// What GNU du prints with `--time`, as lines.
fn gnu(gnu: &Path, tree: &Tree, words: &[&str]) -> Vec<Line> {
    let timed = [words, &["--time", "--time-style=full-iso"]].concat();
    let text = output_of(gnu, tree, &timed);
    let line = |line: &str| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().expect("three fields").to_owned();
        let (size, time, path) = (next(), next(), next());
        Line {
            text: format!("{size}\t{path}"),
            size: size.parse().expect("a number"),
            time,
            path,
        }
    };
    text.lines().map(line).collect()
}

/// The lines in the order of `key`, and only the first of them.
fn sorted(
    mut lines: Vec<Line>,
    inodes: &HashMap<String, u128>,
    key: &str,
    top: usize,
    reverse: bool,
) -> Vec<String> {
    let inodes_of = |line: &Line| inodes.get(&line.path).copied();
    let walk = lines.clone();
    match key {
        "inodes" => lines.sort_by_key(|line| Reverse(inodes_of(line))),
        "time" => lines.sort_by_key(|line| Reverse(line.time.clone())),
        _ => lines.sort_by_key(|line| Reverse(line.size)),
    }
    lines.truncate(top);
    match key {
        "none" => {
            lines = walk
                .into_iter()
                .filter(|line| lines.contains(line))
                .collect()
        }
        "name" => lines.sort_by(|a, b| a.path.cmp(&b.path)),
        _ => {}
    }
    if reverse {
        lines.reverse();
    }
    lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn the_largest_and_the_sorted_are_gnus_lines_whatever_the_threads() {
    let Some(newest) = GnuDu::same_messages() else {
        return;
    };
    let tree = forest();
    for options in [
        "-a -B1",
        "-a -b",
        "-a --inodes",
        "-B1",
        "-a -l -B1",
        "-a -S -B1",
        "-a -d2 -B1",
        "-a -t25K -B1",
        "-a -t-25K -B1",
        "-B1 d1 d2 d1/e8",
        "-a --exclude=f1* -B1",
    ] {
        let words: Vec<&str> = options.split(' ').collect();
        let lines = gnu(&newest.path, &tree, &words);
        let counted = gnu(
            &newest.path,
            &tree,
            &[&words[..], &["--inodes", "-t0"]].concat(),
        );
        let inodes = counted
            .into_iter()
            .map(|line| (line.path, line.size))
            .collect();
        for key in ["none", "size", "name", "inodes", "time"] {
            for (top, reverse) in [(1, false), (150, false), (300, true), (1_000_000, true)] {
                let expected = sorted(lines.clone(), &inodes, key, top, reverse);
                let (sort, top) = (format!("--sort={key}"), format!("-n{top}"));
                let ranking = [sort.as_str(), top.as_str(), "-r"];
                let ranking = &ranking[..if reverse { 3 } else { 2 }];
                for threads in ["-j1", "-j20"] {
                    let words = [&words[..], ranking, &[threads]].concat();
                    let ours = output_of(Path::new(PDU), &tree, &words);
                    let ours: Vec<&str> = ours.lines().collect();
                    assert_eq!(ours, expected, "{words:?}");
                }
            }
        }
    }
}

#[test]
fn the_largest_are_told_by_size_where_nothing_else_is_said_and_the_total_comes_last() {
    let tree = Tree::of("t/a 1\nt/b 30\nt/c 20\nt/d/e 30");
    let lines =
        |words: &str| output_of(Path::new(PDU), &tree, &words.split(' ').collect::<Vec<_>>());
    assert_eq!(lines("-abn3 t"), "81\tt\n30\tt/b\n30\tt/d/e\n");
    assert_eq!(lines("-abcn2 t"), "81\tt\n30\tt/b\n81\ttotal\n");
    assert_eq!(
        lines("-ab --sort=name t"),
        "81\tt\n1\tt/a\n30\tt/b\n20\tt/c\n30\tt/d\n30\tt/d/e\n"
    );
}
