//! What a walker says about one directory: a [`Listing`], and the chain of [`Branch`]es that gives it a path.
//!
//! A walker sends one listing a directory (a directory of more than [`GROUP`] entries: one a group). It carries
//! the sizes of the files that nobody will ask for by name, already summed, and, in the order of a lone walker,
//! everything that must keep its place: subdirectories, named files, files with several links, failures.
//!
//! ```text
//!   Branch (command line)            Listing of "a"
//!     names: a  b/c                    found:  the directory itself
//!     keys:  1  2                      files:  the sum of its plain files
//!        ▲                             extras: [linked file][subdirectory][failure] ...
//!        └── Branch of "a" ◄────────── branch: its subdirectories, keys 3, 4, ...
//!              names: x y
//! ```
//!
//! A listing is sent before the walkers of its subdirectories start, so a parent always arrives first.

use std::ffi::CStr;
use std::sync::Arc;

use crate::pack;
use crate::usage::{Detail, Entry, Inode, Moment, Usage};

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

/// What was being done when something failed; the words of the message follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// stat or lstat of an entry.
    Access,
    /// stat of what a symbolic link leads to, which is nothing: GNU du names the link and no reason.
    Follow,
    /// open or the first read of a directory: it counts, its contents do not.
    ReadDirectory,
    /// A later read of a directory: what was read counts.
    ReadOn,
    /// An operand of no length: which name of the list it was, or 0 on the command line. The path is the list's.
    EmptyName(u64),
    /// `-` in a list that is itself read from standard input.
    DashInList,
    /// open of the list of operands, or of an export. The path is its own.
    OpenNames,
    /// read of the list of operands.
    ReadNames,
    /// What the maker of an export did not succeed in: to read a directory.
    Exported,
    /// The same: to look at an entry, which does not count.
    ExportedEntry,
    /// open, or creation, of the file that the report goes to.
    CreateOutput,
    /// write to it, or its renaming.
    WriteOutput,
}

/// One failed operation: with the path, which is where the failure stands, the whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub operation: Operation,
    /// The system's error number.
    pub errno: i32,
}

/// What an announced subdirectory (or operand) turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing to count: it vanished, it is on another file system, it failed.
    Nothing,
    /// A directory.
    Directory(Entry, Detail),
    /// Anything else: an operand that is a file, or an entry whose type changed under us.
    File(Entry, Detail),
    /// One more group of a large directory whose first listing went before.
    More,
    /// This many directories, without subdirectories, failures and links, that are all folded into the same one.
    /// The listing's `files` are the sum of everything in them and of themselves; its place is that of one of them.
    Leaves(u64),
}

/// Something that must keep its place among the subdirectories of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extra<'a> {
    /// How many of the listing's subdirectories come before it.
    pub before: u32,
    /// Its name; empty where nobody will ask for it.
    pub name: &'a [u8],
    /// What it is.
    pub what: What,
    /// More about a file, where a report wants that.
    pub detail: Option<Detail>,
}

/// See [`Extra`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A file that has a line of its own, or links elsewhere.
    File(Entry),
    /// An entry that could not be looked at.
    Failed(Failure),
}

/// The extras of one listing, in order. Packed: of a large directory there are many, and they wait.
#[derive(Debug, Default, Clone)]
pub struct Extras {
    packed: Vec<u8>,
    /// What went wrong with those that failed.
    failures: Vec<Failure>,
}

/// Which of [`Extras`]: where it begins. The first is 0; each says which is the next.
pub type ExtraAt = usize;

/// From how many bytes on extras are not copied to be taken.
const LARGE: usize = 64 * 1024;

/// What follows the place and the name of an extra: the sum of what is true of it.
const FAILED: u64 = 1;
const ONCE: u64 = 2;
const DETAILED: u64 = 4;
const TIMED: u64 = 8;

impl Extras {
    /// None, and no memory for any.
    pub const EMPTY: Self = Self {
        packed: Vec::new(),
        failures: Vec::new(),
    };

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// True where one is no file.
    #[must_use]
    pub fn any_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Forgets them and keeps the memory.
    pub fn clear(&mut self) {
        self.packed.clear();
        self.failures.clear();
    }

    /// Makes room for as many bytes as others take together.
    pub fn reserve(&mut self, bytes: usize) {
        self.packed.reserve_exact(bytes);
    }

    /// All of them without slack; leaves none here, but the memory, unless it is large.
    pub fn take(&mut self) -> Self {
        if self.packed.len() > LARGE {
            let mut taken = std::mem::replace(self, Self::EMPTY);
            taken.packed.shrink_to_fit();
            return taken;
        }
        let taken = Self {
            packed: self.packed.as_slice().into(),
            failures: std::mem::take(&mut self.failures),
        };
        self.packed.clear();
        taken
    }

