//! What `--diff` compares, and the options that it excludes.

use std::ffi::{OsStr, OsString};

use jiff::{Timestamp, Zoned};

use super::environment::Environment;
use super::growth_limit::{GrowthLimit, InvalidLimit};
use super::input::{InputSource, RootOf};
use super::local_zone::local_zone;
use super::old_snapshot::{InvalidOld, OldSnapshot};
use super::option_id::OptionId;
use super::reports::{self, Reports};
use super::role::Role;
use super::settings::Settings;
use super::snapshot::store;
use super::usage_error::UsageError;
use crate::count::usage::FileTime;
use crate::format::parquet::{NOT_BUILT, ParquetOptions};
use crate::format::{OutputFormat, Sort, Threshold};
use crate::snapshot::{Place, SnapshotPlan};

/// A comparison of two states.
#[derive(Debug)]
pub struct DiffPlan {
    /// The earlier state.
    pub old: EarlierState,
    /// The later state.
    pub new: NewState,
    /// How much the directory may grow; without a limit as much as it likes.
    pub limit: Option<GrowthLimit>,
}

/// The earlier state of a comparison.
#[derive(Debug)]
pub enum EarlierState {
    /// The state in this file.
    File(OsString),
    /// A snapshot in this place: the newest one, or the newest one that is as old as this time.
    Stored(Place, Option<Timestamp>),
}

/// The later state of a comparison.
#[derive(Debug)]
pub enum NewState {
    /// The present state of this directory, and what a Parquet file of it would hold.
    Directory(OsString, ParquetOptions),
    /// The state in this file (`--from`).
    File(OsString),
}

/// The comparison, where one is asked for.
pub(super) fn diff(
    settings: &Settings<'_>,
    (input, reports): (&InputSource, &Reports),
    snapshot: Option<&SnapshotPlan>,
    (environment, now): (&Environment, FileTime),
) -> Result<Option<DiffPlan>, UsageError> {
    if !settings.has(OptionId::Diff) {
        return match settings.has(OptionId::FailIfGrew) {
            true => Err(UsageError::plain("--fail-if-grew needs --diff")),
            false => Ok(None),
        };
    }
    check(reports, settings)?;
    input.check_root(RootOf::Comparison, settings.follow, settings.charset)?;
    Ok(Some(DiffPlan {
        old: earlier_state(settings, input, snapshot, environment)?,
        limit: limit(settings)?,
        new: match input {
            InputSource::Export(file) => NewState::File(file.clone()),
            InputSource::Names(names) => {
                let name = names.first().cloned().unwrap_or_default();
                let all = (u32::MAX, Threshold::AtLeast(0));
                NewState::Directory(name, reports::parquet(settings, input, all, now))
            }
            InputSource::From(_) => return Ok(None),
        },
    }))
}

fn earlier_state(
    settings: &Settings<'_>,
    input: &InputSource,
    snapshot: Option<&SnapshotPlan>,
    environment: &Environment,
) -> Result<EarlierState, UsageError> {
    let time = match old(settings, environment)? {
        OldSnapshot::File(name) => return Ok(EarlierState::File(name)),
        OldSnapshot::Last => None,
        OldSnapshot::At(time) => Some(time),
    };
    if matches!(input, InputSource::Export(_)) {
        return Err(UsageError::plain(
            "with --from, --diff needs a file: --diff=FILE",
        ));
    }
    let place = match (snapshot.map(|snapshot| &snapshot.place), time) {
        (Some(place @ Place::Store(_)), _) => place.clone(),
        // The state that this run replaces.
        (Some(place @ Place::File(_)), None) => place.clone(),
        (Some(Place::File(_)) | None, _) => Place::Store(store(environment)?),
    };
    Ok(EarlierState::Stored(place, time))
}

fn limit(settings: &Settings<'_>) -> Result<Option<GrowthLimit>, UsageError> {
    let Some(text) = settings.value(OptionId::FailIfGrew) else {
        return Ok(None);
    };
    let limit = GrowthLimit::parse(text);
    limit.map(Some).map_err(|InvalidLimit| UsageError {
        details: b"LIMIT is a SIZE, such as 10G, or a percentage, such as 5%\n".into(),
        ..UsageError::about("--fail-if-grew: invalid limit", text, settings.charset)
    })
}

fn old(settings: &Settings<'_>, environment: &Environment) -> Result<OldSnapshot, UsageError> {
    let Some(text) = settings.value(OptionId::Diff) else {
        return Ok(OldSnapshot::Last);
    };
    let now = || Zoned::now().with_time_zone(local_zone(environment));
    let is_there = |name: &OsStr| rustix::fs::lstat(name).is_ok();
    OldSnapshot::parse(text, now, is_there).map_err(|InvalidOld| UsageError {
        details: OLD_FORMS.into(),
        ..UsageError::about("--diff: no file and no time:", text, settings.charset)
    })
}

const OLD_FORMS: &str = "\
OLD is a Parquet file, 'last', an age (36h, 7d, 2w, 3m, 1y) or a time (2026-11-18, 2026-11-18T04:00)\n";

/// Checks that the other options make sense for changes.
fn check(reports: &Reports, settings: &Settings<'_>) -> Result<(), UsageError> {
    if !cfg!(feature = "parquet") {
        return Err(UsageError::plain(NOT_BUILT));
    }
    let option = OptionId::Diff.name();
    settings.refuse(Role::OneState, option)?;
    let format = match reports.shape {
        OutputFormat::Du | OutputFormat::Tree | OutputFormat::Json | OutputFormat::Csv => None,
        OutputFormat::Ncdu => Some("--format=ncdu"),
        OutputFormat::Parquet => Some("--format=parquet"),
        OutputFormat::Prometheus => Some("--format=prometheus"),
    };
    let sort = match reports.ranking.sort {
        Some(Sort::Time) => Some("--sort=time"),
        Some(Sort::Size | Sort::Name | Sort::Inodes | Sort::None) | None => None,
    };
    match format.or(sort) {
        Some(refused) => Err(UsageError::cannot_combine(refused, option)),
        None => Ok(()),
    }
}
