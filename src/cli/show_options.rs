//! What is shown of what was counted, and how: the part of the plan that the formats read.

use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;

use clap::ArgMatches;

use super::ordered_options::Draft;
use super::reports::Reports;
use super::{Environment, terminal_options};
use crate::count::min_size::Least;
use crate::count::usage::Moment;
use crate::format;
use crate::format::chart::Sizes;
use crate::format::{By, Measure, Selection, Shape, Threshold, classes, lines, ncdu};
use crate::gnu::quote::Style;
use crate::gnu::time_style::TimeStyle;
use crate::sys::owners;

pub(super) fn show_options(
    matches: &ArgMatches,
    draft: &Draft,
    reports: &Reports,
    (time, export): (Option<(TimeStyle, jiff::tz::TimeZone)>, ncdu::Options),
    environment: &Environment,
) -> format::Options {
    let measure = measure(matches, draft.apparent);
    let to_terminal = reports.output.is_none() && std::io::stdout().is_terminal();
    format::Options {
        shape: reports.shape,
        by: reports
            .by
            .map(|by| classes_by(by, matches, draft, reports.shape)),
        selection: Selection {
            measure,
            max_depth: export.max_depth,
            all: matches.get_flag("all"),
            threshold: draft.threshold,
        },
        ranking: reports.ranking,
        least: least(draft, reports, measure),
        lines: lines::Options {
            measure,
            block_size: match matches.get_flag("inodes") {
                true => draft.block_size.for_inodes(),
                false => draft.block_size,
            },
            time,
            end_of_line: if matches.get_flag("null") { 0 } else { b'\n' },
            quoting: (quoting(environment, to_terminal), environment.charset()),
            total: matches.get_flag("total"),
        },
        tree: terminal_options::tree(matches, reports, draft.block_size, environment, to_terminal),
        ncdu: export,
    }
}

/// Where not every file has a line: from which size on.
fn least(draft: &Draft, reports: &Reports, measure: Measure) -> Option<Least> {
    let is_one_by_one = reports.by.is_some() || reports.shape == Shape::Ncdu;
    let is_bounded = reports.ranking.top.is_some() || reports.shape == Shape::Tree;
    match draft.threshold {
        _ if is_one_by_one => None,
        Threshold::AtLeast(least) if least > 0 || is_bounded => Some(Least::new(measure, least)),
        _ => None,
    }
}

fn classes_by(by: By, matches: &ArgMatches, draft: &Draft, shape: Shape) -> classes::Options {
    classes::Options {
        by,
        now: now(),
        sizes: match shape {
            // Beside the number of files, sizes stay sizes with --inodes too.
            Shape::Tree => terminal_options::sizes(matches, draft.block_size, false),
            _ => Sizes::Blocks(draft.block_size),
        },
        names: owners::names,
    }
}

/// Before 1970 and after the end of time it is 1970.
fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Moment {
        seconds: i64::try_from(since.as_secs()).unwrap_or(0),
        nanoseconds: since.subsec_nanos(),
    }
}

fn measure(matches: &ArgMatches, apparent: bool) -> Measure {
    match (matches.get_flag("inodes"), apparent) {
        (true, _) => Measure::Inodes,
        (false, true) => Measure::Apparent,
        (false, false) => Measure::Allocated,
    }
}

/// On a terminal, names are quoted as a shell would read them, or as QUOTING_STYLE says; elsewhere they are bytes.
fn quoting(environment: &Environment, to_terminal: bool) -> Style {
    if !to_terminal {
        return Style::Literal;
    }
    let style = environment.get("QUOTING_STYLE").map(OsStrExt::as_bytes);
    style.and_then(Style::parse).unwrap_or(Style::ShellEscape)
}
