//! The message of a walker about one directory: a [`Listing`], and the chain of [`Branch`]es that gives it a path.
//!
//! A walker sends one listing per directory; for a directory of more than [`GROUP`] entries, one per group. It holds
//! the sum of the files that need no name and, in the order of a walk by one thread, everything that must keep its
//! place: subdirectories, named files, files with several links, failures. Where the output format has an
//! [`EntryRenderer`](crate::count::record::EntryRenderer), the walker writes the text of a file, and the text keeps
//! the place of the file.
//!
//! ```text
//!   Branch (command line)            Listing of "a"
//!     names: a  b/c                    found:  the directory itself
//!     keys:  1  2                      files:  the sum of its unnamed files
//!        ▲                             ordered_items: [linked file][failure] ...
//!        └── Branch of "a" ◄────────── branch: its subdirectories, keys 3, 4, ...
//!              names: x y
//! ```
//!
//! A listing is sent before the walkers of its subdirectories start, so a parent always arrives first.

use std::ffi::CStr;
use std::sync::Arc;

use crate::count::ordered_items::OrderedItems;
use crate::count::usage::{Detail, Entry, Inode, Usage};
use crate::count::visitor::Absence;
use crate::sys::failure::Failure;

/// GNU du reads a directory in groups of this many entries; it sorts within a group, never across groups.
///
/// Small in tests, so that a small directory has several groups; more entries than one buffer of getdents holds.
pub const GROUP: usize = if cfg!(test) { 24 } else { 100_000 };

/// The number under which a parent announces a subdirectory, and under which its listing arrives.
pub type Key = u64;

/// A directory that has subdirectories: their names, in order, and the chain of its parents.
///
/// Paths are not stored: a name and a reference to the parent cost the same at every depth.
#[derive(Debug)]
pub struct Branch {
    /// The branch that lists this directory, and the index there; nothing for the command line.
    pub parent: Option<(Arc<Branch>, u32)>,
    /// The identity of the opened directory.
    pub inode: Inode,
    /// The device of the operand, with which `-x` compares.
    pub device: u64,
    /// The number of the operand that it belongs to, counted from 0.
    pub operand: u64,
    /// The depth of the subdirectories; 0 for the operands, which are the children of the command line.
    pub child_depth: u32,
    /// True where a parent may appear again below: a part of its file system is mounted on the way.
    pub may_cycle: bool,
    /// Key of the first subdirectory; the keys of the others follow.
    pub first_key: Key,
    /// The key of the directory that the subdirectories are folded into, if they have no lines.
    pub fold: Option<Key>,
    /// The key of the listing that announces the subdirectories: later groups of a large directory have larger keys.
    pub group: Key,
    /// The names of the subdirectories.
    pub names: Names,
}

impl Branch {
    /// Number of subdirectories.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.names.len()
    }

    /// True where there are no subdirectories.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This branch and its parents, upwards; the command line is the last.
    pub fn and_above(&self) -> impl Iterator<Item = &Self> {
        self.places(0).map(|(branch, _)| branch)
    }

    /// The name of a subdirectory as bytes.
    #[must_use]
    pub fn name(&self, index: u32) -> &[u8] {
        self.names.bytes(index)
    }

    /// The key of a subdirectory.
    #[must_use]
    pub fn key(&self, index: u32) -> Key {
        self.first_key + Key::from(index)
    }

    /// The subdirectory `index`, then the directories on the way up to the operand: each as its parent and the index
    /// there.
    pub fn places(&self, index: u32) -> impl Iterator<Item = (&Self, u32)> {
        std::iter::successors(Some((self, index)), |(branch, _)| {
            let (parent, index) = branch.parent.as_ref()?;
            Some((&**parent, *index))
        })
    }

    /// Appends the path of subdirectory `index`, as GNU du prints it: from the operand on, or from the child of the
    /// directory with the key `stop` on.
    pub fn path(&self, index: u32, stop: Option<Key>, out: &mut Vec<u8>) {
        let places = self.places(index);
        let places = places.take_while(|(branch, index)| stop != Some(branch.key(*index)));
        let places: Vec<_> = places.collect();
        for (branch, index) in places.into_iter().rev() {
            push_name(out, branch.name(index));
        }
    }
}

/// Appends a name to a path, with a slash between them unless the path is empty or ends with one.
pub fn push_name(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() && path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

impl Drop for Branch {
    /// Drops the parents in a loop: the derived drop would recurse once per level.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some((branch, _)) = next {
            next = Arc::into_inner(branch).and_then(|mut branch| branch.parent.take());
        }
    }
}

