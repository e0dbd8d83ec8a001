//! Where the cursor goes: with a key, and with its entry when the rows are in another order.

use super::Browser;
use super::cursor::Selected;
use super::marks::is_in_tree;
use super::options::OperandCount;
use crate::forest::{DirId, Forest};

impl Browser {
    /// The rows are in another order, or others: the cursor goes where its entry is. If that is gone, the cursor stays
    /// where it is.
    pub(super) fn follow_entry(&mut self, forest: &Forest) {
        self.cursor.is_drawn = false;
        let last = self.row_count().saturating_sub(1);
        let Some((place, name)) = &self.cursor.entry else {
            self.cursor.index = 0;
            self.sort_rows(forest, 0..1);
            self.cursor.selected = Selected::First;
            return;
        };
        match self.rows.find(forest, self.shown, (*place, name)) {
            Some(index) => self.cursor.index = index,
            None => {
                self.cursor.index = self.cursor.index.min(last);
                self.cursor.selected = Selected::Next;
            }
        }
        self.remember_entry(forest);
    }

    /// The selected row is on the frame that is being drawn.
    pub fn note_drawn_cursor(&mut self, forest: &Forest) {
        self.cursor.seen = self.entry_at(forest, self.cursor.index);
        self.cursor.selected = Selected::Known;
        self.cursor.is_drawn = true;
    }

    /// True where no row is in another place than on the screen.
    pub(super) fn is_order_drawn(&self) -> bool {
        self.cursor.is_drawn
    }

    /// What a key has changed is no surprise to the person who pressed it.
    pub(super) fn note_own_change(&mut self) {
        if self.cursor.selected == Selected::First {
            self.cursor.seen = None;
        }
        self.cursor.selected = Selected::Known;
    }

    /// Before a key: the cursor is on the entry that was drawn. False where that is gone.
    pub(super) fn select_what_was_seen(&mut self, forest: &Forest) -> bool {
        if !self.has_valid_rows(forest) {
            self.leave_what_is_gone(forest);
            self.read(forest);
        }
        if self.cursor.selected == Selected::First && self.cursor.seen.is_some() {
            self.cursor.entry = self.cursor.seen.take();
            self.cursor.selected = Selected::Known;
            self.follow_entry(forest);
        }
        self.cursor.selected != Selected::Next
    }

    /// False where the forest has changed in a way that leaves the numbers of the rows without a meaning.
    fn has_valid_rows(&self, forest: &Forest) -> bool {
        let expected = self.cursor.entry.as_ref().or(self.cursor.seen.as_ref());
        let selected = self.row(forest, self.cursor.index);
        let is_same = match (expected, &selected) {
            (Some((_, name)), Some(row)) => row.name == name,
            _ => true,
        };
        is_same && self.rewrites == forest.rewrites() && is_in_tree(forest, self.shown)
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
        self.cursor.seen = None;
    }

    pub(super) fn remember_entry(&mut self, forest: &Forest) {
        let index = self.cursor.index;
        self.sort_rows(forest, index..index + 1);
        self.cursor.entry = self.entry_at(forest, self.cursor.index);
    }

    fn entry_at(&self, forest: &Forest, index: usize) -> Option<(usize, Vec<u8>)> {
        let row = self.row(forest, index)?;
        Some((row.place, row.name.to_vec()))
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
        let is_only_operand = self.options.operands == OperandCount::One;
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
