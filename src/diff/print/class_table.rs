//! The lines of the changes by class, in each output format.
//!
//! | format | a class |
//! |---|---|
//! | du | change, size before, size now, change of the number of entries, class; between tabs |
//! | tree | the same as a table with a header and a bar, where there is room |
//! | json | an object with the three sizes before, now and as change; the summary follows |
//! | csv | the same as a record after a header |
//!
//! A last line `total` has the sums of all classes, in the formats for people.

use std::io;

use super::bar::bar;
use super::csv::write_columns;
use super::json::write_sizes;
use super::number::Unit;
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;
use crate::diff::known::Known;
use crate::format::chart::{Strokes, cut};
use crate::format::classes::ClassOptions;
use crate::format::csv::write_field;
use crate::format::json::write_string;
use crate::format::page::Page;
use crate::format::{FormatOptions, GroupBy, OutputFormat};
use crate::gnu::quote::{self, Charset, Style};
use crate::sys::columns::columns;

/// The width of a bar, which is shown where the class has at least `NAME` beside it.
const BAR: usize = 20;
const NAME: usize = 13;

/// The space between two columns.
const GAP: &str = "  ";

/// A class, or the total.
#[derive(Debug, Clone)]
pub(super) struct ClassRow {
    pub(super) name: String,
    /// The number of a user or a group, whose name may contain any character.
    pub(super) id: Option<u32>,
    pub(super) before: Amounts,
    pub(super) now: Amounts,
}

impl ClassRow {
    pub(super) fn change(&self) -> Amounts {
        self.now - self.before
    }
}

/// See the module.
pub(super) struct ClassTable {
    format: OutputFormat,
    /// The word for the property that makes the classes.
    group_by: &'static str,
    has_ids: bool,
    pub(super) known: Known,
    measure: Measure,
    unit: Unit,
    quoting: (Style, Charset),
    end_of_line: u8,
    columns: usize,
    strokes: &'static Strokes,
}

impl ClassTable {
    pub(super) fn new(classes: ClassOptions, options: &FormatOptions) -> Self {
        let lines = &options.lines;
        Self {
            format: options.format,
            group_by: classes.group_by.word(),
            known: Known::ALL,
            has_ids: matches!(classes.group_by, GroupBy::Owner | GroupBy::Group),
            measure: lines.measure,
            unit: Unit {
                sizes: classes.sizes,
                numerals: lines.numerals,
            },
            quoting: lines.quoting,
            end_of_line: lines.end_of_line,
            columns: options.tree.chart.columns,
            strokes: Strokes::of(options.tree.chart.is_ascii),
        }
    }

    /// Writes all lines, and each page when it is full.
    pub(super) fn write(
        &self,
        rows: &[ClassRow],
        total: &ClassRow,
        page: &mut Page<'_>,
    ) -> io::Result<()> {
        let push: fn(&Self, &ClassRow, &mut Vec<u8>) = match self.format {
            OutputFormat::Tree => return self.table(rows, total, page),
            OutputFormat::Json => Self::push_object,
            OutputFormat::Csv => {
                self.push_header(&mut page.lines);
                Self::push_record
            }
            OutputFormat::Du
            | OutputFormat::Ncdu
            | OutputFormat::Parquet
            | OutputFormat::Prometheus => Self::push_line,
        };
        for row in rows {
            push(self, row, &mut page.lines);
            page.write_if_full()?;
        }
        if self.format == OutputFormat::Du {
            self.push_line(total, &mut page.lines);
        }
        Ok(())
    }

    fn cells(&self, row: &ClassRow) -> [String; 4] {
        let size = |sizes: Amounts| self.unit.plain(sizes.of(self.measure).unsigned_abs());
        let files = row.change().inodes;
        let sign = if files > 0 { "+" } else { "" };
        [
            self.unit.signed(Some(row.change().of(self.measure))),
            size(row.before),
            size(row.now),
            format!("{sign}{files}"),
        ]
    }

