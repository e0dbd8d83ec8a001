//! The options of a comparison.

use crate::count::usage::Measure;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffOptions {
    /// The number that decides which lines there are.
    pub measure: Measure,
    /// The lines.
    pub show: Show,
    /// The path of the root in the output; that of NEW where there is none.
    pub root: Option<Vec<u8>>,
}

/// Which changes have a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// At most so many, with the largest changes; the largest first.
    Explanation(usize),
    /// None.
    Total,
    /// Every directory down to this depth that changed, after its contents.
    Depth(u32),
    /// Every entry that changed, directories after their contents.
    Everything,
}
