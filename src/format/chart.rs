//! The lines of the tree: size, (time,) branches and name, bar and per cent of the sum over all operands.
//!
//! No line is wider than the terminal; where there is little room, first the bar goes, then the per cent, then names
//! lose their middle, and the time goes at last. Numbers are never cut, nor the lines about the whole: a part of one
//! would be another. A bar is full for the whole; its pale part is what else the directory above takes, unless that
//! is an operand.
//!
//! Names are for people and the eye: on a terminal or not, what does not print is escaped (`\033`), the rest is as
//! it is. Columns are counted as Unicode's annex 11 has them, where ambiguous as one.

use std::io::{self, Write};

use humansize::{BINARY, DECIMAL, FormatSizeOptions};
use lscolors::{Indicator, LsColors, Style};
use rustix::fs::FileType;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Written, lines};
use crate::count::record::Kind;
use crate::count::usage::{Detail, Usage};
use crate::gnu::block_size::BlockSize;
use crate::gnu::quote;

/// Columns for `100%` and the blank before it.
const PER_CENT: usize = 5;

/// With so many columns for name and per cent, there is a per cent.
const ROOM_FOR_PER_CENT: usize = 20;

/// With so many columns for name and bar, there is a bar.
const ROOM_FOR_BAR: usize = 24;

/// The shortest bar.
const LEAST_BAR: usize = 8;

/// Columns of a level of the tree.
const LEVEL: usize = 3;

/// How sizes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// As people say them, in powers of 1024.
    Binary,
    /// In powers of 1000.
    Decimal,
    /// As du writes them.
    Blocks(BlockSize),
}

