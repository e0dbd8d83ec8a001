//! The lines of a panel that were drawn, by their contents.

use crate::forest::Target;

/// What a line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PanelLine {
    /// An entry.
    Entry(Target),
    /// The other failure with this number. These are only added.
    OtherFailure(usize),
}

/// The lines that a person knows of.
#[derive(Debug, Default)]
pub(super) struct KnownLines {
    /// Those of the last frame.
    pub(super) drawn: Vec<PanelLine>,
    /// The one that was drawn as the selected one, or to which a key has moved since.
    pub(super) selected: Option<PanelLine>,
}
