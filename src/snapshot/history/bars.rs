//! A line with a bar for each snapshot, and one about the growth.
//!
//! ```text
//! 2026-11-24T04:00:03Z 31.2 GiB ████████████████████████
//! 2026-11-25T04:00:03Z 34.1 GiB ██████████████████████████ +2.9 GiB
//! +2.9 GiB a day; the file system is full in about 80 days
//! ```
//!
//! A full bar is the largest total. A total that is not complete has `>` before it.

use super::growth::Growth;
use super::lines;
use super::rows::Row;
use crate::format::FormatOptions;
use crate::format::chart::{ChartOptions, Strokes};
use crate::snapshot::names::in_seconds;
use crate::sys::columns::columns;

/// The shortest bar.
const MIN_BAR: usize = 8;

/// The texts of a line, and the number that the bar shows.
struct Line {
    time: String,
    total: String,
    change: String,
    number: u128,
}

/// Appends the lines.
pub(super) fn write(rows: &[Row], growth: &Growth, show: &FormatOptions, out: &mut Vec<u8>) {
    let chart = &show.tree.chart;
    let rows: Vec<Line> = rows.iter().map(|row| line(row, show)).collect();
    let widest = |text: fn(&Line) -> &str| {
        let widths = rows.iter().map(|line| columns(text(line)));
        widths.max().unwrap_or(0)
    };
    let (time, total, change) = (
        widest(|line| &line.time),
        widest(|line| &line.total),
        widest(|line| &line.change),
    );
    let room = chart.columns.saturating_sub(time + total + change + 3);
    let largest = rows.iter().map(|line| line.number).max().unwrap_or(0);
    let mut push = |text: &str| {
        out.extend_from_slice(text.trim_ascii_end().as_bytes());
        out.push(show.lines.end_of_line);
    };
    for line in &rows {
        let blanks = " ".repeat(total - columns(&line.total));
        let bar = bar((line.number, largest), room, chart);
        let Line {
            time,
            total,
            change,
            ..
        } = line;
        push(&format!("{time} {blanks}{total} {bar}{change}"));
    }
    if let Some(growth) = growth_line(growth, show) {
        push(&growth);
    }
}

fn line(row: &Row, show: &FormatOptions) -> Line {
    let (sizes, options) = (show.tree.chart.sizes, &show.lines);
    let mark = if row.is_complete { "" } else { ">" };
    Line {
        time: in_seconds(row.started),
        total: mark.to_owned() + &lines::total(row, sizes, options),
        change: match row.change {
            Some(_) => lines::change(row, sizes, options),
            None => String::new(),
        },
        number: row
            .total
            .as_ref()
            .map_or(0, |total| options.measure.of(total)),
    }
}

/// The bar of a number, and a blank after it; nothing where there is no room.
fn bar((number, largest): (u128, u128), room: usize, chart: &ChartOptions) -> String {
    if room < MIN_BAR {
        return String::new();
    }
    let cells = u128::try_from(room).unwrap_or(0);
    let full = number.saturating_mul(cells).saturating_add(largest / 2);
    let full = full.checked_div(largest).unwrap_or(0).min(cells);
    let full = usize::try_from(full).unwrap_or(room);
    let [dark, _] = Strokes::of(chart.is_ascii).bar;
    [dark.repeat(full), " ".repeat(room - full + 1)].concat()
}

/// The line about the growth.
fn growth_line(growth: &Growth, show: &FormatOptions) -> Option<String> {
    let (sizes, options) = (show.tree.chart.sizes, &show.lines);
    let per_day = growth.per_day?.of(options.measure);
    let per_day = sizes.signed(per_day, options.numerals);
    let full = match growth.full_in_days.map(|days| days.floor() as u64) {
        None => String::new(),
        Some(0) => "; the file system is full in less than a day".into(),
        Some(1) => "; the file system is full in about a day".into(),
        Some(days) => format!("; the file system is full in about {days} days"),
    };
    Some(format!("{per_day} a day{full}"))
}
