//! Random trees, in every order of arrival, are what a naive tree is; after removals and re-reads too.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rustix::fs::FileType;

use super::listings::Walkers;
use super::model::{Directory, End, FIRST_LINK, Inodes, Node, Own, add_own, inodes, linked, tree};
use crate::count::ordered_items::OrderedItems;
use crate::count::usage::FileTime;
use crate::count::visitor::{Extent, Visitor};
use crate::forest::entry::{ForestEntry, Reading};
use crate::forest::{
    DirId, DirState, Ended, FindPosition, Forest, ForestRow, Gone, LinkCounting, Slice, Sums,
    Target,
};

fn totals(root: &Directory, inodes: &Inodes) -> Vec<u32> {
    let links = root.links();
    links
        .iter()
        .zip(&inodes.elsewhere)
        .map(|(here, elsewhere)| here + elsewhere)
        .collect()
}

/// The tree of all listings, with exact links.
fn build(root: &Directory, links: &[u32], seed: u64) -> Forest {
    let mut forest = Forest::new(LinkCounting::Once);
    let (walkers, branch) = Walkers::new(seed, &[root], links, 0);
    forest.announce(&branch, &OrderedItems::default());
    for listing in walkers {
        forest.arrive(listing);
        if fastrand::bool() {
            forest.settle();
        }
    }
    finish(&mut forest);
    forest
}

fn finish(forest: &mut Forest) {
    forest.end(Ended::Whole);
    while forest.count_links(Instant::now()) == Slice::More {}
    forest.settle();
}

fn expected(own: &Own, kind: FileType, inode: u64, links: u32) -> ForestEntry {
    ForestEntry::of(&own.entry().item(Some(&own.detail(kind, inode, links))))
}

/// The rows that a directory must have.
fn rows(directory: &Directory, links: &[u32]) -> Vec<(Vec<u8>, ForestEntry, bool)> {
    let rows = directory.entries.iter().filter_map(|(name, node)| {
        let (entry, is_directory) = match node {
            Node::Vanished => return None,
            Node::Directory(below) => (directory_entry(below), true),
            Node::Lost => (unknown(FileType::Directory, Reading::Unread), true),
            node => (file_entry(node, directory, links), false),
        };
        Some((name.clone(), entry, is_directory))
    });
    rows.collect()
}

fn unknown(kind: FileType, reading: Reading) -> ForestEntry {
    ForestEntry {
        kind,
        reading,
        ..ForestEntry::UNKNOWN
    }
}

fn directory_entry(directory: &Directory) -> ForestEntry {
    ForestEntry {
        reading: match directory.end {
            End::Whole => Reading::Whole,
            End::Broken => Reading::Broken,
            End::Unread => Reading::Unread,
        },
        ..expected(&directory.own, FileType::Directory, directory.inode, 1)
    }
}

fn file_entry(node: &Node, directory: &Directory, links: &[u32]) -> ForestEntry {
    match node {
        Node::File(own, inode) | Node::Replaced(own, inode) => {
            expected(own, FileType::RegularFile, *inode, 1)
        }
        Node::Link(link) => {
            let (own, links) = (linked(*link), links[*link as usize]);
            expected(&own, FileType::RegularFile, FIRST_LINK + link, links)
        }
        Node::AwayFile(own) => away(own, FileType::Fifo, 78),
        Node::AwayDirectory(own) => away(own, FileType::Directory, 77),
        Node::Excluded => {
            let mut entry = ForestEntry::LEFT_OUT;
            entry.inode.device = directory.own.device;
            let (kind, reading) = (FileType::Directory, Reading::Excluded);
            ForestEntry {
                kind,
                reading,
                ..entry
            }
        }
        Node::Cache(own, inode) => ForestEntry {
            reading: Reading::Excluded,
            count: 2,
            ..expected(own, FileType::Directory, *inode, 1)
        },
        _ => ForestEntry {
            time: FileTime::EPOCH,
            ..unknown(FileType::Unknown, Reading::Unread)
        },
    }
}

fn away(own: &Own, kind: FileType, inode: u64) -> ForestEntry {
    ForestEntry {
        reading: Reading::Away,
        ..ForestEntry::of_detail(&own.detail(kind, inode, 1))
    }
}

