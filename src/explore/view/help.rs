//! The help: keys and flags by topic, on one screen of 80 columns and 24 rows.

use super::line::{BOLD, Line, PLAIN};
use crate::explore::browser::Browser;
use crate::explore::browser::flag::Flag;
use crate::explore::keys::{KEYS, MOUSE, Topic, names};
use crate::explore::terminal::Grid;
use crate::sys::columns::columns;

/// From this width on there are two columns.
const FOR_TWO: u16 = 78;

/// The width of the keys.
const KEYS_WIDTH: usize = 15;

/// A part of a row.
enum HelpLine {
    Heading(&'static str),
    Keys(String, &'static str),
    Flag(Flag),
}

pub(super) fn draw(browser: &mut Browser, grid: &mut Grid<'_>, (first, end): (u16, u16)) {
    let (width, height) = (grid.size().0, usize::from(end - first));
    let rows = rows(browser.options.is_ascii, width);
    browser.drawn.list = (first, end - first);
    browser.drawn.help_lines = rows.len().saturating_sub(height) + 1;
    let Some(panel) = &mut browser.panel else {
        return;
    };
    panel.top = panel.index.min(rows.len().saturating_sub(height));
    for (cells, row) in rows.iter().skip(panel.top).zip(first..end) {
        let cell_width = width / u16::try_from(cells.len()).unwrap_or(1).max(1);
        for (number, cell) in (0..).zip(cells) {
            let part = (number * cell_width, (number + 1) * cell_width);
            draw_cell(cell, Line::part(grid, row, part));
        }
    }
}

fn draw_cell(help: &HelpLine, mut line: Line<'_, '_>) {
    line.skip(1);
    match help {
        HelpLine::Heading(text) => line.text(text, BOLD),
        HelpLine::Keys(keys, text) => {
            line.left(keys, KEYS_WIDTH, BOLD);
            line.skip(1 + usize::from(columns(keys) > KEYS_WIDTH));
            line.text(text, PLAIN);
        }
        HelpLine::Flag(flag) => {
            line.text(flag.letter(), BOLD);
            line.skip(1);
            line.text(flag.meaning(), PLAIN);
        }
    }
}

/// The rows of the screen, each with cells of one width.
fn rows(is_ascii: bool, width: u16) -> Vec<Vec<HelpLine>> {
    let is_wide = width >= FOR_TWO;
    let topics = Topic::ALL.map(|topic| lines(topic, is_ascii));
    let flags = Flag::ALL.into_iter().map(HelpLine::Flag);
    let flags = std::iter::once(HelpLine::Heading("Flags before the size")).chain(flags);
    if !is_wide {
        let lines = topics.into_iter().flatten().chain(flags);
        return lines.map(|line| vec![line]).collect();
    }
    let [a, b, c, right @ ..] = topics;
    let mut right = right.into_iter().flatten();
    let left = [a, b, c].into_iter().flatten();
    let mut rows: Vec<_> = left
        .map(|line| Vec::from_iter([Some(line), right.next()].into_iter().flatten()))
        .collect();
    let mut flags = flags.peekable();
    while flags.peek().is_some() {
        rows.push(flags.by_ref().take(3).collect());
    }
    rows
}

/// The heading and the lines of a topic.
fn lines(topic: Topic, is_ascii: bool) -> Vec<HelpLine> {
    let mut lines = vec![HelpLine::Heading(topic.heading())];
    let keys = KEYS.iter().filter(|line| line.topic == topic);
    lines.extend(keys.map(|line| HelpLine::Keys(names(line, is_ascii), line.text)));
    if topic == Topic::Move {
        let (keys, text) = MOUSE;
        lines.push(HelpLine::Keys(keys.into(), text));
    }
    lines
}
