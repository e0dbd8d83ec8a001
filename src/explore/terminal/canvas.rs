//! What is drawn: a grid of cells, of one column each. This file and `frame` are the only ones that know ratatui.

use ratatui_core::buffer::{Buffer, CellDiffOption};
use ratatui_core::layout::Rect;
use ratatui_core::style as library;
use std::num::NonZeroU16;
use unicode_segmentation::UnicodeSegmentation;

use crate::sys::columns::columns;

/// A column and a row, counted from 0 at the top left.
pub type CellPlace = (u16, u16);

/// How thick characters are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weight {
    /// As usual.
    #[default]
    Normal,
    /// Bold.
    Bold,
    /// Dim.
    Dim,
}

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellColor {
    /// One of the palette: 0 to 7, 8 to 15 for their bright forms, up to 255 where the terminal has as many.
    Palette(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How characters look. The default is the terminal's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CellStyle {
    /// How thick they are.
    pub weight: Weight,
    /// Foreground and background are exchanged.
    pub is_reversed: bool,
    /// They are underlined.
    pub is_underlined: bool,
    /// The colour of the characters.
    pub color: Option<CellColor>,
    /// The colour behind them.
    pub background: Option<CellColor>,
}

impl From<&lscolors::Style> for CellStyle {
    fn from(style: &lscolors::Style) -> Self {
        let font = &style.font_style;
        Self {
            weight: match (font.bold, font.dimmed) {
                (true, _) => Weight::Bold,
                (false, true) => Weight::Dim,
                (false, false) => Weight::Normal,
            },
            is_reversed: font.reverse,
            is_underlined: font.underline,
            color: style.foreground.map(CellColor::from),
            background: style.background.map(CellColor::from),
        }
    }
}

impl From<lscolors::Color> for CellColor {
    fn from(color: lscolors::Color) -> Self {
        use lscolors::Color as Named;
        Self::Palette(match color {
            Named::RGB(red, green, blue) => return Self::Rgb(red, green, blue),
            Named::Fixed(index) => index,
            Named::Black => 0,
            Named::Red => 1,
            Named::Green => 2,
            Named::Yellow => 3,
            Named::Blue => 4,
            Named::Magenta => 5,
            Named::Cyan => 6,
            Named::White => 7,
            Named::BrightBlack => 8,
            Named::BrightRed => 9,
            Named::BrightGreen => 10,
            Named::BrightYellow => 11,
            Named::BrightBlue => 12,
            Named::BrightMagenta => 13,
            Named::BrightCyan => 14,
            Named::BrightWhite => 15,
        })
    }
}

/// The colours that the terminal has, and the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// No colour (`NO_COLOR`).
    Nothing,
    /// The first sixteen.
    Sixteen,
    /// All.
    Everything,
}

/// Marks a cell that a wide character to its left covers. Uncovered, it differs from each other cell, and so is written: what
/// a terminal shows there, when the wide character is written over, is its own decision.
const COVERED: library::Modifier = library::Modifier::HIDDEN;

/// The cells of a whole screen.
#[derive(Debug)]
pub struct Canvas {
    pub(super) cells: Buffer,
    palette: Palette,
}

/// The cells of a screen, to be drawn on.
#[derive(Debug)]
pub struct Grid<'a> {
    cells: &'a mut Buffer,
    palette: Palette,
}

impl Canvas {
    /// An empty screen of so many columns and rows.
    #[must_use]
    pub fn new(size: (u16, u16), palette: Palette) -> Self {
        let area = Rect::new(0, 0, size.0, size.1);
        let cells = Buffer::empty(area);
        Self { cells, palette }
    }

