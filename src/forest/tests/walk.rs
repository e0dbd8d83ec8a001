//! Random trees: the walk through the forest gives what a sorted list of their paths has.

use rustix::fs::FileType;

use crate::count::usage::{Detail, FileTime, Inode, Item, Usage};
use crate::count::visitor::{Extent, Visitor};
use crate::forest::Forest;
use crate::forest::entry::{ForestEntry, Reading};
use crate::forest::walk::ForestWalk;
use crate::format::parquet::CountedLinks;
use crate::sys::failure::{Failure, Operation};

/// An entry of the list: the names of its path, whether it is a mark, and what is known of it.
type Known = (Vec<Vec<u8>>, bool, ForestEntry, [u64; 3]);

/// Makes a random tree, by events and as a list.
struct Maker {
    random: fastrand::Rng,
    builder: Forest,
    list: Vec<Known>,
}

impl Maker {
    fn detail(&mut self, mode: u32) -> Detail {
        let mut number = |limit| self.random.u32(0..limit);
        Detail {
            inode: Inode {
                device: u64::from(number(2)),
                number: 1 + u64::from(number(1 << 30)),
            },
            links: 1,
            mode: mode | 0o644,
            uid: number(3),
            gid: number(3),
        }
    }

    fn usage(&mut self) -> Usage {
        let most = 1 << self.random.u32(1..40);
        let apparent = self.random.u64(0..most);
        let blocks = self.random.choice([apparent.div_ceil(4096) * 8, 1, 0]);
        Usage {
            allocated: u128::from(blocks.unwrap_or(0)) * 512,
            apparent: apparent.into(),
            inodes: 1,
            newest: FileTime {
                seconds: self.random.i64(-5..2_000_000_000),
                nanoseconds: self.random.choice([0, 5, 999_999_999]).unwrap_or(0),
            },
        }
    }

    /// Names that are apart, in random order, many of them the beginning of another one.
    fn names(&mut self) -> Vec<Vec<u8>> {
        let count = self.random.usize(0..12);
        let mut names: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let bytes = [b'a', b'b', b' ', b'-', b'.', 0xff, 1];
                let length = self.random.usize(1..4);
                let byte = || self.random.choice(bytes).unwrap_or(b'a');
                std::iter::repeat_with(byte).take(length).collect()
            })
            .collect();
        names.sort();
        names.dedup();
        self.random.shuffle(&mut names);
        names
    }

    /// Reports a directory, and returns its totals.
    fn directory(&mut self, path: &[Vec<u8>]) -> [u64; 3] {
        let detail = self.detail(0o040_000);
        let usage = self.usage();
        let reading = match self.random.u32(0..8) {
            0 => Reading::Unread,
            1 => Reading::Broken,
            _ => Reading::Whole,
        };
        let operation = match reading {
            Reading::Unread => Some(Operation::Exported),
            Reading::Broken => Some(Operation::ExportedInPart),
            _ => None,
        };
        let failure = operation.map(Failure::without_errno);
        let item = item(usage, &detail);
        let name = path.last().map_or(&b"/root"[..], |name| name);
        self.builder.enter(name, &item, failure);
        let mut totals = amounts(&usage);
        let names = match (reading, path.len()) {
            (Reading::Unread, _) | (_, 5..) => Vec::new(),
            _ => self.names(),
        };
        for name in names {
            let path = [path, &[name]].concat();
            let below = match self.random.u32(0..3) {
                0 => self.directory(&path),
                _ => self.file(&path),
            };
            (0..3).for_each(|place| totals[place] += below[place]);
        }
        self.builder.leave(Extent::Whole);
        let own = ForestEntry {
            reading,
            ..entry(&usage, &detail)
        };
        if reading != Reading::Whole {
            let mark = ForestEntry {
                sizes: (0, 0),
                ..own
            };
            self.list.push((path.to_vec(), true, mark, [0; 3]));
        }
        self.list.push((path.to_vec(), false, own, totals));
        totals
    }

    fn file(&mut self, path: &[Vec<u8>]) -> [u64; 3] {
        let mode = self.random.choice([0o100_000, 0o120_000, 0o010_000]);
        let detail = self.detail(mode.unwrap_or(0));
        let name = path.last().map_or(&b""[..], |name| name);
        let known = match self.random.u32(0..10) {
            0 => {
                let failure = Failure::without_errno(Operation::ExportedEntry);
                self.builder.failed(name, failure);
                ForestEntry {
                    reading: Reading::Unread,
                    ..ForestEntry::UNKNOWN
                }
            }
            1 => {
                self.builder.away(name, &detail);
                ForestEntry {
                    reading: Reading::Away,
                    ..entry(
                        &Usage {
                            inodes: 1,
                            ..Usage::default()
                        },
                        &detail,
                    )
                }
            }
            _ => {
                let usage = self.usage();
                self.builder.file(Some(name), &item(usage, &detail));
                entry(&usage, &detail)
            }
        };
        self.list.push((path.to_vec(), false, known, [0; 3]));
        match known.reading {
            Reading::Whole => [known.sizes.0, known.sizes.1, 1],
            _ => [0; 3],
        }
    }
}

