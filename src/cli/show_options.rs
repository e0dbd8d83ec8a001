//! What is shown of what was counted, and how: the part of the plan that the formats read.

use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;

use clap::ArgMatches;

use super::ordered_options::OrderedOptions;
use super::reports::Reports;
use super::{Environment, terminal_options};
use crate::count::min_size::MinSize;
use crate::count::usage::FileTime;
use crate::format;
use crate::format::chart::Sizes;
use crate::format::{GroupBy, Measure, OutputFormat, Selection, Threshold, classes, lines, ncdu};
use crate::gnu::quote::Style;
use crate::gnu::time_style::TimeStyle;
use crate::sys::owners;

pub(super) fn show_options(
    matches: &ArgMatches,
    draft: &OrderedOptions,
    reports: &Reports,
    (time, export): (Option<(TimeStyle, jiff::tz::TimeZone)>, ncdu::NcduOptions),
    environment: &Environment,
) -> format::FormatOptions {
    let measure = measure(matches, draft.apparent);
    let to_terminal = reports.output.is_none() && std::io::stdout().is_terminal();
    format::FormatOptions {
        format: reports.shape,
        group_by: reports
            .by
            .map(|by| classes_by(by, matches, draft, reports.shape)),
        selection: Selection {
            measure,
            max_depth: export.max_depth,
            all: matches.get_flag("all"),
            threshold: draft.threshold,
        },
        ranking: reports.ranking,
        min_size: least(draft, reports, measure),
        lines: lines::LineOptions {
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
fn least(draft: &OrderedOptions, reports: &Reports, measure: Measure) -> Option<MinSize> {
    let is_one_by_one = reports.by.is_some() || reports.shape == OutputFormat::Ncdu;
    let is_bounded = reports.ranking.top.is_some() || reports.shape == OutputFormat::Tree;
    match draft.threshold {
        _ if is_one_by_one => None,
        Threshold::AtLeast(least) if least > 0 || is_bounded => Some(MinSize::new(measure, least)),
        _ => None,
    }
}

fn classes_by(
    by: GroupBy,
    matches: &ArgMatches,
    draft: &OrderedOptions,
    shape: OutputFormat,
) -> classes::ClassOptions {
    classes::ClassOptions {
        group_by: by,
        now: now(),
        sizes: match shape {
            // Beside the number of files, sizes stay sizes with --inodes too.
            OutputFormat::Tree => terminal_options::sizes(matches, draft.block_size, false),
            _ => Sizes::Blocks(draft.block_size),
        },
        names: owners::names,
    }
}

/// Before 1970 and after the end of time it is 1970.
fn now() -> FileTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    FileTime {
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