    /// The cells, to be drawn on.
    pub fn grid(&mut self) -> Grid<'_> {
        let (cells, palette) = (&mut self.cells, self.palette);
        Grid { cells, palette }
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        (self.cells.area.width, self.cells.area.height)
    }

    /// The characters of each row, without the spaces at its end.
    #[must_use]
    pub fn rows(&self) -> Vec<String> {
        let (columns, rows) = self.size();
        let row = |row| {
            let mut text = String::new();
            let mut column = 0;
            while column < columns {
                let cell = &self.cells[(column, row)];
                text.push_str(cell.symbol());
                column += width_of(cell.symbol()).max(1);
            }
            text.truncate(text.trim_end_matches(' ').len());
            text
        };
        (0..rows).map(row).collect()
    }

    /// The style of the character that has a cell.
    #[must_use]
    pub fn style(&self, (mut column, row): CellPlace) -> CellStyle {
        while self.cells[(column, row)].modifier.contains(COVERED) {
            column -= 1;
        }
        let cell = &self.cells[(column, row)];
        CellStyle {
            weight: match cell.modifier {
                modifier if modifier.contains(library::Modifier::BOLD) => Weight::Bold,
                modifier if modifier.contains(library::Modifier::DIM) => Weight::Dim,
                _ => Weight::Normal,
            },
            is_reversed: cell.modifier.contains(library::Modifier::REVERSED),
            is_underlined: cell.modifier.contains(library::Modifier::UNDERLINED),
            color: from_library(cell.fg),
            background: from_library(cell.bg),
        }
    }
}

impl Grid<'_> {
    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        (self.cells.area.width, self.cells.area.height)
    }

    /// Writes a text, cut at the edge of the screen: a wide character that does not fit is left out, and all after it.
    /// Returns the columns that the text takes there. Control characters are left out: names come here quoted.
    pub fn put(&mut self, place: CellPlace, text: &str, style: CellStyle) -> u16 {
        let (mut column, row) = place;
        if row >= self.cells.area.height {
            return 0;
        }
        let style = self.library_style(style);
        let characters = text.graphemes(true);
        for character in characters.filter(|text| !text.contains(char::is_control)) {
            let width = width_of(character);
            if width == 0 {
                continue;
            }
            if column.saturating_add(width) > self.cells.area.width {
                break;
            }
            for covered in column..column + width {
                self.clear_character((covered, row));
                self.cells[(covered, row)].modifier = COVERED;
            }
            let cell = &mut self.cells[(column, row)];
            cell.set_symbol(character).set_style(style);
            if let Some(width) = NonZeroU16::new(width).filter(|width| width.get() > 1) {
                cell.set_diff_option(CellDiffOption::ForcedWidth(width));
            }
            column += width;
        }
        column.saturating_sub(place.0)
    }

    /// Clears the whole character that has a cell.
    fn clear_character(&mut self, (column, row): CellPlace) {
        let is_covered = |cells: &Buffer, column| {
            let cell = cells.cell((column, row));
            cell.is_some_and(|cell| cell.modifier.contains(COVERED))
        };
        let mut first = column;
        while is_covered(self.cells, first) {
            first -= 1;
        }
        let mut end = column + 1;
        while is_covered(self.cells, end) {
            end += 1;
        }
        (first..end).for_each(|column| self.cells[(column, row)].reset());
    }

    fn library_style(&self, style: CellStyle) -> library::Style {
        let modifiers = [
            (style.weight == Weight::Bold, library::Modifier::BOLD),
            (style.weight == Weight::Dim, library::Modifier::DIM),
            (style.is_reversed, library::Modifier::REVERSED),
            (style.is_underlined, library::Modifier::UNDERLINED),
        ];
        let modifiers = modifiers.into_iter().filter(|(is_set, _)| *is_set);
        let modifiers: library::Modifier = modifiers.map(|(_, modifier)| modifier).collect();
        let color =
            |color: Option<CellColor>| match color.filter(|_| self.palette != Palette::Nothing) {
                Some(color) => to_library(color, self.palette),
                None => library::Color::Reset,
            };
        library::Style::reset()
            .fg(color(style.color))
            .bg(color(style.background))
            .add_modifier(modifiers)
    }
}

fn width_of(character: &str) -> u16 {
    u16::try_from(columns(character)).unwrap_or(u16::MAX)
}

