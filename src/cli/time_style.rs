//! The form of times: `--time-style`, or `TIME_STYLE`.

use std::os::unix::ffi::OsStrExt;

use super::environment::Environment;
use super::option_id::OptionId;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::gnu::time_style::TimeStyle;

/// The style that the option or the environment gives, or else the default.
pub(super) fn time_style(
    settings: &Settings<'_>,
    environment: &Environment,
    default: TimeStyle,
) -> Result<TimeStyle, UsageError> {
    let typed = settings.value(OptionId::TimeStyle).map(OsStrExt::as_bytes);
    let (word, style) = match (typed, environment.bytes("TIME_STYLE")) {
        (Some(word), _) => (word, TimeStyle::parse(word)),
        (None, Some(word)) => (
            TimeStyle::without_posix(word),
            TimeStyle::from_environment(word),
        ),
        (None, None) => (&b""[..], Ok(default)),
    };
    style.map_err(|error| {
        let valid = "  - full-iso\n  - long-iso\n  - iso\n  \
             - +FORMAT (e.g., +%H:%M) for a 'date'-style format\n";
        UsageError::bad_word(error, word, "time style", valid.into(), settings.charset)
    })
}
