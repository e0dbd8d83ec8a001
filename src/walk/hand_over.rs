//! Leaving directories to other processes (`--budget`): when no more are opened, and what lies above an operand that an
//! earlier process has handed over.
//!
//! One process knows the directories above each entry, from the root of the scan on: they decide what holds itself, and
//! with `-x` what lies elsewhere. For an operand that was handed over they are looked up: see [`Way`]. A directory that is
//! being read is read to its end, so all entries of a directory are in one report.

#![expect(
    clippy::disallowed_types,
    reason = "one short section an operand, with --rest only"
)]

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustix::io::Errno;

use super::options::{Follow, WalkBudget};
use super::stat::{Lookup, Stat, stat};
use crate::count::listing::{Branch, Names, push_name};
use crate::count::scan_path::{self, MARK_LENGTH};

/// Bytes of a path that the kernel takes, without the NUL (PATH_MAX of linux/limits.h).
const LONGEST_PATH: usize = 4095;

/// See the module.
#[derive(Debug)]
pub(super) struct HandOver {
    budget: WalkBudget,
    started: Instant,
    /// Entries that were counted.
    counted: AtomicU64,
    /// The way to the last operand: most operands of a list have the same, or a part of it.
    last: Mutex<Known>,
}

/// A way that was looked up.
#[derive(Debug, Default)]
struct Known {
    root: Vec<u8>,
    /// The path from the root to its last directory.
    below: Vec<u8>,
    way: Way,
}

/// The directories from the root of the scan to the one that holds an operand. None for an operand that is a root.
#[derive(Debug, Clone, Default)]
pub(super) struct Way(Option<Arc<[Stat]>>);

impl HandOver {
    pub(super) fn new(budget: WalkBudget) -> Self {
        Self {
            budget,
            started: Instant::now(),
            counted: AtomicU64::new(0),
            last: Mutex::default(),
        }
    }

    /// Counts entries.
    pub(super) fn count(&self, entries: usize) {
        self.counted.fetch_add(entries as u64, Ordering::Relaxed);
    }

    /// True where a directory is left to another process. Not before one was opened: each process gets on. Not where its
    /// path is too long for another process to open it.
    pub(super) fn is_due(&self, branch: &Branch, index: u32) -> bool {
        let counted = self.counted.load(Ordering::Relaxed);
        let is_spent = match self.budget {
            WalkBudget::Entries(most) => counted >= most,
            WalkBudget::Time(most) => counted > 0 && self.started.elapsed() >= most,
        };
        is_spent && has_usable_path(branch, index)
    }

    /// The way to an operand. ENOENT or ENOTDIR where the operand is gone.
    pub(super) fn way(&self, operand: &CStr, follow: Follow) -> Result<Way, Errno> {
        let Some((root, below)) = scan_path::split(operand.to_bytes()) else {
            return Ok(Way::default());
        };
        let holder = below.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let below = &below[..holder];
        let lock = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().part_of_way(root, below);
        if known.directories().len() > names(below).count() {
            return Ok(known);
        }
        let way = known.look_up(root, below, follow)?;
        *lock() = Known {
            root: root.into(),
            below: below.into(),
            way: way.clone(),
        };
        Ok(way)
    }
}

impl Known {
    /// What is known of the way to this directory.
    fn part_of_way(&self, root: &[u8], below: &[u8]) -> Way {
        if self.root != root {
            return Way::default();
        }
        let names = names(&self.below).zip(names(below));
        let same = names.take_while(|(name, other)| name == other).count();
        let directories = self.way.directories();
        match directories.len() == same + 1 {
            true => self.way.clone(),
            false => Way(directories.get(..=same).map(Arc::from)),
        }
    }
}

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let names = path.split(|&byte| byte == b'/');
    names.filter(|name| !name.is_empty())
}

impl Way {
    /// Looks up the rest of the way to this directory.
    fn look_up(&self, root: &[u8], below: &[u8], follow: Follow) -> Result<Self, Errno> {
        let mut way = self.directories().to_vec();
        let mut path = root.to_vec();
        if way.is_empty() {
            let lookup = match follow {
                Follow::Never => Lookup::Cached,
                Follow::Operands | Follow::Always => Lookup::CachedTarget,
            };
            way.push(directory(&path, lookup)?);
        }
        for (index, name) in names(below).enumerate() {
            push_name(&mut path, name);
            if way.len() <= index + 1 {
                way.push(directory(&path, Lookup::Cached)?);
            }
        }
        Ok(Self(Some(way.into())))
    }

