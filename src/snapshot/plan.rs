//! What the command line asks of the store. Compiled without the feature `parquet` too.

use std::path::PathBuf;

use super::place::Place;
use super::rule::KeepRule;

/// A snapshot that is to be written (`--snapshot`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPlan {
    /// Where it is stored.
    pub place: Place,
    /// Which earlier ones stay; all where there is no rule.
    pub keep: Option<KeepRule>,
}

/// A history that is to be printed (`--history`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPlan {
    /// The store with the snapshots.
    pub store: PathBuf,
    /// The absolute path of the directory.
    pub path: Vec<u8>,
    /// How many snapshots, the newest; all where there is no number.
    pub most: Option<usize>,
}
