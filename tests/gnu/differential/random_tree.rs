//! Random trees as data, in order of creation. Nothing here touches a disk.

use super::names;
use super::random::{chance, weighted};
use fastrand::Rng;
use std::collections::HashSet;
use std::fmt::Write as _;

/// What an entry is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Dir,
    /// A file with so many bytes written.
    Data(usize),
    /// A hole of that apparent size, with some data at its end if the flag says so.
    Sparse(u64, bool),
    /// Blocks allocated beyond the end of a small file, so that the disk holds more than the size says.
    Reserved(u64),
    /// Another name of the item with this number.
    HardLink(usize),
    Symlink(Vec<u8>),
    Fifo,
    Socket,
}

/// Seconds and nanoseconds since 1970.
pub(crate) type Stamp = (i64, i64);

/// One entry. `path` is relative to the root, whose own is empty.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) parent: usize,
    pub(crate) name: Vec<u8>,
    pub(crate) path: Vec<u8>,
    pub(crate) depth: usize,
    pub(crate) kind: Kind,
    pub(crate) mode: Option<u32>,
    /// Access and modification time.
    pub(crate) times: Option<(Stamp, Stamp)>,
}

impl Item {
    pub(crate) fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Dir)
    }
}

/// The kinds of trees. Their order is fixed, so that every long run has the costly ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Tiny,
    Plain,
    /// Two hundred levels with side branches.
    Chain,
    /// A chain whose path is longer than `PATH_MAX`.
    LongPath,
    /// One directory on either side of 10,000 entries, where GNU starts to sort by inode.
    Wide,
    TwoWide,
    /// Over 100,000 entries, where GNU reads a directory in groups; only in the long form.
    Enormous,
    /// Sizes near 2^62 and times that no calendar has; only tmpfs stores them.
    Extreme,
}

/// A tree: `items[0]` is its root.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) shape: Shape,
    pub(crate) items: Vec<Item>,
    taken: HashSet<(usize, Vec<u8>)>,
    /// Symbolic links to directories so far: each multiplies what `-L -l` visits, so they are few.
    branches: u32,
}

/// What the content of trees depends on in the place where they are created.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) root: Vec<u8>,
    /// A directory on another file system, for symbolic links that `-x` must not follow.
    pub(crate) elsewhere: Option<Vec<u8>>,
    pub(crate) tmpfs: bool,
}

/// The shape of the tree with this number. Even trees lie on the first file system, odd ones on the second.
pub(crate) fn shape(number: u64, tmpfs: bool, enormous: bool) -> Shape {
    match number % 20 {
        2 | 5 => Shape::Wide,
        7 | 16 => Shape::Chain,
        10 => Shape::LongPath,
        13 if tmpfs => Shape::Extreme,
        17 | 18 if enormous => Shape::Enormous,
        17 | 18 => Shape::TwoWide,
        3 => Shape::Tiny,
        _ => Shape::Plain,
    }
}

/// A random tree.
pub(crate) fn random_tree(rng: &mut Rng, shape: Shape, location: &Location) -> Tree {
    let mut tree = Tree::root_only(shape);
    let count = match shape {
        Shape::Tiny => rng.usize(0..4),
        Shape::Plain => weighted(rng, &[(5, 12), (5, 40), (3, 90), (1, 200)]),
        _ => rng.usize(4..20),
    };
    for _ in 0..count {
        tree.add_random(rng, location);
    }
    match shape {
        Shape::Tiny | Shape::Plain => {}
        Shape::Chain => tree.add_chain(rng, 200, 2),
        Shape::LongPath => {
            let (levels, longest) = weighted(rng, &[(2, (60, 100)), (1, (30, 200))]);
            tree.add_chain(rng, levels, longest);
        }
        Shape::Wide => tree.add_wide(rng, location),
        Shape::TwoWide => {
            tree.add_wide(rng, location);
            tree.add_wide(rng, location);
        }
        Shape::Enormous => tree.fill_wide(rng, location, 100_500),
        Shape::Extreme => tree.add_extremes(rng),
    }
    tree.lock_some(rng);
    tree.date_some(rng, location);
    tree
}

