//! What the rows show, and in which order.

use super::options::Column;
use super::rows::Hiding;
use super::sort_order::SortOrder;
use crate::count::usage::Measure;

/// What the rows show.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The number that is shown.
    pub measure: Measure,
    /// The order.
    pub order: SortOrder,
    /// Which entries are hidden.
    pub hiding: Hiding,
    /// The column of shared or unique amounts.
    pub shared: SharedColumn,
    /// Bar and per cent.
    pub graph: Graph,
    /// The number of entries.
    pub count: Column,
    /// The newest time.
    pub time: Column,
    /// The owner.
    pub owner: Column,
}

/// The column of shared or unique amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedColumn {
    /// What has links elsewhere too.
    Shared,
    /// What has not.
    Unique,
    /// No column.
    Off,
}

/// Which of bar and per cent are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graph {
    /// Both.
    Both,
    /// The bar.
    Bar,
    /// Per cent.
    PerCent,
    /// None.
    Nothing,
}
