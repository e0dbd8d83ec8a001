//! The error of a command line that cannot be run, and the messages that several options share.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::gnu::argmatch::WordError;
use crate::gnu::quote::{self, Charset, Style};

/// A command line that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// Messages that standard error gets before this one.
    pub warnings: Vec<Vec<u8>>,
    /// The first mistake, without the program's name.
    pub message: Vec<u8>,
    /// Lines that follow the message.
    pub details: Vec<u8>,
    /// True where a line that points to `--help` follows.
    pub hint: bool,
}

impl UsageError {
    /// An error that points to `--help`.
    pub(super) fn usage(message: impl Into<Vec<u8>>) -> Self {
        Self {
            warnings: Vec::new(),
            message: message.into(),
            details: Vec::new(),
            hint: true,
        }
    }

    /// An error that does not.
    pub(super) fn plain(message: impl Into<Vec<u8>>) -> Self {
        Self {
            hint: false,
            ..Self::usage(message)
        }
    }

    /// The same with its details in the line of the message: for options of jobs that run unattended.
    pub(super) fn in_one_line(mut self) -> Self {
        let details = std::mem::take(&mut self.details);
        if !details.is_empty() {
            self.message.extend_from_slice(b": ");
            self.message.extend_from_slice(details.trim_ascii_end());
        }
        self.hint = false;
        self
    }

    /// A message that ends with a quoted value.
    pub(super) fn about(what: &str, value: &OsStr, charset: Charset) -> Self {
        let value = quote::quote(value.as_bytes(), charset);
        Self::usage([what.as_bytes(), b" ", &value].concat())
    }

    /// An operand where the other options allow none.
    pub(super) fn extra_operand(operand: &OsStr, reason: &str, charset: Charset) -> Self {
        Self {
            details: format!("{reason}\n").into(),
            ..Self::about("extra operand", operand, charset)
        }
    }

    /// Two options that contradict each other.
    pub(super) fn cannot_combine(option: &str, with: &str) -> Self {
        Self::usage(format!("{option} cannot be combined with {with}"))
    }

    /// A word that is not in the fixed list of an option; `details` is the list.
    pub(super) fn bad_word(
        error: WordError,
        word: &[u8],
        context: &str,
        details: String,
        charset: Charset,
    ) -> Self {
        let mut message = match error {
            WordError::Invalid => b"invalid argument ".to_vec(),
            WordError::Ambiguous => b"ambiguous argument ".to_vec(),
        };
        quote::apply(Style::Locale, word, charset, &mut message);
        message.extend_from_slice(b" for ");
        quote::apply(Style::Locale, context.as_bytes(), charset, &mut message);
        Self {
            details: format!("Valid arguments are:\n{details}").into(),
            ..Self::usage(message)
        }
    }
}
