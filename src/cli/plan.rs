//! The plan that typed options amount to.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use clap::ArgMatches;
use clap::parser::ValuesRef;

use super::ordered_options::{OrderedOptions, draft};
use super::reports::{self, Reports};
use super::show_options::show_options;
use super::{Environment, InputSource, Plan, UsageError};
use crate::count::record::EntryRenderer;
use crate::count::tally;
use crate::format;
use crate::format::{GroupBy, OutputFormat, Sort};
use crate::gnu::argmatch::WordError;
use crate::gnu::quote::{self, Charset, Style};
use crate::gnu::time_style::{TimeKind, TimeStyle};
use crate::gnu::zone;
use crate::sys::retry::read_file;
use crate::sys::status;
use crate::walk;
use crate::walk::{Follow, Remember};

/// The plan for the words that clap has understood.
pub(super) fn plan(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<Plan, UsageError> {
    let charset = environment.charset();
    let draft = draft(matches, words, environment)?;
    let mut warnings = Vec::new();
    let max_depth = depth(matches, draft.max_depth, &mut warnings)?;
    if matches.get_flag("inodes") && draft.apparent {
        let text = "warning: options --apparent-size and -b are ineffective with --inodes";
        warnings.push(text.into());
    }
    let warned = |refusal: UsageError| UsageError {
        warnings: warnings.clone(),
        ..refusal
    };
    let time = time(matches, draft.time, environment).map_err(warned)?;
    let operands = operands(matches, charset).map_err(warned)?;
    let reports = reports::reports(matches, charset).map_err(warned)?;
    reports::check(&reports, &operands, (draft.follow, draft.time), charset).map_err(warned)?;
    let tells_links = tells_links(matches, &draft, &reports, max_depth);
    let remember = remember(matches, draft.follow, &operands, tells_links);
    let export = reports::ncdu(&operands, max_depth, tells_links, draft.time);
    let show = show_options(matches, &draft, &reports, (time, export), environment);
    Ok(Plan {
        walk: walk_options(matches, draft, remember, max_depth, &show),
        show,
        tally: tally::TallyOptions {
            separate: matches.get_flag("separate-dirs"),
            since_epoch: !matches!(operands, InputSource::Export(_)),
        },
        status: status_options(matches, words, environment),
        operands,
        output: reports.output,
        warnings,
    })
}

fn status_options(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> status::StatusOptions {
    status::StatusOptions {
        program: super::program_name(words),
        charset: environment.charset(),
        verbose: matches.get_flag("verbose"),
        dumb: environment.get("TERM").is_some_and(|term| term == "dumb"),
    }
}

fn walk_options(
    matches: &ArgMatches,
    draft: OrderedOptions,
    remember: Remember,
    max_depth: u32,
    show: &format::FormatOptions,
) -> walk::WalkOptions {
    let names_all = show.format == OutputFormat::Ncdu || matches.get_flag("all");
    let folds = can_fold(matches, remember) && max_depth < u32::MAX && show.group_by.is_none();
    let name_files = match show.group_by {
        Some(_) => Some(u32::MAX),
        None => names_all.then_some(max_depth),
    };
    walk::WalkOptions {
        walkers: draft.walkers,
        follow: draft.follow,
        one_file_system: matches.get_flag("one-file-system"),
        exclude: draft.exclude,
        remember,
        name_files,
        least: show.min_size.clone(),
        details: name_files.is_some() && wants_details(show),
        renderer: (show.format == OutputFormat::Ncdu)
            .then(|| Arc::new(show.ncdu.entries) as Arc<dyn EntryRenderer>),
        fold_below: folds.then_some(max_depth),
        time: draft
            .time
            .or_else(|| wants_time(show).then_some(TimeKind::Modified)),
        watched: matches.get_flag("verbose"),
    }
}

/// Whether a report tells of files more than their sizes. That takes memory for every file that waits.
fn wants_details(show: &format::FormatOptions) -> bool {
    match show.format {
        _ if show.group_by.is_some() => true,
        OutputFormat::Du => false,
        OutputFormat::Tree => show.tree.chart.colors.is_some(),
        OutputFormat::Json | OutputFormat::Csv | OutputFormat::Ncdu => true,
    }
}

/// Whether times matter though none is shown.
fn wants_time(show: &format::FormatOptions) -> bool {
    let is_by_age = show
        .group_by
        .is_some_and(|classes| classes.group_by == GroupBy::Age);
    is_by_age || show.ranking.sort == Some(Sort::Time)
}

/// What was given to an option, or as operands.
pub(super) fn values<'a>(matches: &'a ArgMatches, id: &str) -> ValuesRef<'a, OsString> {
    matches.get_many(id).unwrap_or_default()
}

