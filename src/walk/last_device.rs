//! What the list of mounts says of the device that was looked up last. On a slow disk all directories are slow, and a
//! machine may have thousands of mounts: the list is not read for each directory.

#![expect(
    clippy::disallowed_types,
    reason = "a number and a flag, for slow directories only"
)]

use std::sync::{Mutex, PoisonError};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LastDevice(Mutex<Option<(u64, bool)>>);

impl LastDevice {
    /// The answer for a device; asks where another device was the last.
    pub(super) fn answer(&self, device: u64, ask: impl FnOnce() -> bool) -> bool {
        let last = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *last();
        match known.filter(|&(known, _)| known == device) {
            Some((_, answer)) => answer,
            None => {
                let answer = ask();
                *last() = Some((device, answer));
                answer
            }
        }
    }
}
