//! A line for each snapshot: time, total, change, entries and state, with tabs between them.
//!
//! ```text
//! 2026-11-24T04:00:03Z    31G     -       8112340 complete
//! 2026-11-25T04:00:03Z    34G     +2.9G   8213999 incomplete
//! ```
//!
//! `-` stands where there is no number, `?` where it is not known.

use super::rows::{Presence, Row};
use crate::format::FormatOptions;
use crate::format::chart::Sizes;
use crate::format::lines::LineOptions;
use crate::snapshot::names::in_seconds;

/// Appends the lines.
pub(super) fn write(rows: &[Row], show: &FormatOptions, out: &mut Vec<u8>) {
    let options = &show.lines;
    let sizes = Sizes::Blocks(options.block_size);
    for row in rows {
        let columns = [
            in_seconds(row.started),
            total(row, sizes, options),
            change(row, sizes, options),
            entries(row),
            state(row).to_owned(),
        ];
        out.extend_from_slice(columns.join("\t").as_bytes());
        out.push(options.end_of_line);
    }
}

/// The total in the measure of the options.
pub(super) fn total(row: &Row, sizes: Sizes, options: &LineOptions) -> String {
    let total = row.total.as_ref().map(|total| options.measure.of(total));
    let text = total.map(|total| sizes.text(total, options.numerals));
    text.unwrap_or_else(|| missing(row).to_owned())
}

/// The change since the snapshot before, likewise.
pub(super) fn change(row: &Row, sizes: Sizes, options: &LineOptions) -> String {
    match row.change {
        Some(change) => sizes.signed(change.of(options.measure), options.numerals),
        None => "-".into(),
    }
}

fn entries(row: &Row) -> String {
    let entries = row.total.map(|total| total.inodes.to_string());
    entries.unwrap_or_else(|| missing(row).to_owned())
}

/// What stands in the place of a number.
fn missing(row: &Row) -> &'static str {
    match row.presence {
        Presence::Absent => "-",
        Presence::There | Presence::Unknown => "?",
    }
}

/// A word for what the snapshot has.
pub(super) fn state(row: &Row) -> &'static str {
    match (row.presence, row.is_complete) {
        (Presence::Absent, _) => "absent",
        (Presence::Unknown, _) => "unknown",
        (Presence::There, true) => "complete",
        (Presence::There, false) => "incomplete",
    }
}
