//! What is reported, in which format and order, and where it goes: the options that GNU du does not have.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::absolute;
use std::time::SystemTime;

use clap::ArgMatches;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::args::NO_WORD;
use super::plan::{bad_word, values};
use super::{InputSource, UsageError};
use crate::format::{Color, GroupBy, OutputFormat, Ranking, Sort, ncdu};
use crate::gnu::argmatch;
use crate::gnu::block_size::{Suffixes, parse_integer};
use crate::gnu::quote::{self, Charset};
use crate::gnu::time_style::TimeKind;
use crate::sys::status;
use crate::walk::Follow;

/// What these options say.
#[derive(Debug, Clone)]
pub(super) struct Reports {
    pub(super) shape: OutputFormat,
    pub(super) by: Option<GroupBy>,
    pub(super) ranking: Ranking,
    pub(super) color: Color,
    pub(super) output: Option<OsString>,
}

/// Options that say how a tree is walked, and nothing of an export.
const OF_THE_WALK: [(&str, &str); 7] = [
    ("dereference", "--dereference"),
    ("dereference-args", "--dereference-args"),
    ("dereference-args-too", "-H"),
    ("exclude", "--exclude"),
    ("exclude-from", "--exclude-from"),
    ("files0-from", "--files0-from"),
    ("one-file-system", "--one-file-system"),
];

/// Options that would make of a whole export a part that does not say so, or give it several roots.
const OF_LINES: [(&str, &str); 7] = [
    ("by", "--by"),
    ("files0-from", "--files0-from"),
    ("reverse", "--reverse"),
    ("separate-dirs", "--separate-dirs"),
    ("sort", "--sort"),
    ("threshold", "--threshold"),
    ("top", "--top"),
];

/// Reads the options.
pub(super) fn reports(matches: &ArgMatches, charset: Charset) -> Result<Reports, UsageError> {
    let shape = word(matches, "format", &OutputFormat::WORDS, charset)?;
    let is_tree = matches.get_flag("tree");
    let shape = shape.unwrap_or(if is_tree {
        OutputFormat::Tree
    } else {
        OutputFormat::Du
    });
    if is_tree && shape != OutputFormat::Tree {
        return Err(cannot_combine("--tree", "--format"));
    }
    if shape == OutputFormat::Ncdu {
        refuse_any(matches, &OF_LINES, "--format=ncdu")?;
    }
    Ok(Reports {
        shape,
        by: word(matches, "by", &GroupBy::WORDS, charset)?,
        ranking: Ranking {
            sort: word(matches, "sort", &Sort::WORDS, charset)?,
            reverse: matches.get_flag("reverse"),
            top: top(matches, charset)?,
        },
        color: word(matches, "color", &Color::WORDS, charset)?.unwrap_or(Color::Auto),
        output: values(matches, "output")
            .next_back()
            .filter(|file| *file != "-")
            .cloned(),
    })
}

/// The export to read instead of walking, if there is one.
pub(super) fn export(
    matches: &ArgMatches,
    charset: Charset,
) -> Result<Option<InputSource>, UsageError> {
    let Some(file) = values(matches, "from").next_back() else {
        return Ok(None);
    };
    refuse_any(matches, &OF_THE_WALK, "--from")?;
    match values(matches, "files").next() {
        None => Ok(Some(InputSource::Export(file.clone()))),
        Some(extra) => {
            let extra = quote::quote(extra.as_bytes(), charset);
            Err(UsageError {
                details: b"file operands cannot be combined with --from\n".into(),
                ..UsageError::usage([b"extra operand ", extra.as_slice()].concat())
            })
        }
    }
}

/// Whether the report can be had of these operands.
pub(super) fn check(
    reports: &Reports,
    operands: &InputSource,
    (follow, time): (Follow, Option<TimeKind>),
    charset: Charset,
) -> Result<(), UsageError> {
    if reports.shape == OutputFormat::Ncdu {
        check_root(operands, follow, charset)?;
    }
    check_time(reports.shape, operands, time)
}

