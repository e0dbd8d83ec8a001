//! Which report is printed, in which order, and where it goes: the options that GNU du does not have.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::absolute;
use std::time::SystemTime;

use super::input::InputSource;
use super::option_id::OptionId;
use super::role::Role;
use super::settings::Settings;
use super::usage_error::UsageError;
use super::values::{InvalidNumber, Top, Width};
use crate::format::{Color, GroupBy, OutputFormat, Ranking, Sort, ncdu};
use crate::gnu::argmatch;
use crate::gnu::quote::Charset;
use crate::gnu::time_style::TimeKind;

/// What these options say.
#[derive(Debug, Clone)]
pub(super) struct Reports {
    pub(super) shape: OutputFormat,
    pub(super) by: Option<GroupBy>,
    pub(super) ranking: Ranking,
    pub(super) color: Color,
    pub(super) width: Option<u16>,
    pub(super) output: Option<OsString>,
}

impl Reports {
    pub(super) fn new(settings: &Settings<'_>) -> Result<Self, UsageError> {
        let charset = settings.charset;
        let shape = choice(settings, OptionId::Format, &OutputFormat::WORDS)?;
        let is_tree = settings.has(OptionId::Tree);
        let shape = shape.unwrap_or(if is_tree {
            OutputFormat::Tree
        } else {
            OutputFormat::Du
        });
        if is_tree && shape != OutputFormat::Tree {
            return Err(UsageError::cannot_combine("--tree", "--format"));
        }
        if shape == OutputFormat::Ncdu {
            settings.refuse(Role::Part, "--format=ncdu")?;
        }
        Ok(Self {
            shape,
            by: choice(settings, OptionId::By, &GroupBy::WORDS)?,
            ranking: Ranking {
                sort: choice(settings, OptionId::Sort, &Sort::WORDS)?,
                reverse: settings.has(OptionId::Reverse),
                top: settings
                    .value(OptionId::Top)
                    .map(|top| entries(top, charset))
                    .transpose()?,
            },
            color: choice(settings, OptionId::Color, &Color::WORDS)?.unwrap_or(Color::Auto),
            width: settings
                .value(OptionId::Width)
                .map(|columns| width(columns, charset))
                .transpose()?,
            output: settings
                .value(OptionId::Output)
                .filter(|file| *file != "-")
                .map(OsString::from),
        })
    }

    /// Checks that the report can be made of this input.
    pub(super) fn check(
        &self,
        settings: &Settings<'_>,
        input: &InputSource,
    ) -> Result<(), UsageError> {
        if self.shape == OutputFormat::Ncdu {
            input.check_root(settings.follow, settings.charset)?;
        }
        // An export holds times of modification only.
        let option = match settings.time {
            Some(TimeKind::Accessed) => "--time=atime",
            Some(TimeKind::Changed) => "--time=ctime",
            Some(TimeKind::Modified) | None => return Ok(()),
        };
        match input {
            InputSource::Export(_) => Err(UsageError::cannot_combine(option, "--from")),
            InputSource::Names(_) | InputSource::From(_) if self.shape == OutputFormat::Ncdu => {
                Err(UsageError::cannot_combine(option, "--format=ncdu"))
            }
            InputSource::Names(_) | InputSource::From(_) => Ok(()),
        }
    }
}

/// What an export of the input holds; `links` where it marks hard links.
pub(super) fn ncdu(
    input: &InputSource,
    max_depth: u32,
    links: bool,
    time: Option<TimeKind>,
) -> ncdu::NcduOptions {
    let root = match input {
        // By the text alone, not by the disk: a symbolic link stays one.
        InputSource::Names(names) => names.first().and_then(|name| absolute(name).ok()),
        InputSource::From(_) | InputSource::Export(_) => None,
    };
    let root = root.map(|root| {
        // `components` drops a slash at the end, which is no part of a name.
        let parts = root.components();
        parts.as_path().as_os_str().as_bytes().to_vec()
    });
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    ncdu::NcduOptions {
        max_depth,
        root,
        entries: ncdu::Entries {
            links,
            extended: time == Some(TimeKind::Modified),
        },
        timestamp: now.map_or(0, |now| now.as_secs()),
    }
}

/// The value of an option that takes a word of a fixed list, perhaps abbreviated; none where it was not given.
fn choice<T: Copy + PartialEq>(
    settings: &Settings<'_>,
    option: OptionId,
    table: &[(&str, T)],
) -> Result<Option<T>, UsageError> {
    let Some(word) = settings.value(option).map(OsStrExt::as_bytes) else {
        return Ok(None);
    };
    argmatch::find(word, table).map(Some).map_err(|error| {
        let valid = table.iter().map(|(name, _)| format!("  - '{name}'\n"));
        let valid = valid.collect();
        UsageError::bad_word(error, word, option.name(), valid, settings.charset)
    })
}

fn entries(value: &OsStr, charset: Charset) -> Result<usize, UsageError> {
    match Top::try_from(value) {
        Ok(number) => Ok(number.saturated(usize::MAX)),
        Err(InvalidNumber) => Err(UsageError::about(
            "invalid number of entries",
            value,
            charset,
        )),
    }
}

fn width(value: &OsStr, charset: Charset) -> Result<u16, UsageError> {
    match Width::try_from(value) {
        Ok(columns) => Ok(columns.saturated(u16::MAX)),
        Err(InvalidNumber) => Err(UsageError {
            hint: false,
            ..UsageError::about("invalid number of columns (1 to 65535)", value, charset)
        }),
    }
}
