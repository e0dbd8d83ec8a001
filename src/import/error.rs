//! The errors of an import.

use std::fmt;

use crate::sys::status::reason;

/// The reason why an export cannot be read further. `Display` gives the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportError {
    /// A read failed with this error number.
    Read(i32),
    /// The bytes at this offset, counted from 0, are not valid.
    Format(u64, &'static str),
    /// This is wrong with the file.
    Message(Box<str>),
}

impl ImportError {
    /// This is wrong with the file.
    #[must_use]
    pub fn message(text: impl Into<Box<str>>) -> Self {
        Self::Message(text.into())
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(errno) => write!(f, "read error: {}", reason(*errno)),
            Self::Message(message) => f.write_str(message),
            Self::Format(offset, message) => write!(f, "byte {offset}: {message}"),
        }
    }
}
