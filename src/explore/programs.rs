//! The shell, the pager and the opener.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;

use super::terminal::Child;

/// The programs, from the environment.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `SHELL`, or none.
    pub shell: Option<OsString>,
    /// `PAGER`, or none: a command line of the shell.
    pub pager: Option<OsString>,
    /// `PDU_LEVEL`: how many explorers this one runs in.
    pub level: u32,
    /// What the pager may do.
    pub pager_mode: PagerMode,
}

/// What the pager may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagerMode {
    /// What it wants.
    Usual,
    /// It starts no other programs (`LESSSECURE`).
    Secure,
}

impl Programs {
    pub(super) fn shell(&self, directory: OwnedFd) -> Child {
        let shell = self.shell.clone().filter(|shell| !shell.is_empty());
        let level = self.level.saturating_add(1).to_string();
        Child {
            words: vec![shell.unwrap_or_else(|| "/bin/sh".into())],
            variables: vec![("PDU_LEVEL".into(), level.into())],
            directory,
        }
    }

    /// The name is no option of the pager: it begins with `./`.
    pub(super) fn pager(&self, directory: OwnedFd, name: Vec<u8>) -> Child {
        let pager = self.pager.clone().filter(|pager| !pager.is_empty());
        let mut command = pager.unwrap_or_else(|| "less".into());
        command.push(" \"$1\"");
        Child {
            words: vec![
                "/bin/sh".into(),
                "-c".into(),
                command,
                "pdu".into(),
                here(name),
            ],
            variables: match self.pager_mode {
                PagerMode::Usual => Vec::new(),
                PagerMode::Secure => vec![("LESSSECURE".into(), "1".into())],
            },
            directory,
        }
    }

    pub(super) fn opener(directory: OwnedFd, name: Vec<u8>) -> Child {
        Child {
            words: vec!["xdg-open".into(), here(name)],
            variables: Vec::new(),
            directory,
        }
    }
}

/// A name as a path that is no option.
fn here(name: Vec<u8>) -> OsString {
    let mut path = b"./".to_vec();
    path.extend(name);
    OsString::from_vec(path)
}