    /// Bytes of memory that they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packed.len() + self.failures.len() * size_of::<Failure>()
    }

    /// Appends one of which nothing more is wanted.
    pub fn push(&mut self, before: u32, name: &[u8], what: What) {
        let detail = None;
        self.push_extra(&Extra {
            before,
            name,
            what,
            detail,
        });
    }

    /// Appends one.
    pub fn push_extra(&mut self, extra: &Extra<'_>) {
        let out = &mut self.packed;
        pack::put(out, extra.before.into());
        pack::put(out, extra.name.len() as u64);
        out.extend_from_slice(extra.name);
        let entry = match extra.what {
            What::File(entry) => entry,
            What::Failed(failure) => {
                pack::put(out, FAILED);
                pack::put(out, self.failures.len() as u64);
                self.failures.push(failure);
                return;
            }
        };
        let truths = [
            (entry.once.is_some(), ONCE),
            (extra.detail.is_some(), DETAILED),
            (entry.time != Moment::NEVER, TIMED),
        ];
        let kind = truths
            .iter()
            .map(|&(is_true, bit)| u64::from(is_true) * bit);
        pack::put(out, kind.sum());
        put_entry(&entry, out);
        if let Some(detail) = &extra.detail {
            put_detail(detail, out);
        }
    }

    /// Appends others, whose `before` stays what it is.
    pub fn append(&mut self, others: &Self) {
        if others.any_failed() {
            let one_by_one = others.iter();
            one_by_one.for_each(|extra| self.push_extra(&extra));
        } else {
            self.packed.extend_from_slice(&others.packed);
        }
    }

    /// Where the next will be.
    #[must_use]
    pub fn end(&self) -> ExtraAt {
        self.packed.len()
    }

    /// How many subdirectories come before the extra there, if there is one.
    #[must_use]
    pub fn before(&self, at: ExtraAt) -> Option<u32> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        u32::try_from(pack::take(&mut rest)).ok()
    }

    /// The extra there, and where the next is.
    #[must_use]
    pub fn get(&self, at: ExtraAt) -> Option<(Extra<'_>, ExtraAt)> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        let before = u32::try_from(pack::take(&mut rest)).ok()?;
        let length = usize::try_from(pack::take(&mut rest)).ok()?;
        let (name, mut rest) = rest.split_at_checked(length)?;
        let mut detail = None;
        let what = match pack::take(&mut rest) {
            FAILED => {
                let index = usize::try_from(pack::take(&mut rest)).ok()?;
                What::Failed(*self.failures.get(index)?)
            }
            kind => {
                let entry = take_entry(&mut rest, kind);
                detail = (kind & DETAILED != 0).then(|| take_detail(&mut rest));
                What::File(entry)
            }
        };
        let next = self.packed.len() - rest.len();
        let extra = Extra {
            before,
            name,
            what,
            detail,
        };
        Some((extra, next))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Extra<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (extra, next) = self.get(at)?;
            at = next;
            Some(extra)
        })
    }
}

fn put_entry(entry: &Entry, out: &mut Vec<u8>) {
    pack::put(out, entry.blocks);
    pack::put(out, entry.size);
    if entry.time != Moment::NEVER {
        pack::put_signed(out, entry.time.seconds);
        pack::put(out, entry.time.nanoseconds.into());
    }
    if let Some(inode) = entry.once {
        pack::put(out, inode.device);
        pack::put(out, inode.number);
    }
}

fn put_detail(detail: &Detail, out: &mut Vec<u8>) {
    pack::put(out, detail.inode.device);
    pack::put(out, detail.inode.number);
    for number in [detail.links, detail.mode, detail.uid, detail.gid] {
        pack::put(out, number.into());
    }
}

fn take_detail(rest: &mut &[u8]) -> Detail {
    Detail {
        inode: Inode {
            device: pack::take(rest),
            number: pack::take(rest),
        },
        links: pack::take(rest) as u32,
        mode: pack::take(rest) as u32,
        uid: pack::take(rest) as u32,
        gid: pack::take(rest) as u32,
    }
}

fn take_entry(rest: &mut &[u8], kind: u64) -> Entry {
    let mut entry = Entry {
        blocks: pack::take(rest),
        size: pack::take(rest),
        time: Moment::NEVER,
        once: None,
    };
    if kind & TIMED != 0 {
        entry.time.seconds = pack::take_signed(rest);
        entry.time.nanoseconds = pack::take(rest) as u32;
    }
    if kind & ONCE != 0 {
        entry.once = Some(Inode {
            device: pack::take(rest),
            number: pack::take(rest),
        });
    }
    entry
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
    pub extras: Option<Box<Extras>>,
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
        for extra in self.extras.iter().flat_map(|extras| extras.iter()) {
            if let What::File(entry) = extra.what {
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