/// The directory with this path below the first operand.
fn find(forest: &Forest, path: &[Vec<u8>]) -> DirId {
    let mut id = forest.child(DirId::TOP, b"/root 0").expect("the root");
    for name in path {
        id = forest.child(id, name).expect("a directory");
    }
    id
}

/// Compares the whole tree. `now` are the numbers of links that there are.
fn check(forest: &Forest, root: &Directory, now: &[u32]) {
    let (sums, _) = root.sums(now);
    assert_eq!(forest.dir(DirId::TOP).sums, sums);
    assert_eq!(forest.dir(DirId::TOP).state, DirState::Whole);
    for (path, directory) in root.all() {
        let id = find(forest, &path);
        let info = forest.dir(id);
        let (sums, shared) = directory.sums(now);
        assert_eq!(
            (info.sums, forest.shared(id)),
            (sums, Some(shared)),
            "{path:?}"
        );
        assert_eq!(info.newest.seconds, directory.newest(), "{path:?}");
        assert_eq!(
            info.has_unread_below,
            directory.has_unread_below(),
            "{path:?}"
        );
        let state = match directory.end {
            End::Whole => DirState::Whole,
            End::Broken => DirState::Broken,
            End::Unread => DirState::Unread,
        };
        assert_eq!((info.state, info.open_children), (state, 0), "{path:?}");
        let has_failure = directory.end != End::Whole;
        assert_eq!(forest.failure_of(id).is_some(), has_failure, "{path:?}");
        let whole = [&[b"/root 0".to_vec()][..], &path].concat().join(&b'/');
        assert_eq!(forest.path(id), whole);
        check_rows(forest, (id, directory), now);
    }
}

fn check_rows(forest: &Forest, (id, directory): (DirId, &Directory), now: &[u32]) {
    let rows_of = |row: ForestRow<'_>| (row.name.to_vec(), row.entry, row.directory.is_some());
    let mut found: Vec<_> = forest.rows(id).map(rows_of).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, rows(directory, now));
}

/// A directory and some of its names.
fn choose(root: &Directory, random: &mut fastrand::Rng) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let all = root.all();
    let (path, directory) = &all[random.usize(0..all.len())];
    let names = directory
        .entries
        .iter()
        .filter(|(_, node)| !matches!(node, Node::Vanished));
    let names = names
        .map(|(name, _)| name.clone())
        .filter(|_| random.bool());
    (path.clone(), names.collect())
}

