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

use std::collections::HashMap;
use std::io;

use rustix::fs::FileType;

use super::number::Number;
use crate::count::record::Kind;
use crate::count::usage::Detail;
use crate::count::visitor::Extent;
use crate::diff::change::{Change, Sink, Summary};
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
    branches: String,
    name: String,
    /// The size after the name, which is never cut.
    size_after: String,
    /// The change that gives the colour; none for the root.
    change: Option<usize>,
    /// The number, for the bar.
    size: i128,
}

/// Which change lies in which one. None is the root.
struct Nesting {
    above: Vec<Option<usize>>,
    below: HashMap<Option<usize>, Vec<usize>>,
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

    /// The changes, each after the one that it lies in, with the branches before it and its name from there.
    fn lines(&self, summary: &Summary) -> Vec<Line> {
        let total = summary.change.of(self.number.measure);
        let mut lines = vec![Line {
            number: self.number.unit.signed(Some(total)),
            word: "total",
            branches: String::new(),
            name: self.printable(&summary.root),
            size_after: String::new(),
            change: None,
            size: 0,
        }];
        let mut nesting = self.nesting();
        let mut next = Vec::new();
        push_reversed(&mut next, &nesting.take_below(None), "");
        while let Some((index, trunk, is_last)) = next.pop() {
            let last = usize::from(is_last);
            let branches = format!("{trunk}{}", self.strokes.branch[last]);
            let root = match nesting.above[index] {
                Some(above) => &self.changes[above].path,
                None => &summary.root,
            };
            lines.push(self.line(index, branches, root, &summary.root));
            let trunk = format!("{trunk}{}", self.strokes.trunk[last]);
            push_reversed(&mut next, &nesting.take_below(Some(index)), &trunk);
        }
        lines
    }

    fn nesting(&self) -> Nesting {
        let paths = self.changes.iter().map(|change| &*change.path);
        let numbers: HashMap<&[u8], usize> = paths.zip(0..).collect();
        let mut below: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        let mut above = Vec::with_capacity(self.changes.len());
        for (index, change) in self.changes.iter().enumerate() {
            let mut parents = parents(&change.path);
            let parent = parents.find_map(|parent| numbers.get(parent).copied());
            above.push(parent);
            below.entry(parent).or_default().push(index);
        }
        Nesting { above, below }
    }

    fn line(&self, index: usize, branches: String, above: &[u8], root: &[u8]) -> Line {
        let change = &self.changes[index];
        let mut name = self.printable(below(&change.path, above));
        if let Some(from) = &change.from {
            let from = self.printable(below(from, root));
            let to = self.printable(below(&change.path, root));
            name = format!("{from} -> {to}");
        }
        let size_after = self.number.known_text(change);
        let size_after = size_after.map(|size| format!(", {size}"));
        Line {
            number: self.number.text(change),
            word: change.event.word(),
            branches,
            name,
            size_after: size_after.unwrap_or_default(),
            change: Some(index),
            size: self.number.of(change).unwrap_or(0),
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

    fn text(&self, line: &Line, layout: &Layout) -> String {
        let levels = columns(&line.branches);
        // Where a name is very deep, half of the room is for the name.
        let levels = match levels > layout.label / 2 {
            true => layout.label / 2 / LEVEL * LEVEL,
            false => levels,
        };
        let branches: String = line.branches.chars().rev().take(levels).collect();
        let branches: String = branches.chars().rev().collect();
        let after = &line.size_after;
        let room = (layout.label - levels).saturating_sub(columns(after));
        let name = cut(&line.name, room, self.strokes.gap);
        let padding = " ".repeat(room.saturating_sub(columns(&name)));
        let bar = self.bar(line.size, layout);
        let (number, word, width) = (&line.number, line.word, layout.number);
        let number = format!("{}{number}", " ".repeat(width - columns(number)));
        let name = self.colored(name, line);
        format!("{number} {word:WORD$} {branches}{name}{after}{padding} {bar}")
    }

    fn bar(&self, size: i128, layout: &Layout) -> String {
        let most = u128::try_from(layout.bar).unwrap_or(0);
        let parts = size.unsigned_abs().saturating_mul(most);
        let length = parts.div_ceil(layout.largest.max(1)).min(most);
        let [full, pale] = self.strokes.bar;
        let stroke = if size < 0 { pale } else { full };
        stroke.repeat(usize::try_from(length).unwrap_or(0))
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

    fn end(&mut self, summary: &Summary, page: &mut Page<'_>) -> io::Result<()> {
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
            self.push(&self.text(line, &layout), &mut page.lines);
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
        columns(&self.branches) + columns(&self.name) + columns(&self.size_after)
    }
}

impl Nesting {
    fn take_below(&mut self, above: Option<usize>) -> Vec<usize> {
        self.below.remove(&above).unwrap_or_default()
    }
}

/// Pushes siblings so that the first is popped first.
fn push_reversed(next: &mut Vec<(usize, String, bool)>, siblings: &[usize], trunk: &str) {
    for (turn, &index) in siblings.iter().rev().enumerate() {
        next.push((index, trunk.to_owned(), turn == 0));
    }
}

/// The directories above a path, the nearest first.
fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(parent(path), |path| parent(path))
}

fn parent(path: &[u8]) -> Option<&[u8]> {
    let end = path.iter().rposition(|&byte| byte == b'/')?;
    path.get(..end)
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
