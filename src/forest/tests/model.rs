//! A tree of nodes, and the numbers of its directories by brute force.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rustix::fs::FileType;

use crate::count::usage::{Detail, Entry, FileTime, Inode};
use crate::forest::Sums;

/// The entries of a directory.
pub(super) type Entries = BTreeMap<Vec<u8>, Node>;

/// What a file is, apart from its inode number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) blocks: u64,
    pub(super) size: u64,
    pub(super) seconds: i64,
    pub(super) mode: u32,
    pub(super) ids: (u32, u32),
    pub(super) device: u64,
}

/// What stands under a name.
#[derive(Debug, Clone)]
pub(super) enum Node {
    File(Own, u64),
    /// A link to one of the inodes with several links.
    Link(u64),
    Directory(Directory),
    /// Announced as a directory, found as a file.
    Replaced(Own, u64),
    /// Announced as a directory, then gone.
    Vanished,
    /// Announced as a directory that cannot be looked at.
    Lost,
    /// A file that cannot be looked at.
    Failed,
    /// On another file system: a file, a directory.
    AwayFile(Own),
    AwayDirectory(Own),
    /// Left out by a pattern.
    Excluded,
    /// A cache directory with its tag: 2 entries.
    Cache(Own, u64),
}

#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) own: Own,
    pub(super) inode: u64,
    pub(super) end: End,
    pub(super) entries: Entries,
}

/// How the read of a directory ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    Broken,
    Unread,
}

/// Inodes of links have these numbers and so many more.
pub(super) const FIRST_LINK: u64 = 1_000_000;
const LINKED: u64 = 6;

/// The links of the tree: how many links each inode has, of which some may be elsewhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Inodes {
    /// Links outside of the tree.
    pub(super) elsewhere: Vec<u32>,
}

fn own() -> impl Strategy<Value = Own> {
    let size = prop_oneof![0..10_000_u64, Just(0), any::<u32>().prop_map(u64::from)];
    let blocks = prop_oneof![Just(None), (0..100_u64).prop_map(Some)];
    let mode = prop_oneof![Just(0o644), Just(0o755), Just(0o4711)];
    (
        size,
        blocks,
        -3..2_000_000_000_i64,
        mode,
        (0..2_u32, 0..2_u32),
        1..3_u64,
    )
        .prop_map(|(size, blocks, seconds, mode, ids, device)| Own {
            blocks: blocks.unwrap_or_else(|| size.div_ceil(4096) * 8),
            size,
            seconds,
            mode,
            ids,
            device,
        })
}

/// Any name that a file may have.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'a'), Just(b'b'), 1..=255_u8];
    let byte = byte.prop_map(|byte| if byte == b'/' { b'.' } else { byte });
    prop_oneof![9 => vec(byte.clone(), 1..4), 1 => vec(byte, 1..300)]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        6 => own().prop_map(|own| Node::File(own, 0)),
        3 => (0..LINKED).prop_map(Node::Link),
        1 => own().prop_map(|own| Node::Replaced(own, 0)),
        1 => Just(Node::Vanished),
        1 => Just(Node::Lost),
        1 => Just(Node::Failed),
        1 => own().prop_map(Node::AwayFile),
        1 => own().prop_map(Node::AwayDirectory),
        1 => Just(Node::Excluded),
        1 => own().prop_map(|own| Node::Cache(own, 0)),
    ];
    leaf.prop_recursive(6, 40, 8, |node| directory(node).prop_map(Node::Directory))
}

fn directory(node: impl Strategy<Value = Node>) -> impl Strategy<Value = Directory> {
    let end = prop_oneof![8 => Just(End::Whole), 1 => Just(End::Broken), 1 => Just(End::Unread)];
    (own(), end, btree_map(name(), node, 0..8)).prop_map(|(own, end, mut entries)| {
        if end == End::Unread {
            entries.clear();
        }
        Directory {
            own,
            inode: 0,
            end,
            entries,
        }
    })
}

/// A directory of any contents, with inode numbers after `first`.
pub(super) fn tree(first: u64) -> impl Strategy<Value = Directory> {
    directory(node()).prop_map(move |mut root| {
        let mut next = first;
        root.number(&mut next);
        root
    })
}

pub(super) fn inodes() -> impl Strategy<Value = Inodes> {
    vec(0..2_u32, LINKED as usize).prop_map(|elsewhere| Inodes { elsewhere })
}

impl Own {
    pub(super) fn entry(&self) -> Entry {
        Entry {
            blocks: self.blocks,
            size: self.size,
            time: FileTime::of_file(self.seconds, 0),
            dedup_key: None,
        }
    }

