//! How the sums of classes look in each format.
//!
//! | format | a class |
//! |---|---|
//! | du | allocated, apparent, files, per cent, class; between tabs. With `-c`, a last line `total` |
//! | tree | the same as a table with a head, a bar and a last line `total`; where there is little room, without the bar, |
//! | | then without the columns that are not asked for, and names lose their middle; numbers are never cut |
//! | json | an object with the keys of the csv head; the summary follows |
//! | csv | a record below a head |
//!
//! Sizes are bytes in json and csv. Per cent are of the measure that is shown, with one decimal.

use std::io::{self, Write};

use super::{ClassOptions, Line};
use crate::count::usage::Usage;
use crate::format::chart::{self, Sizes, Strokes};
use crate::format::{By, End, Measure, Shape, json, tree};
use crate::gnu::quote::{self, Charset, Style};

/// Columns of a bar, where there are so many beside those of the longest name of ours, `(directories)`.
const BAR: usize = 20;
const NAME: usize = 13;

/// Columns between two others.
const GAP: usize = 2;

/// What writes the lines.
#[derive(Debug)]
pub(super) struct Writer {
    shape: Shape,
    by: &'static str,
    measure: Measure,
    sizes: Sizes,
    quoting: (Style, Charset),
    strokes: &'static Strokes,
    columns: usize,
    end_of_line: u8,
    total: bool,
}

impl Writer {
    pub(super) fn new(options: ClassOptions, show: &crate::format::FormatOptions) -> Self {
        let word = By::WORDS.iter().find(|(_, by)| *by == options.by);
        Self {
            shape: show.shape,
            by: word.map_or("", |(word, _)| word),
            measure: show.selection.measure,
            sizes: options.sizes,
            strokes: Strokes::of(show.tree.chart.is_ascii),
            columns: show.tree.chart.columns,
            quoting: show.lines.quoting,
            end_of_line: show.lines.end_of_line,
            total: show.lines.total,
        }
    }

    /// Writes all that there is to say.
    pub(super) fn write(&self, lines: &[Line], end: &End, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows(lines, end);
        match self.shape {
            Shape::Tree => self.table(&rows, end, out),
            Shape::Csv => {
                out.write_all(b"by,class,allocated,apparent,inodes,percent\r\n")?;
                rows.iter().try_for_each(|row| self.values(row, out))
            }
            Shape::Json => rows.iter().try_for_each(|row| self.object(row, out)),
            Shape::Du | Shape::Ncdu => rows.iter().try_for_each(|row| self.line(row, out)),
        }
    }

