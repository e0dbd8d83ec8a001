//! Where a snapshot is stored: a file, or a directory in which pdu names the files.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

/// The directory of the system, for root without a home directory.
const OF_SYSTEM: &str = "/var/lib/pdu";

/// Where a snapshot is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this file.
    File(OsString),
    /// In a directory that has a directory for each root.
    Store(PathBuf),
}

impl Place {
    /// The place of this name: a directory where it is one, or where it ends in a slash.
    #[must_use]
    pub fn named(name: &OsStr) -> Self {
        let stat = rustix::fs::stat(name);
        let is_there = stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_dir());
        match is_there || name.as_bytes().ends_with(b"/") {
            true => Self::Store(name.into()),
            false => Self::File(name.into()),
        }
    }
}

/// The store for which no option names a place. `variable` gives the environment, without empty values.
#[must_use]
pub fn default_store<'a>(variable: impl Fn(&str) -> Option<&'a OsStr>) -> Option<PathBuf> {
    if let Some(named) = variable("PDU_SNAPSHOTS") {
        return Some(named.into());
    }
    // Of the XDG Base Directory Specification, which makes a relative path void.
    let state = variable("XDG_STATE_HOME").map(Path::new);
    if let Some(state) = state.filter(|state| state.is_absolute()) {
        return Some(state.join("pdu"));
    }
    match variable("HOME") {
        Some(home) => Some(Path::new(home).join(".local/state/pdu")),
        None => rustix::process::geteuid()
            .is_root()
            .then(|| OF_SYSTEM.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_names_the_store() {
        for (variables, expected) in [
            (
                &[
                    ("PDU_SNAPSHOTS", "s"),
                    ("XDG_STATE_HOME", "/x"),
                    ("HOME", "/h"),
                ][..],
                "s",
            ),
            (&[("XDG_STATE_HOME", "/x"), ("HOME", "/h")], "/x/pdu"),
            (
                &[("XDG_STATE_HOME", "x"), ("HOME", "/h")],
                "/h/.local/state/pdu",
            ),
            (&[("HOME", "/h")], "/h/.local/state/pdu"),
        ] {
            let variable = |name: &str| {
                let mut variables = variables.iter();
                variables
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| OsStr::new(*value))
            };
            assert_eq!(default_store(variable), Some(PathBuf::from(expected)));
        }
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(default_store(|_| None).is_some(), is_root);
    }
}
