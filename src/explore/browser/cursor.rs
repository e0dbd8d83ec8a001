//! The cursor: a row, and the entry that it stays on.

use super::Browser;
use crate::forest::{DirId, Forest};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(in crate::explore) struct Cursor {
    /// The place in the order.
    pub(in crate::explore) index: usize,
    /// The first row on the screen; none where another directory was shown before.
    pub(in crate::explore) top: Option<usize>,
    /// The entry that was chosen; none while the cursor stays on the first row.
    entry: Option<(u32, Vec<u8>)>,
}

impl Cursor {
    /// On the entry with this name.
    pub(super) fn on(name: Option<Vec<u8>>) -> Self {
        Self {
            entry: name.map(|name| (0, name)),
            ..Self::default()
        }
    }
}

impl Browser {
    /// The rows are in another order, or others: the cursor goes where its entry is. If that is gone, the cursor stays
    /// where it is.
    pub(super) fn follow_entry(&mut self, forest: &Forest) {
        let last = self.row_count().saturating_sub(1);
        let Some((number, name)) = &self.cursor.entry else {
            self.cursor.index = 0;
            return;
        };
        match self.rows.find(forest, self.shown, (*number, name)) {
            Some(index) => self.cursor.index = index,
            None => self.cursor.index = self.cursor.index.min(last),
        }
        self.remember_entry(forest);
    }

    /// Moves to another row.
    pub(super) fn move_to(&mut self, forest: &Forest, index: usize) {
        self.cursor.index = index.min(self.row_count().saturating_sub(1));
        self.remember_entry(forest);
    }

    /// Moves up or down.
    pub(super) fn move_by(&mut self, forest: &Forest, rows: isize) {
        let index = self.cursor.index.saturating_add_signed(rows);
        self.move_to(forest, index);
    }

    /// Moves to the first row, and stays there whatever comes.
    pub(super) fn move_to_first(&mut self) {
        self.cursor.index = 0;
        self.cursor.entry = None;
    }

    fn remember_entry(&mut self, forest: &Forest) {
        let number = self.rows.number(self.cursor.index);
        let row = self.row(forest, self.cursor.index);
        self.cursor.entry = number
            .zip(row)
            .map(|(number, row)| (number, row.name.to_vec()));
    }

    /// Enters the directory of the selected row. False where it has none.
    pub(super) fn enter(&mut self, forest: &Forest) -> bool {
        let row = self.selected(forest).filter(|row| row.directory.is_some());
        let Some(directory) = row.and_then(|row| row.directory) else {
            return false;
        };
        self.show(forest, directory, None);
        true
    }

    /// Goes to the directory above, and selects the one that was left. False where there is none.
    pub(super) fn leave(&mut self, forest: &Forest) -> bool {
        let Some(parent) = forest.dir(self.shown).parent else {
            return false;
        };
        let is_only_operand = self.options.operands == super::options::Operands::One;
        if parent == DirId::TOP && is_only_operand {
            return false;
        }
        let name = forest.name(self.shown).to_vec();
        self.show(forest, parent, Some(name));
        true
    }

    /// The rows of one page.
    pub(super) fn page(&self) -> isize {
        isize::try_from(self.drawn.list.1.max(1)).unwrap_or(1)
    }
}