impl Tree {
    fn root_only(shape: Shape) -> Tree {
        let root = Item {
            parent: 0,
            name: Vec::new(),
            path: Vec::new(),
            depth: 0,
            kind: Kind::Dir,
            mode: None,
            times: None,
        };
        Tree {
            shape,
            items: vec![root],
            taken: HashSet::new(),
            branches: 0,
        }
    }

    /// Adds an entry unless its name is taken; returns its number, or that of the parent.
    fn add(&mut self, parent: usize, name: Vec<u8>, kind: Kind) -> usize {
        if !self.taken.insert((parent, name.clone())) {
            return parent;
        }
        let above = &self.items[parent];
        let mut path = above.path.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend(&name);
        let depth = above.depth + 1;
        self.items.push(Item {
            parent,
            name,
            path,
            depth,
            kind,
            mode: None,
            times: None,
        });
        self.items.len() - 1
    }

    fn add_random(&mut self, rng: &mut Rng, location: &Location) {
        let parent = self.some_dir(rng);
        let name = names::name(rng);
        let kind = self.random_kind(rng, parent, &name, location);
        self.add(parent, name, kind);
    }

    /// A directory above the eighth level; new ones are likelier, so that trees get deep.
    fn some_dir(&self, rng: &mut Rng) -> usize {
        let dirs: Vec<usize> = (0..self.items.len())
            .filter(|&at| self.items[at].is_dir() && self.items[at].depth < 8)
            .collect();
        if chance(rng, 40) {
            return dirs[dirs.len() - 1 - rng.usize(0..dirs.len().min(3))];
        }
        dirs[rng.usize(0..dirs.len())]
    }

    fn random_kind(
        &mut self,
        rng: &mut Rng,
        parent: usize,
        name: &[u8],
        location: &Location,
    ) -> Kind {
        match rng.u32(0..100) {
            0..36 => Kind::Dir,
            36..73 => random_file(rng),
            73..83 => match self.some_linkable(rng) {
                Some(original) => Kind::HardLink(original),
                None => random_file(rng),
            },
            83..95 => Kind::Symlink(self.symlink_target(rng, parent, name, location)),
            95..98 => Kind::Fifo,
            _ => Kind::Socket,
        }
    }

    /// An entry to which a hard link can be made: all but directories.
    fn some_linkable(&self, rng: &mut Rng) -> Option<usize> {
        let originals: Vec<usize> = (0..self.items.len())
            .filter(|&at| {
                let item = &self.items[at];
                // A link that climbs would leave the tree from a shallower place, to where it changes.
                let climbs = matches!(&item.kind, Kind::Symlink(to) if to.starts_with(b".."));
                let original = !matches!(item.kind, Kind::Dir | Kind::HardLink(_));
                original && !climbs && item.path.len() < 3000
            })
            .collect();
        rng.choice(originals)
    }

    fn symlink_target(
        &mut self,
        rng: &mut Rng,
        parent: usize,
        name: &[u8],
        location: &Location,
    ) -> Vec<u8> {
        let dangling = b"no/such/thing".to_vec();
        match rng.u32(0..100) {
            0..10 => dangling,
            10..18 => name.to_vec(),
            18..24 => [b"x".repeat(200), dangling].concat(),
            24..44 if self.branch() => match rng.usize(0..=self.items[parent].depth.min(3)) {
                0 => b".".to_vec(),
                up => b"../".repeat(up)[..3 * up - 1].to_vec(),
            },
            44..54 if self.branch() => location.elsewhere.clone().unwrap_or(dangling),
            44..54 => dangling,
            _ => self.target_in_tree(rng, parent, location),
        }
    }

    /// A path to some entry of this tree: absolute, or up to the root and down again.
    fn target_in_tree(&mut self, rng: &mut Rng, parent: usize, location: &Location) -> Vec<u8> {
        let at = rng.usize(0..self.items.len());
        if self.items[at].is_dir() && !self.branch() {
            return b"dangling".to_vec();
        }
        let target = &self.items[at].path;
        let mut way = if chance(rng, 25) {
            [&location.root[..], b"/"].concat()
        } else {
            b"../".repeat(self.items[parent].depth)
        };
        way.extend(target);
        if way.is_empty() {
            way.push(b'.');
        }
        way
    }

