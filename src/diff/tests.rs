//! The merge, on records: against a naive comparison of two maps, and each case that does not count as change.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use rustix::fs::FileType;

use super::change::{Change, Event, Sink, Summary};
use super::merge::Merge;
use super::options::{DiffOptions, Show};
use super::record::{Cursor, Entry, Kept};
use super::sizes::Sizes;
use super::testing::{Scan, directory, file, mark, uncounted};
use crate::count::usage::Measure;
use crate::format::Threshold;
use crate::format::page::Page;

/// Collects the lines.
#[derive(Default, Clone)]
struct Collect(Rc<RefCell<Vec<Change>>>);

impl Sink for Collect {
    fn change(&mut self, change: &Change, _: &mut Vec<u8>) {
        self.0.borrow_mut().push(change.clone());
    }

    fn end(&mut self, _: &Summary, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }
}

fn compare(old: Scan, mut new: Scan, show: Show) -> (Vec<Change>, Summary) {
    let options = DiffOptions {
        measure: Measure::Allocated,
        show,
        root: Some(b"/r".into()),
    };
    let lines = Collect::default();
    let info = new.info().clone();
    let mut merge = Merge::new(options, Box::new(old), &info, Box::new(lines.clone()));
    let mut output = Vec::new();
    let mut page = Page::new(&mut output);
    merge.begin(&mut page.lines).expect("OLD");
    while new.advance().expect("NEW") {
        merge.push(new.record(), &mut page.lines).expect("OLD");
    }
    let summary = merge.end(&info, &mut page).expect("OLD");
    let lines = lines.0.take();
    (lines, summary)
}

/// A scan of these entries, in directories of 10 bytes.
fn scan(entries: &[(&str, Entry)]) -> Scan {
    let mut all: Vec<_> = entries
        .iter()
        .map(|(path, entry)| ((*path).to_owned(), *entry))
        .collect();
    let known: BTreeSet<_> = all
        .iter()
        .filter(|(_, entry)| !entry.is_mark())
        .map(|(path, _)| path.clone())
        .collect();
    let mut missing = BTreeSet::from([String::new()]);
    for (path, _) in entries {
        let mut path = *path;
        while let Some((above, _)) = path.rsplit_once('/') {
            missing.insert(above.to_owned());
            path = above;
        }
    }
    all.extend(
        missing
            .difference(&known)
            .map(|path| (path.clone(), directory())),
    );
    Scan::new(all)
}

/// The lines as text: event, path, change (`?` where it is not known), and the old path of a move.
fn texts(lines: &[Change]) -> Vec<String> {
    let text = |line: &Change| {
        let change = line.change.map(|change| change.allocated.to_string());
        let change = change.as_deref().unwrap_or("?");
        let path = String::from_utf8_lossy(&line.path).into_owned();
        let from = line.from.as_ref();
        let from = from.map(|from| format!(" from {}", String::from_utf8_lossy(from)));
        format!(
            "{change} {} {path}{}",
            line.event.word(),
            from.unwrap_or_default()
        )
    };
    lines.iter().map(text).collect()
}

/// The lines of a list of all changes.
fn listed(old: &[(&str, Entry)], new: &[(&str, Entry)]) -> Vec<String> {
    texts(&compare(scan(old), scan(new), Show::Everything).0)
}

/// The lines of an explanation, with the residues.
fn explained(old: &[(&str, Entry)], new: &[(&str, Entry)]) -> (Vec<String>, Summary) {
    let (lines, summary) = compare(scan(old), scan(new), Show::Explanation(20));
    let residues = lines.iter().map(|line| line.residue.allocated.to_string());
    let words = texts(&lines);
    let words = words
        .iter()
        .map(|text| text.split_once(' ').map_or("", |parts| parts.1));
    let lines = residues
        .zip(words)
        .map(|(residue, rest)| format!("{residue} {rest}"));
    (lines.collect(), summary)
}

#[test]
fn an_explanation_tells_each_part_of_the_change_once() {
    let old = [
        ("/a/log", file(100)),
        ("/a/same", file(50)),
        ("/b/x", file(300)),
        ("/c/d/old", file(70)),
    ];
    let new = [
        ("/a/log", file(400)),
        ("/a/same", file(50)),
        ("/a/tiny", file(1)),
        ("/b/new/1", file(500)),
        ("/b/new/2", file(600)),
        ("/b/x", file(200)),
    ];
    let (lines, summary) = explained(&old, &new);
    let expected = [
        "1110 new /r/b/new",
        "300 grew /r/a/log",
        "-100 shrank /r/b/x",
        "-90 gone /r/c",
    ];
    assert_eq!(lines, expected);
    assert_eq!(summary.change.allocated, 1221);
    // The tiny file is below a hundredth, and so is its directory.
    assert_eq!(summary.rest.allocated, 1);
    assert_eq!((summary.before.inodes, summary.now.inodes), (9, 10));
}

#[test]
fn a_list_has_every_entry_in_the_order_of_the_walk() {
    let old = [
        ("/a/f", file(100)),
        ("/b", file(5)),
        ("/t/x", file(7)),
        ("/u", file(1)),
    ];
    let new = [
        ("/a/f", file(90)),
        ("/a/g/h", file(30)),
        ("/t", file(9)),
        ("/u/v", file(1)),
    ];
    let lines = listed(&old, &new);
    let expected = [
        "-10 shrank /r/a/f",
        "30 new /r/a/g/h",
        "40 new /r/a/g",
        "30 grew /r/a",
        "-5 gone /r/b",
        "-7 gone /r/t/x",
        "-8 type /r/t",
        "1 new /r/u/v",
        "10 type /r/u",
    ];
    assert_eq!(lines, expected);
    let (lines, summary) = compare(scan(&old), scan(&new), Show::Depth(1));
    assert_eq!(
        texts(&lines),
        ["30 grew /r/a", "-8 type /r/t", "10 type /r/u"]
    );
    assert_eq!(summary.rest.allocated, -5);
    let (lines, summary) = compare(scan(&old), scan(&new), Show::Total);
    assert!(lines.is_empty());
    assert_eq!((summary.change.allocated, summary.rest.allocated), (27, 27));
}
