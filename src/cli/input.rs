//! What is counted: operands on the command line, a list of them, or an export of an earlier walk.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use clap::parser::ValuesRef;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::option_id::OptionId;
use super::role::Role;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::gnu::quote::{self, Charset, Style};
use crate::sys::absolute::absolute_path;
use crate::sys::status;
use crate::walk::Follow;

/// Where the names of the operands come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource {
    /// The command line.
    Names(Vec<OsString>),
    /// A file of NUL-terminated names; `-` is standard input.
    From(OsString),
    /// None: this export of an earlier walk is read; `-` is standard input.
    Export(OsString),
}

/// What needs a single directory as its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RootOf {
    /// `--format=ncdu` and `--format=parquet`.
    Export,
    /// `--diff`.
    Comparison,
    /// `--snapshot`.
    Snapshot,
}

impl RootOf {
    fn verb(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Comparison => "compare",
            Self::Snapshot => "store",
        }
    }

    /// Why there is no second operand.
    fn reason(self) -> &'static str {
        match self {
            Self::Export => "an export has one directory as its root",
            Self::Comparison => "--diff compares one directory; OLD follows an equals sign",
            Self::Snapshot => "--snapshot stores one directory; WHERE follows an equals sign",
        }
    }
}

impl InputSource {
    pub(super) fn new(
        settings: &Settings<'_>,
        mut operands: ValuesRef<'_, OsString>,
    ) -> Result<Self, UsageError> {
        let (source, option) = match (
            settings.value(OptionId::From),
            settings.value(OptionId::Files0From),
        ) {
            (Some(export), _) => {
                settings.refuse(Role::Walk, "--from")?;
                (Self::Export(export.into()), "--from")
            }
            (None, Some(list)) => (Self::From(list.into()), "--files0-from"),
            (None, None) if operands.len() == 0 => return Ok(Self::Names(vec![".".into()])),
            (None, None) => return Ok(Self::Names(operands.cloned().collect())),
        };
        let Some(extra) = operands.next() else {
            return Ok(source);
        };
        let reason = format!("file operands cannot be combined with {option}");
        Err(UsageError::extra_operand(extra, &reason, settings.charset))
    }

    /// What was typed, as a shell reads it.
    pub(super) fn as_typed(&self) -> Vec<u8> {
        let words = match self {
            Self::Names(names) => names.clone(),
            Self::From(list) => vec!["--files0-from".into(), list.clone()],
            Self::Export(export) => vec!["--from".into(), export.clone()],
        };
        let mut text = Vec::new();
        for word in words {
            if !text.is_empty() {
                text.push(b' ');
            }
            quote::apply(
                Style::ShellEscape,
                word.as_bytes(),
                Charset::Utf8,
                &mut text,
            );
        }
        text
    }

    /// The absolute path of the root, where it is typed: by its text alone, not by the disk, so that a symbolic link stays
    /// one.
    pub(super) fn root(&self) -> Option<Vec<u8>> {
        let Self::Names(names) = self else {
            return None;
        };
        let root = absolute_path(names.first()?)?;
        Some(root.into_os_string().into_vec())
    }

    /// The same with absolute names; those of a list are made absolute when they are read.
    pub(super) fn absolute(self) -> Result<Self, UsageError> {
        let Self::Names(names) = self else {
            return Ok(self);
        };
        let message = "the path of the working directory is not known";
        let absolute = |name: &OsString| {
            absolute_path(name)
                .map(PathBuf::into_os_string)
                .ok_or_else(|| UsageError::plain(message))
        };
        let names: Result<_, _> = names.iter().map(absolute).collect();
        names.map(Self::Names)
    }

    /// Checks that the operands are one directory, or an export.
    pub(super) fn check_root(
        &self,
        purpose: RootOf,
        follow: Follow,
        charset: Charset,
    ) -> Result<(), UsageError> {
        let name = match self {
            Self::From(_) | Self::Export(_) => return Ok(()),
            Self::Names(names) => match names.as_slice() {
                [_, extra, ..] => {
                    return Err(UsageError::extra_operand(extra, purpose.reason(), charset));
                }
                [name] => name,
                [] => return Ok(()),
            },
        };
        let (verb, reason) = match root_type(name, follow) {
            Ok(FileType::Directory) => return Ok(()),
            Ok(_) => (purpose.verb(), Errno::NOTDIR),
            Err(error) => ("access", error),
        };
        let what = format!("cannot {verb} ");
        let name = quote::quoteaf(name.as_bytes(), charset);
        let reason = status::reason(reason.raw_os_error());
        Err(UsageError::plain(
            [what.as_bytes(), &*name, b": ", reason.as_bytes()].concat(),
        ))
    }
}

fn root_type(name: &OsStr, follow: Follow) -> rustix::io::Result<FileType> {
    let stat = match follow {
        Follow::Never => rustix::fs::lstat(name)?,
        Follow::Operands | Follow::Always => rustix::fs::stat(name)?,
    };
    Ok(FileType::from_raw_mode(stat.st_mode))
}
