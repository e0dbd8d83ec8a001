//! The lines of the tree: size, (time,) branches and name, bar and per cent of the sum over all operands.
//!
//! No line is wider than the terminal. Where there is little room, the bar is left out first, then the per cent; then
//! names lose their middle; the time is left out last. Numbers are never cut, nor the header and the line about the
//! entries left out: a part of a number would be another number. A full bar is the sum over all operands; its pale part
//! is the rest of the directory above, unless that is an operand.
//!
//! Names are for display: on a terminal or not, characters that are not shown are escaped (`\033`). Widths are those of
//! [`columns`](crate::sys::columns).

use std::io;

use humansize::{BINARY, DECIMAL};
use lscolors::{Indicator, LsColors, Style};
use rustix::fs::FileType;

use super::interface::Warning;
use super::lines;
use super::page::Page;
use crate::count::record::Kind;
use crate::count::usage::{Detail, Usage};
use crate::count::visitor::Extent;
use crate::gnu::block_size::BlockSize;
use crate::gnu::numerals::Numerals;
use crate::gnu::quote;
use crate::sys::columns::{columns, head, tail};
use crate::sys::human_size::human_size;

/// Width of `100%` and the blank before it.
const PER_CENT: usize = 5;

/// The per cent is shown where name and per cent have at least this width.
const ROOM_FOR_PER_CENT: usize = 20;

/// The bar is shown where name and bar have at least this width.
const ROOM_FOR_BAR: usize = 24;

/// The shortest bar.
const MIN_BAR: usize = 8;

/// Width of a level of the tree.
pub const LEVEL: usize = 3;

/// The unit of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// A unit for each size, a power of 1024.
    Binary,
    /// A unit for each size, a power of 1000.
    Decimal,
    /// The blocks of GNU du.
    Blocks(BlockSize),
}

impl Sizes {
    /// The text of a size.
    #[must_use]
    pub fn text(self, size: u128, numerals: &Numerals) -> String {
        match self {
            Self::Binary => numerals.with_decimal_point(&human_size(size, BINARY)),
            Self::Decimal => numerals.with_decimal_point(&human_size(size, DECIMAL)),
            Self::Blocks(block_size) => {
                let mut text = Vec::new();
                block_size.write(size, numerals, &mut text);
                // The tree is UTF-8; a locale of another encoding may have other separators.
                String::from_utf8(text).unwrap_or_else(|_| self.text(size, &Numerals::C))
            }
        }
    }

    /// The text of a change, with its sign. Like every size of du, it is rounded away from zero.
    #[must_use]
    pub fn signed(self, change: i128, numerals: &Numerals) -> String {
        let sign = match change {
            ..0 => "-",
            0 => "",
            1.. => "+",
        };
        sign.to_owned() + &self.text(change.unsigned_abs(), numerals)
    }
}

/// The look of the lines.
#[derive(Debug, Clone)]
pub struct ChartOptions {
    /// The greatest width of a line.
    pub columns: usize,
    /// The unit of sizes.
    pub sizes: Sizes,
    /// Branches and bars consist of ASCII characters.
    pub is_ascii: bool,
    /// The colours of names, if names have colours.
    pub colors: Option<LsColors>,
}

/// A line of the tree.
#[derive(Debug)]
pub(super) struct Row {
    /// The path relative to its parent line.
    pub(super) name: Vec<u8>,
    /// The number of lines from the root to it.
    pub(super) depth: usize,
    /// Its parent, one of the lines before.
    pub(super) above: Option<usize>,
    /// It is the last child of its parent.
    pub(super) is_last: bool,
    pub(super) kind: Kind,
    pub(super) usage: Usage,
    pub(super) detail: Detail,
}

/// The lines before and after the tree.
#[derive(Debug)]
pub(super) struct OtherLines {
    /// The line before it.
    pub(super) header: Option<String>,
    /// The number of entries that are left out, and their sum.
    pub(super) left_out: Option<(u64, u128)>,
    /// The sum over all operands has a line.
    pub(super) has_total: bool,
}

