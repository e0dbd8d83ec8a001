//! The tree itself. What it does is in the files beside.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::delta::Pending;
use super::dirs::{Dirs, Stage};
use super::entry::ForestEntry;
use super::failures::Failures;
use super::info::{Changed, DirId, Ended, LinkCounting};
use super::links::{Links, Shared};
use super::operands::Operands;
use super::renderer::RunRenderer;
use super::run::Writer;
use crate::count::record::EntryRenderer;
use crate::count::usage::Inode;

/// A directory that was entered and not left.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: DirId,
    pub(super) writer: Writer,
}

/// What an import tells beside the tree.
#[derive(Debug, Default, Clone, Copy)]
pub struct Imported {
    /// Something could not be read.
    pub has_failures: bool,
    /// The least depth of a directory that stands for its contents as well.
    pub summed_depth: Option<u32>,
}

/// A directory that is read again by a second walk.
#[derive(Debug)]
pub(super) struct Reread {
    /// The directory that is read again.
    pub(super) target: DirId,
    /// It, in the second walk.
    pub(super) root: DirId,
    /// Links that were met: they are counted at the end.
    pub(super) links: Vec<(DirId, ForestEntry)>,
}

/// What takes the place of a directory's contents.
#[derive(Debug)]
pub(super) struct Replacement {
    /// The links are those that are not counted yet.
    pub(super) reread: Reread,
    /// The directory and all below it, as they were.
    pub(super) old: Vec<DirId>,
    /// Their links that are not forgotten yet.
    pub(super) old_links: Vec<(Inode, DirId)>,
    /// The new directories are in the tree.
    pub(super) is_in_place: bool,
}

impl Reread {
    pub(super) fn takes(&self, id: DirId) -> bool {
        id >= self.root
    }

    /// Takes a link that was met. True where it counts already.
    pub(super) fn meet(&mut self, id: DirId, entry: &ForestEntry, counting: LinkCounting) -> bool {
        self.links.push((id, *entry));
        counting != LinkCounting::Once
    }
}

/// See the module.
#[derive(Debug)]
pub struct Forest {
    pub(super) dirs: Dirs,
    /// Sums that are not carried upwards yet, and shared parts.
    pub(super) pending: Pending,
    pub(super) pending_shared: Pending,
    pub(super) links: Links,
    pub(super) shared: Shared,
    pub(super) operands: Operands,
    pub(super) failures: Failures,
    pub(super) ended: Option<Ended>,
    /// The directory that is shown, and whether it has to be drawn again.
    pub(super) watched: DirId,
    pub(super) changed: Changed,
    /// The directories of an import that were entered and not left.
    pub(super) open_imports: Vec<Open>,
    pub(super) imported: Imported,
    pub(super) reread: Option<Reread>,
    pub(super) replacement: Option<Replacement>,
    /// Files that are being removed.
    pub(super) removing: HashMap<DirId, HashSet<Box<[u8]>>, FixedState>,
    /// Changes of sums, states and rows so far, in whatever directory.
    pub(super) changes: u64,
    /// Runs that were written again so far.
    pub(super) rewrites: u64,
    /// Memory for the rows of the next listing.
    pub(super) buffer: Vec<u8>,
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
            replacement: None,
            removing: HashMap::default(),
            changes: 0,
            rewrites: 0,
            buffer: Vec::new(),
        }
    }

    /// For the options of the walk: walkers write entries with it.
    #[must_use]
    pub fn renderer() -> Arc<dyn EntryRenderer> {
        Arc::new(RunRenderer)
    }

    /// Takes the run of a directory away, for a reader that comes to each directory once.
    pub(super) fn take_run(&mut self, id: DirId) -> Vec<u8> {
        std::mem::take(&mut self.dirs.get_mut(id).run)
    }
}
