//! The plan: for each stage, the options that it reads.

use std::ffi::OsString;
use std::sync::Arc;

use clap::parser::ValuesRef;
use jiff::tz::TimeZone;

use super::diff::{DiffPlan, diff};
use super::environment::{Environment, TerminalKind};
use super::excluded_types::excluded_types;
use super::explore::{ExplorePlan, explore};
use super::history::history;
use super::input::InputSource;
use super::local_zone::local_zone;
use super::option_id::OptionId;
use super::part::{Part, part};
use super::reports::{self, Reports};
use super::settings::Settings;
use super::show_options::{now, show_options};
use super::snapshot::snapshot;
use super::time_style::time_style;
use super::usage_error::UsageError;
use crate::count::record::EntryRenderer;
use crate::count::tally;
use crate::format;
use crate::format::{GroupBy, OutputFormat, Sort};
use crate::gnu::time_style::{TimeKind, TimeStyle};
use crate::snapshot::{HistoryPlan, SnapshotPlan};
use crate::sys::status;
use crate::walk::{self, Caches, ExcludedTypes, Follow, Remember, WalkOrder};

/// What there is to do.
#[derive(Debug)]
pub struct Plan {
    /// For the walk.
    pub walk: walk::WalkOptions,
    /// For the count.
    pub tally: tally::TallyOptions,
    /// For the output.
    pub show: format::FormatOptions,
    /// For standard error.
    pub status: status::StatusOptions,
    /// What to count.
    pub operands: InputSource,
    /// The state to compare with, where changes are printed instead of sizes.
    pub diff: Option<DiffPlan>,
    /// Where the state is stored, where that is asked for.
    pub snapshot: Option<SnapshotPlan>,
    /// The history that is printed instead of sizes.
    pub history: Option<HistoryPlan>,
    /// The explorer, where nothing is printed.
    pub explore: Option<ExplorePlan>,
    /// The file for the report; standard output where there is none (`-o`).
    pub output: Option<OsString>,
    /// The file for the directories that other processes read, where this is one of many.
    pub rest: Option<OsString>,
    /// Messages that are no errors.
    pub warnings: Vec<Vec<u8>>,
}

impl Plan {
    /// The plan for these options and operands; `program` is the name that messages begin with.
    pub(super) fn new(
        mut settings: Settings<'_>,
        operands: ValuesRef<'_, OsString>,
        program: Vec<u8>,
        environment: &Environment,
    ) -> Result<Self, UsageError> {
        let mut warnings = Vec::new();
        let max_depth = max_depth(&settings, &mut warnings)?;
        if settings.has(OptionId::Inodes) && settings.apparent {
            let text = "warning: options --apparent-size and -b are ineffective with --inodes";
            warnings.push(text.into());
        }
        let parts = parts(&settings, operands, environment);
        let mut parts = parts.map_err(|error| UsageError {
            warnings: warnings.clone(),
            ..error
        })?;
        let (walk, show) = walk_and_show(&mut settings, &mut parts, max_depth, environment);
        Ok(Self {
            walk,
            show,
            tally: tally::TallyOptions {
                separate: settings.has(OptionId::SeparateDirs),
                since_epoch: !matches!(parts.operands, InputSource::Export(_)),
            },
            status: status::StatusOptions {
                program,
                charset: settings.charset,
                verbose: settings.has(OptionId::Verbose),
                dumb: environment.terminal() != TerminalKind::Capable,
            },
            operands: parts.operands,
            diff: parts.diff,
            snapshot: parts.snapshot,
            history: parts.history,
            explore: parts.explore,
            output: parts.reports.output,
            rest: parts.part.map(|part| part.rest),
            warnings,
        })
    }
}

