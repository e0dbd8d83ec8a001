//! The merge on random trees and random edits: against a naive comparison of two maps.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use rustix::fs::FileType;

use super::change::{Change, Event};
use super::options::Show;
use super::record::ScanEntry;
use super::testing::{Scan, compare, directory, file, told};
use crate::count::amounts::Amounts;
use crate::format::parquet::schema::State;

/// Each entry by its path.
type Tree = BTreeMap<String, ScanEntry>;

fn is_directory(entry: &ScanEntry) -> bool {
    entry.kind == FileType::Directory
}

fn random_tree(rng: &mut Rng) -> Tree {
    let mut tree = Tree::from([(String::new(), directory())]);
    for _ in 0..rng.usize(0..40) {
        add(&mut tree, rng);
    }
    tree
}

fn any(tree: &Tree, rng: &mut Rng, is_wanted: impl Fn(&ScanEntry) -> bool) -> Option<String> {
    let paths = tree.iter().filter(|(_, entry)| is_wanted(entry));
    let paths: Vec<_> = paths.map(|(path, _)| path.clone()).collect();
    (!paths.is_empty()).then(|| paths[rng.usize(0..paths.len())].clone())
}

fn random_name(rng: &mut Rng) -> &'static str {
    let names = ["a", "a b", "a-", "a0", "b", "c", "\u{1}", "z"];
    names[rng.usize(0..names.len())]
}

/// Adds an entry, unless there is one of this name.
fn add(tree: &mut Tree, rng: &mut Rng) {
    let Some(above) = any(tree, rng, is_directory) else {
        return;
    };
    let entry = match rng.bool() {
        true => directory(),
        false => file(1 << rng.u64(0..20)),
    };
    let inode = rng.u64(1..1 << 40);
    let path = format!("{above}/{}", random_name(rng));
    tree.entry(path).or_insert(ScanEntry { inode, ..entry });
}

fn remove(tree: &mut Tree, path: &str) -> Tree {
    let within = |other: &str| other == path || other.starts_with(&format!("{path}/"));
    let paths: Vec<_> = tree.keys().filter(|other| within(other)).cloned().collect();
    let removed = paths
        .into_iter()
        .filter_map(|path| tree.remove_entry(&path));
    removed.collect()
}

fn edit(tree: &mut Tree, rng: &mut Rng) {
    let Some(path) = any(tree, rng, |_| true).filter(|path| !path.is_empty()) else {
        return add(tree, rng);
    };
    match rng.u8(0..5) {
        0 => drop(remove(tree, &path)),
        1 => add(tree, rng),
        2 => {
            let size = 1 << rng.u64(0..20);
            let grow = |entry: &mut ScanEntry| entry.own = (size, size / 2);
            tree.get_mut(&path).into_iter().for_each(grow);
        }
        // A file becomes a directory, or the reverse.
        3 => {
            let removed = remove(tree, &path);
            let entry = match is_directory(&removed[&path]) {
                true => file(99),
                false => directory(),
            };
            tree.insert(path, entry);
        }
        _ => {
            let moved = remove(tree, &path);
            let above = any(tree, rng, is_directory).unwrap_or_default();
            let target = format!("{above}/{}", random_name(rng));
            if tree.contains_key(&target) {
                return tree.extend(moved);
            }
            let renamed = moved.into_iter();
            let renamed =
                renamed.map(|(old, entry)| (format!("{target}{}", &old[path.len()..]), entry));
            tree.extend(renamed);
        }
    }
}

fn without_inodes(tree: &Tree) -> Tree {
    let plain =
        |(path, entry): (&String, &ScanEntry)| (path.clone(), ScanEntry { inode: 0, ..*entry });
    tree.iter().map(plain).collect()
}

fn scan(tree: &Tree) -> Scan {
    Scan::new(tree.clone().into_iter().collect())
}

/// The size of a path with all contents.
fn size(tree: &Tree, path: &str) -> Amounts {
    let below = format!("{path}/");
    let mut sum = Amounts::ZERO;
    for (other, entry) in tree {
        if other == path || other.starts_with(&below) {
            sum += entry.sizes();
        }
    }
    sum
}

/// The order of a list: by names, a directory after its contents.
fn in_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('/'), b.split('/'));
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return a.as_bytes().cmp(b.as_bytes()),
            (a, b) => return b.is_some().cmp(&a.is_some()),
        }
    }
}