/// Names in one buffer, each with its NUL, so that system calls take them without a copy.
#[derive(Debug, Default, Clone)]
pub struct Names {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Names {
    /// Appends a name.
    pub fn push(&mut self, name: &CStr) {
        self.text.extend_from_slice(name.to_bytes_with_nul());
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Appends all names of another list.
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

    /// True where there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name at `index`; the empty name beyond the end.
    #[must_use]
    pub fn name(&self, index: u32) -> &CStr {
        CStr::from_bytes_with_nul(self.with_nul(index)).unwrap_or_default()
    }

    /// The same as bytes.
    #[must_use]
    pub fn bytes(&self, index: u32) -> &[u8] {
        self.with_nul(index)
            .split_last()
            .map_or(&[], |(_, name)| name)
    }

    fn with_nul(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(0, |&end| end as usize),
            None => 0,
        };
        let end = self.ends.get(index).map_or(start, |&end| end as usize);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Removes the names and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Moves the names to a list without spare capacity; this one keeps its memory.
    pub fn take(&mut self) -> Self {
        let copy = Self {
            text: self.text.as_slice().into(),
            ends: self.ends.as_slice().into(),
        };
        self.clear();
        copy
    }
}

/// The kind of entry that was found in the place of an announced subdirectory (or operand).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing to count: it vanished, it holds itself, or an operation failed.
    Nothing,
    /// A directory that `-x` leaves out.
    Away(Detail),
    /// A directory that does not count in this process.
    Absent(Absence),
    /// A directory.
    Directory(Entry, Detail),
    /// A file: an operand that is one, or an entry whose type changed during the walk.
    File(Entry, Detail),
    /// A further group of a large directory; the listing of the first group came before.
    More,
    /// A directory that holds only files, as the text of an [`EntryRenderer`](crate::count::record::EntryRenderer).
    /// The listing's `files` are the sum of the directory and the files.
    Rendered(Box<[u8]>),
    /// This many directories without subdirectories, failures and links, which are all folded into the same one.
    /// The listing's `files` are the sum of them and their contents; its place is that of one of them.
    Leaves(u64),
}

/// The contents of one directory, or of one group of a large directory. See the module.
#[derive(Debug)]
pub struct Listing {
    /// The branch that announced the directory, and the index there. They give its path.
    pub place: (Arc<Branch>, u32),
    /// The key under which this listing was announced: that of the directory, or of the group.
    pub key: Key,
    /// The directory itself.
    pub found: Found,
    /// The sum of the files without a place of their own.
    pub files: Usage,
    /// The items that keep their place; none in most directories.
    pub ordered_items: Option<Box<OrderedItems>>,
    /// The subdirectories, in order.
    pub branch: Option<Arc<Branch>>,
    /// The key under which the next group of this directory will arrive.
    pub next: Option<Key>,
    /// The directory could not be read, or not to its end.
    pub failure: Option<Failure>,
}

impl Listing {
    /// The listing of an entry without contents.
    #[must_use]
    pub fn new(place: (Arc<Branch>, u32), found: Found) -> Self {
        Self {
            key: place.0.key(place.1),
            place,
            found,
            files: Usage::default(),
            ordered_items: None,
            branch: None,
            next: None,
            failure: None,
        }
    }

    /// The key of the directory: that of its first listing.
    #[must_use]
    pub fn directory_key(&self) -> Key {
        self.place.0.key(self.place.1)
    }

    /// Number of announcements that this listing answers.
    #[must_use]
    pub fn answered(&self) -> u64 {
        match self.found {
            Found::Leaves(count) => count,
            _ => 1,
        }
    }

    /// The key of the directory that this one is folded into.
    #[must_use]
    pub fn fold(&self) -> Option<Key> {
        self.place.0.fold
    }

    /// Number of subdirectories that this listing announces.
    #[must_use]
    pub fn subdirectories(&self) -> u64 {
        self.branch.as_ref().map_or(0, |branch| branch.len().into())
    }

    /// The directory or file itself, where it was found.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        match &self.found {
            Found::Directory(entry, _) | Found::File(entry, _) => Some(entry),
            Found::Nothing | Found::Away(_) | Found::Absent(_) | Found::More => None,
            Found::Rendered(_) | Found::Leaves(_) => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A branch with these subdirectories, and zero for every number.
    pub(crate) fn branch(parent: Option<(Arc<Branch>, u32)>, names: &[&CStr]) -> Arc<Branch> {
        let mut list = Names::default();
        for name in names {
            list.push(name);
        }
        Arc::new(Branch {
            parent,
            inode: Inode::default(),
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
