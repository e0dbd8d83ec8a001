//! The errors of an import.

use std::fmt;

use super::foreign::Foreign;
use crate::sys::status::reason;

/// The reason why an export cannot be read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportError {
    /// A read failed with this error number.
    Read(i32),
    /// The bytes at this offset, counted from 0, are not valid.
    Format(u64, &'static str),
    /// The file is of another kind.
    Foreign(Foreign),
}

impl ImportError {
    /// The message about the export of this name, which is quoted for the shell; `-` is standard input.
    #[must_use]
    pub fn message(&self, name: &[u8]) -> Vec<u8> {
        match self {
            Self::Foreign(kind) => kind.message(Some(name).filter(|name| *name != b"-")),
            Self::Read(_) | Self::Format(..) => [name, b": ", self.to_string().as_bytes()].concat(),
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(errno) => write!(f, "read error: {}", reason(*errno)),
            Self::Format(offset, message) => write!(f, "byte {offset}: {message}"),
            Self::Foreign(kind) => write!(f, "{}", String::from_utf8_lossy(&kind.message(None))),
        }
    }
}
