//! The part of the plan that the formats read: what is shown of what was counted, and how.

use std::io::IsTerminal;
use std::time::SystemTime;

use super::environment::Environment;
use super::input::InputSource;
use super::option_id::OptionId;
use super::reports::{self, Reports};
use super::settings::Settings;
use super::terminal_options;
use crate::count::min_size::MinSize;
use crate::count::usage::FileTime;
use crate::format;
use crate::format::chart::Sizes;
use crate::format::parquet::ParquetOptions;
use crate::format::{GroupBy, OutputFormat, Selection, Threshold, classes, lines, ncdu};
use crate::gnu::numerals::Numerals;
use crate::gnu::quote::Style;
use crate::gnu::time_style::TimeStyle;
use crate::sys::{locale, owners};

pub(super) fn show_options(
    settings: &Settings<'_>,
    reports: &Reports,
    (time, export): (Option<(TimeStyle, jiff::tz::TimeZone)>, ncdu::NcduOptions),
    operands: &InputSource,
    environment: &Environment,
) -> format::FormatOptions {
    let measure = settings.measure();
    let to_terminal = reports.output.is_none() && std::io::stdout().is_terminal();
    format::FormatOptions {
        format: reports.shape,
        group_by: reports
            .by
            .map(|by| class_options(by, settings, reports.shape)),
        selection: Selection {
            measure,
            max_depth: export.max_depth,
            all: settings.has(OptionId::All),
            threshold: settings.threshold,
        },
        ranking: reports.ranking,
        min_size: min_size(settings, reports),
        lines: lines::LineOptions {
            measure,
            block_size: match settings.has(OptionId::Inodes) {
                true => settings.block_size.for_inodes(),
                false => settings.block_size,
            },
            numerals: numerals(settings, reports, environment),
            time,
            end_of_line: if settings.has(OptionId::Null) {
                0
            } else {
                b'\n'
            },
            quoting: (quoting(environment, to_terminal), settings.charset),
            total: settings.has(OptionId::Total),
        },
        tree: terminal_options::tree(settings, reports, environment, to_terminal),
        parquet: table(settings, reports, operands, export.max_depth),
        ncdu: export,
        operands: Vec::new(),
    }
}

/// The content of a Parquet file, where one is written. With `--diff`, `-d` and `-t` choose the lines of that.
fn table(
    settings: &Settings<'_>,
    reports: &Reports,
    operands: &InputSource,
    max_depth: u32,
) -> Option<ParquetOptions> {
    let kept = match settings.has(OptionId::Diff) {
        true => (u32::MAX, Threshold::AtLeast(0)),
        false => (max_depth, settings.threshold),
    };
    let is_written = reports.shape == OutputFormat::Parquet || settings.has(OptionId::Snapshot);
    is_written.then(|| reports::parquet(settings, operands, kept, now()))
}

/// The numerals of the locale where a number for people depends on them. Programs read those of the C locale.
fn numerals(
    settings: &Settings<'_>,
    reports: &Reports,
    environment: &Environment,
) -> &'static Numerals {
    let depends_on_locale = match reports.shape {
        OutputFormat::Du => reports.by.is_none() && settings.block_size.needs_locale(),
        OutputFormat::Tree => true,
        OutputFormat::Json | OutputFormat::Csv | OutputFormat::Prometheus => false,
        OutputFormat::Ncdu | OutputFormat::Parquet => false,
    };
    match depends_on_locale {
        true => numerals_of_locale(environment),
        false => &Numerals::C,
    }
}

/// The numerals of the locale.
pub(super) fn numerals_of_locale(environment: &Environment) -> &'static Numerals {
    match environment.has_c_numbers() {
        true => &Numerals::C,
        false => locale::numerals(),
    }
}

/// The size from which on a file has a line, where not every file has one.
fn min_size(settings: &Settings<'_>, reports: &Reports) -> Option<MinSize> {
    let needs_every_file = match reports.shape {
        _ if settings.has(OptionId::Diff) => true,
        OutputFormat::Ncdu => true,
        OutputFormat::Parquet => settings.counts_links(),
        _ if settings.has(OptionId::Snapshot) => settings.counts_links(),
        _ => reports.by.is_some(),
    };
    let is_bounded = reports.ranking.top.is_some() || reports.shape == OutputFormat::Tree;
    match settings.threshold {
        Threshold::AtLeast(least) if !needs_every_file && (least > 0 || is_bounded) => {
            Some(MinSize::new(settings.measure(), least))
        }
        Threshold::AtLeast(_) | Threshold::AtMost(_) => None,
    }
}

fn class_options(
    by: GroupBy,
    settings: &Settings<'_>,
    shape: OutputFormat,
) -> classes::ClassOptions {
    classes::ClassOptions {
        group_by: by,
        now: now(),
        sizes: match shape {
            // Beside the number of files, sizes stay sizes with --inodes too.
            OutputFormat::Tree => terminal_options::sizes(settings, false),
            OutputFormat::Du
            | OutputFormat::Json
            | OutputFormat::Csv
            | OutputFormat::Ncdu
            | OutputFormat::Parquet
            | OutputFormat::Prometheus => Sizes::Blocks(settings.block_size),
        },
        names: (!has_numeric_ids(settings)).then_some(owners::names),
    }
}

/// True where users and groups stay numbers: the database of this machine has the wrong names for another machine.
pub(super) fn has_numeric_ids(settings: &Settings<'_>) -> bool {
    settings.has(OptionId::NumericIds) || settings.has(OptionId::From)
}

/// The time of the clock; 1970 where the clock is before 1970 or beyond 64 bits.
pub(super) fn now() -> FileTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    FileTime {
        seconds: i64::try_from(since.as_secs()).unwrap_or(0),
        nanoseconds: since.subsec_nanos(),
    }
}

/// On a terminal, names are quoted for the shell, or as QUOTING_STYLE says; elsewhere their bytes are printed.
fn quoting(environment: &Environment, to_terminal: bool) -> Style {
    if !to_terminal {
        return Style::Literal;
    }
    let style = environment.bytes("QUOTING_STYLE");
    style.and_then(Style::parse).unwrap_or(Style::ShellEscape)
}