    pub(super) fn detail(&self, kind: FileType, number: u64, links: u32) -> Detail {
        Detail {
            inode: Inode {
                device: self.device,
                number,
            },
            links,
            mode: kind.as_raw_mode() | self.mode,
            uid: self.ids.0,
            gid: self.ids.1,
        }
    }
}

/// What the links of an inode are.
pub(super) fn linked(link: u64) -> Own {
    Own {
        blocks: 8 << link,
        size: (4096 << link) - link,
        seconds: 1_000_000_000 + link as i64,
        mode: 0o600,
        ids: (1, 1),
        device: 1,
    }
}

impl Directory {
    /// Gives every inode a number of its own.
    fn number(&mut self, next: &mut u64) {
        *next += 1;
        self.inode = *next;
        // A directory has no apparent size.
        self.own.size = 0;
        for node in self.entries.values_mut() {
            *next += 1;
            match node {
                Node::Directory(below) => below.number(next),
                Node::File(_, number) | Node::Replaced(_, number) | Node::Cache(_, number) => {
                    *number = *next;
                }
                _ => {}
            }
        }
    }

    /// All directories, each with its path below this one.
    pub(super) fn all(&self) -> Vec<(Vec<Vec<u8>>, &Self)> {
        let mut all = vec![(Vec::new(), self)];
        for (name, node) in &self.entries {
            if let Node::Directory(below) = node {
                all.extend(below.all().into_iter().map(|(mut path, directory)| {
                    path.insert(0, name.clone());
                    (path, directory)
                }));
            }
        }
        all
    }

    pub(super) fn at(&mut self, path: &[Vec<u8>]) -> &mut Self {
        let mut at = self;
        for name in path {
            at = match at.entries.get_mut(name) {
                Some(Node::Directory(below)) => below,
                _ => panic!("it was found before"),
            };
        }
        at
    }

    /// How many links to each inode there are.
    pub(super) fn links(&self) -> Vec<u32> {
        let mut links = vec![0; LINKED as usize];
        for node in self.entries.values() {
            node.links(&mut links);
        }
        links
    }

    /// What it takes alone, each inode once, and the part of it that has links outside of it.
    pub(super) fn sums(&self, all: &[u32]) -> (Sums, Sums) {
        let mut sums = Sums::default();
        let mut inodes = BTreeSet::new();
        add_own(&mut sums, &self.own, 1);
        self.entries
            .values()
            .for_each(|node| node.add(&mut sums, &mut inodes));
        let mut shared = Sums::default();
        let links = self.links();
        for &link in &inodes {
            add_own(&mut sums, &linked(link), 1);
            if links[link as usize] < all[link as usize] {
                add_own(&mut shared, &linked(link), 1);
            }
        }
        (sums, shared)
    }

    pub(super) fn newest(&self) -> i64 {
        let below = self.entries.values().map(Node::newest);
        below.fold(self.own.seconds, i64::max)
    }

    pub(super) fn has_unread_below(&self) -> bool {
        self.entries.values().any(|node| match node {
            Node::Lost | Node::Failed => true,
            Node::Directory(below) => below.end != End::Whole || below.has_unread_below(),
            _ => false,
        })
    }
}

pub(super) fn add_own(sums: &mut Sums, own: &Own, entries: u64) {
    sums.allocated += own.blocks * 512;
    sums.apparent += own.size;
    sums.entries += entries;
}

impl Node {
    /// True for what the directory around it announces.
    pub(super) fn is_announced(&self) -> bool {
        !matches!(
            self,
            Self::File(..) | Self::Excluded | Self::Link(_) | Self::Failed | Self::AwayFile(_)
        )
    }

    pub(super) fn links(&self, links: &mut [u32]) {
        match self {
            Self::Link(link) => links[*link as usize] += 1,
            Self::Directory(below) => {
                below.entries.values().for_each(|node| node.links(links));
            }
            _ => {}
        }
    }

    /// Adds what is no link, and remembers the links.
    pub(super) fn add(&self, sums: &mut Sums, inodes: &mut BTreeSet<u64>) {
        match self {
            Self::File(own, _) | Self::Replaced(own, _) => add_own(sums, own, 1),
            Self::Cache(own, _) => add_own(sums, own, 2),
            Self::Link(link) => {
                inodes.insert(*link);
            }
            Self::Directory(below) => {
                add_own(sums, &below.own, 1);
                below
                    .entries
                    .values()
                    .for_each(|node| node.add(sums, inodes));
            }
            _ => {}
        }
    }

    fn newest(&self) -> i64 {
        match self {
            Self::File(own, _) | Self::Replaced(own, _) | Self::Cache(own, _) => own.seconds,
            Self::Link(link) => linked(*link).seconds,
            Self::Directory(below) => below.newest(),
            _ => i64::MIN,
        }
    }
}