fn to_library(color: CellColor, palette: Palette) -> library::Color {
    match color {
        CellColor::Palette(index @ 0..16) => library::Color::Indexed(index),
        CellColor::Palette(index) if palette == Palette::Everything => {
            library::Color::Indexed(index)
        }
        CellColor::Rgb(red, green, blue) if palette == Palette::Everything => {
            library::Color::Rgb(red, green, blue)
        }
        CellColor::Palette(index) => nearest_of_sixteen(levels_of_palette(index)),
        CellColor::Rgb(red, green, blue) => nearest_of_sixteen([red, green, blue]),
    }
}

fn from_library(color: library::Color) -> Option<CellColor> {
    match color {
        library::Color::Indexed(index) => Some(CellColor::Palette(index)),
        library::Color::Rgb(red, green, blue) => Some(CellColor::Rgb(red, green, blue)),
        _ => None,
    }
}

/// Red, green and blue of a colour of xterm's palette, above the first sixteen: a cube of 6, and 24 greys.
fn levels_of_palette(index: u8) -> [u8; 3] {
    let level = |step: u8| [0, 95, 135, 175, 215, 255][usize::from(step % 6)];
    match index {
        232.. => [8 + (index - 232) * 10; 3],
        _ => {
            let place = index.saturating_sub(16);
            [level(place / 36), level(place / 6), level(place)]
        }
    }
}

/// A bit for each of red, green and blue, and one for their bright form.
fn nearest_of_sixteen(levels: [u8; 3]) -> library::Color {
    let brightest = levels.into_iter().max().unwrap_or_default();
    let bit = |place: usize| u8::from(levels[place] > 63 && levels[place] > brightest / 2);
    let index = bit(0) | bit(1) << 1 | bit(2) << 2;
    library::Color::Indexed(match brightest {
        200.. => index | 8,
        _ => index,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(size: (u16, u16), place: CellPlace, text: &str) -> (u16, Vec<String>) {
        let mut canvas = Canvas::new(size, Palette::Everything);
        let used = canvas.grid().put(place, text, CellStyle::default());
        (used, canvas.rows())
    }

    #[test]
    fn texts_are_cut_at_the_edge_and_wide_characters_are_whole_or_missing() {
        assert_eq!(put((4, 1), (1, 0), "abcdef"), (3, vec![" abc".into()]));
        assert_eq!(put((4, 1), (1, 0), "世界"), (2, vec![" 世".into()]));
        assert_eq!(put((4, 1), (4, 0), "a"), (0, vec![String::new()]));
        assert_eq!(put((4, 1), (0, 1), "a"), (0, vec![String::new()]));
        assert_eq!(put((4, 1), (9, 9), "a"), (0, vec![String::new()]));
        assert_eq!(put((0, 0), (0, 0), "a"), (0, vec![]));
    }

    #[test]
    fn no_control_character_comes_to_the_terminal() {
        let (used, rows) = put((8, 1), (0, 0), "a\x1b[2Jb\r\n\u{9b}c\t");
        assert_eq!((used, rows), (6, vec!["a[2Jbc".into()]));
    }

    #[test]
    fn colours_are_those_that_the_terminal_has() {
        let shown = |palette, color| {
            let mut canvas = Canvas::new((1, 1), palette);
            let style = CellStyle {
                color: Some(color),
                weight: Weight::Bold,
                ..CellStyle::default()
            };
            canvas.grid().put((0, 0), "a", style);
            assert_eq!(canvas.style((0, 0)).weight, Weight::Bold);
            canvas.style((0, 0)).color
        };
        let (orange, blue) = (CellColor::Palette(208), CellColor::Rgb(0, 0, 180));
        assert_eq!(shown(Palette::Nothing, orange), None);
        assert_eq!(shown(Palette::Everything, orange), Some(orange));
        assert_eq!(
            shown(Palette::Sixteen, orange),
            Some(CellColor::Palette(11))
        );
        assert_eq!(shown(Palette::Sixteen, blue), Some(CellColor::Palette(4)));
        assert_eq!(
            shown(Palette::Sixteen, CellColor::Palette(12)),
            Some(CellColor::Palette(12))
        );
    }
}