/// The characters of the drawing.
#[derive(Debug)]
pub struct Strokes {
    /// Before a name: another sibling follows, or none.
    pub branch: [&'static str; 2],
    /// Before a descendant: the same.
    pub trunk: [&'static str; 2],
    /// The trunk of the levels without room.
    deep: &'static str,
    /// The replacement of the middle of a name.
    pub gap: &'static str,
    /// Full, and pale or empty.
    pub bar: [&'static str; 2],
}

impl Strokes {
    /// Those of a character set.
    #[must_use]
    pub fn of(is_ascii: bool) -> &'static Self {
        match is_ascii {
            true => &ASCII,
            false => &UNICODE,
        }
    }
}

const UNICODE: Strokes = Strokes {
    branch: ["├─ ", "└─ "],
    trunk: ["│  ", "   "],
    deep: "…  ",
    gap: "…",
    bar: ["█", "░"],
};

const ASCII: Strokes = Strokes {
    branch: ["|- ", "`- "],
    trunk: ["|  ", "   "],
    deep: ".. ",
    gap: "...",
    bar: ["#", "."],
};

/// See the module.
#[derive(Debug)]
pub(super) struct Chart {
    lines: lines::LineOptions,
    options: ChartOptions,
    strokes: &'static Strokes,
}

/// The width of each part of a line.
struct Layout {
    size: usize,
    time: usize,
    label: usize,
    /// The greatest number of levels of branches in a label.
    levels: usize,
    bar: usize,
    has_per_cent: bool,
    whole: u128,
}

/// The texts of a line from which the layout follows.
struct Cell {
    size: String,
    time: String,
    name: String,
}

impl Chart {
    pub(super) fn new(lines: lines::LineOptions, options: ChartOptions) -> Self {
        Self {
            lines,
            strokes: Strokes::of(options.is_ascii),
            options,
        }
    }

    /// Writes all lines. Returns the last warning.
    pub(super) fn draw(
        &self,
        rows: &[Row],
        others: &OtherLines,
        total: &Usage,
        page: &mut Page<'_>,
    ) -> io::Result<Option<Warning>> {
        let mut warning = None;
        let mut cells = Vec::with_capacity(rows.len() + 1);
        for row in rows {
            let is_partial = matches!(
                row.kind,
                Kind::Directory(Extent::Unfinished | Extent::Broken)
            );
            cells.push(self.cell(&row.usage, is_partial, &row.name, &mut warning));
        }
        if others.has_total {
            cells.push(self.cell(total, false, b"total", &mut warning));
        }
        let layout = self.layout(rows, &cells, self.lines.measure.of(total));
        if let Some(header) = &others.header {
            self.push_line(header, &mut page.lines);
        }
        for (row, cell) in rows.iter().zip(&cells) {
            let label = self.label(rows, row, cell, &layout);
            let bar = self.bar(rows, row.above, self.lines.measure.of(&row.usage), &layout);
            self.push_line(&line(cell, label, bar, &layout), &mut page.lines);
            page.write_if_full()?;
        }
        if let Some(left_out) = others.left_out {
            self.push_line(&self.left_out(left_out, &layout), &mut page.lines);
        }
        if let (true, Some(cell)) = (others.has_total, cells.last()) {
            let label = self.cut(&cell.name, layout.label);
            let bar = self.bar(rows, None, layout.whole, &layout);
            let line = line(cell, (columns(&label), label), bar, &layout);
            self.push_line(&line, &mut page.lines);
        }
        Ok(warning)
    }

    fn push_line(&self, line: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(line.as_bytes());
        out.push(self.lines.end_of_line);
    }

    fn printable(&self, text: &[u8]) -> String {
        let (_, charset) = self.lines.quoting;
        // Bytes that are no character of the charset are escaped, so the conversion loses nothing.
        String::from_utf8_lossy(&quote::printable(text, charset)).into_owned()
    }

    fn size(&self, size: u128) -> String {
        self.options.sizes.text(size, self.lines.numerals)
    }

    fn cell(
        &self,
        usage: &Usage,
        is_partial: bool,
        name: &[u8],
        warning: &mut Option<Warning>,
    ) -> Cell {
        let size = self.size(self.lines.measure.of(usage));
        let mut time = Vec::new();
        if let Some((style, zone)) = &self.lines.time {
            let new = lines::write_newest(style, zone, usage.newest, &mut time);
            *warning = new.or(*warning);
        }
        Cell {
            size: [if is_partial { ">" } else { "" }, &*size].concat(),
            time: self.printable(&time),
            name: self.printable(name),
        }
    }

    fn layout(&self, rows: &[Row], cells: &[Cell], whole: u128) -> Layout {
        let widest = |text: fn(&Cell) -> &str| {
            let widths = cells.iter().map(|cell| columns(text(cell)));
            widths.max().unwrap_or(0)
        };
        let size = widest(|cell| &cell.size);
        let time = widest(|cell| &cell.time) + 1;
        let has_time = self.lines.time.is_some() && size + time <= self.options.columns;
        let time = if has_time { time } else { 0 };
        let mut room = self.options.columns.saturating_sub(size + 1 + time);
        let has_per_cent = room >= ROOM_FOR_PER_CENT;
        if has_per_cent {
            room -= PER_CENT;
        }
        let depths = rows.iter().map(|row| row.depth).chain([0]);
        let labels = cells.iter().zip(depths);
        let labels = labels.map(|(cell, depth)| LEVEL.saturating_mul(depth) + columns(&cell.name));
        let longest = labels.max().unwrap_or(0);
        let has_bar = has_per_cent && room >= ROOM_FOR_BAR;
        let most = match has_bar {
            true => room - 1 - MIN_BAR.max(room / 4),
            false => room,
        };
        let label = if has_bar { longest.min(most) } else { most };
        Layout {
            size,
            time,
            label,
            // Where labels are cut, at least half of the label is for the name.
            levels: match longest <= most {
                true => usize::MAX,
                false => most / 2 / LEVEL,
            },
            bar: (room - label).saturating_sub(1),
            has_per_cent,
            whole,
        }
    }

    /// Branches and name, with colours, and their width.
    fn label(&self, rows: &[Row], row: &Row, cell: &Cell, layout: &Layout) -> (usize, String) {
        let mut pieces = Vec::new();
        let mut next = (layout.levels > 0).then_some(row);
        while let Some((row, above)) = next.and_then(|row| Some((row, row.above?))) {
            let last = usize::from(row.is_last);
            pieces.push(match pieces.len() {
                0 => self.strokes.branch[last],
                up if up + 1 == layout.levels && row.depth > 1 => self.strokes.deep,
                _ => self.strokes.trunk[last],
            });
            next = (pieces.len() < layout.levels)
                .then(|| rows.get(above))
                .flatten();
        }
        pieces.reverse();
        let branches = pieces.concat();
        let name = self.cut(&cell.name, layout.label - LEVEL * pieces.len());
        let width = LEVEL * pieces.len() + columns(&name);
        let colors = self.options.colors.as_ref();
        let color = |colors| color_of(row.kind, &row.detail, &row.name, colors);
        let name = match colors.and_then(color) {
            Some(style) => style.to_nu_ansi_term_style().paint(name).to_string(),
            None => name,
        };
        (width, branches + &name)
    }

    /// The bar of a size, on top of that of its parent; and the size in per cent.
    fn bar(
        &self,
        rows: &[Row],
        above: Option<usize>,
        size: u128,
        layout: &Layout,
    ) -> (String, u128) {
        let part = |size: u128, of: usize| {
            let of = u128::try_from(of).unwrap_or(0);
            let parts = size
                .saturating_mul(2)
                .saturating_mul(of)
                .saturating_add(layout.whole);
            parts
                .checked_div(layout.whole.saturating_mul(2))
                .unwrap_or(0)
                .min(of)
        };
        let cells = |size| usize::try_from(part(size, layout.bar)).unwrap_or(layout.bar);
        let above = above.and_then(|above| rows.get(above));
        let above = above.filter(|row| row.depth > 0);
        let above = above.map_or(0, |row| self.lines.measure.of(&row.usage));
        let full = cells(size);
        let pale = cells(above).saturating_sub(full);
        let [dark, light] = self.strokes.bar;
        let empty = layout.bar - full - pale;
        let bar = [dark.repeat(full), light.repeat(pale), " ".repeat(empty)].concat();
        (bar, part(size, 100))
    }

    fn left_out(&self, (count, size): (u64, u128), layout: &Layout) -> String {
        let size = self.size(size);
        let text = format!("{} {count} more, {size}", self.strokes.gap);
        let room = self.options.columns.saturating_sub(columns(&text));
        let margin = " ".repeat((layout.size + 1 + layout.time).min(room));
        match self.options.colors {
            Some(_) => format!("\x1b[2m{margin}{text}\x1b[0m"),
            None => margin + &text,
        }
    }

    fn cut(&self, text: &str, room: usize) -> String {
        cut(text, room, self.strokes.gap)
    }
}

/// A line of these parts.
fn line(
    cell: &Cell,
    (width, label): (usize, String),
    (bar, per_cent): (String, u128),
    layout: &Layout,
) -> String {
    let blanks = |count: usize| " ".repeat(count);
    let mut line = blanks(layout.size - columns(&cell.size)) + &cell.size;
    if layout.time > 0 {
        let padding = layout.time - 1 - columns(&cell.time);
        line += &[" ", &*cell.time, &*blanks(padding)].concat();
    }
    if layout.label > 0 {
        line += &[" ", &*label].concat();
    }
    if layout.has_per_cent {
        line += &blanks(layout.label - width);
        if layout.bar > 0 {
            line += &[" ", &*bar].concat();
        }
        line += &format!(" {per_cent:>3}%");
    }
    line
}

/// The text, with `gap` in place of its middle where it is wider than `room`.
#[must_use]
pub fn cut(text: &str, room: usize, gap: &str) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let rest = room.saturating_sub(columns(gap));
    if rest < 2 {
        return head(text, room).to_owned();
    }
    let start = head(text, rest - rest / 2);
    let end = tail(text, rest - columns(start));
    [start, gap, end].concat()
}

/// The colour of the name in the output of `ls`.
#[must_use]
pub fn color_of<'a>(
    kind: Kind,
    detail: &Detail,
    name: &[u8],
    colors: &'a LsColors,
) -> Option<&'a Style> {
    let mode = detail.mode;
    let first = |rules: &[(Indicator, bool)], otherwise| {
        let rule = rules
            .iter()
            .find(|(kind, holds)| *holds && colors.has_explicit_style_for(*kind));
        rule.map_or(otherwise, |(kind, _)| *kind)
    };
    let indicator = match (kind, FileType::from_raw_mode(mode)) {
        (Kind::File, FileType::Symlink) => Indicator::SymbolicLink,
        (Kind::File, FileType::Fifo) => Indicator::FIFO,
        (Kind::File, FileType::Socket) => Indicator::Socket,
        (Kind::File, FileType::BlockDevice) => Indicator::BlockDevice,
        (Kind::File, FileType::CharacterDevice) => Indicator::CharacterDevice,
        (Kind::File, _) => first(
            &[
                (Indicator::Setuid, mode & 0o4000 != 0),
                (Indicator::Setgid, mode & 0o2000 != 0),
                (Indicator::ExecutableFile, mode & 0o111 != 0),
                (Indicator::MultipleHardLinks, detail.links > 1),
            ],
            Indicator::RegularFile,
        ),
        _ => first(
            &[
                (Indicator::StickyAndOtherWritable, mode & 0o1002 == 0o1002),
                (Indicator::OtherWritable, mode & 0o002 != 0),
                (Indicator::Sticky, mode & 0o1000 != 0),
            ],
            Indicator::Directory,
        ),
    };
    if indicator == Indicator::RegularFile
        && let Some(style) = colors.style_for_str(&String::from_utf8_lossy(name))
    {
        return Some(style);
    }
    colors.style_for_indicator(indicator)
}