impl Sizes {
    pub(super) fn text(self, size: u128) -> String {
        let people = |options: FormatSizeOptions, beyond| match u64::try_from(size) {
            Ok(size) => humansize::format_size(size, options.decimal_places(1)),
            // humansize ends at 2^64 bytes.
            Err(_) => Self::Blocks(beyond).text(size),
        };
        match self {
            Self::Binary => people(BINARY, BlockSize::HUMAN),
            Self::Decimal => people(DECIMAL, BlockSize::SI),
            Self::Blocks(block_size) => {
                let mut text = Vec::new();
                block_size.write(size, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }
        }
    }
}

/// How lines look.
#[derive(Debug, Clone)]
pub struct ChartOptions {
    /// The widest that a line may be.
    pub columns: usize,
    /// How sizes are written.
    pub sizes: Sizes,
    /// Branches and bars are drawn with ASCII's characters.
    pub is_ascii: bool,
    /// The colours of names, if they have any.
    pub colors: Option<LsColors>,
}

/// A line of the tree.
#[derive(Debug)]
pub(super) struct Row {
    /// Below what it hangs on.
    pub(super) name: Vec<u8>,
    /// How many lines are on the way up.
    pub(super) depth: usize,
    /// The line that it hangs on, one of those before.
    pub(super) above: Option<usize>,
    /// No other hangs there after it.
    pub(super) is_last: bool,
    pub(super) kind: Kind,
    pub(super) usage: Usage,
    pub(super) detail: Detail,
}

/// What there is to say beside the tree.
#[derive(Debug)]
pub(super) struct Note {
    /// Before it.
    pub(super) header: Option<String>,
    /// How many entries are left out, and their sum.
    pub(super) left_out: Option<(u64, u128)>,
    /// The sum over all operands has a line.
    pub(super) has_total: bool,
}

/// What lines are drawn with.
#[derive(Debug)]
pub(super) struct Strokes {
    /// Another sibling follows; it does not.
    branch: [&'static str; 2],
    /// The same, further down.
    trunk: [&'static str; 2],
    /// The trunk of levels that there is no room for.
    deep: &'static str,
    /// What stands for the middle of a name.
    pub(super) gap: &'static str,
    /// Full, and pale or empty.
    pub(super) bar: [&'static str; 2],
}

impl Strokes {
    pub(super) fn of(is_ascii: bool) -> &'static Self {
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

/// The columns of each part of a line.
struct Layout {
    size: usize,
    time: usize,
    label: usize,
    /// How many levels of branches a label may have.
    levels: usize,
    bar: usize,
    has_per_cent: bool,
    whole: u128,
}

/// The texts of a line that its layout follows from.
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

    /// Writes everything.
    pub(super) fn draw(
        &self,
        rows: &[Row],
        note: &Note,
        total: &Usage,
        out: &mut dyn Write,
    ) -> io::Result<Written> {
        let mut written = Written::Well;
        let mut cells = Vec::with_capacity(rows.len() + 1);
        for row in rows {
            let is_partial = matches!(row.kind, Kind::UnfinishedDirectory | Kind::BrokenDirectory);
            cells.push(self.cell(&row.usage, is_partial, &row.name, &mut written));
        }
        if note.has_total {
            cells.push(self.cell(total, false, b"total", &mut written));
        }
        let layout = self.layout(rows, &cells, self.lines.measure.of(total));
        if let Some(header) = &note.header {
            self.end_line(out, header)?;
        }
        for (row, cell) in rows.iter().zip(&cells) {
            let label = self.label(rows, row, cell, &layout);
            let bar = self.bar(rows, row.above, self.lines.measure.of(&row.usage), &layout);
            self.line(cell, label, bar, &layout, out)?;
        }
        if let Some(left_out) = note.left_out {
            self.end_line(out, &self.left_out(left_out, &layout))?;
        }
        if let (true, Some(cell)) = (note.has_total, cells.last()) {
            let label = self.cut(&cell.name, layout.label);
            let bar = self.bar(rows, None, layout.whole, &layout);
            self.line(cell, (label.width(), label), bar, &layout, out)?;
        }
        Ok(written)
    }

    fn end_line(&self, out: &mut dyn Write, line: &str) -> io::Result<()> {
        out.write_all(line.as_bytes())?;
        out.write_all(&[self.lines.end_of_line])
    }

    fn printable(&self, text: &[u8]) -> String {
        let (_, charset) = self.lines.quoting;
        // What is no character of the charset is escaped, so that nothing is lost here.
        String::from_utf8_lossy(&quote::printable(text, charset)).into_owned()
    }

    fn cell(&self, usage: &Usage, is_partial: bool, name: &[u8], written: &mut Written) -> Cell {
        let size = self.options.sizes.text(self.lines.measure.of(usage));
        let mut time = Vec::new();
        if let Some((style, zone)) = &self.lines.time {
            let this = lines::write_newest(style, zone, usage.newest, &mut time);
            if this != Written::Well {
                *written = this;
            }
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
            true => room - 1 - LEAST_BAR.max(room / 4),
            false => room,
        };
        let label = if has_bar { longest.min(most) } else { most };
        Layout {
            size,
            time,
            label,
            // Where labels have to be cut, a name is worth half of one.
            levels: match longest <= most {
                true => usize::MAX,
                false => most / 2 / LEVEL,
            },
            bar: (room - label).saturating_sub(1),
            has_per_cent,
            whole,
        }
    }

    /// Branches and name, with colours, and how wide that is without them.
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
        let name = match colors.and_then(|colors| color_of(row, colors)) {
            Some(style) => style.to_nu_ansi_term_style().paint(name).to_string(),
            None => name,
        };
        (width, branches + &name)
    }

    /// A line of these parts.
    fn line(
        &self,
        cell: &Cell,
        (width, label): (usize, String),
        (bar, per_cent): (String, u128),
        layout: &Layout,
        out: &mut dyn Write,
    ) -> io::Result<()> {
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
        self.end_line(out, &line)
    }

    /// The bar of a size, below that of the line above; and the size in per cent.
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
        let size = self.options.sizes.text(size);
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

/// The text without its middle, where there is no room for all of it; `gap` stands for that.
pub(super) fn cut(text: &str, room: usize, gap: &str) -> String {
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

/// Columns on a terminal.
fn columns(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The beginning, as wide as it may be; what is seen as one character is not cut.
fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (start, character) in text.grapheme_indices(true) {
        used += character.width();
        if used > room {
            return text.get(..start).unwrap_or_default();
        }
    }
    text
}

/// The end, likewise.
fn tail(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (start, character) in text.grapheme_indices(true).rev() {
        used += character.width();
        if used > room {
            return text.get(start + character.len()..).unwrap_or_default();
        }
    }
    text
}

/// The colour that `ls` would give the name.
fn color_of<'a>(row: &Row, colors: &'a LsColors) -> Option<&'a Style> {
    let mode = row.detail.mode;
    let first = |rules: &[(Indicator, bool)], otherwise| {
        let rule = rules
            .iter()
            .find(|(kind, holds)| *holds && colors.has_explicit_style_for(*kind));
        rule.map_or(otherwise, |(kind, _)| *kind)
    };
    let indicator = match (row.kind, FileType::from_raw_mode(mode)) {
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
                (Indicator::MultipleHardLinks, row.detail.links > 1),
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
        && let Some(style) = colors.style_for_str(&String::from_utf8_lossy(&row.name))
    {
        return Some(style);
    }
    colors.style_for_indicator(indicator)
}
