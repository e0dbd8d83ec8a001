//! What a walker says about one directory: a [`Listing`], and the chain of [`Branch`]es that gives it a path.
//!
//! A walker sends one listing a directory (a directory of more than [`GROUP`] entries: one a group). It carries
//! the sizes of the files that nobody will ask for by name, already summed, and, in the order of a lone walker,
//! everything that must keep its place: subdirectories, named files, files with several links, failures. What an
//! export tells of a file is written by its walker ([`EntryRenderer`](crate::count::record::EntryRenderer)), and keeps its place as text.
//!
//! ```text
//!   Branch (command line)            Listing of "a"
//!     names: a  b/c                    found:  the directory itself
//!     keys:  1  2                      files:  the sum of its plain files
//!        ▲                             ordered_items: [linked file][subdirectory][failure] ...
//!        └── Branch of "a" ◄────────── branch: its subdirectories, keys 3, 4, ...
//!              names: x y
//! ```
//!
//! A listing is sent before the walkers of its subdirectories start, so a parent always arrives first.

use std::ffi::CStr;
use std::sync::Arc;

use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::count::usage::{Detail, Entry, Inode, Usage};
use crate::sys::failure::Failure;

/// GNU du reads a directory in groups of this many entries; it sorts within a group, never across.
///
/// Few in tests, so that a directory of some entries has several; more than one buffer of them can hold.
pub const GROUP: usize = if cfg!(test) { 24 } else { 100_000 };

/// The number under which a parent announces a subdirectory, and under which its listing arrives.
pub type Key = u64;

/// A directory that has subdirectories: their names, in order, and the way up.
///
/// Paths are never stored: a name and the chain of parents cost the same at every depth.
#[derive(Debug)]
pub struct Branch {
    /// The directory that lists this one and its place among that one's subdirectories; nothing for the command line.
    pub parent: Option<(Arc<Branch>, u32)>,
    /// The identity of the opened directory.
    pub inode: Inode,
    /// The device of the operand above, which `-x` compares with.
    pub device: u64,
    /// Which operand it lies below, counted from 0.
    pub operand: u64,
    /// 0 for the children of the command line, that is, the operands; so a branch's own depth is one less.
    pub child_depth: u32,
    /// True where a directory above may be met again below: part of its file system is mounted in between.
    pub may_cycle: bool,
    /// Key of the first subdirectory; the others follow.
    pub first_key: Key,
    /// The folded directory that the subdirectories count for, if they have no lines of their own.
    pub fold: Option<Key>,
    /// The key of the listing that announces them: later groups of a large directory have larger ones.
    pub group: Key,
    /// The names.
    pub names: Names,
}

impl Branch {
    /// Number of subdirectories.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.names.len()
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This branch and those above it, upwards; the command line is the last.
    pub fn and_above(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |branch| {
            branch.parent.as_ref().map(|(parent, _)| &**parent)
        })
    }

    /// The name of a subdirectory as bytes.
    #[must_use]
    pub fn name(&self, index: u32) -> &[u8] {
        self.names.name(index).to_bytes()
    }

    /// The key of a subdirectory.
    #[must_use]
    pub fn key(&self, index: u32) -> Key {
        self.first_key + Key::from(index)
    }

    /// Writes the path of subdirectory `index`, as GNU du would print it, below (and without) `stop`.
    pub fn path(&self, index: u32, stop: Option<Key>, out: &mut Vec<u8>) {
        let mut chain = vec![(self, index)];
        let mut here = self;
        while let Some((parent, place)) = &here.parent {
            if stop == Some(parent.key(*place)) {
                break;
            }
            chain.push((parent, *place));
            here = parent;
        }
        for (branch, place) in chain.into_iter().rev() {
            push_name(out, branch.name(place));
        }
    }
}

/// Appends a name to a path, with a slash between them where there is none yet.
pub fn push_name(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() && path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

impl Drop for Branch {
    /// Lets go of the parents one after the other: the derived drop would recurse once a level.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some((branch, _)) = next {
            next = Arc::into_inner(branch).and_then(|mut branch| branch.parent.take());
        }
    }
}

/// Names in one piece of memory, each with its NUL, so that system calls take them as they are.
#[derive(Debug, Default, Clone)]
pub struct Names {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Names {
    /// No names, and no memory for any.
    pub const EMPTY: Self = Self {
        text: Vec::new(),
        ends: Vec::new(),
    };

    /// Appends a name.
    pub fn push(&mut self, name: &CStr) {
        self.text.extend_from_slice(name.to_bytes_with_nul());
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Appends other names.
    pub fn append(&mut self, others: &Self) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let ends = others.ends.iter().map(|end| end.saturating_add(start));
        self.ends.extend(ends);
        self.text.extend_from_slice(&others.text);
    }

    /// Number of names.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name at `index`; the empty name beyond the end.
    #[must_use]
    pub fn name(&self, index: u32) -> &CStr {
        let index = index as usize;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(0, |&end| end as usize),
            None => 0,
        };
        let end = self.ends.get(index).map_or(start, |&end| end as usize);
        CStr::from_bytes_with_nul(self.text.get(start..end).unwrap_or_default()).unwrap_or_default()
    }