/// The options of the walk and of the formats; takes what they need out of the parts.
fn walk_and_show(
    settings: &mut Settings<'_>,
    parts: &mut Parts,
    max_depth: u32,
    environment: &Environment,
) -> (walk::WalkOptions, format::FormatOptions) {
    let (operands, reports) = (&parts.operands, &parts.reports);
    let marks_links = marks_links(settings, reports, max_depth);
    let remember = match parts.explore {
        // The explorer shows every entry where it lies.
        Some(_) => links_only(settings),
        None => remember(settings, operands, marks_links),
    };
    // `-d` chooses lines; their changes depend on what lies below.
    let walk_depth = match parts.diff {
        Some(_) => u32::MAX,
        None => max_depth,
    };
    let input = (operands, reports.shape);
    let export = reports::ncdu(input, max_depth, marks_links, settings.time);
    let time = (parts.time.take(), export);
    let show = format::FormatOptions {
        operands: operands.as_typed(),
        ..show_options(settings, reports, time, operands, environment)
    };
    let excluded = (remember, parts.excluded_types.take());
    let walk = walk::WalkOptions {
        budget: parts.part.as_ref().map(|part| part.budget),
        ..walk_options(settings, excluded, walk_depth, &show)
    };
    (walk, show)
}

type Time = Option<(TimeStyle, TimeZone)>;

/// What can be wrong after the warnings.
struct Parts {
    time: Time,
    operands: InputSource,
    reports: Reports,
    excluded_types: Option<ExcludedTypes>,
    diff: Option<DiffPlan>,
    snapshot: Option<SnapshotPlan>,
    history: Option<HistoryPlan>,
    explore: Option<ExplorePlan>,
    part: Option<Part>,
}

/// Reads what can be wrong after the warnings.
fn parts(
    settings: &Settings<'_>,
    operands: ValuesRef<'_, OsString>,
    environment: &Environment,
) -> Result<Parts, UsageError> {
    let explore = explore(settings, environment)?;
    let time = time(settings, environment)?;
    let operands = InputSource::new(settings, operands)?;
    let reports = Reports::new(settings)?;
    reports.check(settings, &operands)?;
    let part = part(settings, (&operands, &reports))?;
    let operands = match part {
        Some(_) => operands.absolute()?,
        None => operands,
    };
    let snapshot = snapshot(settings, &operands, environment)?;
    let now = (environment, now());
    Ok(Parts {
        diff: diff(settings, (&operands, &reports), snapshot.as_ref(), now)?,
        history: history(settings, (&operands, &reports), environment)?,
        excluded_types: excluded_types(settings)?,
        time,
        operands,
        reports,
        snapshot,
        explore,
        part,
    })
}

/// The options of the walk; takes the patterns out of the settings.
fn walk_options(
    settings: &mut Settings<'_>,
    (remember, excluded_types): (Remember, Option<ExcludedTypes>),
    max_depth: u32,
    show: &format::FormatOptions,
) -> walk::WalkOptions {
    // A comparison needs the rows of a table.
    let is_table = show.parquet.is_some() || settings.has(OptionId::Diff);
    let names_all = is_table || show.format == OutputFormat::Ncdu || settings.has(OptionId::All);
    // A table tells of every place that could not be read, in its place.
    let needs_order = is_table || show.group_by.is_some();
    let folds = can_fold(settings, remember) && max_depth < u32::MAX && !needs_order;
    // With -l a table has no total for a directory that holds a link, at any depth.
    let needs_every_file = show.group_by.is_some() || is_table && settings.counts_links();
    let name_files = match needs_every_file {
        true => Some(u32::MAX),
        false => names_all.then_some(max_depth),
    };
    walk::WalkOptions {
        walkers: settings.walkers,
        order: match is_table && !settings.has(OptionId::Rest) {
            true => WalkOrder::Names,
            false => WalkOrder::Disk,
        },
        budget: None,
        follow: settings.follow,
        one_file_system: settings.has(OptionId::OneFileSystem),
        exclude: std::mem::take(&mut settings.exclude),
        excluded_types,
        caches: match settings.has(OptionId::ExcludeCaches) {
            true => Caches::Excluded,
            false => Caches::Counted,
        },
        remember,
        name_files,
        min_size: show.min_size.clone(),
        details: name_files.is_some() && (is_table || needs_details(show)),
        renderer: match &show.parquet {
            // A comparison reads rows in another form.
            _ if settings.has(OptionId::Diff) => None,
            Some(table) => format::parquet::renderer(table),
            None => (show.format == OutputFormat::Ncdu)
                .then(|| Arc::new(show.ncdu.entries) as Arc<dyn EntryRenderer>),
        },
        fold_below: folds.then_some(max_depth),
        time: settings
            .time
            .or_else(|| (is_table || needs_time(show)).then_some(TimeKind::Modified)),
        watched: settings.has(OptionId::Verbose),
        operand_dirs: None,
    }
}