fn item(usage: Usage, detail: &Detail) -> Item<'_> {
    Item {
        usage,
        dedup_key: None,
        detail: Some(detail),
    }
}

fn amounts(usage: &Usage) -> [u64; 3] {
    [usage.allocated as u64, usage.apparent as u64, usage.inodes]
}

fn entry(usage: &Usage, detail: &Detail) -> ForestEntry {
    ForestEntry {
        kind: FileType::from_raw_mode(detail.mode),
        reading: Reading::Whole,
        sizes: (usage.allocated as u64, usage.apparent as u64),
        count: usage.inodes,
        time: usage.newest,
        inode: detail.inode,
        links: detail.links,
        owner: (detail.uid, detail.gid),
        mode: detail.mode & 0o7777,
    }
}

/// The place of an entry in the order: after the names of a path follows what comes after all names, but for a mark.
fn place((path, is_mark, ..): &Known) -> Vec<Option<Vec<u8>>> {
    // A name is less than its absence: `Some` is made the smaller one by a first byte.
    let mut place: Vec<Option<Vec<u8>>> = path.iter().cloned().map(Some).collect();
    match is_mark {
        true => place.push(Some(Vec::new())),
        false => place.push(None),
    }
    place
}

fn compare(a: &Known, b: &Known) -> std::cmp::Ordering {
    let (a, b) = (place(a), place(b));
    for (a, b) in a.iter().zip(&b) {
        let order = match (a, b) {
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn walk(forest: Forest, below: &[u8], links: CountedLinks) -> ForestWalk {
    ForestWalk::new(forest, below, links).expect("one root, and this directory in it")
}

#[test]
fn a_walk_through_random_trees_gives_their_sorted_paths() {
    for seed in 0..300 {
        let mut maker = Maker {
            random: fastrand::Rng::with_seed(seed),
            builder: Forest::default(),
            list: Vec::new(),
        };
        maker.directory(&[]);
        let mut expected = maker.list;
        expected.sort_by(compare);
        let mut walk = walk(maker.builder, b"", CountedLinks::Once);
        for (path, is_mark, entry, totals) in &expected {
            assert!(walk.advance(), "seed {seed}: {path:?} is missing");
            let (met, known) = walk.current();
            let path: Vec<u8> = path
                .iter()
                .flat_map(|name| [b"/", &**name].concat())
                .collect();
            assert_eq!((met, &known.entry), (&*path, entry), "seed {seed}");
            let is_directory = entry.kind == FileType::Directory && entry.reading != Reading::Away;
            let has_totals = is_directory && !is_mark;
            assert_eq!(known.totals, has_totals.then_some(*totals), "seed {seed}");
            let counts = entry.reading == Reading::Whole || is_directory;
            assert_eq!(known.is_counted, counts && !is_mark, "seed {seed}");
        }
        assert!(!walk.advance(), "seed {seed}");
    }
}

/// The link whose path comes first counts, also where the walk begins below the root.
#[test]
fn the_first_link_counts() {
    let detail = |mode, links| Detail {
        inode: Inode {
            device: 1,
            number: 5,
        },
        links,
        mode,
        ..Detail::default()
    };
    let usage = Usage {
        allocated: 4096,
        inodes: 1,
        ..Usage::default()
    };
    let (directory, link) = (detail(0o040_000, 9), detail(0o100_000, 3));
    let counted = |below: &[u8], links| {
        let mut builder = Forest::default();
        builder.enter(b"/r", &item(usage, &directory), None);
        builder.file(Some(b"z"), &item(usage, &link));
        for name in [b"y", b"x"] {
            builder.enter(name, &item(usage, &directory), None);
            builder.file(Some(b"b"), &item(usage, &link));
            builder.file(Some(b"a"), &item(usage, &link));
            builder.leave(Extent::Whole);
        }
        builder.leave(Extent::Whole);
        let mut walk = walk(builder, below, links);
        let mut counted = Vec::new();
        while walk.advance() {
            let (path, met) = walk.current();
            if met.is_counted {
                counted.push(String::from_utf8_lossy(path).into_owned());
            }
        }
        counted
    };
    assert_eq!(counted(b"", CountedLinks::Once), ["/x/a", "/x", "/y", ""]);
    assert_eq!(counted(b"/y", CountedLinks::Once), ["/a", ""]);
    assert_eq!(counted(b"/y", CountedLinks::Each), ["/a", "/b", ""]);
}

#[test]
fn what_is_no_directory_or_has_several_roots_is_no_tree() {
    let detail = Detail::default();
    let item = item(Usage::default(), &detail);
    assert!(Forest::default().only_root().is_none());
    let mut file = Forest::default();
    file.file(Some(b"a"), &item);
    assert!(file.only_root().is_none());
    let mut roots = Forest::default();
    for name in [b"/a", b"/b"] {
        roots.enter(name, &item, None);
        roots.leave(Extent::Whole);
    }
    assert!(roots.only_root().is_none());
}
