//! A whole tree in memory, in about 36 bytes for each entry: for the explorer, and for a comparison with a file whose
//! entries are in no order.
//!
//! The entries of a directory are one packed run, decoded when needed; there are no nodes. A directory has a record with the
//! sums of everything below it, and the first entry of its run is the directory itself; the row in the run of the directory
//! around it has its name and its number.
//!
//! ```text
//!   walk ─Listing──► arrive ──┐            dirs: record of 0, of 1, ...            ┌─► rows, dir, find: the explorer
//!                             ├─► Forest   run of 1: [itself][file a][directory 2] ├─► export: output formats
//!   import ─events─► Visitor ─┘            run of 2: [itself][file x]              └─► ForestWalk: the diff
//! ```
//!
//! | file | content |
//! |---|---|
//! | [`entry`], `run` | an entry; entries as bytes |
//! | `dirs`, [`info`] | the records of directories; what is shown of them |
//! | `renderer`, `live` | entries as walkers write them; the listings of a walk |
//! | `build` | the events of an import |
//! | `sums`, `links`, `operands` | sums on their way upwards; hard links; operands in other operands |
//! | `query`, `search`, `export` | what is in it: of one directory, of a subtree, as events |
//! | `removal`, `freed`, `reread` | entries that leave; what that frees; a directory that is read again |
//! | [`walk`] | the order of a Parquet file, for the diff |
//!
//! No method recurses, and none takes time that grows with the tree, but where it says so.

mod build;
mod dirs;
pub mod entry;
mod export;
mod failures;
mod freed;
pub mod info;
mod links;
mod live;
mod operands;
mod query;
mod removal;
mod renderer;
mod reread;
mod run;
mod search;
mod sums;
#[cfg(test)]
mod tests;
pub mod walk;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;

pub use self::build::Imported;
use self::build::Open;
use self::dirs::{Dirs, Stage};
use self::entry::ForestEntry;
use self::failures::Failures;
pub use self::info::{Changed, DirInfo, DirState, ForestRow, Sums};
use self::links::{Links, Shared};
use self::operands::Operands;
pub use self::query::{ForestRows, RowPlace};
use self::reread::Reread;
use self::run::Writer;
pub use self::search::{FindPosition, Largest};
use self::sums::Pending;
use crate::count::record::EntryRenderer;
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
    /// Each link, and nothing is known of them: for the diff.
    Ignored,
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

/// See the module.
#[derive(Debug)]
pub struct Forest {
    dirs: Dirs,
    /// Sums that are not carried upwards yet, and shared parts.
    pending: Pending,
    pending_shared: Pending,
    links: Links,
    shared: Shared,
    operands: Operands,
    failures: Failures,
    ended: Option<Ended>,
    /// The directory that is shown, and whether it has to be drawn again.
    watched: DirId,
    changed: Changed,
    /// The directories of an import that were entered and not left.
    open_imports: Vec<Open>,
    imported: Imported,
    reread: Option<Reread>,
    /// Files that are being removed.
    removing: HashMap<DirId, HashSet<Box<[u8]>>, FixedState>,
    /// Runs that were written again so far.
    rewrites: u64,
    /// Memory for the rows of the next listing.
    buffer: Vec<u8>,
}

impl Default for Forest {
    fn default() -> Self {
        Self::new(LinkCounting::Once)
    }
}

impl Forest {
    /// An empty tree.
    #[must_use]
    pub fn new(links: LinkCounting) -> Self {
        let mut dirs = Dirs::default();
        let top = dirs.get_mut(DirId::TOP);
        top.stage = Stage::Read;
        top.open = 1;
        let own = ForestEntry {
            kind: rustix::fs::FileType::Directory,
            ..ForestEntry::LEFT_OUT
        };
        Writer::begin(&mut top.run, DirId::TOP, &own);
        Self {
            dirs,
            pending: Pending::default(),
            pending_shared: Pending::default(),
            links: Links::new(links),
            shared: Shared::default(),
            operands: Operands::default(),
            failures: Failures::default(),
            ended: None,
            watched: DirId::TOP,
            changed: Changed::Rows,
            open_imports: Vec::new(),
            imported: Imported::default(),
            reread: None,
            removing: HashMap::default(),
            rewrites: 0,
            buffer: Vec::new(),
        }
    }

    /// For the options of the walk: walkers write entries with it.
    #[must_use]
    pub fn renderer() -> Arc<dyn EntryRenderer> {
        Arc::new(renderer::Scribe)
    }

    /// Takes the run of a directory away, for a reader that comes to each directory once.
    fn take_run(&mut self, id: DirId) -> Vec<u8> {
        std::mem::take(&mut self.dirs.get_mut(id).run)
    }
}
