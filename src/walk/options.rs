//! The options that the walk reads.

use std::sync::Arc;
use std::time::Duration;

use super::excluded_types::ExcludedTypes;
use super::operand_dirs::OperandDirSender;
use crate::count::min_size::MinSize;
use crate::count::record::EntryRenderer;
use crate::gnu::exclude::Exclude;
use crate::gnu::time_style::TimeKind;

/// Which symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// None (`-P`).
    #[default]
    Never,
    /// Those named as operands (`-D`).
    Operands,
    /// All (`-L`).
    Always,
}

/// Which entries are counted once only, however often they are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remember {
    /// None (`-l`).
    Nothing,
    /// Files with several links.
    #[default]
    Links,
    /// Everything: with several operands, or followed links, any entry may be met twice.
    Everything,
}

/// The order of the entries of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WalkOrder {
    /// That of GNU du: the directory's own.
    #[default]
    Disk,
    /// Sorted by the bytes of the names. Then the same link of a file counts in every run.
    Names,
}

/// What counts of a directory with a valid cache directory tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Caches {
    /// All of it.
    #[default]
    Counted,
    /// The directory itself and the tag (`--exclude-caches`).
    Excluded,
}

/// How much a walk reads before it leaves the rest to other processes (`--budget`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkBudget {
    /// This many entries.
    Entries(u64),
    /// For this long.
    Time(Duration),
}

/// The options of a walk.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    /// Number of threads, and of tokens (`-j`).
    pub walkers: usize,
    /// The order of the entries of a directory.
    pub order: WalkOrder,
    /// Which links are followed.
    pub follow: Follow,
    /// Directories on other devices than their operand's are left out (`-x`).
    pub one_file_system: bool,
    /// Patterns of names to leave out.
    pub exclude: Exclude,
    /// What counts of a cache directory.
    pub caches: Caches,
    /// Types of file systems to leave out.
    pub excluded_types: Option<ExcludedTypes>,
    /// What is counted once only.
    pub remember: Remember,
    /// Files are named in listings of directories at less than this depth (`-a`); operands have depth 0.
    pub name_files: Option<u32>,
    /// Directories deeper than this are added to the one at this depth, in no order.
    pub fold_below: Option<u32>,
    /// Which time stamp is kept, if any.
    pub time: Option<TimeKind>,
    /// Files below this size get no line and are not named.
    pub min_size: Option<MinSize>,
    /// Listings carry the [`Detail`](crate::count::usage::Detail) of named files.
    pub details: bool,
    /// Renders named files in their walker, where the format allows it.
    pub renderer: Option<Arc<dyn EntryRenderer>>,
    /// Walkers record where they are and what they see, for [`Monitor`](super::Monitor).
    pub watched: bool,
    /// Receives the directories of the operands.
    pub operand_dirs: Option<OperandDirSender>,
    /// After this, no directory is opened: each that was announced is reported as handed over.
    pub budget: Option<WalkBudget>,
}

impl WalkOptions {
    /// Those of the plain du, for tests.
    #[cfg(test)]
    pub(crate) fn plain(walkers: usize) -> Self {
        Self {
            walkers,
            order: WalkOrder::Disk,
            follow: Follow::Never,
            one_file_system: false,
            exclude: Exclude::default(),
            caches: Caches::Counted,
            excluded_types: None,
            remember: Remember::Links,
            name_files: None,
            fold_below: None,
            time: None,
            min_size: None,
            details: false,
            renderer: None,
            watched: false,
            operand_dirs: None,
            budget: None,
        }
    }

    /// True where the mount that an entry lies on decides whether it counts.
    pub(super) fn depends_on_mounts(&self) -> bool {
        self.one_file_system || self.excluded_types.is_some()
    }
}