    /// Whether the tree may have one more symbolic link to a directory.
    fn branch(&mut self) -> bool {
        self.branches += 1;
        self.branches <= if self.shape == Shape::Plain { 4 } else { 2 }
    }

    fn add_chain(&mut self, rng: &mut Rng, levels: usize, longest: usize) {
        let mut at = 0;
        for level in 0..levels {
            let mut name = names::plain(rng, 2);
            if longest > 2 {
                name.resize(longest, b'x');
            }
            at = self.add(at, name, Kind::Dir);
            if chance(rng, 15) {
                let file = random_file(rng);
                self.add(at, format!("file{level}").into_bytes(), file);
            }
        }
        self.add(at, b"bottom".to_vec(), Kind::Data(3000));
    }

    fn add_wide(&mut self, rng: &mut Rng, location: &Location) {
        let count = weighted(
            rng,
            &[
                (4, 12_000),
                (1, 10_001),
                (1, 10_000),
                (1, 9_999),
                (1, 10_200),
            ],
        );
        self.fill_wide(rng, location, count);
    }

    /// A directory of exactly `count` entries: mostly empty files, with directories, hard links
    /// (to each other and to the rest of the tree) and symbolic links between them.
    fn fill_wide(&mut self, rng: &mut Rng, location: &Location, count: usize) {
        let name = format!("wide{}", self.items.len()).into_bytes();
        let wide = self.add(0, name, Kind::Dir);
        for number in 0..count {
            // A scrambled name, so that neither names nor inodes come in the order of creation.
            let scrambled = (number as u32).wrapping_mul(2_654_435_761);
            let name = format!("{scrambled:08x}").into_bytes();
            let kind = match rng.u32(0..1000) {
                0..6 => Kind::Dir,
                6..26 => Kind::HardLink(self.recent_file(rng)),
                26..36 => Kind::Data(rng.usize(1..9000)),
                36..38 => Kind::Symlink(self.symlink_target(rng, wide, &name, location)),
                _ => Kind::Data(0),
            };
            let inner = matches!(kind, Kind::Dir);
            let at = self.add(wide, name, kind);
            if inner && chance(rng, 70) {
                let link = Kind::HardLink(self.recent_file(rng));
                self.add(at, b"inner".to_vec(), link);
            }
        }
    }

    /// A regular file among the last few hundred items (adding one at the root if there is none).
    fn recent_file(&mut self, rng: &mut Rng) -> usize {
        for _ in 0..50 {
            let back = rng.usize(1..=self.items.len().min(400));
            let at = self.items.len() - back;
            if matches!(self.items[at].kind, Kind::Data(_)) {
                return at;
            }
        }
        let name = format!("original{}", self.items.len()).into_bytes();
        self.add(0, name, Kind::Data(100))
    }

    /// At most three sizes near 2^62: their sum stays below 2^64, above which GNU prints "Infinity".
    fn add_extremes(&mut self, rng: &mut Rng) {
        let dir = self.add(0, b"extreme".to_vec(), Kind::Dir);
        for number in 0..rng.usize(1..=3) {
            let bits = rng.u32(1..40);
            let size = (1 << 62) - rng.u64(0..1 << bits);
            let name = format!("huge{number}").into_bytes();
            let parent = if chance(rng, 50) { dir } else { 0 };
            self.add(parent, name, Kind::Sparse(size, false));
        }
        for number in 0..6 {
            let name = format!("when{number}").into_bytes();
            let at = self.add(dir, name, Kind::Data(1));
            self.items[at].times = Some((extreme_stamp(rng), extreme_stamp(rng)));
        }
    }

    /// In every other tree some directories cannot be read, or not be searched.
    fn lock_some(&mut self, rng: &mut Rng) {
        if chance(rng, 50) {
            return;
        }
        for item in &mut self.items[1..] {
            if item.is_dir() && chance(rng, 9) {
                item.mode = Some(weighted(
                    rng,
                    &[(4, 0o000), (4, 0o444), (3, 0o111), (1, 0o666), (1, 0o333)],
                ));
            }
        }
    }

