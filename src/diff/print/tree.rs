//! A chart for people: the changes as a tree under the root, each with a bar.
//!
//! ```text
//! +34 GiB total  /srv
//! +31 GiB new    ├─ backup/2026-11-24 ████████████████
//!  -2 GiB gone   ├─ cache/core.1234   ░
//!       0 moved  └─ old -> www/archive
//!                … more, +5 GiB
//! ```
//!
//! A change is drawn below the nearest directory that has a change itself, with its path from there. The last line is what
//! no line tells, so the numbers of an explanation and the last line add up to the first. Full bars are growth, pale ones
//! loss; the longest is the largest change. Where there is little room, the bar is left out, then names lose their middle.
//!
//! All changes wait in memory.

use std::io;

use rustix::fs::FileType;

use super::bar::bar;
use super::nesting::Nesting;
use super::number::Number;
use crate::count::record::Kind;
use crate::count::usage::Detail;
use crate::count::visitor::Extent;
use crate::diff::change::{Change, DiffSummary, Sink};
use crate::format::FormatOptions;
use crate::format::chart::{ChartOptions, LEVEL, Strokes, color_of, cut};
use crate::format::page::Page;
use crate::gnu::quote::{self, Charset};
use crate::sys::columns::columns;

/// The width of the longest word.
const WORD: usize = 6;

/// The bar is shown where name and bar have at least this width.
const ROOM_FOR_BAR: usize = 24;

/// The shortest bar.
const MIN_BAR: usize = 8;

/// See the module.
pub(super) struct ChangeTree {
    number: Number,
    options: ChartOptions,
    strokes: &'static Strokes,
    charset: Charset,
    end_of_line: u8,
    changes: Vec<Change>,
}

/// A line, whose texts are complete but for the width.
struct Line {
    number: String,
    word: &'static str,
    name: String,
    /// The size after the name, which is never cut.
    size_after: String,
    /// The change that gives the colour; none for the root.
    change: Option<usize>,
    /// The number, for the bar.
    size: i128,
    /// The number of lines that it lies in.
    depth: usize,
    /// The line that it lies in, one of those before; none for the root.
    above: Option<usize>,
    /// No sibling follows.
    is_last: bool,
}

/// The widths of the columns.
struct Layout {
    number: usize,
    label: usize,
    bar: usize,
    largest: u128,
}

impl ChangeTree {
    pub(super) fn new(number: Number, options: &FormatOptions) -> Self {
        let chart = options.tree.chart.clone();
        Self {
            number,
            strokes: Strokes::of(chart.is_ascii),
            options: chart,
            charset: options.lines.quoting.1,
            end_of_line: options.lines.end_of_line,
            changes: Vec::new(),
        }
    }

    /// The root and the changes, each after the one that it lies in.
    fn lines(&self, summary: &DiffSummary) -> Vec<Line> {
        let total = summary.change.of(self.number.measure);
        let mut lines = vec![Line {
            number: self.number.unit.signed(Some(total)),
            word: "total",
            name: self.printable(&summary.root),
            size_after: String::new(),
            change: None,
            size: 0,
            depth: 0,
            above: None,
            is_last: true,
        }];
        let mut nesting = Nesting::of(&self.changes);
        let mut next = Vec::new();
        push_reversed(&mut next, &nesting.take_below(None), 0);
        while let Some((index, above, is_last)) = next.pop() {
            push_reversed(&mut next, &nesting.take_below(Some(index)), lines.len());
            let line = self.line(index, nesting.above[index], &summary.root);
            lines.push(Line {
                depth: lines[above].depth + 1,
                above: Some(above),
                is_last,
                ..line
            });
        }
        lines
    }

    /// The texts of a change that lies in another one.
    fn line(&self, index: usize, above: Option<usize>, root: &[u8]) -> Line {
        let change = &self.changes[index];
        let above = above.map_or(root, |above| &self.changes[above].path);
        let name = match &change.from {
            None => self.printable(below(&change.path, above)),
            Some(from) => [from, &change.path]
                .map(|path| self.printable(below(path, root)))
                .join(" -> "),
        };
        let size_after = self.number.known_text(change);
        Line {
            number: self.number.text(change),
            word: change.event.word(),
            name,
            size_after: size_after.map_or_else(String::new, |size| format!(", {size}")),
            change: Some(index),
            size: self.number.of(change).unwrap_or(0),
            depth: 0,
            above: None,
            is_last: true,
        }
    }

    fn printable(&self, path: &[u8]) -> String {
        String::from_utf8_lossy(&quote::printable(path, self.charset)).into_owned()
    }