    fn push_line(&self, row: &ClassRow, out: &mut Vec<u8>) {
        for cell in self.cells(row) {
            out.extend_from_slice(cell.as_bytes());
            out.push(b'\t');
        }
        match row.id {
            Some(_) => quote::apply(self.quoting.0, row.name.as_bytes(), self.quoting.1, out),
            None => out.extend_from_slice(row.name.as_bytes()),
        }
        out.push(self.end_of_line);
    }

    fn push_object(&self, row: &ClassRow, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{{\"by\":\"{}\",\"class\":", self.group_by).as_bytes());
        write_string(row.name.as_bytes(), out);
        for (name, sizes) in [
            ("change", row.change()),
            ("before", row.before),
            ("now", row.now),
        ] {
            out.push(b',');
            write_sizes(name, self.known.of(Some(sizes)), out);
        }
        if let Some(id) = row.id {
            out.extend_from_slice(format!(",\"id\":{id}").as_bytes());
        }
        out.extend_from_slice(b"}\n");
    }

    fn push_header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"by,class,change_allocated,change_apparent,change_inodes,\
            before_allocated,before_apparent,before_inodes,\
            now_allocated,now_apparent,now_inodes",
        );
        out.extend_from_slice(if self.has_ids { b",id\r\n" } else { b"\r\n" });
    }

    fn push_record(&self, row: &ClassRow, out: &mut Vec<u8>) {
        out.extend_from_slice(self.group_by.as_bytes());
        out.push(b',');
        write_field(row.name.as_bytes(), out);
        for sizes in [row.change(), row.before, row.now] {
            write_columns(self.known.of(Some(sizes)), out);
        }
        if self.has_ids {
            let id = row.id.map_or_else(String::new, |id| id.to_string());
            out.extend_from_slice(format!(",{id}").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn table(&self, rows: &[ClassRow], total: &ClassRow, page: &mut Page<'_>) -> io::Result<()> {
        let header = ["change", "then", "now", "files"].map(str::to_owned);
        let rows: Vec<&ClassRow> = rows.iter().chain([total]).collect();
        let mut cells = vec![header];
        cells.extend(rows.iter().map(|row| self.cells(row)));
        let widths = [0, 1, 2, 3].map(|column| {
            let widths = cells.iter().map(|cells| cells[column].chars().count());
            widths.max().unwrap_or(0)
        });
        let used = widths.iter().map(|width| width + GAP.len());
        let room = self.columns.saturating_sub(used.sum());
        let changes = rows.iter().map(|row| self.magnitude(row));
        let largest = changes.max().unwrap_or(0);
        for (index, cells) in cells.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                line += &format!("{cell:>width$}{GAP}");
            }
            let row = index.checked_sub(1).and_then(|index| rows.get(index));
            line += &self.class(row.copied(), room, largest);
            page.lines.extend_from_slice(line.trim_end().as_bytes());
            page.lines.push(self.end_of_line);
            page.write_if_full()?;
        }
        Ok(())
    }

    fn magnitude(&self, row: &ClassRow) -> u128 {
        row.change().of(self.measure).unsigned_abs()
    }

    /// The text after the numbers: a bar, where there is room, and the name. In the header, the name is the property.
    fn class(&self, row: Option<&ClassRow>, room: usize, largest: u128) -> String {
        let has_bar = room >= BAR + GAP.len() + NAME;
        let bar = match row {
            _ if !has_bar => String::new(),
            Some(row) => {
                let change = row.change().of(self.measure);
                let bar = bar(change, largest, BAR, self.strokes);
                let padding = " ".repeat(BAR - columns(&bar));
                bar + &padding + GAP
            }
            None => " ".repeat(BAR) + GAP,
        };
        let room = match has_bar {
            true => room - BAR - GAP.len(),
            false => room,
        };
        let name = row.map_or(self.group_by, |row| &row.name);
        let name = quote::printable(name.as_bytes(), self.quoting.1);
        bar + &cut(&String::from_utf8_lossy(&name), room, self.strokes.gap)
    }
}
