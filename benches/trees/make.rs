//! The generators, one function a shape.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ftruncate, linkat, mkdirat, openat};

use super::{Shape, Tree};

/// How much was made.
#[derive(Default)]
pub(super) struct Made {
    directories: u64,
    files: u64,
    links: u64,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            directories,
            files,
            links,
        } = self;
        write!(
            f,
            "{directories} directories, {files} files, {links} further hard links"
        )
    }
}

/// Makes `tree` at `path`, which must not be there.
pub(super) fn make(path: &Path, tree: Tree) -> io::Result<Made> {
    let scaled = |count: u32| ((f64::from(count) * tree.scale).round() as u32).max(1);
    let mut maker = Maker {
        made: Made::default(),
        chance: Chance(0x5eed),
    };
    let root = maker.dir(CWD, path)?;
    match tree.shape {
        Shape::Home => maker.home(root, scaled(100_000), scaled(1_000_000))?,
        Shape::Flat => maker.flat(&root, scaled(1_000_000))?,
        Shape::Deep => maker.deep(root, scaled(20_000))?,
        Shape::Links => maker.links(&root, 30, scaled(20_000))?,
        Shape::Wide => maker.wide(&root, scaled(300), 20)?,
        Shape::Tiny => maker.tiny(&root)?,
    }
    Ok(maker.made)
}

/// Depth at which `home` ends.
const DEEPEST: u8 = 40;
/// Files per directory in `home`: many empty or small directories, some of dozens; the mean is near 9.
const FILES: [u16; 20] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 9, 12, 16, 24, 35, 50,
];
/// One directory in so many of `home` is a store of thousands of files.
const STORE_EVERY: u32 = 5_000;
const FILES_IN_STORE: u16 = 3_000;
/// What names are made of.
const WORDS: [&str; 16] = [
    "a",
    "src",
    "lib",
    "cache",
    "test",
    "node_modules",
    "index",
    "Photos",
    "data",
    "img_",
    "build",
    "x86_64-linux",
    "main",
    "doc",
    "objects",
    "a rather long name of the kind that people give",
];
const ENDINGS: [&str; 8] = ["", ".rs", ".js", ".o", ".json", ".jpg", ".d.ts", ".html"];

struct Maker {
    made: Made,
    chance: Chance,
}

impl Maker {
    fn flat(&mut self, root: &OwnedFd, files: u32) -> io::Result<()> {
        (0..files).try_for_each(|file| self.file(root, &format!("file-{file:07}")))
    }

    fn deep(&mut self, root: OwnedFd, levels: u32) -> io::Result<()> {
        let mut dir = root;
        for _ in 1..levels {
            dir = self.dir(&dir, "d")?;
        }
        Ok(())
    }

    fn wide(&mut self, root: &OwnedFd, outer: u32, inner: u32) -> io::Result<()> {
        for outer in 0..outer {
            let dir = self.dir(root, format!("outer-{outer:03}"))?;
            for inner in 0..inner {
                let dir = self.dir(&dir, format!("inner-{inner:02}"))?;
                self.file(&dir, "file")?;
            }
        }
        Ok(())
    }

    fn tiny(&mut self, root: &OwnedFd) -> io::Result<()> {
        let (left, right) = (self.dir(root, "left")?, self.dir(root, "right")?);
        for (file, dir) in [root, &left, &right]
            .into_iter()
            .cycle()
            .take(10)
            .enumerate()
        {
            self.file(dir, &format!("file-{file}"))?;
        }
        Ok(())
    }

