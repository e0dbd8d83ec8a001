//! A frame as bytes: the cells that differ from the frame before, in one synchronised update.

use std::fmt::Write;

use ratatui_core::buffer::{Buffer, Cell, CellDiffOption};
use ratatui_core::style::{Color, Modifier};

use super::canvas::{Canvas, CellPlace};

/// Terminals that do not know synchronised updates ignore these.
const BEGIN_UPDATE: &str = "\x1b[?2026h";
const END_UPDATE: &str = "\x1b[?2026l";
const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const CLEAR: &str = "\x1b[m\x1b[2J";

/// What the terminal shows before the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// The frame before.
    Frame,
    /// Nothing is known.
    Unknown,
}

/// The bytes that turn one frame into the next; none where nothing has changed.
pub(super) fn update(
    before: (&Canvas, Option<CellPlace>, Before),
    after: (&Canvas, Option<CellPlace>),
) -> String {
    let (old, old_cursor, known) = before;
    let (new, cursor) = after;
    let mut text = String::new();
    if known == Before::Unknown {
        text.push_str(CLEAR);
    }
    cells(&old.cells, &new.cells, &mut text);
    if text.is_empty() && cursor == old_cursor {
        return text;
    }
    let cursor = match cursor {
        Some(place) => format!("{}{SHOW_CURSOR}", go_to(place)),
        None => String::new(),
    };
    format!("{BEGIN_UPDATE}{HIDE_CURSOR}{text}{cursor}{END_UPDATE}")
}

/// The cells that have changed. Both buffers have the same size.
fn cells(old: &Buffer, new: &Buffer, text: &mut String) {
    let mut cursor = None;
    let mut look = Look::default();
    for (column, row, cell) in old.diff_iter(new) {
        if cursor != Some((column, row)) {
            text.push_str(&go_to((column, row)));
        }
        if look != Look::of(cell) {
            look = Look::of(cell);
            text.push_str(&look.sequence());
        }
        cursor = put(cell, (column, row), text);
    }
    if look != Look::default() {
        text.push_str(&Look::default().sequence());
    }
}

/// Writes a character; returns where the cursor is after that, if all terminals agree about it.
fn put(cell: &Cell, (column, row): CellPlace, text: &mut String) -> Option<CellPlace> {
    if let CellDiffOption::ForcedWidth(width) = cell.diff_option {
        // The character may take less on this terminal than what is reserved for it.
        let _ = write!(text, "{:1$}", "", usize::from(width.get()));
        text.push_str(&go_to((column, row)));
    }
    text.push_str(cell.symbol());
    // Of the others, the blocks that bars are made of are the most frequent.
    let mut characters = cell.symbol().chars();
    let is_one_column = matches!(characters.next(), Some(' '..='~' | '\u{2580}'..='\u{259F}'));
    (is_one_column && characters.next().is_none()).then_some((column + 1, row))
}

fn go_to((column, row): CellPlace) -> String {
    format!("\x1b[{};{}H", u32::from(row) + 1, u32::from(column) + 1)
}

/// How a character looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    modifier: Modifier,
    color: Color,
    background: Color,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            modifier: Modifier::empty(),
            color: Color::Reset,
            background: Color::Reset,
        }
    }
}

impl Look {
    fn of(cell: &Cell) -> Self {
        Self {
            modifier: cell.modifier,
            color: cell.fg,
            background: cell.bg,
        }
    }

    /// Sets it, whatever was set before (SGR).
    fn sequence(self) -> String {
        let mut text = String::from("\x1b[0");
        let modifiers = [
            (Modifier::BOLD, ";1"),
            (Modifier::DIM, ";2"),
            (Modifier::UNDERLINED, ";4"),
            (Modifier::REVERSED, ";7"),
        ];
        let set = modifiers
            .iter()
            .filter(|(modifier, _)| self.modifier.contains(*modifier));
        set.for_each(|(_, code)| text.push_str(code));
        add_color(self.color, Layer::Characters, &mut text);
        add_color(self.background, Layer::Background, &mut text);
        text.push('m');
        text
    }
}

/// What a colour is for; the number is that of its first code.
#[derive(Debug, Clone, Copy)]
enum Layer {
    Characters = 30,
    Background = 40,
}

/// The first sixteen have codes that every terminal with colours knows.
fn add_color(color: Color, layer: Layer, text: &mut String) {
    let base = layer as u8;
    let _ = match color {
        Color::Indexed(index @ 0..8) => write!(text, ";{}", base + index),
        Color::Indexed(index @ 8..16) => write!(text, ";{}", base + 60 + index - 8),
        Color::Indexed(index) => write!(text, ";{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => write!(text, ";{};2;{red};{green};{blue}", base + 8),
        _ => Ok(()),
    };
}

#[cfg(test)]
mod tests;
