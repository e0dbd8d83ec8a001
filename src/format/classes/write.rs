//! The lines of the sums by class in each output format.
//!
//! | format | a class |
//! |---|---|
//! | du | allocated, apparent, files, per cent, class; between tabs. With `-c`, a last line `total` |
//! | tree | the same as a table with a header, a bar and a last line `total`; where there is little room, without the |
//! | | bar, then without the columns of other measures; then names lose their middle; numbers are never cut |
//! | json | an object with the keys of the csv header; the summary follows |
//! | csv | a record after a header |
//! | prometheus | a series of each metric; the metrics of the run follow |
//!
//! In json and csv, users and groups have a key `id`, the number: a number without a name may be the name of another.
//! Sizes are bytes in json and csv. Per cent are of the measure that is shown, with one decimal.

use std::io;

use crate::count::usage::{Measure, Usage};
use crate::format::chart::{self, ChartOptions, Sizes, Strokes};
use crate::format::interface::Totals;
use crate::format::kinds::{GroupBy, OutputFormat};
use crate::format::lines::LineOptions;
use crate::format::page::Page;
use crate::format::prometheus::{self, Series};
use crate::format::{json, tree};
use crate::gnu::numerals::Numerals;
use crate::gnu::quote::{self, Charset, Style};

/// Width of a bar, which is shown where that much is left beside the longest name of pdu, `(directories)`.
const BAR: usize = 20;
const NAME: usize = 13;

/// Width of the space between two columns.
const GAP: usize = 2;

/// The sum of a class.
#[derive(Debug)]
pub(super) struct ClassSum {
    /// The number of classes before it in the order of the walk.
    pub(super) turn: usize,
    pub(super) usage: Usage,
}

/// A class that has a line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    /// The number of a user or a group. Then the name may contain any character.
    pub(super) id: Option<u32>,
    pub(super) sum: ClassSum,
}

/// The look of the lines.
#[derive(Debug)]
pub(super) struct Writer {
    format: OutputFormat,
    /// The word for the property that makes the classes.
    group_by: &'static str,
    /// The classes are users or groups.
    has_ids: bool,
    measure: Measure,
    sizes: Sizes,
    numerals: &'static Numerals,
    quoting: (Style, Charset),
    strokes: &'static Strokes,
    columns: usize,
    end_of_line: u8,
    total: bool,
}

impl Writer {
    pub(super) fn new(
        format: OutputFormat,
        (group_by, sizes): (GroupBy, Sizes),
        lines: &LineOptions,
        chart: &ChartOptions,
    ) -> Self {
        Self {
            format,
            group_by: group_by.word(),
            has_ids: matches!(group_by, GroupBy::Owner | GroupBy::Group),
            measure: lines.measure,
            sizes,
            numerals: lines.numerals,
            strokes: Strokes::of(chart.is_ascii),
            columns: chart.columns,
            quoting: lines.quoting,
            end_of_line: lines.end_of_line,
            total: lines.total,
        }
    }

    /// Writes all lines, and each page when it is full.
    pub(super) fn write(
        &self,
        lines: &[Line],
        totals: &Totals,
        page: &mut Page<'_>,
    ) -> io::Result<()> {
        let rows = self.rows(lines, totals);
        let push: fn(&Self, &Row<'_>, &mut Vec<u8>) = match self.format {
            OutputFormat::Tree => return self.table(&rows, totals, page),
            OutputFormat::Prometheus => return self.metrics(&rows, page),
            OutputFormat::Csv => {
                let header = b"by,class,allocated,apparent,inodes,percent";
                page.lines.extend_from_slice(header);
                let id: &[u8] = if self.has_ids { b",id\r\n" } else { b"\r\n" };
                page.lines.extend_from_slice(id);
                Self::push_values
            }
            OutputFormat::Json => Self::push_object,
            OutputFormat::Du | OutputFormat::Ncdu | OutputFormat::Parquet => Self::push_line,
        };
        rows.iter().try_for_each(|row| {
            push(self, row, &mut page.lines);
            page.write_if_full()
        })
    }

