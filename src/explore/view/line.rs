//! A line of the screen that is written from the left to the right.

use crate::explore::terminal::{Grid, Style, Weight};
use crate::sys::columns::{columns, head};

/// Bold.
pub(super) const BOLD: Style = weighted(Weight::Bold);

/// Dim.
pub(super) const DIM: Style = weighted(Weight::Dim);

/// As the terminal has it.
pub(super) const PLAIN: Style = weighted(Weight::Normal);

const fn weighted(weight: Weight) -> Style {
    Style {
        weight,
        is_reversed: false,
        is_underlined: false,
        color: None,
        background: None,
    }
}

/// The first line of a list that shows so many: the selected one is among them, and as few as possible move.
pub(super) fn scrolled(top: usize, selected: usize, height: usize) -> usize {
    let least = (selected + 1).saturating_sub(height);
    top.clamp(least, selected.max(least))
}

/// See the module.
pub(super) struct Line<'g, 'c> {
    grid: &'g mut Grid<'c>,
    row: u16,
    column: u16,
    end: u16,
}

impl<'g, 'c> Line<'g, 'c> {
    /// The whole line.
    pub(super) fn new(grid: &'g mut Grid<'c>, row: u16) -> Self {
        let (end, _) = grid.size();
        Self {
            grid,
            row,
            column: 0,
            end,
        }
    }

    /// A part of it.
    pub(super) fn part(grid: &'g mut Grid<'c>, row: u16, (column, end): (u16, u16)) -> Self {
        let end = end.min(grid.size().0);
        Self {
            grid,
            row,
            column,
            end,
        }
    }

    pub(super) fn column(&self) -> u16 {
        self.column
    }

    /// The columns that are left.
    pub(super) fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.column))
    }

    pub(super) fn skip(&mut self, count: usize) {
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        self.column = self.column.saturating_add(count).min(self.end);
    }

    /// Writes a text, or the beginning of it that fits.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        let text = head(text, self.room());
        self.column += self.grid.put((self.column, self.row), text, style);
    }

    /// Writes a text at the right of so many columns.
    pub(super) fn right(&mut self, text: &str, width: usize, style: Style) {
        self.skip(width.saturating_sub(columns(text)));
        self.text(text, style);
    }

    /// Writes a text at the left of so many columns.
    pub(super) fn left(&mut self, text: &str, width: usize, style: Style) {
        self.text(text, style);
        self.skip(width.saturating_sub(columns(text)));
    }

    /// Blanks up to the end, and back to the start.
    pub(super) fn fill(&mut self, style: Style) {
        let blanks = " ".repeat(self.room());
        self.grid.put((self.column, self.row), &blanks, style);
    }
}