/// Removes the names, and returns the links that go.
fn remove(root: &mut Directory, path: &[Vec<u8>], names: &[Vec<u8>]) -> Vec<u32> {
    let mut links = vec![0; 6];
    for name in names {
        if let Some(node) = root.at(path).entries.remove(name) {
            node.links(&mut links);
        }
    }
    links
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_order_of_arrival_gives_the_same_tree(root in tree(0), inodes in inodes(), seed: u64) {
        let links = totals(&root, &inodes);
        let forest = build(&root, &links, seed);
        check(&forest, &root, &links);
    }

    /// What has arrived counts at once, of links the first.
    #[test]
    fn sums_grow_with_what_arrives(root in tree(0), inodes in inodes(), seed: u64) {
        let links = totals(&root, &inodes);
        let mut forest = Forest::new(LinkCounting::Once);
        let (walkers, branch) = Walkers::new(seed, &[&root], &links, 0);
        forest.announce(&branch, &OrderedItems::default());
        let mut sums = Sums::default();
        for listing in walkers {
            forest.arrive(listing);
            forest.settle();
            let now = forest.dir(DirId::TOP).sums;
            prop_assert!(now.allocated >= sums.allocated && now.entries >= sums.entries);
            prop_assert_eq!(forest.dir(DirId::TOP).state, DirState::Reading);
            sums = now;
        }
        prop_assert_eq!(sums, root.sums(&links).0);
    }

    #[test]
    fn a_stopped_walk_leaves_unfinished_directories(root in tree(0), seed: u64, count in 0..20_usize) {
        let links = root.links();
        let mut forest = Forest::new(LinkCounting::Once);
        let (mut walkers, branch) = Walkers::new(seed, &[&root], &links, 0);
        forest.announce(&branch, &OrderedItems::default());
        walkers.by_ref().take(count).for_each(|listing| forest.arrive(listing));
        forest.end(Ended::Stopped);
        let is_whole = walkers.next().is_none();
        let state = forest.dir(DirId::TOP).state;
        prop_assert_eq!(state, if is_whole { DirState::Whole } else { DirState::Stopped });
    }

    #[test]
    fn removals_leave_what_a_new_walk_would_find(
        root in tree(0), inodes in inodes(), seed: u64, deletes: bool, late: bool
    ) {
        let mut root = root;
        let mut links = totals(&root, &inodes);
        let mut forest = Forest::new(LinkCounting::Once);
        let (walkers, branch) = Walkers::new(seed, &[&root], &links, 0);
        forest.announce(&branch, &OrderedItems::default());
        walkers.for_each(|listing| forest.arrive(listing));
        if late {
            finish(&mut forest);
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let gone = if deletes { Gone::Deleted } else { Gone::Moved };
        for _ in 0..3 {
            let (path, names) = choose(&root, &mut random);
            let id = find(&forest, &path);
            let names_: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
            forest.remove(id, &names_, gone);
            if random.bool() {
                forest.settle();
            }
            let removed = remove(&mut root, &path, &names);
            if deletes {
                links.iter_mut().zip(removed).for_each(|(links, removed)| *links -= removed);
            }
        }
        forest.settle();
        prop_assert_eq!(forest.dir(DirId::TOP).sums, root.sums(&links).0);
        finish(&mut forest);
        check(&forest, &root, &links);
    }

    #[test]
    fn freed_is_what_no_link_is_left_of(root in tree(0), inodes in inodes(), seed: u64, late: bool) {
        let links = totals(&root, &inodes);
        let mut forest = Forest::new(LinkCounting::Once);
        let (walkers, branch) = Walkers::new(seed, &[&root], &links, 0);
        forest.announce(&branch, &OrderedItems::default());
        walkers.for_each(|listing| forest.arrive(listing));
        forest.settle();
        if late {
            finish(&mut forest);
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let mut chosen: Vec<_> = (0..3).map(|_| choose(&root, &mut random)).collect();
        let mut targets = Vec::new();
        for (path, names) in &chosen {
            let parent = find(&forest, path);
            targets.extend(names.iter().map(|name| Target { parent, name: name.clone() }));
        }
        let freed = forest.freed(&targets);
        // One may lie in another one.
        chosen.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let mut left = root.clone();
        let mut taken = Taken { links: vec![0; 6], ..Taken::default() };
        for (path, names) in &chosen {
            let directory = left.at(path);
            for name in names {
                let node = directory.entries.remove(name);
                node.into_iter().for_each(|node| taken.take(&node, directory.own.device));
            }
        }
        let mut wanted = (taken.sums.entries, taken.sums.allocated);
        let mut whole = wanted.1;
        for link in 0..6_u64 {
            let place = link as usize;
            let gone = taken.links[place];
            let mut sums = Sums::default();
            add_own(&mut sums, &linked(link), 1);
            wanted.0 += u64::from(gone);
            wanted.1 += if gone > 0 { sums.allocated } else { 0 };
            whole += if gone > 0 && gone == links[place] { sums.allocated } else { 0 };
        }
        prop_assert_eq!((freed.entries, freed.allocated, freed.freed), (wanted.0, wanted.1, whole));
        prop_assert!(freed.refused.is_empty());
        prop_assert_eq!(freed.staying, taken.staying, "{:?}", targets);
    }

    #[test]
    fn a_directory_that_is_read_again_is_replaced(
        root in tree(0), new in tree(500_000), inodes in inodes(), seed: u64, is_stopped: bool
    ) {
        let mut root = root;
        let mut random = fastrand::Rng::with_seed(seed);
        let path = {
            let all = root.all();
            all[random.usize(0..all.len())].0.clone()
        };
        let mut after = root.clone();
        *after.at(&path) = new.clone();
        // The number of links does not change while the program runs.
        let counts = |tree: &Directory| totals(tree, &inodes);
        let links: Vec<u32> = counts(&root).into_iter().zip(counts(&after)).map(|(a, b)| a.max(b).max(2)).collect();
        let mut forest = build(&root, &links, seed);
        let id = find(&forest, &path);
        let key = forest.begin_reread(id);
        // Links elsewhere came and went.
        let numbers = links.iter().zip(after.links()).map(|(old, here)| match random.bool() {
            true => here.max(2),
            false => *old + 1,
        });
        let numbers: Vec<u32> = numbers.collect();
        let (walkers, _) = Walkers::new(seed, &[&new], &numbers, key);
        let mut walkers = walkers.peekable();
        while let Some(listing) = walkers.next() {
            if is_stopped && walkers.peek().is_none() {
                break;
            }
            forest.arrive(listing);
        }
        prop_assert_eq!(forest.end_reread(Ended::Whole), !is_stopped);
        while forest.replace(Instant::now()) == Slice::More {}
        forest.settle();
        let mut links = links;
        if !is_stopped {
            root = after;
            for (place, met) in new.links().into_iter().enumerate() {
                links[place] = if met > 0 { numbers[place] } else { links[place] };
            }
        }
        check(&forest, &root, &links);
    }

    /// Operands that lie in others are shown in both places, and the command line counts all once.
    #[test]
    fn the_command_line_counts_each_entry_once(
        root in tree(0), other in tree(500_000), inodes in inodes(), seed: u64
    ) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut operands: Vec<&Directory> = vec![&root, &other];
        operands.extend(root.all().into_iter().map(|(_, directory)| directory).filter(|_| random.u8(0..4) == 0));
        random.shuffle(&mut operands);
        let links: Vec<u32> = totals(&root, &inodes).iter().zip(other.links()).map(|(a, b)| a + b).collect();
        let mut forest = Forest::new(LinkCounting::Once);
        let (walkers, branch) = Walkers::new(seed, &operands, &links, 0);
        forest.announce(&branch, &OrderedItems::default());
        walkers.for_each(|listing| forest.arrive(listing));
        finish(&mut forest);
        for (number, operand) in operands.iter().enumerate() {
            let id = forest.child(DirId::TOP, format!("/root {number}").as_bytes());
            let id = id.expect("an operand");
            prop_assert_eq!(forest.dir(id).sums, operand.sums(&links).0);
        }
        let (mut sums, mut inodes) = (Sums::default(), BTreeSet::new());
        for operand in [root, other] {
            Node::Directory(operand).add(&mut sums, &mut inodes);
        }
        inodes.iter().for_each(|&link| add_own(&mut sums, &linked(link), 1));
        prop_assert_eq!(forest.dir(DirId::TOP).sums, sums);
    }

    /// With `-l`, each link counts, also while a part of the tree goes.
    #[test]
    fn each_link_counts(root in tree(0), inodes in inodes(), seed: u64) {
        let mut root = root;
        let links = totals(&root, &inodes);
        let mut forest = Forest::new(LinkCounting::Each);
        let (walkers, branch) = Walkers::new(seed, &[&root], &links, 0);
        forest.announce(&branch, &OrderedItems::default());
        walkers.for_each(|listing| forest.arrive(listing));
        finish(&mut forest);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..2 {
            for (path, directory) in root.all() {
                let mut parts = Parts::of(directory);
                add_own(&mut parts.sums, &directory.own, 1);
                for (link, count) in (0..).zip(parts.links) {
                    (0..count).for_each(|_| add_own(&mut parts.sums, &linked(link), 1));
                }
                prop_assert_eq!(forest.dir(find(&forest, &path)).sums, parts.sums);
            }
            let (path, names) = choose(&root, &mut random);
            let names_: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
            forest.remove(find(&forest, &path), &names_, Gone::Deleted);
            forest.settle();
            remove(&mut root, &path, &names);
        }
    }

    /// A tree that is exported and imported is the same, but for what no export has.
    #[test]
    fn an_export_is_the_same_tree(root in tree(0), inodes in inodes(), seed: u64) {
        let links = totals(&root, &inodes);
        let forest = build(&root, &links, seed);
        let mut imported = Forest::new(LinkCounting::Once);
        let top = if seed % 2 == 0 { DirId::TOP } else { find(&forest, &[]) };
        forest.export(top, &mut imported);
        finish(&mut imported);
        for (path, directory) in root.all() {
            let (there, here) = (find(&forest, &path), find(&imported, &path));
            let (mut there_info, here_info) = (forest.dir(there), imported.dir(here));
            there_info.parent = here_info.parent;
            prop_assert_eq!(there_info, here_info, "{:?}", path);
            prop_assert_eq!(forest.shared(there), imported.shared(here));
            let rows = |forest: &Forest, id| {
                let rows = forest.rows(id).filter(|row| row.entry.reading != Reading::Excluded);
                rows.map(|row| (row.name.to_vec(), row.entry.sizes, row.entry.inode)).collect::<BTreeSet<_>>()
            };
            let caches = directory.entries.values().filter(|node| matches!(node, Node::Cache(..)));
            prop_assert_eq!(rows(&forest, there).len() + caches.count(), rows(&imported, here).len());
            prop_assert!(rows(&forest, there).is_subset(&rows(&imported, here)));
        }
    }

    #[test]
    fn find_gives_each_row_once(root in tree(0), seed: u64) {
        let links = root.links();
        let forest = build(&root, &links, seed);
        for (path, directory) in root.all() {
            let below = find(&forest, &path);
            let count: usize = directory.all().iter().map(|(_, directory)| rows(directory, &links).len()).sum();
            let (mut found, mut position) = (BTreeSet::new(), Some(FindPosition::default()));
            let mut calls = 0;
            while let Some(from) = position {
                let until = Instant::now() - Duration::from_secs(1);
                position = forest.find(below, from, until, &mut |id, row| {
                    assert!(found.insert((id, row.name.to_vec())), "twice");
                });
                calls += 1;
            }
            prop_assert_eq!(found.len(), count);
            prop_assert!(calls <= 1 + count);
        }
    }
}

/// No method recurses, or takes time that grows with the square of the depth.
#[test]
fn a_deep_chain_is_one_directory_after_the_other() {
    const DEPTH: usize = 100_000;
    let mut forest = Forest::new(LinkCounting::Once);
    let own = linked(0);
    let (directory, link) = (
        own.detail(FileType::Directory, 1, 1),
        own.detail(FileType::RegularFile, 2, 2),
    );
    let entry = own.entry();
    for level in 0..DEPTH {
        forest.enter(b"d", &entry.item(Some(&directory)), None);
        if level == 0 || level + 1 == DEPTH {
            forest.file(Some(b"link"), &entry.item(Some(&link)));
        }
    }
    (0..DEPTH).for_each(|_| forest.leave(Extent::Whole));
    finish(&mut forest);
    let bottom = DirId(DEPTH as u32);
    let entries = |forest: &Forest, id| forest.dir(id).sums.entries;
    assert_eq!(entries(&forest, DirId::TOP), DEPTH as u64 + 1);
    assert_eq!(entries(&forest, bottom), 2);
    assert_eq!(forest.path(bottom).len(), 2 * DEPTH - 1);
    assert_eq!(forest.shared(bottom).map(|sums| sums.entries), Some(1));
    assert_eq!(forest.shared(DirId(1)).map(|sums| sums.entries), Some(0));
    let mut copy = Forest::new(LinkCounting::Once);
    forest.export(DirId::TOP, &mut copy);
    finish(&mut copy);
    assert_eq!(copy.dir(DirId::TOP).sums, forest.dir(DirId::TOP).sums);
    // From below, as a removal goes.
    for number in (2..=DEPTH as u32).rev().take(DEPTH / 2) {
        forest.remove(DirId(number - 1), &[b"d"], Gone::Deleted);
    }
    forest.settle();
    assert_eq!(entries(&forest, DirId::TOP), DEPTH as u64 / 2 + 1);
    forest.remove(DirId(1), &[b"d"], Gone::Deleted);
    forest.settle();
    assert_eq!(entries(&forest, DirId::TOP), 2);
}

/// What a removal takes: directories of other file systems stay.
#[derive(Default)]
struct Taken {
    sums: Sums,
    links: Vec<u32>,
    staying: u64,
}

impl Taken {
    fn take(&mut self, node: &Node, device: u64) {
        match node {
            Node::Directory(Directory { own, .. })
            | Node::Cache(own, _)
            | Node::AwayDirectory(own)
                if own.device != device =>
            {
                self.staying += 1;
            }
            Node::Directory(below) => {
                add_own(&mut self.sums, &below.own, 1);
                below
                    .entries
                    .values()
                    .for_each(|node| self.take(node, device));
            }
            node => {
                node.add(&mut self.sums, &mut BTreeSet::new());
                node.links(&mut self.links);
            }
        }
    }
}

/// What is no link, and how many links there are.
struct Parts {
    sums: Sums,
    links: Vec<u32>,
}

impl Parts {
    fn of(root: &Directory) -> Self {
        let mut sums = Sums::default();
        let mut inodes = BTreeSet::new();
        root.entries
            .values()
            .for_each(|node| node.add(&mut sums, &mut inodes));
        let links = root.links();
        Self { sums, links }
    }
}
