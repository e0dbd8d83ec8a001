//! Where `--snapshot` stores a state, and the options that it excludes.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::environment::Environment;
use super::input::{InputSource, RootOf};
use super::option_id::OptionId;
use super::role::Role;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::format::Threshold;
use crate::format::parquet::NOT_BUILT;
use crate::snapshot::{InvalidRule, KeepRule, Place, SnapshotPlan, default_store};

/// The snapshot, where one is asked for.
pub(super) fn snapshot(
    settings: &Settings<'_>,
    input: &InputSource,
    environment: &Environment,
) -> Result<Option<SnapshotPlan>, UsageError> {
    if !settings.has(OptionId::Snapshot) {
        return match settings.has(OptionId::Keep) {
            true => Err(UsageError::plain("--keep needs --snapshot")),
            false => Ok(None),
        };
    }
    check(settings, input).map_err(UsageError::in_one_line)?;
    let place = match settings.value(OptionId::Snapshot) {
        Some(name) => Place::named(name),
        None => Place::Store(store(environment)?),
    };
    let keep = keep(settings)?;
    if keep.is_some() && matches!(place, Place::File(_)) {
        let message = "--keep needs a directory of snapshots; --snapshot names a file";
        return Err(UsageError::plain(message));
    }
    Ok(Some(SnapshotPlan { place, keep }))
}

/// The absolute path of the directory, by which its snapshots are found.
pub(super) fn absolute_path(input: &InputSource) -> Result<Vec<u8>, UsageError> {
    let path = input.root();
    path.ok_or_else(|| UsageError::plain("the path of the working directory is not known"))
}

/// The store of the environment, where a word may be an option that opens it. Before the words are parsed: the store may lie
/// on a file system that does not answer.
#[must_use]
pub fn store_that_may_be_opened(words: &[OsString], environment: &Environment) -> Option<OsString> {
    let options = ["--sn", "--di", "--hi"];
    let begins = |word: &OsString, option: &str| word.as_bytes().starts_with(option.as_bytes());
    let is_asked_for = words
        .iter()
        .any(|word| options.iter().any(|option| begins(word, option)));
    let store = is_asked_for.then(|| store(environment).ok());
    store.flatten().map(PathBuf::into_os_string)
}

/// The store for which no option names a place.
pub(super) fn store(environment: &Environment) -> Result<PathBuf, UsageError> {
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let message = "no place for snapshots: neither PDU_SNAPSHOTS nor HOME is set";
    default_store(variable).ok_or_else(|| UsageError::plain(message))
}

fn keep(settings: &Settings<'_>) -> Result<Option<KeepRule>, UsageError> {
    let Some(text) = settings.value(OptionId::Keep) else {
        return Ok(None);
    };
    let rule = text.to_str().ok_or(InvalidRule).and_then(str::parse);
    rule.map(Some).map_err(|InvalidRule| UsageError {
        details: b"RULE is 14, 7d,4w,12m and the like; the letters are h, d, w, m and y\n".into(),
        ..UsageError::about("--keep: invalid rule", text, settings.charset)
    })
}

/// Checks that the state of one directory can be stored with these options.
fn check(settings: &Settings<'_>, input: &InputSource) -> Result<(), UsageError> {
    if !cfg!(feature = "parquet") {
        return Err(UsageError::plain(NOT_BUILT));
    }
    let option = OptionId::Snapshot.name();
    settings.refuse(Role::OneState, option)?;
    if matches!(settings.threshold, Threshold::AtMost(_)) && !settings.has(OptionId::Diff) {
        let message = "--threshold with a negative SIZE cannot be combined with --snapshot";
        return Err(UsageError::plain(message));
    }
    let is_walk = matches!(input, InputSource::Names(_));
    if !is_walk {
        return Err(UsageError::cannot_combine(OptionId::From.name(), option));
    }
    if !settings.has(OptionId::Diff) {
        settings.refuse(Role::Lines, option)?;
        // Standard output stays empty.
        for printing in [OptionId::Format, OptionId::Tree, OptionId::Output] {
            if settings.has(printing) {
                return Err(UsageError::cannot_combine(printing.name(), option));
            }
        }
    }
    input.check_root(RootOf::Snapshot, settings.follow, settings.charset)?;
    absolute_path(input).map(drop)
}