    fn date_some(&mut self, rng: &mut Rng, location: &Location) {
        for item in &mut self.items {
            if item.times.is_none() && chance(rng, 40) {
                item.times = Some(random_times(rng, item, location.tmpfs));
            }
        }
    }

    /// The tree as text, a line for each entry, at most `limit` lines.
    pub(crate) fn describe(&self, limit: usize) -> String {
        let mut text = format!("{:?}, {} entries\n", self.shape, self.items.len() - 1);
        for item in self.items.iter().take(limit) {
            let path = String::from_utf8_lossy(&item.path)
                .escape_debug()
                .to_string();
            let kind = match &item.kind {
                Kind::HardLink(to) => {
                    let to = String::from_utf8_lossy(&self.items[*to].path);
                    format!("HardLink({})", to.escape_debug())
                }
                Kind::Symlink(to) => {
                    format!("Symlink({})", String::from_utf8_lossy(to).escape_debug())
                }
                other => format!("{other:?}"),
            };
            let mode = item.mode.map(|mode| format!(" mode {mode:03o}"));
            let times = item.times.map(|times| format!(" times {times:?}"));
            let attributes = [mode, times].into_iter().flatten().collect::<String>();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {kind:<18} \"{path}\"{attributes}");
        }
        if self.items.len() > limit {
            let _ = writeln!(text, "  … and {} more", self.items.len() - limit);
        }
        text
    }
}

fn random_file(rng: &mut Rng) -> Kind {
    match rng.u32(0..100) {
        0..25 => Kind::Data(0),
        25..60 => Kind::Data(rng.usize(1..10_000)),
        60..75 => Kind::Data(rng.usize(10_000..400_000)),
        75..83 => Kind::Data(weighted(rng, &[(1, 511), (1, 512), (1, 4096), (1, 1024)])),
        83..95 => Kind::Sparse(1 << rng.u32(9..=40), chance(rng, 40)),
        _ => Kind::Reserved(rng.u64(1..64) * 4096),
    }
}

/// Old, equal, future and pre-1970 times.
fn random_times(rng: &mut Rng, item: &Item, tmpfs: bool) -> (Stamp, Stamp) {
    let modified = random_stamp(rng, tmpfs);
    let read = random_stamp(rng, tmpfs);
    // Walking updates the access time of what it reads or follows, if that is not newer than the
    // modification (relatime). The second program must not see what the first has done: so what
    // gets read, and has a time in the future, was last read later still.
    let gets_read = matches!(item.kind, Kind::Dir | Kind::Symlink(_) | Kind::HardLink(_));
    if gets_read && modified.0 > 1_600_000_000 {
        return ((modified.0 + 1000, read.1), modified);
    }
    (read, modified)
}

fn random_stamp(rng: &mut Rng, tmpfs: bool) -> Stamp {
    let nanoseconds = match rng.u32(0..3) {
        0 => 0,
        1 => 999_999_999,
        _ => rng.i64(0..1_000_000_000),
    };
    let seconds = match rng.u32(0..10) {
        0..4 => rng.i64(0..1_500_000_000),
        4..6 => 1_000_000_000,
        6..8 => rng.i64(4_000_000_000..9_000_000_000),
        8 => rng.i64(-2_000_000_000..0),
        _ if tmpfs => rng.i64(-60_000_000_000..250_000_000_000),
        _ => -1,
    };
    (seconds, nanoseconds)
}

/// The edges of calendars: years above 9999, below 0, and those that no `struct tm` holds.
fn extreme_stamp(rng: &mut Rng) -> Stamp {
    let seconds = weighted(
        rng,
        &[
            (3, 253_402_300_800),
            (2, 10_000_000_000_000),
            (2, -62_167_219_201),
            (1, -99_000_000_000),
            (1, 67_768_036_191_676_799),
            (1, 67_768_036_191_676_800),
            (1, i64::MAX),
            (1, i64::MIN),
        ],
    );
    (seconds, rng.i64(0..1_000_000_000))
}