pub(super) fn bad_word(
    error: WordError,
    word: &[u8],
    context: &str,
    details: &str,
    charset: Charset,
) -> UsageError {
    let what: &[u8] = match error {
        WordError::Invalid => b"invalid argument ",
        WordError::Ambiguous => b"ambiguous argument ",
    };
    let mut message = what.to_vec();
    quote::apply(Style::Locale, word, charset, &mut message);
    message.extend_from_slice(b" for ");
    message.extend_from_slice(&quote::quote(context.as_bytes(), charset));
    UsageError {
        details: details.into(),
        ..UsageError::usage(message)
    }
}

impl UsageError {
    pub(super) fn usage(message: impl Into<Vec<u8>>) -> Self {
        Self {
            warnings: Vec::new(),
            message: message.into(),
            details: Vec::new(),
            hint: true,
        }
    }

    pub(super) fn plain(message: impl Into<Vec<u8>>) -> Self {
        Self {
            hint: false,
            ..Self::usage(message)
        }
    }
}

fn depth(
    matches: &ArgMatches,
    given: Option<i64>,
    warnings: &mut Vec<Vec<u8>>,
) -> Result<u32, UsageError> {
    if !matches.get_flag("summarize") {
        return Ok(given.map_or(u32::MAX, |depth| u32::try_from(depth).unwrap_or(u32::MAX)));
    }
    if matches.get_flag("all") {
        return Err(UsageError::usage(
            "cannot both summarize and show all entries",
        ));
    }
    match given {
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

fn time(
    matches: &ArgMatches,
    kind: Option<TimeKind>,
    environment: &Environment,
) -> Result<Option<(TimeStyle, jiff::tz::TimeZone)>, UsageError> {
    if kind.is_none() {
        return Ok(None);
    }
    let from_environment = environment.get("TIME_STYLE").map(OsStrExt::as_bytes);
    let (word, style) = match (values(matches, "time-style").next_back(), from_environment) {
        (Some(word), _) => (word.as_bytes(), TimeStyle::parse(word.as_bytes())),
        (None, Some(word)) => (without_posix(word), TimeStyle::from_environment(word)),
        (None, None) => (&b""[..], TimeStyle::parse(b"long-iso")),
    };
    let style = style.map_err(|error| {
        let details = "Valid arguments are:\n  - full-iso\n  - long-iso\n  - iso\n  \
             - +FORMAT (e.g., +%H:%M) for a 'date'-style format\n";
        bad_word(error, word, "time style", details, environment.charset())
    })?;
    let zone = zone::zone(environment.get("TZ"), environment.get("TZDIR"), |path| {
        read_file(path, zone::MAX_FILE)
    });
    Ok(Some((style, zone)))
}

/// TIME_STYLE is ls's: the prefix is not for us.
fn without_posix(mut word: &[u8]) -> &[u8] {
    while let Some(rest) = word.strip_prefix(b"posix-") {
        word = rest;
    }
    word
}

fn operands(matches: &ArgMatches, charset: Charset) -> Result<InputSource, UsageError> {
    if let Some(export) = reports::export(matches, charset)? {
        return Ok(export);
    }
    let mut files = values(matches, "files");
    let Some(file) = values(matches, "files0-from").next_back() else {
        return Ok(InputSource::Names(match files.len() {
            0 => vec![OsString::from(".")],
            _ => files.cloned().collect(),
        }));
    };
    match files.next() {
        None => Ok(InputSource::From(file.clone())),
        Some(extra) => {
            let extra = quote::quote(extra.as_bytes(), charset);
            Err(UsageError {
                details: b"file operands cannot be combined with --files0-from\n".into(),
                ..UsageError::usage([b"extra operand ", extra.as_slice()].concat())
            })
        }
    }
}

/// A whole export holds all links and says that they are links: whoever reads it counts them once.
fn tells_links(
    matches: &ArgMatches,
    draft: &OrderedOptions,
    reports: &Reports,
    max_depth: u32,
) -> bool {
    reports.shape == OutputFormat::Ncdu
        && max_depth == u32::MAX
        && draft.follow != Follow::Always
        && !matches.get_flag("count-links")
}

/// Several operands, or links that are followed, may lead to anything twice.
fn remember(
    matches: &ArgMatches,
    follow: Follow,
    operands: &InputSource,
    tells_links: bool,
) -> Remember {
    let several = !matches!(operands, InputSource::Names(names) if names.len() < 2);
    if matches.get_flag("count-links") || tells_links {
        Remember::Nothing
    } else if several || follow == Follow::Always {
        Remember::Everything
    } else {
        Remember::Links
    }
}

/// Whether what lies below the printed depth can be added up in any order. Not where a directory may have been
/// counted before as a whole, and not where its own files are told apart from what lies below it.
fn can_fold(matches: &ArgMatches, remember: Remember) -> bool {
    !matches.get_flag("separate-dirs") && remember != Remember::Everything
}
