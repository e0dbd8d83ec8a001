//! The zone of local times, which `TZ` gives.

use jiff::tz::TimeZone;

use super::environment::Environment;
use crate::gnu::zone;
use crate::sys::retry::read_file;

/// See the module.
pub(super) fn local_zone(environment: &Environment) -> TimeZone {
    zone::zone(environment.get("TZ"), environment.get("TZDIR"), |path| {
        read_file(path, zone::MAX_FILE)
    })
}
