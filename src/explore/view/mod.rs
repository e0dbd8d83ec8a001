//! Draws the state of the browser on a grid of cells.
//!
//! ```text
//!  pdu: /srv/data  1.3 TiB in 8,112,340 entries           reading, 412,033/s, 12 s    top
//!   allocated↓                        entries  name                                   list, or panels, help
//!  * ~  812.4 GiB  61% ███████████▌  5,120,004  backup/
//!  allocated* apparent inodes   4 of 4 entries   3 errors (!)   ? help                bottom
//! ```
//!
//! Only visible rows are formatted. Names are quoted here: the grid gets no control characters. Nothing is said by colour
//! alone; colours are those of the names.

mod bar;
mod bottom;
mod dialog;
mod help;
mod information;
mod layout;
mod line;
mod list;
mod panels;
mod row;
#[cfg(test)]
mod tests;
mod texts;
mod top;

use self::line::BOLD;
use super::browser::{Browser, PanelKind};
use super::terminal::Grid;
use crate::forest::Forest;

/// The smallest screen.
const MIN_SIZE: (u16, u16) = (20, 5);

/// Draws the whole screen, which is empty before. Returns the place of the cursor.
pub fn draw(browser: &mut Browser, forest: &Forest, grid: &mut Grid<'_>) -> Option<(u16, u16)> {
    let (columns, rows) = grid.size();
    browser.drawn.is_too_small = columns < MIN_SIZE.0 || rows < MIN_SIZE.1;
    if browser.drawn.is_too_small {
        grid.put((0, 0), "pdu: 20x5 needed", BOLD);
        return None;
    }
    top::draw(browser, forest, grid);
    let body = (1, rows - 1);
    let selected = match browser.panel_kind() {
        None => list::draw(browser, forest, grid, body),
        Some(PanelKind::Help) => {
            help::draw(browser, grid, body);
            None
        }
        Some(_) => panels::draw(browser, forest, grid, body),
    };
    let typed = bottom::draw(browser, forest, grid);
    let asked = dialog::draw(browser, forest, grid);
    if asked.is_some() {
        browser.note_drawn_dialog();
    }
    asked.or(typed).or(selected)
}
