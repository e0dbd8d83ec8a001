//! Which report is printed, in which order, and where it goes: the options that GNU du does not have.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

use super::input::{InputSource, RootOf};
use super::option_id::OptionId;
use super::role::Role;
use super::settings::Settings;
use super::usage_error::UsageError;
use super::values::{InvalidNumber, Top, Width};
use crate::count::usage::FileTime;
use crate::format::parquet::{self, CountedLinks, ParquetOptions, RowOrder, Scope};
use crate::format::{Color, GroupBy, OutputFormat, Ranking, Selection, Sort, Threshold, ncdu};
use crate::gnu::argmatch;
use crate::gnu::quote::Charset;
use crate::gnu::time_style::TimeKind;
use crate::sys::filesystems::FileSystemQueries;
use crate::sys::retry::read_file;
use crate::walk::Follow;

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
        match shape {
            OutputFormat::Ncdu => settings.refuse(Role::Part, "--format=ncdu")?,
            OutputFormat::Parquet => check_table(settings)?,
            OutputFormat::Du | OutputFormat::Tree | OutputFormat::Json => {}
            OutputFormat::Csv | OutputFormat::Prometheus => {}
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
        let export = match self.shape {
            OutputFormat::Ncdu => Some("--format=ncdu"),
            OutputFormat::Parquet => Some("--format=parquet"),
            OutputFormat::Du | OutputFormat::Tree | OutputFormat::Json => None,
            OutputFormat::Csv | OutputFormat::Prometheus => None,
        };
        if export.is_some() && !settings.has(OptionId::Rest) {
            input.check_root(RootOf::Export, settings.follow, settings.charset)?;
        }
        // An export holds times of modification only.
        let option = match settings.time {
            Some(TimeKind::Accessed) => "--time=atime",
            Some(TimeKind::Changed) => "--time=ctime",
            Some(TimeKind::Modified) | None => return Ok(()),
        };
        match (input, export) {
            (InputSource::Export(_), _) => Err(UsageError::cannot_combine(option, "--from")),
            (InputSource::Names(_) | InputSource::From(_), Some(export)) => {
                Err(UsageError::cannot_combine(option, export))
            }
            (InputSource::Names(_) | InputSource::From(_), None) => Ok(()),
        }
    }
}

/// Checks what `--format=parquet` excludes.
fn check_table(settings: &Settings<'_>) -> Result<(), UsageError> {
    if !cfg!(feature = "parquet") {
        return Err(UsageError::plain(parquet::NOT_BUILT));
    }
    settings.refuse(Role::Lines, "--format=parquet")?;
    if settings.has(OptionId::Files0From) && !settings.has(OptionId::Rest) {
        let option = OptionId::Files0From.name();
        return Err(UsageError::cannot_combine(option, "--format=parquet"));
    }
    if settings.follow == Follow::Always {
        // A directory may be reached twice, and then a path does not identify an entry.
        let option = OptionId::Dereference.name();
        return Err(UsageError::cannot_combine(option, "--format=parquet"));
    }
    let to_stdout = settings
        .value(OptionId::Output)
        .is_none_or(|file| file == "-");
    if to_stdout && std::io::stdout().is_terminal() {
        return Err(UsageError::usage(
            "--format=parquet needs -o FILE or a pipe",
        ));
    }
    Ok(())
}

/// What a Parquet file of the input holds.
pub(super) fn parquet(
    settings: &Settings<'_>,
    input: &InputSource,
    (max_depth, threshold): (u32, Threshold),
    started: FileTime,
) -> ParquetOptions {
    let is_walk = !matches!(input, InputSource::Export(_));
    let is_part = settings.has(OptionId::Rest);
    // With --diff, -d, -s and -t choose the lines of that.
    let compares = settings.has(OptionId::Diff);
    let is_recorded = |option: OptionId| {
        let chooses_rows = option == OptionId::Threshold || option.roles().contains(&Role::Length);
        option.roles().contains(&Role::Recorded) && !(compares && chooses_rows)
    };
    let host = read_file(Path::new("/proc/sys/kernel/hostname"), 256).unwrap_or_default();
    ParquetOptions {
        selection: Selection {
            measure: settings.measure(),
            max_depth,
            all: true,
            threshold,
        },
        root: input.root().filter(|_| !is_part),
        order: match is_walk && !is_part {
            true => RowOrder::Components,
            false => RowOrder::None,
        },
        links: match settings.counts_links() {
            true => CountedLinks::Each,
            false => CountedLinks::Once,
        },
        options: settings.typed(is_recorded),
        host: String::from_utf8_lossy(&host).trim_end().to_owned(),
        started,
        filesystems: is_walk.then_some(FileSystemQueries::SYSTEM),
        fs_name: settings
            .value(OptionId::FsName)
            .map(|name| name.to_string_lossy().into_owned()),
        scope: match is_part {
            true => Scope::Part,
            false => Scope::Whole,
        },
    }
}

/// What an export of the input holds; `links` where it marks hard links.
pub(super) fn ncdu(
    (input, shape): (&InputSource, OutputFormat),
    max_depth: u32,
    links: bool,
    time: Option<TimeKind>,
) -> ncdu::NcduOptions {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    ncdu::NcduOptions {
        max_depth,
        // To find it may take a call that waits for a disk.
        root: (shape == OutputFormat::Ncdu)
            .then(|| input.root())
            .flatten(),
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
