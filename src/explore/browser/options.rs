//! The choices of the command line and the environment.

use jiff::tz::TimeZone;
use lscolors::LsColors;

use super::request::Source;
use super::sort_order::SortOrder;
use crate::count::usage::Measure;
use crate::format::chart::Sizes;
use crate::gnu::numerals::Numerals;
use crate::gnu::time_style::TimeStyle;

/// See the module.
#[derive(Debug, Clone)]
pub struct BrowserOptions {
    /// The first measure.
    pub measure: Measure,
    /// The first order.
    pub order: SortOrder,
    /// The unit of sizes.
    pub sizes: Sizes,
    /// The screen shows ASCII characters only.
    pub is_ascii: bool,
    /// The colours of names, if names have colours.
    pub colors: Option<LsColors>,
    /// How numbers are written.
    pub numerals: &'static Numerals,
    /// How times are written.
    pub time_style: TimeStyle,
    /// The zone of times.
    pub zone: TimeZone,
    /// Whether the column of times is shown at first.
    pub time_column: Column,
    /// What may be done.
    pub permission: Permission,
    /// Where the tree comes from.
    pub source: Source,
    /// The number of operands, where it is known: a single directory is shown at once.
    pub operands: OperandCount,
}

/// Whether a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// It is, if there is room.
    Shown,
    /// It is not.
    Hidden,
}

impl Column {
    pub(super) fn toggled(self) -> Self {
        match self {
            Self::Shown => Self::Hidden,
            Self::Hidden => Self::Shown,
        }
    }
}

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Everything.
    Full,
    /// Neither removal nor shell nor opener (`--read-only`).
    ReadOnly,
}

/// How many operands there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperandCount {
    /// One.
    One,
    /// Several, or a list.
    Several,
}