/// Event, path and change of every entry that changed, without moves.
fn naive(old: &Tree, new: &Tree) -> Vec<(Event, String, Amounts)> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut lines = Vec::new();
    for path in paths.into_iter().filter(|path| !path.is_empty()) {
        let change = size(new, path) - size(old, path);
        let event = match (old.get(path), new.get(path)) {
            (None, _) => Event::New,
            (_, None) => Event::Gone,
            (Some(old), Some(new)) if is_directory(old) != is_directory(new) => Event::Type,
            _ if change.allocated == 0 => continue,
            _ if change.allocated > 0 => Event::Grew,
            _ => Event::Shrank,
        };
        lines.push((event, path.clone(), change));
    }
    lines.sort_by(|(_, a, _), (_, b, _)| in_order(a, b));
    lines
}

fn text(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path).into_owned();
    path.strip_prefix("/r").map_or(path.clone(), str::to_owned)
}

/// Whether a path lies below another one.
fn is_below(path: &Change, other: &Change) -> bool {
    let rest = path.path.strip_prefix(&*other.path);
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}

/// The change of a line without that of the lines right below it.
fn expected_residue(
    line: &Change,
    lines: &[Change],
    change: impl Fn(&Change) -> Amounts,
) -> Amounts {
    let below: Vec<_> = lines.iter().filter(|other| is_below(other, line)).collect();
    let mut residue = change(line);
    for other in &below {
        let is_nearest = !below.iter().any(|between| is_below(other, between));
        if is_nearest {
            residue -= change(other);
        }
    }
    residue
}

fn random_pair(seed: u64) -> (Tree, Tree) {
    let mut rng = Rng::with_seed(seed);
    let old = random_tree(&mut rng);
    let mut new = old.clone();
    for _ in 0..rng.usize(0..12) {
        edit(&mut new, &mut rng);
    }
    (old, new)
}

const SEEDS: std::ops::Range<u64> = 0..500;

#[test]
fn a_list_is_the_naive_comparison_of_two_maps() {
    for seed in SEEDS {
        let (old, new) = random_pair(seed);
        let (old, new) = (without_inodes(&old), without_inodes(&new));
        let (lines, summary) = compare(scan(&old), scan(&new), Show::Everything);
        let found: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line.event,
                    text(&line.path),
                    line.change.unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(found, naive(&old, &new), "seed {seed}");
        assert_eq!(
            summary.change,
            size(&new, "") - size(&old, ""),
            "seed {seed}"
        );
        assert_eq!(told(&lines) + summary.rest, summary.change, "seed {seed}");
        for line in &lines {
            let path = text(&line.path);
            assert_eq!(line.before, Some(size(&old, &path)), "seed {seed} {path}");
            assert_eq!(line.now, Some(size(&new, &path)), "seed {seed} {path}");
        }
    }
}

#[test]
fn an_explanation_tells_of_each_path_what_no_line_below_tells() {
    for seed in SEEDS {
        let (old, new) = random_pair(seed);
        let (old, new) = (without_inodes(&old), without_inodes(&new));
        let change = |line: &Change| {
            let path = text(&line.path);
            size(&new, &path) - size(&old, &path)
        };
        for most in [0, 1, 2, 3, 5, 100] {
            let (lines, summary) = compare(scan(&old), scan(&new), Show::Explanation(most));
            assert!(lines.len() <= most, "seed {seed}");
            assert_eq!(told(&lines) + summary.rest, summary.change, "seed {seed}");
            for line in &lines {
                let residue = expected_residue(line, &lines, change);
                assert_eq!(line.residue, residue, "seed {seed}, {most}: {line:?}");
            }
        }
    }
}

#[test]
fn residues_and_the_rest_add_up_with_moves() {
    let mut moved = 0;
    for seed in SEEDS {
        let (old, new) = random_pair(seed);
        let shows = [0, 1, 2, 3, 5, 100].map(Show::Explanation);
        let depths = [0, 1, 2, 100].map(Show::Depth);
        let shows = shows.into_iter().chain(depths);
        for show in shows.chain([Show::Total, Show::Everything]) {
            let (lines, summary) = compare(scan(&old), scan(&new), show);
            let expected = size(&new, "") - size(&old, "");
            assert_eq!(summary.change, expected, "seed {seed} {show:?}");
            assert_eq!(
                told(&lines) + summary.rest,
                expected,
                "seed {seed} {show:?}"
            );
            for line in lines.iter().filter(|line| line.event == Event::Moved) {
                let from = line.from.as_deref().unwrap_or_default();
                let change = size(&new, &text(&line.path)) - size(&old, &text(from));
                assert_eq!(line.change, Some(change), "seed {seed} {show:?}");
                moved += 1;
            }
        }
    }
    assert!(moved > 300, "{moved} moves");
}

