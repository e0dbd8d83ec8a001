//! Generated trees to measure on: always the same ones, made once and kept.
//!
//! A tree is made under the cache directory as `NAME@SCALE` and is complete when `NAME@SCALE.done` stands beside it; one
//! without that marker was interrupted and is made anew. All numbers come from a fixed seed, so that two machines walk
//! the same names, sizes and links; only blocks and the order of entries are the file system's.
//!
//! Everything goes by directory fds: a chain of 20,000 directories has no path that the kernel would take.

mod make;
mod remove;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Raise it when a generator changes: trees of another version are made anew.
const VERSION: &str = "pdu bench trees 1\n";

/// The shape of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// 100,000 directories, 1,000,000 files, 40 levels, one name in a hundred a hard link.
    Home,
    /// 1,000,000 files in one directory.
    Flat,
    /// A chain of 20,000 directories.
    Deep,
    /// 30 snapshots of 20,000 files in 1,025 directories, all hard links of the first.
    Links,
    /// 300 directories of 20 directories of one file.
    Wide,
    /// 10 files in three directories.
    Tiny,
}

impl Shape {
    /// All shapes, the quickest to make first.
    pub(crate) const ALL: [Self; 6] = [
        Self::Tiny,
        Self::Wide,
        Self::Deep,
        Self::Links,
        Self::Flat,
        Self::Home,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Flat => "flat",
            Self::Deep => "deep",
            Self::Links => "links",
            Self::Wide => "wide",
            Self::Tiny => "tiny",
        }
    }
}

/// A shape and its scale, written `home` or `home@0.05`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tree {
    /// What it looks like.
    pub(crate) shape: Shape,
    /// All counts are multiplied by this, except those of `tiny`; never below one.
    pub(crate) scale: f64,
}

impl FromStr for Tree {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let (name, scale) = word.split_once('@').unwrap_or((word, "1"));
        let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name);
        let scale = scale
            .parse()
            .ok()
            .filter(|scale| (1e-6..=1e3).contains(scale));
        match (shape, scale) {
            (Some(shape), Some(scale)) => Ok(Self { shape, scale }),
            _ => Err(format!("{word}: not a generated tree")),
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.shape.name())?;
        if self.scale == 1.0 {
            Ok(())
        } else {
            write!(f, "@{}", self.scale)
        }
    }
}

/// The directory that keeps the trees.
pub(crate) struct Cache(PathBuf);

impl Cache {
    /// `$PDU_BENCH_DIR`, or `target/bench-trees`.
    pub(crate) fn from_env() -> Self {
        Self(
            std::env::var_os("PDU_BENCH_DIR")
                .map_or_else(|| "target/bench-trees".into(), PathBuf::from),
        )
    }

    /// Where `tree` is or will be.
    pub(crate) fn path(&self, tree: Tree) -> PathBuf {
        self.0.join(tree.to_string())
    }

    fn marker(&self, tree: Tree) -> PathBuf {
        self.0.join(format!("{tree}.done"))
    }

    /// Whether `tree` stands, complete and of this version.
    pub(crate) fn holds(&self, tree: Tree) -> bool {
        std::fs::read_to_string(self.marker(tree)).is_ok_and(|text| text.starts_with(VERSION))
    }

    /// Makes `tree` unless it stands; what an interrupted run left is removed first. The file system is synced, so that
    /// writing the tree back does not fall into a measurement.
    pub(crate) fn make(&self, tree: Tree) -> io::Result<PathBuf> {
        let path = self.path(tree);
        if self.holds(tree) {
            return Ok(path);
        }
        std::fs::create_dir_all(&self.0)?;
        self.remove(tree)?;
        let made = make::make(&path, tree)?;
        rustix::fs::sync();
        std::fs::write(self.marker(tree), format!("{VERSION}{made}\n"))?;
        Ok(path)
    }

    /// Removes `tree`; fine if it is not there.
    pub(crate) fn remove(&self, tree: Tree) -> io::Result<()> {
        ignore_missing(std::fs::remove_file(self.marker(tree)))?;
        ignore_missing(remove::remove(&self.path(tree)))
    }

    /// Removes every tree of the cache, whatever its scale.
    pub(crate) fn remove_all(&self) -> io::Result<()> {
        for name in remove::names(&self.0)? {
            let path = self.0.join(name);
            if is_ours(&path) && path.is_dir() {
                remove::remove(&path)?;
            } else if is_ours(&path) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Whether the name is one that this module gives: a tree, or its marker.
fn is_ours(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.strip_suffix(".done")
        .unwrap_or(name)
        .parse::<Tree>()
        .is_ok()
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
