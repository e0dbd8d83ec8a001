//! The failures of the walk, for the list of errors.

use super::info::{DirId, ForestFailure};
use crate::sys::failure::Failure;

/// Failures that are kept; of the others, only the number.
const MOST: usize = 10_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) list: Vec<ForestFailure>,
    pub(super) count: u64,
}

impl Failures {
    /// Adds the failure of a directory (no name), or of an entry in it.
    pub(super) fn add(&mut self, directory: DirId, name: &[u8], failure: Failure) {
        self.count += 1;
        if self.list.len() < MOST {
            self.list.push(ForestFailure {
                directory,
                name: name.into(),
                failure,
            });
        }
    }

    /// Why a directory could not be read.
    pub(super) fn of_directory(&self, id: DirId) -> Option<Failure> {
        let is_its = |known: &&ForestFailure| known.directory == id && known.name.is_empty();
        self.list.iter().find(is_its).map(|known| known.failure)
    }

    /// Forgets some failures.
    pub(super) fn forget_if(&mut self, is_gone: impl Fn(&ForestFailure) -> bool) {
        let before = self.list.len();
        self.list.retain(|failure| !is_gone(failure));
        self.count -= (before - self.list.len()) as u64;
    }

    /// Failures of one directory become those of another one.
    pub(super) fn rename(&mut self, from: DirId, to: DirId) {
        for failure in &mut self.list {
            if failure.directory == from {
                failure.directory = to;
            }
        }
    }
}