// ---------------------------------------------------------------- directories that could not be read

/// A tree of which some directories could not be read, or not to their end.
fn with_faults(mut tree: Tree, rng: &mut Rng) -> Tree {
    for _ in 0..rng.usize(0..4) {
        let is_sound = |entry: &ScanEntry| is_directory(entry) && entry.state == State::Ok;
        let Some(path) = any(&tree, rng, is_sound).filter(|path| !path.is_empty()) else {
            continue;
        };
        let is_unread = rng.bool();
        let below = format!("{path}/");
        let is_child = |other: &str| {
            let rest = other.strip_prefix(&below);
            rest.is_some_and(|rest| !rest.contains('/'))
        };
        let children: Vec<_> = tree
            .keys()
            .filter(|other| is_child(other))
            .cloned()
            .collect();
        for child in children {
            if is_unread || rng.bool() {
                remove(&mut tree, &child);
            }
        }
        let state = match is_unread {
            true => State::Unread,
            false => State::Broken,
        };
        tree.get_mut(&path)
            .into_iter()
            .for_each(|entry| entry.state = state);
    }
    tree
}

fn scan_with_marks(tree: &Tree) -> Scan {
    let marks = tree.iter().filter(|(_, entry)| entry.state != State::Ok);
    let marks = marks.map(|(path, entry)| {
        let counted = false;
        (
            path.clone(),
            ScanEntry {
                counted,
                own: (0, 0),
                ..*entry
            },
        )
    });
    let entries = tree.clone().into_iter();
    Scan::new(entries.chain(marks).collect())
}

fn state(tree: &Tree, path: &str) -> Option<State> {
    tree.get(path).map(|entry| entry.state)
}

/// True where nothing can be said of a path, or of a directory above it.
fn is_hidden(old: &Tree, new: &Tree, path: &str) -> bool {
    let Some((above, _)) = path.rsplit_once('/') else {
        return false;
    };
    let states = (state(old, path), state(new, path));
    let here = match states {
        (Some(a), Some(b)) => (a == State::Unread) != (b == State::Unread),
        (None, _) => state(old, above) == Some(State::Broken) && new.contains_key(above),
        (_, None) => state(new, above) == Some(State::Broken) && old.contains_key(above),
    };
    // A directory that became a file has no contents to miss.
    let is_in_both = |tree: &Tree| tree.get(above).is_some_and(is_directory);
    here && is_in_both(old) && is_in_both(new) || is_hidden(old, new, above)
}

#[test]
fn what_was_read_at_one_time_only_changes_no_number() {
    let mut hidden = 0;
    for seed in SEEDS {
        let (old, new) = random_pair(seed);
        let mut rng = Rng::with_seed(seed);
        let old = with_faults(without_inodes(&old), &mut rng);
        let new = with_faults(without_inodes(&new), &mut rng);
        let mut expected = Amounts::ZERO;
        for (_, entry) in new.iter().filter(|(path, _)| !is_hidden(&old, &new, path)) {
            expected += entry.sizes();
        }
        for (_, entry) in old.iter().filter(|(path, _)| !is_hidden(&old, &new, path)) {
            expected -= entry.sizes();
        }
        for show in [Show::Explanation(3), Show::Depth(2), Show::Everything] {
            let scans = (scan_with_marks(&old), scan_with_marks(&new));
            let (lines, summary) = compare(scans.0, scans.1, show);
            assert_eq!(summary.change, expected, "seed {seed} {show:?}");
            assert_eq!(
                told(&lines) + summary.rest,
                expected,
                "seed {seed} {show:?}"
            );
            for line in &lines {
                let is_unread = line.event == Event::Unread;
                assert_eq!(
                    is_hidden(&old, &new, &text(&line.path)),
                    is_unread,
                    "seed {seed}"
                );
                hidden += usize::from(is_unread);
            }
        }
    }
    assert!(hidden > 100, "{hidden} lines");
}
