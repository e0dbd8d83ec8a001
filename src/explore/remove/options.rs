//! What all removals need to know.

use std::path::PathBuf;

use jiff::tz::TimeZone;

/// See the module.
#[derive(Debug, Clone)]
pub struct RemovalOptions {
    /// `$XDG_DATA_HOME`, or `$HOME/.local/share`; none where neither is known.
    pub data_home: Option<PathBuf>,
    /// The zone of the times in the trash.
    pub zone: TimeZone,
}