/// True where a report shows more of a file than its size. That takes memory for each file that waits for its turn.
fn needs_details(show: &format::FormatOptions) -> bool {
    match show.format {
        OutputFormat::Tree => show.group_by.is_some() || show.tree.chart.colors.is_some(),
        OutputFormat::Du | OutputFormat::Prometheus => show.group_by.is_some(),
        OutputFormat::Json | OutputFormat::Csv => true,
        OutputFormat::Ncdu | OutputFormat::Parquet => true,
    }
}

/// True where a report depends on times though it shows none.
fn needs_time(show: &format::FormatOptions) -> bool {
    let is_by_age = show
        .group_by
        .is_some_and(|classes| classes.group_by == GroupBy::Age);
    is_by_age || show.ranking.sort == Some(Sort::Time)
}

fn max_depth(settings: &Settings<'_>, warnings: &mut Vec<Vec<u8>>) -> Result<u32, UsageError> {
    let depth = settings.max_depth;
    if !settings.has(OptionId::Summarize) {
        return Ok(depth.map_or(u32::MAX, |depth| depth.saturated(u32::MAX)));
    }
    if settings.has(OptionId::All) {
        let message = "cannot both summarize and show all entries";
        return Err(UsageError::usage(message));
    }
    match depth.map(|depth| depth.get()) {
        None => {}
        Some(0) => {
            warnings.push("warning: summarizing is the same as using --max-depth=0".into());
        }
        Some(depth) => {
            let message = format!("warning: summarizing conflicts with --max-depth={depth}");
            return Err(UsageError::usage(message));
        }
    }
    Ok(0)
}

/// The style and the zone of times, read only where times are printed.
fn time(settings: &Settings<'_>, environment: &Environment) -> Result<Time, UsageError> {
    if settings.time.is_none() {
        return Ok(None);
    }
    let style = time_style(settings, environment, TimeStyle::LONG_ISO)?;
    Ok(Some((style, local_zone(environment))))
}

/// True where an export holds every hard link and marks it as one, so that its reader counts the file once.
fn marks_links(settings: &Settings<'_>, reports: &Reports, max_depth: u32) -> bool {
    reports.shape == OutputFormat::Ncdu
        && max_depth == u32::MAX
        && settings.follow != Follow::Always
        && !settings.counts_links()
}

/// What the walk remembers to count it once. Several operands, and links that are followed, may lead to any file
/// twice.
fn remember(settings: &Settings<'_>, operands: &InputSource, marks_links: bool) -> Remember {
    let are_several = !matches!(operands, InputSource::Names(names) if names.len() < 2);
    if settings.counts_links() || marks_links {
        Remember::Nothing
    } else if are_several || settings.follow == Follow::Always {
        Remember::Everything
    } else {
        Remember::Links
    }
}

/// What the explorer's walk remembers: it shows an entry in each place, and the forest counts links once.
fn links_only(settings: &Settings<'_>) -> Remember {
    match settings.has(OptionId::CountLinks) {
        true => Remember::Nothing,
        false => Remember::Links,
    }
}

/// True where directories below the printed depth can be added up in any order. It is false where a whole directory
/// may have been counted before, and where a directory's own files count apart from its subdirectories.
fn can_fold(settings: &Settings<'_>, remember: Remember) -> bool {
    !settings.has(OptionId::SeparateDirs) && remember != Remember::Everything
}
