//! Which history `--history` prints, and the options that it excludes.

use super::environment::Environment;
use super::input::InputSource;
use super::option_id::OptionId;
use super::reports::Reports;
use super::role::Role;
use super::settings::Settings;
use super::snapshot::{absolute_path, store};
use super::usage_error::UsageError;
use super::values::{InvalidNumber, Top};
use crate::format::OutputFormat;
use crate::format::parquet::NOT_BUILT;
use crate::snapshot::HistoryPlan;

/// The history, where one is asked for.
pub(super) fn history(
    settings: &Settings<'_>,
    (input, reports): (&InputSource, &Reports),
    environment: &Environment,
) -> Result<Option<HistoryPlan>, UsageError> {
    if !settings.has(OptionId::History) {
        return Ok(None);
    }
    check(settings, reports)?;
    let most = settings.value(OptionId::History).map(|text| {
        let what = "--history: invalid number of snapshots";
        let number = Top::try_from(text);
        let number = number.map(|number| number.saturated(usize::MAX));
        number.map_err(|InvalidNumber| UsageError::about(what, text, settings.charset))
    });
    Ok(Some(HistoryPlan {
        store: store(environment)?,
        path: path(settings, input)?,
        most: most.transpose()?,
    }))
}

/// The absolute path of the only directory. It need not be there any more.
fn path(settings: &Settings<'_>, input: &InputSource) -> Result<Vec<u8>, UsageError> {
    let InputSource::Names(names) = input else {
        return Err(UsageError::cannot_combine(
            OptionId::From.name(),
            OptionId::History.name(),
        ));
    };
    if let [_, extra, ..] = names.as_slice() {
        let reason = "--history shows one directory; N follows an equals sign";
        return Err(UsageError::extra_operand(extra, reason, settings.charset));
    }
    absolute_path(input)
}

fn check(settings: &Settings<'_>, reports: &Reports) -> Result<(), UsageError> {
    if !cfg!(feature = "parquet") {
        return Err(UsageError::plain(NOT_BUILT));
    }
    let option = OptionId::History.name();
    for role in [Role::Walk, Role::Lines, Role::OneState] {
        settings.refuse(role, option)?;
    }
    for other in [OptionId::Diff, OptionId::Snapshot] {
        if settings.has(other) {
            return Err(UsageError::cannot_combine(other.name(), option));
        }
    }
    let format = match reports.shape {
        OutputFormat::Du | OutputFormat::Tree | OutputFormat::Json => return Ok(()),
        OutputFormat::Csv => "--format=csv",
        OutputFormat::Ncdu => "--format=ncdu",
        OutputFormat::Parquet => "--format=parquet",
        OutputFormat::Prometheus => "--format=prometheus",
    };
    Err(UsageError::cannot_combine(format, option))
}