/// Whether the operands are what an export can be made of: one directory, or another export.
fn check_root(operands: &InputSource, follow: Follow, charset: Charset) -> Result<(), UsageError> {
    let InputSource::Names(names) = operands else {
        return Ok(());
    };
    if let [_, extra, ..] = names.as_slice() {
        let extra = quote::quote(extra.as_bytes(), charset);
        return Err(UsageError {
            details: b"an export has one directory as its root\n".into(),
            ..UsageError::usage([b"extra operand ", extra.as_slice()].concat())
        });
    }
    for name in names {
        let (what, reason): (&[u8], _) = match root_type(name, follow) {
            Ok(FileType::Directory) => continue,
            Ok(_) => (b"cannot export ", Errno::NOTDIR),
            Err(error) => (b"cannot access ", error),
        };
        let name = quote::quoteaf(name.as_bytes(), charset);
        let reason = status::reason(reason.raw_os_error());
        let message = [what, &*name, b": ", reason.as_bytes()].concat();
        return Err(UsageError::plain(message));
    }
    Ok(())
}

fn root_type(name: &OsStr, follow: Follow) -> rustix::io::Result<FileType> {
    let stat = match follow {
        Follow::Never => rustix::fs::lstat(name)?,
        Follow::Operands | Follow::Always => rustix::fs::stat(name)?,
    };
    Ok(FileType::from_raw_mode(stat.st_mode))
}

/// An export holds the times of modification, and no others.
fn check_time(
    shape: OutputFormat,
    operands: &InputSource,
    time: Option<TimeKind>,
) -> Result<(), UsageError> {
    let option = match time {
        Some(TimeKind::Accessed) => "--time=atime",
        Some(TimeKind::Changed) => "--time=ctime",
        Some(TimeKind::Modified) | None => return Ok(()),
    };
    match operands {
        InputSource::Export(_) => Err(cannot_combine(option, "--from")),
        _ if shape == OutputFormat::Ncdu => Err(cannot_combine(option, "--format=ncdu")),
        _ => Ok(()),
    }
}

/// What an export of the operands tells.
pub(super) fn ncdu(
    operands: &InputSource,
    max_depth: u32,
    links: bool,
    time: Option<TimeKind>,
) -> ncdu::NcduOptions {
    let root = match operands {
        // Without looking at the disk: what is a symbolic link stays one.
        InputSource::Names(names) => names.first().and_then(|name| absolute(name).ok()),
        InputSource::From(_) | InputSource::Export(_) => None,
    };
    let root = root.map(|root| {
        // What was typed may end in a slash, which is no part of a name.
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

fn refuse_any(
    matches: &ArgMatches,
    options: &[(&str, &str)],
    with: &str,
) -> Result<(), UsageError> {
    use clap::parser::ValueSource::CommandLine;
    let is_given = |id| matches.value_source(id) == Some(CommandLine);
    match options.iter().find(|(id, _)| is_given(id)) {
        Some((_, option)) => Err(cannot_combine(option, with)),
        None => Ok(()),
    }
}

fn cannot_combine(option: &str, with: &str) -> UsageError {
    UsageError::usage(format!("{option} cannot be combined with {with}"))
}

/// The last word given to an option, out of those that it takes; nothing where it was not given.
fn word<T: Copy + PartialEq>(
    matches: &ArgMatches,
    id: &str,
    table: &[(&str, T)],
    charset: Charset,
) -> Result<Option<T>, UsageError> {
    let given = values(matches, id).rfind(|word| *word != NO_WORD);
    let Some(word) = given.map(|word| word.as_bytes()) else {
        return Ok(None);
    };
    argmatch::find(word, table).map(Some).map_err(|error| {
        let mut details = String::from("Valid arguments are:\n");
        for (name, _) in table {
            details += &format!("  - '{name}'\n");
        }
        bad_word(error, word, &format!("--{id}"), &details, charset)
    })
}

fn top(matches: &ArgMatches, charset: Charset) -> Result<Option<usize>, UsageError> {
    let Some(value) = values(matches, "top").next_back() else {
        return Ok(None);
    };
    match parse_integer(value.as_bytes(), Suffixes::None) {
        Ok(number @ 1..) => Ok(Some(usize::try_from(number).unwrap_or(usize::MAX))),
        _ => {
            let value = quote::quote(value.as_bytes(), charset);
            let message = [b"invalid number of entries ", value.as_slice()].concat();
            Err(UsageError::usage(message))
        }
    }
}
