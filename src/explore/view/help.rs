//! The help: keys and flags by topic, on one screen of 80 columns and 24 rows.

use super::line::{BOLD, Line, PLAIN};
use crate::explore::browser::Browser;
use crate::explore::browser::flag::Flag;
use crate::explore::keys::{KEYS, MOUSE, Topic, names};
use crate::explore::terminal::Grid;
use crate::sys::columns::columns;

/// From this width on there are two columns.
const FOR_TWO: u16 = 78;

/// The greatest width of the keys; the text follows wider ones at once.
const KEYS_WIDTH: usize = 14;

/// A part of a row.
enum HelpLine {
    Heading(&'static str),
    /// Keys, their width in this column of the screen, and what they do.
    Keys(String, usize, &'static str),
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
        HelpLine::Keys(keys, width, text) => {
            line.left(keys, *width, BOLD);
            line.skip(1 + usize::from(columns(keys) > *width));
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
        let lines = aligned(topics.into_iter().flatten().chain(flags));
        return lines.into_iter().map(|line| vec![line]).collect();
    }
    let [a, b, c, d, right @ ..] = topics;
    let mut right = aligned(right.into_iter().flatten()).into_iter();
    let left = aligned([a, b, c, d].into_iter().flatten());
    let pairs = left.into_iter().map(|line| [Some(line), right.next()]);
    let mut rows: Vec<Vec<_>> = pairs
        .map(|pair| pair.into_iter().flatten().collect())
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
    lines.extend(keys.map(|line| HelpLine::Keys(names(line, is_ascii), 0, line.text)));
    if topic == Topic::Move {
        let (keys, text) = MOUSE;
        lines.push(HelpLine::Keys(keys.into(), 0, text));
    }
    lines
}

/// The lines of one column of the screen: all texts begin at one place.
fn aligned(lines: impl Iterator<Item = HelpLine>) -> Vec<HelpLine> {
    let mut lines: Vec<_> = lines.collect();
    let widths = lines.iter().map(|line| match line {
        HelpLine::Keys(keys, ..) => columns(keys),
        _ => 0,
    });
    let widest = widths
        .filter(|&width| width <= KEYS_WIDTH)
        .max()
        .unwrap_or(0);
    for line in &mut lines {
        if let HelpLine::Keys(_, width, _) = line {
            *width = widest;
        }
    }
    lines
}
