//! The environment variables, as a value: the parser and the plan read no variable of the process.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::gnu::quote::Charset;

/// What a terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TerminalKind {
    /// It understands control sequences.
    Capable,
    /// It does not.
    Dumb,
    /// `TERM` is unset, is empty, or is the entry `unknown` of terminfo, which has no control sequences.
    Unknown,
}

/// A set of environment variables.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

impl Environment {
    /// The environment of the process.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The value of a variable, which may be empty.
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        let mut variables = self.variables.iter();
        let found = variables.find(|(key, _)| key.as_os_str() == name);
        found.map(|(_, value)| value.as_os_str())
    }

    /// The bytes of a variable's value.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.get(name).map(OsStrExt::as_bytes)
    }

    /// What `TERM` says about the terminal.
    pub(super) fn terminal(&self) -> TerminalKind {
        match self.bytes("TERM").unwrap_or_default() {
            b"" | b"unknown" => TerminalKind::Unknown,
            b"dumb" => TerminalKind::Dumb,
            _ => TerminalKind::Capable,
        }
    }

    /// The character set that the name of the locale gives. The locale itself is loaded for numbers only.
    #[must_use]
    pub fn charset(&self) -> Charset {
        let name = self.locale("LC_CTYPE").to_ascii_lowercase();
        match name.ends_with(b"utf-8") || name.ends_with(b"utf8") {
            true => Charset::Utf8,
            false => Charset::Ascii,
        }
    }

    /// True where numbers certainly have the form of the C locale. Its variants differ in the encoding only.
    pub(super) fn has_c_numbers(&self) -> bool {
        let name = self.locale("LC_NUMERIC");
        matches!(name, b"" | b"C" | b"POSIX") || name.starts_with(b"C.")
    }

    /// The name of the locale for a category; empty where no variable gives one.
    fn locale(&self, category: &str) -> &[u8] {
        let values = ["LC_ALL", category, "LANG"].map(|name| self.bytes(name));
        let mut names = values.into_iter().flatten();
        names.find(|name| !name.is_empty()).unwrap_or_default()
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }
}
