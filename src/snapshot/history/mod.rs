//! The history of a directory (`--history`): what its snapshots say, one after the other.
//!
//! Only footers are read, and of a directory below the root of the snapshots its row in each of them. Nothing is walked.
//! A file in the directory that is no snapshot has a message, and the others are shown.

mod bars;
mod growth;
mod json;
mod lines;
mod rows;

use std::io::{self, Write};

use self::growth::Growth;
use self::rows::{Presence, Row};
use super::directory::Stored;
use super::plan::HistoryPlan;
use super::search::{Found, no_snapshot, search};
use crate::format::outcome::Outcome;
use crate::format::page::Page;
use crate::format::{FormatOptions, OutputFormat};
use crate::sys::status::Status;

/// Prints a history in the format, the measure and the unit of the options.
pub fn history(
    plan: &HistoryPlan,
    show: &FormatOptions,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let found = match search(&plan.store, &plan.path) {
        Ok(found) => found,
        Err(error) => {
            error.report(status);
            return Outcome::Broken;
        }
    };
    let (rows, has_failed) = match &found {
        Some(found) => read(found, plan, status),
        None => (Vec::new(), false),
    };
    if rows.iter().all(|row| row.presence == Presence::Absent) {
        let (_, charset) = show.lines.quoting;
        status.message(&no_snapshot((&plan.store, &plan.path), charset));
        return Outcome::Broken;
    }
    match print(&rows, plan, show, out) {
        Err(error) => Outcome::WriteError(error),
        Ok(()) if has_failed => Outcome::Errors,
        Ok(()) => Outcome::Whole,
    }
}

/// The rows, and whether a file in the directory has a message.
fn read(found: &Found, plan: &HistoryPlan, status: &mut Status) -> (Vec<Row>, bool) {
    let Found {
        directory,
        contents,
    } = found;
    for (name, error) in &contents.others {
        directory.report(name, error, status);
    }
    let needed = needed(&contents.snapshots, plan.most);
    let (rows, has_failed) = rows::read(directory, needed, &plan.path, status);
    (rows, has_failed || !contents.others.is_empty())
}

fn print(
    rows: &[Row],
    plan: &HistoryPlan,
    show: &FormatOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let growth = Growth::of(rows, show.lines.measure);
    let shown = rows.len().saturating_sub(plan.most.unwrap_or(usize::MAX));
    let rows = &rows[shown..];
    let mut page = Page::new(out);
    match show.format {
        OutputFormat::Tree => bars::write(rows, &growth, show, &mut page.lines),
        OutputFormat::Json => json::write(&plan.path, rows, &growth, &mut page.lines),
        // The command line refuses the others.
        _ => lines::write(rows, show, &mut page.lines),
    }
    page.write()
}

/// The snapshots that are shown, one before them for the change of the first, and those that tell the growth.
fn needed(snapshots: &[Stored], most: Option<usize>) -> &[Stored] {
    let times = snapshots.iter().map(|stored| stored.footer.started);
    let first = times.clone().next_back().map_or(0, |last| {
        times
            .take_while(|&time| !growth::is_in_week(time, last))
            .count()
    });
    let shown = most.map_or(snapshots.len(), |most| most.saturating_add(1));
    &snapshots[first.min(snapshots.len().saturating_sub(shown))..]
}