    fn layout(&self, lines: &[Line]) -> Layout {
        let widest = |width: fn(&Line) -> usize| lines.iter().map(width).max().unwrap_or(0);
        let number = widest(|line| columns(&line.number));
        let longest = widest(|line| line.label_columns());
        let room = self.options.columns.saturating_sub(number + WORD + 2);
        let (label, bar) = match room >= ROOM_FOR_BAR {
            true => {
                let label = longest.min(room - 1 - MIN_BAR.max(room / 4));
                (label, room - label - 1)
            }
            false => (room, 0),
        };
        let sizes = lines.iter().map(|line| line.size.unsigned_abs());
        Layout {
            number,
            label,
            bar,
            largest: sizes.max().unwrap_or(0),
        }
    }

    fn text(&self, lines: &[Line], line: &Line, layout: &Layout) -> String {
        // Where the label is too long, at least half of the room is for the name.
        let levels = match line.label_columns() > layout.label {
            true => line.depth.min(layout.label / 2 / LEVEL),
            false => line.depth,
        };
        let branches = self.branches(lines, line, levels);
        let after = &line.size_after;
        let room = layout.label - LEVEL * levels;
        let room = room.saturating_sub(columns(after));
        let name = cut(&line.name, room, self.strokes.gap);
        let padding = " ".repeat(room.saturating_sub(columns(&name)));
        let bar = bar(line.size, layout.largest, layout.bar, self.strokes);
        let (number, word, width) = (&line.number, line.word, layout.number);
        let number = format!("{}{number}", " ".repeat(width - columns(number)));
        let name = self.colored(name, line);
        format!("{number} {word:WORD$} {branches}{name}{after}{padding} {bar}")
    }

    /// The branches before a name, those of the last levels.
    fn branches(&self, lines: &[Line], line: &Line, levels: usize) -> String {
        let mut pieces = Vec::new();
        let mut next = Some(line);
        while let Some((line, above)) = next.and_then(|line| Some((line, line.above?)))
            && pieces.len() < levels
        {
            let last = usize::from(line.is_last);
            pieces.push(match pieces.is_empty() {
                true => self.strokes.branch[last],
                false => self.strokes.trunk[last],
            });
            next = lines.get(above);
        }
        pieces.reverse();
        pieces.concat()
    }

    fn colored(&self, name: String, line: &Line) -> String {
        let colors = self.options.colors.as_ref();
        let change = line.change.map(|index| &self.changes[index]);
        let style = colors.zip(change).and_then(|(colors, change)| {
            let (kind, detail) = kind_and_detail(change.kind);
            color_of(kind, &detail, &change.path, colors).cloned()
        });
        match style {
            Some(style) => style.to_nu_ansi_term_style().paint(name).to_string(),
            None => name,
        }
    }

    fn push(&self, line: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(self.end_of_line);
    }
}

impl Sink for ChangeTree {
    fn change(&mut self, change: &Change, _: &mut Vec<u8>) {
        self.changes.push(change.clone());
    }

    fn end(&mut self, summary: &DiffSummary, page: &mut Page<'_>) -> io::Result<()> {
        let mut rest = summary.rest;
        // The first line is the root, with all of the change.
        self.changes.retain(|change| {
            let is_root = change.path == summary.root && change.from.is_none();
            if is_root {
                rest += change.residue;
            }
            !is_root
        });
        let lines = self.lines(summary);
        let layout = self.layout(&lines);
        for line in &lines {
            self.push(&self.text(&lines, line, &layout), &mut page.lines);
            page.write_if_full()?;
        }
        let rest = rest.of(self.number.measure);
        if rest != 0 {
            let margin = " ".repeat(layout.number + WORD + 2);
            let rest = self.number.unit.signed(Some(rest));
            let text = format!("{margin}{} more, {rest}", self.strokes.gap);
            self.push(&text, &mut page.lines);
        }
        Ok(())
    }
}

impl Line {
    fn label_columns(&self) -> usize {
        let branches = LEVEL.saturating_mul(self.depth);
        branches + columns(&self.name) + columns(&self.size_after)
    }
}

/// Pushes siblings so that the first is popped first.
fn push_reversed(next: &mut Vec<(usize, usize, bool)>, siblings: &[usize], above: usize) {
    let siblings = siblings.iter().rev().enumerate();
    next.extend(siblings.map(|(turn, &index)| (index, above, turn == 0)));
}

/// The path from a directory above it.
fn below<'a>(path: &'a [u8], above: &[u8]) -> &'a [u8] {
    let rest = path.strip_prefix(above).unwrap_or(path);
    rest.strip_prefix(b"/").unwrap_or(rest)
}

/// An entry for the colours, of which only the type is known.
fn kind_and_detail(kind: FileType) -> (Kind, Detail) {
    let detail = Detail {
        mode: kind.as_raw_mode(),
        links: 1,
        ..Detail::default()
    };
    match kind {
        FileType::Directory => (Kind::Directory(Extent::Whole), detail),
        _ => (Kind::File, detail),
    }
}
