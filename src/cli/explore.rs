//! What `--explore` shows at first and may do, and the options that it excludes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::environment::Environment;
use super::local_zone::local_zone;
use super::option_id::OptionId;
use super::reports::Reports;
use super::role::Role;
use super::settings::Settings;
use super::show_options::{has_numeric_ids, numerals_of_locale};
use super::terminal_options;
use super::time_style::time_style;
use super::usage_error::UsageError;
use crate::format::chart::ChartOptions;
use crate::format::classes::NameLookup;
use crate::format::{Measure, Sort};
use crate::gnu::numerals::Numerals;
use crate::gnu::time_style::TimeStyle;
use crate::sys::owners;
use crate::walk::Follow;

/// The message of a program without the explorer.
const NOT_BUILT: &str = "--explore is not in this build (cargo feature 'explore')";

/// The look of the explorer at its start, and what it may do.
#[derive(Debug)]
pub struct ExplorePlan {
    /// The measure that is shown.
    pub measure: Measure,
    /// The order of the rows, where an option gives one.
    pub sort: Option<Sort>,
    /// The order is turned round.
    pub reverse: bool,
    /// The unit of sizes, the bars and the colours.
    pub chart: ChartOptions,
    /// The digits and separators of numbers.
    pub numerals: &'static Numerals,
    /// The form of times, and their zone.
    pub time: (TimeStyle, TimeZone),
    /// Finds the names of owners; without it they stay numbers.
    pub owners: Option<NameLookup>,
    /// What the explorer may change.
    pub access: Access,
    /// What the environment says.
    pub variables: ExploreVariables,
}

/// What the environment says about the terminal, other programs and the trash.
#[derive(Debug)]
pub struct ExploreVariables {
    /// `TERM`.
    pub term: Option<OsString>,
    /// `COLORTERM`.
    pub colorterm: Option<OsString>,
    /// `NO_COLOR`.
    pub no_color: Option<OsString>,
    /// `SHELL`.
    pub shell: Option<OsString>,
    /// `PAGER`.
    pub pager: Option<OsString>,
    /// `PDU_LEVEL`: how many explorers this one runs in.
    pub level: u32,
    /// `XDG_DATA_HOME`, or `.local/share` in `HOME`; none where neither is an absolute path.
    pub data_home: Option<PathBuf>,
}

impl ExploreVariables {
    fn of(environment: &Environment) -> Self {
        let value = |name| environment.get(name).map(OsStr::to_owned);
        let level = environment.get("PDU_LEVEL").and_then(OsStr::to_str);
        let absolute = |name| {
            let path = Path::new(environment.get(name)?);
            path.is_absolute().then(|| path.to_owned())
        };
        let in_home = || Some(absolute("HOME")?.join(".local/share"));
        Self {
            term: value("TERM"),
            colorterm: value("COLORTERM"),
            no_color: value("NO_COLOR"),
            shell: value("SHELL"),
            pager: value("PAGER"),
            level: level.and_then(|level| level.parse().ok()).unwrap_or(0),
            data_home: absolute("XDG_DATA_HOME").or_else(in_home),
        }
    }
}

/// What the explorer may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It removes entries and starts programs.
    Full,
    /// Nothing (`--read-only`).
    ReadOnly,
}

/// The explorer, where it is asked for.
pub(super) fn explore(
    settings: &Settings<'_>,
    environment: &Environment,
) -> Result<Option<ExplorePlan>, UsageError> {
    if !settings.has(OptionId::Explore) {
        return match settings.has(OptionId::ReadOnly) {
            true => Err(UsageError::plain("--read-only needs --explore")),
            false => Ok(None),
        };
    }
    check(settings)?;
    let reports = Reports::new(settings)?;
    let style = time_style(settings, environment, TimeStyle::ISO)?;
    Ok(Some(ExplorePlan {
        measure: settings.measure(),
        sort: reports.ranking.sort,
        reverse: reports.ranking.reverse,
        chart: ChartOptions {
            sizes: terminal_options::sizes(settings, false),
            ..terminal_options::tree(settings, &reports, environment, true).chart
        },
        numerals: numerals_of_locale(environment),
        time: (style, local_zone(environment)),
        owners: (!has_numeric_ids(settings)).then_some(owners::names),
        access: match settings.has(OptionId::ReadOnly) {
            true => Access::ReadOnly,
            false => Access::Full,
        },
        variables: ExploreVariables::of(environment),
    }))
}

/// True where a word may ask for the explorer, before the words are parsed.
#[must_use]
pub fn may_explore(words: &[OsString]) -> bool {
    let may_ask = |word: &OsString| match word.as_bytes() {
        [b'-', b'-', name @ ..] => name.starts_with(b"exp"),
        [b'-', letters @ ..] => letters.contains(&b'i'),
        _ => false,
    };
    words.iter().skip(1).any(may_ask)
}

/// Checks that the other options make sense on a screen.
fn check(settings: &Settings<'_>) -> Result<(), UsageError> {
    if !cfg!(feature = "explore") {
        return Err(UsageError::plain(NOT_BUILT));
    }
    // `--by` alone is `--bytes`.
    let is_bytes = |option| option == OptionId::By && settings.value(option).is_none();
    let mut printed = settings.given_with(Role::Printed);
    let refused = printed.find(|&option| !is_bytes(option));
    // An entry may be reached twice.
    let follows = settings.follow == Follow::Always;
    let refused = refused.or(follows.then_some(OptionId::Dereference));
    match refused {
        Some(option) => {
            let error = UsageError::cannot_combine(option.name(), OptionId::Explore.name());
            Err(error.in_one_line())
        }
        None => Ok(()),
    }
}