    fn directories(&self) -> &[Stat] {
        self.0.as_deref().unwrap_or_default()
    }

    /// True where the operand is not the root of a scan.
    pub(super) fn is_below_root(&self) -> bool {
        self.0.is_some()
    }

    /// True where a directory lies on another device than the root.
    pub(super) fn leads_away(&self, stat: &Stat) -> bool {
        let root = self.directories().first();
        root.is_some_and(|root| root.detail.inode.device != stat.detail.inode.device)
    }

    /// True where a directory at or below the operand is one of these.
    pub(super) fn holds(&self, stat: &Stat) -> bool {
        let mut directories = self.directories().iter();
        directories.any(|above| above.detail.inode == stat.detail.inode)
    }

    /// True where one of these may be met again in a directory at or below the operand: a part of its file system is
    /// mounted on the way.
    pub(super) fn may_cycle(&self, stat: &Stat) -> bool {
        let directories = self.directories();
        let has_device = |above: &[Stat], stat: &Stat| {
            let device = stat.detail.inode.device;
            above
                .iter()
                .any(|above| above.detail.inode.device == device)
        };
        let mut way = directories.iter().chain([stat]).enumerate();
        way.any(|(index, stat)| stat.mount_root && has_device(&directories[..index], stat))
    }
}

fn directory(path: &[u8], lookup: Lookup) -> Result<Stat, Errno> {
    let path = CString::new(path).map_err(|_| Errno::INVAL)?;
    match stat(None, &path, lookup, None)? {
        directory if directory.is_directory() => Ok(directory),
        _ => Err(Errno::NOTDIR),
    }
}

/// Absolute names for operands: other processes read them, maybe in another working directory. By the text alone, `..`
/// included: the main thread, which calls this, waits for no disk.
pub(super) fn absolute(names: &Names) -> Names {
    let mut absolute = Names::default();
    for index in 0..names.len() {
        let name = names.name(index);
        let (root, below) = match scan_path::split(name.to_bytes()) {
            Some((root, _)) if root.starts_with(b"/") => {
                absolute.push(name);
                continue;
            }
            Some((root, below)) => (root, below),
            None => (name.to_bytes(), &b""[..]),
        };
        let root = std::path::absolute(OsStr::from_bytes(root)).unwrap_or_default();
        let root: PathBuf = root.components().collect();
        let mut path = root.into_os_string().into_vec();
        scan_path::push_below(below, &mut path);
        // Where the working directory is not known, the name is as good as any.
        match CString::new(path) {
            Ok(path) if !path.is_empty() => absolute.push(&path),
            _ => absolute.push(name),
        }
    }
    absolute
}

/// True where another process can open the path. Reads no more names than such a path has.
fn has_usable_path(branch: &Branch, index: u32) -> bool {
    let mut length = MARK_LENGTH;
    let mut places = branch.places(index);
    places.all(|(branch, index)| {
        length += branch.name(index).len() + 1;
        length <= LONGEST_PATH
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::usage::Inode;

    fn inodes(hand_over: &HandOver, operand: &str) -> Vec<Inode> {
        let operand = CString::new(operand).expect("no NUL");
        let way = hand_over.way(&operand, Follow::Never).expect("it is there");
        let directories = way.directories().iter();
        directories.map(|stat| stat.detail.inode).collect()
    }

    #[test]
    fn a_way_is_the_same_whatever_was_looked_up_before() {
        let place = std::env::temp_dir().join(format!("pdu-way-{}", std::process::id()));
        for directory in ["r/a/b/c", "r/a/d/e", "r/ab/c", "s/a/b/c"] {
            std::fs::create_dir_all(place.join(directory)).expect("temporary files can be made");
        }
        let hand_over = || HandOver::new(WalkBudget::Entries(1));
        let shared = hand_over();
        for (operand, directories) in [
            ("r/./a/b/c/x", 4),
            ("r/./a/b/c/y", 4),
            ("r/./a/b/c", 3),
            ("r/./a/d/e/x", 4),
            ("r/./a", 1),
            ("r/./ab/c/x", 3),
            ("s/./a/b/c/x", 4),
            ("r/./a/b/c/x", 4),
            ("r/a", 0),
        ] {
            let operand = format!("{}/{operand}", place.display());
            let way = inodes(&shared, &operand);
            assert_eq!(way, inodes(&hand_over(), &operand), "{operand}");
            assert_eq!(way.len(), directories, "{operand}");
        }
        std::fs::remove_dir_all(&place).expect("they can be removed");
    }
}
