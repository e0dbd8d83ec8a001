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

    /// The character set that the name of the locale gives. No locale is loaded: standard output is the same in all.
    #[must_use]
    pub fn charset(&self) -> Charset {
        let mut variables = ["LC_ALL", "LC_CTYPE", "LANG"].iter();
        let locale = variables.find_map(|name| self.get(name).filter(|value| !value.is_empty()));
        let name = locale.map(|name| name.to_string_lossy().to_ascii_lowercase());
        match name {
            Some(name) if name.ends_with("utf-8") || name.ends_with("utf8") => Charset::Utf8,
            _ => Charset::Ascii,
        }
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }
}