    /// 25 × 40 directories of 20 files a snapshot; in each snapshot but the first every file is a link to the first's.
    fn links(&mut self, root: &OwnedFd, snapshots: u32, files: u32) -> io::Result<()> {
        let (groups, sets) = (25, (files / 500).max(1));
        for snapshot in 0..snapshots {
            let top = self.dir(root, format!("daily.{snapshot:02}"))?;
            for group in 0..groups {
                let middle = self.dir(&top, format!("group-{group:02}"))?;
                for set in 0..sets {
                    let name = format!("set-{set:02}");
                    let dir = self.dir(&middle, &name)?;
                    let first = format!("daily.00/group-{group:02}/{name}");
                    let first = if snapshot == 0 {
                        None
                    } else {
                        Some(open(root, &first)?)
                    };
                    for file in (group * sets + set..files).step_by(groups as usize * sets as usize)
                    {
                        self.file_or_link(&dir, &format!("file-{file:05}"), first.as_ref())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Depth first, as an archive is unpacked, so that the entries of a directory are near to each other on the disk.
    fn home(&mut self, root: OwnedFd, directories: u32, files: u32) -> io::Result<()> {
        let plan = Plan::new(&mut self.chance, directories, files);
        let mut linked: Option<(Rc<OwnedFd>, String)> = None;
        let mut serial = 0_u32;
        // The fds are bounded by the depth: a parent's closes with its last child's turn.
        let mut todo = vec![(Rc::new(root), None, 0)];
        while let Some((parent, name, index)) = todo.pop() {
            let dir = match name {
                Some(name) => Rc::new(self.dir(&*parent, name)?),
                None => parent,
            };
            for _ in 0..plan.files[index as usize] {
                serial += 1;
                let name = self.name(serial, ENDINGS[serial as usize % ENDINGS.len()]);
                match (serial % 100, linked.take()) {
                    (99, Some((first, from))) => self.link(&first, &from, &dir, &name)?,
                    (49, _) => {
                        self.file(&dir, &name)?;
                        linked = Some((Rc::clone(&dir), name));
                    }
                    (_, kept) => {
                        self.file(&dir, &name)?;
                        linked = kept;
                    }
                }
            }
            for &child in plan.children(index) {
                todo.push((Rc::clone(&dir), Some(self.name(child, "")), child));
            }
        }
        Ok(())
    }

    /// No two serial numbers give the same name.
    fn name(&mut self, serial: u32, ending: &str) -> String {
        let word = WORDS[self.chance.below(WORDS.len() as u32) as usize];
        format!("{word}{serial}{ending}")
    }

    fn dir(&mut self, parent: impl AsFd, name: impl AsRef<Path>) -> io::Result<OwnedFd> {
        let name = name.as_ref();
        mkdirat(&parent, name, Mode::from_raw_mode(0o755))?;
        self.made.directories += 1;
        Ok(open(parent, name)?)
    }

    fn file_or_link(
        &mut self,
        dir: &OwnedFd,
        name: &str,
        first: Option<&OwnedFd>,
    ) -> io::Result<()> {
        match first {
            Some(first) => self.link(first, name, dir, name),
            None => self.file(dir, name),
        }
    }

    fn link(&mut self, first: &OwnedFd, from: &str, dir: &OwnedFd, name: &str) -> io::Result<()> {
        linkat(first, from, dir, name, AtFlags::empty())?;
        self.made.links += 1;
        Ok(())
    }

    /// Of twenty files twelve are empty, four sparse, three take a block and one up to three.
    fn file(&mut self, dir: &OwnedFd, name: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::from_raw_mode(0o644))?;
        self.made.files += 1;
        match self.chance.below(20) {
            0..12 => {}
            12..16 => ftruncate(&file, u64::from(self.chance.below(100_000)))?,
            16..19 => self.fill(&file, 4096)?,
            _ => self.fill(&file, 12_288)?,
        }
        Ok(())
    }

    fn fill(&mut self, file: &OwnedFd, most: u32) -> io::Result<()> {
        static BYTES: [u8; 12_288] = [b'x'; 12_288];
        let size = 1 + self.chance.below(most) as usize;
        if rustix::io::write(file, &BYTES[..size])? < size {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

/// `home` on paper: which directory is in which, and how many files each has.
struct Plan {
    /// Files of each directory.
    files: Vec<u16>,
    /// All directories but the root, sorted by parent.
    by_parent: Vec<u32>,
    /// Where the children of each begin in `by_parent`.
    starts: Vec<u32>,
}

impl Plan {
    fn new(chance: &mut Chance, directories: u32, files: u32) -> Self {
        let parents = Self::parents(chance, directories);
        let mut starts = vec![0; directories as usize + 1];
        for &parent in &parents {
            starts[parent as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut by_parent = vec![0; parents.len()];
        for (child, &parent) in (1..).zip(&parents) {
            by_parent[next[parent as usize] as usize] = child;
            next[parent as usize] += 1;
        }
        Self {
            files: Self::files(chance, directories, files),
            by_parent,
            starts,
        }
    }

    /// The parents of directories 1, 2, ...: first a chain to the greatest depth, then the more children the likelier
    /// (three in ten), or any (the others).
    fn parents(chance: &mut Chance, directories: u32) -> Vec<u32> {
        let mut parents: Vec<u32> = Vec::new();
        let mut depths: Vec<u8> = vec![0];
        for child in 1..directories {
            let any = chance.below(child);
            let chosen = match chance.below(10) {
                _ if child < u32::from(DEEPEST) => child - 1,
                0..3 if any > 0 => parents[any as usize - 1],
                _ => any,
            };
            let chosen = if depths[chosen as usize] + 1 < DEEPEST {
                chosen
            } else {
                0
            };
            depths.push(depths[chosen as usize] + 1);
            parents.push(chosen);
        }
        parents
    }

    /// Drawn from the table; what the draw leaves over or lacks is made up one by one.
    fn files(chance: &mut Chance, directories: u32, files: u32) -> Vec<u16> {
        let mut left = files;
        let mut counts: Vec<u16> = Vec::new();
        for _ in 0..directories {
            let draw = match chance.below(STORE_EVERY) {
                0 => FILES_IN_STORE,
                _ => FILES[chance.below(FILES.len() as u32) as usize],
            };
            let count = u32::from(draw).min(left) as u16;
            left -= u32::from(count);
            counts.push(count);
        }
        for index in 0..left {
            counts[(index % directories) as usize] += 1;
        }
        counts
    }

    fn children(&self, parent: u32) -> &[u32] {
        let (start, end) = (
            self.starts[parent as usize],
            self.starts[parent as usize + 1],
        );
        &self.by_parent[start as usize..end as usize]
    }
}

/// SplitMix64: a dozen characters of state are worth no dependency.
struct Chance(u64);

impl Chance {
    /// A number below `bound`.
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = (mixed ^ (mixed >> 31)) >> 32;
        ((high * u64::from(bound)) >> 32) as u32
    }
}

fn open(parent: impl AsFd, name: impl rustix::path::Arg) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}
