//! What is counted: operands on the command line, a list of them, or an export of an earlier walk.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::parser::ValuesRef;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::option_id::OptionId;
use super::role::Role;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::gnu::quote::{self, Charset, Style};
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

    /// Checks that an export can be written of the operands: they are one directory, or another export.
    pub(super) fn check_root(&self, follow: Follow, charset: Charset) -> Result<(), UsageError> {
        let name = match self {
            Self::From(_) | Self::Export(_) => return Ok(()),
            Self::Names(names) => match names.as_slice() {
                [_, extra, ..] => {
                    let reason = "an export has one directory as its root";
                    return Err(UsageError::extra_operand(extra, reason, charset));
                }
                [name] => name,
                [] => return Ok(()),
            },
        };
        let (what, reason): (&[u8], _) = match root_type(name, follow) {
            Ok(FileType::Directory) => return Ok(()),
            Ok(_) => (b"cannot export ", Errno::NOTDIR),
            Err(error) => (b"cannot access ", error),
        };
        let name = quote::quoteaf(name.as_bytes(), charset);
        let reason = status::reason(reason.raw_os_error());
        Err(UsageError::plain(
            [what, &*name, b": ", reason.as_bytes()].concat(),
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