    /// The lines, and the total where it has one.
    fn rows<'a>(&self, lines: &'a [Line], end: &End) -> Vec<Row<'a>> {
        let whole = self.measure.of(&end.total);
        let row = |name, is_foreign, usage| Row {
            name,
            is_foreign,
            usage,
            per_cent: PerCent::of(self.measure.of(&usage), whole),
        };
        let rows = lines.iter();
        let mut rows: Vec<_> = rows
            .map(|line| row(&line.name, line.is_foreign, line.sum.usage))
            .collect();
        let has_total = match self.shape {
            Shape::Json | Shape::Csv => false,
            Shape::Tree => true,
            Shape::Du | Shape::Ncdu => self.total && end.outcome.is_end_of_walk(),
        };
        if has_total {
            rows.push(row("total", false, end.total));
        }
        rows
    }

    fn line(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}\t", self.cells(row).join("\t"))?;
        out.write_all(&self.name(row))?;
        out.write_all(&[self.end_of_line])
    }

    fn table(&self, rows: &[Row<'_>], end: &End, out: &mut dyn Write) -> io::Result<()> {
        if let Some(header) = tree::header(end) {
            out.write_all(header.as_bytes())?;
            out.write_all(&[self.end_of_line])?;
        }
        let mut cells = vec![["allocated", "apparent", "files", "%"].map(str::to_owned)];
        cells.extend(rows.iter().map(|row| self.cells(row)));
        let (widths, room) = self.layout(&cells);
        for (index, cells) in cells.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                if let Some(width) = width {
                    line += &format!("{cell:>width$}{:GAP$}", "");
                }
            }
            let row = index.checked_sub(1).and_then(|index| rows.get(index));
            line += &self.class(row, room);
            out.write_all(line.trim_end().as_bytes())?;
            out.write_all(&[self.end_of_line])?;
        }
        Ok(())
    }

    /// What stands beside the numbers: a bar, where there is room, and the name. Of no row, what the classes are by.
    fn class(&self, row: Option<&Row<'_>>, room: usize) -> String {
        let bar = match row {
            _ if room < BAR + GAP + NAME => String::new(),
            Some(row) => self.bar(row.per_cent) + &" ".repeat(GAP),
            None => " ".repeat(BAR + GAP),
        };
        let name = row.map_or_else(|| self.by.into(), |row| self.name(row));
        let room = if bar.is_empty() {
            room
        } else {
            room - BAR - GAP
        };
        bar + &chart::cut(&String::from_utf8_lossy(&name), room, self.strokes.gap)
    }

    /// The widths of the columns that there is room for, and the room for what follows. The measure that is shown
    /// goes last.
    fn layout(&self, cells: &[[String; 4]]) -> ([Option<usize>; 4], usize) {
        let mut widths = [0, 1, 2, 3].map(|column| {
            let widths = cells.iter().map(|cells| cells[column].len());
            widths.max()
        });
        let dispensable = match self.measure {
            Measure::Allocated => [2, 1, 3],
            Measure::Apparent => [2, 0, 3],
            Measure::Inodes => [1, 0, 3],
        };
        let room = |widths: &[Option<usize>; 4]| {
            let used = widths.iter().flatten().map(|width| width + GAP);
            self.columns.saturating_sub(used.sum())
        };
        for column in dispensable {
            if room(&widths) < NAME {
                widths[column] = None;
            }
        }
        (widths, room(&widths))
    }

    fn cells(&self, row: &Row<'_>) -> [String; 4] {
        [
            self.sizes.text(row.usage.allocated),
            self.sizes.text(row.usage.apparent),
            row.usage.inodes.to_string(),
            row.per_cent.to_string(),
        ]
    }

    fn bar(&self, PerCent(tenths): PerCent) -> String {
        let length = usize::try_from(tenths).unwrap_or(0) * BAR / 1000;
        let [full, empty] = self.strokes.bar;
        full.repeat(length) + &empty.repeat(BAR.saturating_sub(length))
    }

    fn object(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut line = format!("{{\"by\":\"{}\",\"class\":", self.by).into_bytes();
        json::write_string(row.name.as_bytes(), &mut line);
        line.push(b',');
        json::write_sums(&row.usage, &mut line);
        writeln!(line, ",\"percent\":{}}}", row.per_cent)?;
        out.write_all(&line)
    }

    fn values(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let name = match row.name.contains(['"', ',', '\r', '\n']) {
            true => format!("\"{}\"", row.name.replace('"', "\"\"")),
            false => row.name.to_owned(),
        };
        let usage = &row.usage;
        let (allocated, apparent, inodes) = (usage.allocated, usage.apparent, usage.inodes);
        let (by, per_cent) = (self.by, row.per_cent);
        write!(
            out,
            "{by},{name},{allocated},{apparent},{inodes},{per_cent}\r\n"
        )
    }

    /// OwnerNames of ours are as they are: nothing in them could harm a terminal.
    fn name(&self, row: &Row<'_>) -> Vec<u8> {
        let bytes = row.name.as_bytes();
        if !row.is_foreign {
            return bytes.into();
        }
        let mut name = Vec::new();
        quote::apply(self.quoting.0, bytes, self.quoting.1, &mut name);
        name
    }
}

/// What there is to say of a class, or of all.
#[derive(Debug)]
struct Row<'a> {
    name: &'a str,
    /// The name is not ours.
    is_foreign: bool,
    usage: Usage,
    per_cent: PerCent,
}

/// Tenths of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PerCent(u128);

impl PerCent {
    /// Rounded to the nearest; of nothing, nothing.
    fn of(part: u128, whole: u128) -> Self {
        // So that a thousand times the number fits.
        let shift = 16_u32.saturating_sub(whole.leading_zeros());
        let (part, whole) = (part >> shift, whole >> shift);
        Self((part * 1000 + whole / 2).checked_div(whole).unwrap_or(0))
    }
}

impl std::fmt::Display for PerCent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}.{}", self.0 / 10, self.0 % 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_are_rounded_and_never_overflow() {
        for (part, whole, expected) in [
            (0, 0, "0.0"),
            (0, 5, "0.0"),
            (1, 3, "33.3"),
            (2, 3, "66.7"),
            (1, 2000, "0.1"),
            (1, 2001, "0.0"),
            (5, 5, "100.0"),
            (u128::MAX, u128::MAX, "100.0"),
            (u128::MAX / 2, u128::MAX, "50.0"),
        ] {
            assert_eq!(PerCent::of(part, whole).to_string(), expected);
        }
    }
}