    /// Forgets the names and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// A copy without slack; leaves this one empty, with its memory.
    pub fn take(&mut self) -> Self {
        let copy = Self {
            text: self.text.as_slice().into(),
            ends: self.ends.as_slice().into(),
        };
        self.clear();
        copy
    }
}

/// What an announced subdirectory (or operand) turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing to count: it vanished, it is on another file system, it failed.
    Nothing,
    /// A directory.
    Directory(Entry, Detail),
    /// Anything else: an operand that is a file, or an entry whose type changed under us.
    File(Entry, Detail),
    /// One more group of a large directory whose first listing went before.
    More,
    /// A directory with nothing in it but files, and what was written of all that. `files` is the sum of it all.
    Written(Box<[u8]>),
    /// This many directories, without subdirectories, failures and links, that are all folded into the same one.
    /// The listing's `files` are the sum of everything in them and of themselves; its place is that of one of them.
    Leaves(u64),
}

/// What a walker found in one directory, or in one group of a large one. See the module.
#[derive(Debug)]
pub struct Listing {
    /// The branch that announced it, and its place there: the path, and the key.
    pub place: (Arc<Branch>, u32),
    /// Of which group of a large directory this is the listing; the first is 0.
    pub key: Key,
    /// The directory itself.
    pub found: Found,
    /// The sum of the files in it that need no place of their own.
    pub files: Usage,
    /// What needs its place; nothing in most directories.
    pub ordered_items: Option<Box<OrderedItems>>,
    /// The subdirectories, in order.
    pub branch: Option<Arc<Branch>>,
    /// The key under which the next group of this directory arrives.
    pub next: Option<Key>,
    /// The directory could not be read, or not to its end.
    pub failure: Option<Failure>,
}

impl Listing {
    /// Number of announced directories (or groups) that this listing is the answer to.
    #[must_use]
    pub fn met(&self) -> u64 {
        match self.found {
            Found::Leaves(count) => count,
            _ => 1,
        }
    }

    /// The folded directory that this listing counts for.
    #[must_use]
    pub fn fold(&self) -> Option<Key> {
        self.place.0.fold
    }

    /// Number of listings that are still to come because of this one.
    #[must_use]
    pub fn announced(&self) -> u64 {
        self.announced_below() + u64::from(self.next.is_some())
    }

    /// Number of subdirectories that this listing announces.
    #[must_use]
    pub fn announced_below(&self) -> u64 {
        self.branch
            .as_ref()
            .map_or(0, |branch| u64::from(branch.len()))
    }

    /// Entries that this listing counts, for progress (links are counted each time they are met).
    #[must_use]
    pub fn seen(&self) -> Usage {
        let mut seen = self.files;
        if let Found::Directory(entry, _) | Found::File(entry, _) = &self.found {
            seen += &entry.usage();
        }
        for extra in self
            .ordered_items
            .iter()
            .flat_map(|ordered_items| ordered_items.iter())
        {
            if let ItemKind::File(entry) = extra.what {
                seen += &entry.usage();
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(parent: Option<(Arc<Branch>, u32)>, names: &[&CStr]) -> Arc<Branch> {
        let mut list = Names::default();
        for name in names {
            list.push(name);
        }
        Arc::new(Branch {
            parent,
            inode: Inode {
                device: 0,
                number: 0,
            },
            child_depth: 0,
            device: 0,
            operand: 0,
            may_cycle: false,
            first_key: 0,
            fold: None,
            group: 0,
            names: list,
        })
    }

    fn path(branch: &Branch, index: u32) -> Vec<u8> {
        let mut out = Vec::new();
        branch.path(index, None, &mut out);
        out
    }

    #[test]
    fn paths_join_operand_and_names_without_doubling_slashes() {
        let roots = branch(None, &[c"a", c"b/", c"/"]);
        for (operand, expected) in [(0, "a/y"), (1, "b/y"), (2, "/y")] {
            let below = branch(Some((Arc::clone(&roots), operand)), &[c"x", c"y"]);
            assert_eq!(path(&below, 1), expected.as_bytes());
        }
        assert_eq!(path(&roots, 1), b"b/");
    }

    #[test]
    fn a_chain_of_a_million_branches_is_dropped_without_recursion() {
        let mut last = branch(None, &[c"a"]);
        for _ in 0..1_000_000 {
            last = branch(Some((last, 0)), &[c"a"]);
        }
        drop(last);
    }

    #[test]
    fn names_keep_their_bytes_and_take_leaves_an_empty_list() {
        let mut names = Names::default();
        names.push(c"one");
        names.push(c"");
        names.push(c"\xff\n");
        let copy = names.take();
        assert_eq!(copy.len(), 3);
        assert_eq!(copy.name(0), c"one");
        assert_eq!(copy.name(1), c"");
        assert_eq!(copy.name(2).to_bytes(), b"\xff\n");
        assert_eq!(copy.name(3), c"");
        assert!(names.is_empty());
    }
}
