//! The cursor: a row, and the entry that it stays on.

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct ListCursor {
    /// The place in the order.
    pub index: usize,
    /// The first row on the screen; none where another directory was shown before.
    pub top: Option<usize>,
    /// The entry that was chosen; none while the cursor stays on the first row.
    pub(super) entry: Option<(usize, Vec<u8>)>,
    /// The entry that was drawn as the selected one.
    pub(super) seen: Option<(usize, Vec<u8>)>,
    pub(super) selected: Selected,
    /// The order is that of the last frame.
    pub(super) is_drawn: bool,
}

/// Which entry is selected, since the last frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Selected {
    /// The one that was drawn, or one that a key has selected.
    #[default]
    Known,
    /// Another one: the order is new, and the cursor stays on the first row.
    First,
    /// Another one: the entry is gone, and the next one has its place.
    Next,
}

impl ListCursor {
    /// On the entry with this name.
    pub(super) fn on(name: Option<Vec<u8>>) -> Self {
        Self {
            entry: name.map(|name| (0, name)),
            ..Self::default()
        }
    }
}