    /// The classes, and the total where it has a line.
    fn rows<'a>(&self, lines: &'a [Line], totals: &Totals) -> Vec<Row<'a>> {
        let whole = self.measure.of(&totals.counts.total);
        let row = |name, id, usage| Row {
            name,
            id,
            usage,
            per_cent: PerCent::of(self.measure.of(&usage), whole),
        };
        let rows = lines.iter();
        let mut rows: Vec<_> = rows
            .map(|line| row(&line.name, line.id, line.sum.usage))
            .collect();
        let has_total = match self.format {
            OutputFormat::Json | OutputFormat::Csv | OutputFormat::Prometheus => false,
            OutputFormat::Tree => true,
            OutputFormat::Du | OutputFormat::Ncdu | OutputFormat::Parquet => {
                self.total && totals.completeness.is_end_of_walk()
            }
        };
        if has_total {
            rows.push(row("total", None, totals.counts.total));
        }
        rows
    }

    fn metrics(&self, rows: &[Row<'_>], page: &mut Page<'_>) -> io::Result<()> {
        let by = self.group_by.as_bytes();
        let series = rows.iter().map(|row| {
            let id = row.id.map_or_else(String::new, |id| id.to_string());
            let labels = [
                ("by", by),
                ("class", row.name.as_bytes()),
                ("id", id.as_bytes()),
            ];
            // An empty label would be the same as none.
            Series::new(&labels[..2 + usize::from(row.id.is_some())], row.usage)
        });
        prometheus::CLASSES.write(&series.collect::<Vec<_>>(), page)
    }

    fn push_line(&self, row: &Row<'_>, out: &mut Vec<u8>) {
        for cell in self.cells(row) {
            out.extend_from_slice(cell.as_bytes());
            out.push(b'\t');
        }
        out.extend_from_slice(&self.name(row));
        out.push(self.end_of_line);
    }

    fn table(&self, rows: &[Row<'_>], totals: &Totals, page: &mut Page<'_>) -> io::Result<()> {
        if let Some(header) = tree::header(totals) {
            page.lines.extend_from_slice(header.as_bytes());
            page.lines.push(self.end_of_line);
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
            page.lines.extend_from_slice(line.trim_end().as_bytes());
            page.lines.push(self.end_of_line);
            page.write_if_full()?;
        }
        Ok(())
    }

    /// The text after the numbers: a bar, where there is room, and the name. In the header, the name is the property.
    fn class(&self, row: Option<&Row<'_>>, room: usize) -> String {
        let bar = match row {
            _ if room < BAR + GAP + NAME => String::new(),
            Some(row) => self.bar(row.per_cent) + &" ".repeat(GAP),
            None => " ".repeat(BAR + GAP),
        };
        let name = row.map_or_else(|| self.group_by.into(), |row| self.name(row));
        let room = if bar.is_empty() {
            room
        } else {
            room - BAR - GAP
        };
        // Into a pipe, too: a table is for people, and a pager passes the characters on.
        let name = quote::printable(&name, self.quoting.1);
        bar + &chart::cut(&String::from_utf8_lossy(&name), room, self.strokes.gap)
    }

    /// The widths of the columns, none where there is no room, and the width that is left for bar and name. The
    /// column of the measure that is shown always stays.
    fn layout(&self, cells: &[[String; 4]]) -> ([Option<usize>; 4], usize) {
        let mut widths = [0, 1, 2, 3].map(|column| {
            let widths = cells.iter().map(|cells| cells[column].chars().count());
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
            self.sizes.text(row.usage.allocated, self.numerals),
            self.sizes.text(row.usage.apparent, self.numerals),
            row.usage.inodes.to_string(),
            self.numerals.with_decimal_point(&row.per_cent.to_string()),
        ]
    }

    fn bar(&self, PerCent(tenths): PerCent) -> String {
        let length = usize::try_from(tenths).unwrap_or(0) * BAR / 1000;
        let [full, empty] = self.strokes.bar;
        full.repeat(length) + &empty.repeat(BAR.saturating_sub(length))
    }

    fn push_object(&self, row: &Row<'_>, out: &mut Vec<u8>) {
        let start = format!("{{\"by\":\"{}\",\"class\":", self.group_by);
        out.extend_from_slice(start.as_bytes());
        json::write_string(row.name.as_bytes(), out);
        out.push(b',');
        json::write_sums(&row.usage, out);
        let id = row.id.map(|id| format!(",\"id\":{id}"));
        let (per_cent, id) = (row.per_cent, id.unwrap_or_default());
        out.extend_from_slice(format!(",\"percent\":{per_cent}{id}}}\n").as_bytes());
    }

    fn push_values(&self, row: &Row<'_>, out: &mut Vec<u8>) {
        let name = match row.name.contains(['"', ',', '\r', '\n']) {
            true => format!("\"{}\"", row.name.replace('"', "\"\"")),
            false => row.name.to_owned(),
        };
        let usage = &row.usage;
        let (allocated, apparent, inodes) = (usage.allocated, usage.apparent, usage.inodes);
        let (group_by, per_cent) = (self.group_by, row.per_cent);
        let line = format!("{group_by},{name},{allocated},{apparent},{inodes},{per_cent}");
        out.extend_from_slice(line.as_bytes());
        if self.has_ids {
            let id = row.id.map_or_else(String::new, |id| id.to_string());
            out.extend_from_slice(format!(",{id}").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The name of a user or group is quoted. Other names consist of characters that are safe on a terminal.
    fn name(&self, row: &Row<'_>) -> Vec<u8> {
        let bytes = row.name.as_bytes();
        if row.id.is_none() {
            return bytes.into();
        }
        let mut name = Vec::new();
        quote::apply(self.quoting.0, bytes, self.quoting.1, &mut name);
        name
    }
}

/// A class, or the total.
#[derive(Debug)]
struct Row<'a> {
    name: &'a str,
    /// See [`Line`].
    id: Option<u32>,
    usage: Usage,
    per_cent: PerCent,
}

/// Tenths of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PerCent(u128);

impl PerCent {
    /// Rounded to the nearest; 0 if the whole is 0.
    fn of(part: u128, whole: u128) -> Self {
        // Shifted so that the product with 1000 fits.
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
