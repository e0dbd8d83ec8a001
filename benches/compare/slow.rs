//! Slow storage to walk: a FUSE mount that answers every call after a millisecond, however many come at a time.
//!
//! The kernel keeps no names, so that no run is warm; it keeps attributes for a second, so that opening or stat'ing a name
//! is one call and not two. The server runs in threads of this process: its CPU time is in no figure. A harness that is
//! killed leaves a dead mount (`umount -l`).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fuse::{Fuse, Node, Options};

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slow {
    /// 585 directories, three levels of eight in each, with a file in each.
    Dirs,
    /// 2,000 files in one directory.
    Files,
}

impl Slow {
    /// The one with this name.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Dirs, Self::Files]
            .into_iter()
            .find(|slow| slow.to_string() == word)
    }

    fn root(self) -> Node {
        match self {
            Self::Dirs => Node::nested("", 3, 8, 1),
            Self::Files => Node::nested("", 0, 0, 2000),
        }
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dirs => "slow-dirs",
            Self::Files => "slow-files",
        })
    }
}

/// A mount that is gone when this is dropped.
pub(crate) struct Mount {
    fuse: Option<Fuse>,
    at: PathBuf,
}

impl Mount {
    /// Mounts `slow` in a directory of its own.
    pub(crate) fn new(slow: Slow) -> io::Result<Self> {
        let at = std::env::temp_dir().join(format!("pdu-bench-{slow}-{}", std::process::id()));
        std::fs::create_dir(&at)?;
        let mut mount = Self { fuse: None, at };
        let (delay, attr_valid) = (Duration::from_millis(1), Duration::from_secs(1));
        let options = Options {
            delay,
            attr_valid,
            ..Options::default()
        };
        mount.fuse = Some(Fuse::mount(&mount.at, slow.root(), &options)?);
        Ok(mount)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.at
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(self.fuse.take());
        // Left over, it is an empty directory.
        let _ = std::fs::remove_dir(&self.at);
    }
}
