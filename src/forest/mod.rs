//! A whole tree in memory, in about 36 bytes for each entry: for the explorer, and for a comparison with a file whose
//! entries are in no order.

pub mod build;
pub mod entry;
pub mod info;
pub mod old;
mod run;
#[cfg(test)]
mod tests;
pub mod walk;

use std::sync::Arc;
use std::time::Instant;

pub use self::info::{DirInfo, DirState, ForestRow, Sums};
use crate::count::listing::{Branch, Key, Listing};
use crate::count::ordered_items::OrderedItems;
use crate::count::record::EntryRenderer;
use crate::count::usage::{FileTime, Inode};
use crate::count::visitor::Visitor;
use crate::sys::failure::Failure;

/// The number of a directory. Those of its subdirectories are larger. The key `k` of a walk is the number `k + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirId(pub u32);

impl DirId {
    /// The command line: a directory without a name, whose rows are the operands.
    pub const TOP: Self = Self(0);
}

/// How a walk or an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything was read that can be.
    Whole,
    /// It was stopped, or failed.
    Stopped,
}

/// Whether each link of a file counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkCounting {
    /// Each inode once.
    #[default]
    Once,
    /// Each link (`-l`).
    Each,
}

/// How far a task is that is done in slices of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// Call again.
    More,
    /// It is done.
    Done,
}

/// An entry that the user means to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The directory that holds it.
    pub parent: DirId,
    /// Its name.
    pub name: Vec<u8>,
}

/// How entries went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Unlinked: a file with several links has one less.
    Deleted,
    /// Moved, into the trash.
    Moved,
}

/// Why a target must not be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is an operand.
    Operand,
    /// It is not read to its end.
    Unfinished,
    /// It is not in the tree.
    Unknown,
}

/// What the removal of some targets means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Freed {
    /// Entries in the targets, themselves included: each link of a file is one.
    pub entries: u64,
    /// What the targets take, each inode once.
    pub allocated: u64,
    /// What is free afterwards: an inode counts if all its links lie in the targets.
    pub freed: u64,
    /// Targets that must not be removed.
    pub refused: Vec<(Target, Refusal)>,
}

/// A failure, for the list of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForestFailure {
    /// The directory that failed, or that holds the entry.
    pub directory: DirId,
    /// Empty for the directory itself.
    pub name: Box<[u8]>,
    /// What failed.
    pub failure: Failure,
}

/// Where a search goes on.
#[derive(Debug, Clone, Default)]
pub struct FindPosition {}

/// See the module.
#[derive(Debug, Default)]
pub struct Forest {}

/// The live walk.
impl Forest {
    /// An empty tree.
    #[must_use]
    pub fn new(_links: LinkCounting) -> Self {
        Self::default()
    }

    /// For the options of the walk: walkers write entries with it.
    #[must_use]
    pub fn renderer() -> Option<Arc<dyn EntryRenderer>> {
        None
    }

    /// Takes operands, before the first of their listings, and the failures between them.
    pub fn announce(&mut self, _operands: &Branch, _failures: &OrderedItems) {}

    /// Takes a listing.
    pub fn arrive(&mut self, _listing: Listing) {}

    /// Nothing more will come: what is still open becomes `?`.
    pub fn end(&mut self, _ended: Ended) {}

    /// Begins to read a directory again: the first key of the second walk ([`Branch::first_key`]), whose only operand is
    /// that directory.
    pub fn begin_reread(&mut self, _directory: DirId) -> Key {
        0
    }

    /// Ends that. If everything was read, the new contents replace the old ones: then true.
    pub fn end_reread(&mut self, _ended: Ended) -> bool {
        false
    }
}

/// What is in it.
impl Forest {
    /// What is known of a directory.
    #[must_use]
    pub fn dir(&self, _id: DirId) -> DirInfo {
        DirInfo {
            parent: None,
            sums: Sums::default(),
            newest: FileTime::NEVER,
            inode: Inode::default(),
            state: DirState::Nothing,
            open_children: 0,
            has_unread_below: false,
            has_new: false,
            is_being_removed: false,
        }
    }

    /// The entry of a directory itself, without its contents.
    #[must_use]
    pub fn own(&self, _id: DirId) -> entry::ForestEntry {
        entry::ForestEntry::UNKNOWN
    }

    /// The entries of a directory, in no order.
    pub fn rows(&self, _id: DirId) -> impl Iterator<Item = ForestRow<'_>> {
        std::iter::empty()
    }

    /// The name of a directory; empty for [`DirId::TOP`]. That of an operand is the whole operand.
    #[must_use]
    pub fn name(&self, _id: DirId) -> &[u8] {
        b""
    }

    /// The path of a directory, from the operand on.
    #[must_use]
    pub fn path(&self, _id: DirId) -> Vec<u8> {
        Vec::new()
    }

    /// The directory with this name in another one.
    #[must_use]
    pub fn child(&self, _id: DirId, _name: &[u8]) -> Option<DirId> {
        None
    }

    /// Carries changed sums upwards: to be called before a frame. True where a sum has changed.
    pub fn settle(&mut self) -> bool {
        false
    }

    /// Remembers the directory that is shown.
    pub fn watch(&mut self, _id: DirId) {}

    /// Whether rows of the shown directory, or sums of its children, have changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        false
    }

    /// Failures, at most 10,000.
    #[must_use]
    pub fn failures(&self) -> &[ForestFailure] {
        &[]
    }

    /// The number of all failures.
    #[must_use]
    pub fn failure_count(&self) -> u64 {
        0
    }

    /// Bytes in use.
    #[must_use]
    pub fn bytes(&self) -> usize {
        0
    }
}

/// Hard links.
impl Forest {
    /// Makes the numbers of all directories exact, for a while.
    pub fn count_links(&mut self, _until: Instant) -> Slice {
        Slice::Done
    }

    /// What a directory takes that has links outside of it as well; none while that is not known.
    #[must_use]
    pub fn shared(&self, _id: DirId) -> Option<Sums> {
        None
    }

    /// The links of an inode that were met: directory and name of each.
    #[must_use]
    pub fn links_of(&self, _inode: Inode) -> Vec<(DirId, Vec<u8>)> {
        Vec::new()
    }
}

/// Removal.
impl Forest {
    /// What the removal of these targets means.
    #[must_use]
    pub fn freed(&self, _targets: &[Target]) -> Freed {
        Freed::default()
    }

    /// Removes entries of a directory, with everything below them.
    pub fn remove(&mut self, _directory: DirId, _names: &[&[u8]], _gone: Gone) {}

    /// The directory holds entries that are not in the tree.
    pub fn set_new(&mut self, _directory: DirId) {}

    /// Whether an entry is being removed.
    pub fn set_removing(&mut self, _directory: DirId, _name: &[u8], _is_being_removed: bool) {}
}

/// Search and export.
impl Forest {
    /// Gives the rows of a directory and of all below it until that time. The position to go on from; none at the end.
    pub fn find(
        &self,
        _below: DirId,
        _from: FindPosition,
        _until: Instant,
        _found: &mut dyn FnMut(DirId, &ForestRow<'_>),
    ) -> Option<FindPosition> {
        None
    }

    /// Reports a directory with everything below it.
    pub fn export(&self, _below: DirId, _visitor: &mut dyn Visitor) {}
}
