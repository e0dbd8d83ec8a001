//! When the reading of what is shown began. An inode that was created later was not shown, although a file system may give
//! it the number of one that was.
//!
//! The beginning, and not the end: a file that is replaced while the walk goes on may have been read before.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::count::usage::FileTime;
use crate::forest::{DirId, Forest, Target};

/// See the module.
#[derive(Debug)]
pub(super) struct ReadTimes {
    first: FileTime,
    /// Of directories that were read again.
    rereads: HashMap<DirId, FileTime>,
}

impl ReadTimes {
    /// The first walk begins.
    pub(super) fn new() -> Self {
        Self {
            first: now(),
            rereads: HashMap::new(),
        }
    }

    /// A directory has new contents, whose reading began at this time.
    pub(super) fn replaced(&mut self, directory: DirId, time: FileTime) {
        self.rereads.insert(directory, time);
    }

    /// The earliest time for these entries and what they hold.
    pub(super) fn of(&self, forest: &Forest, targets: &[Target]) -> FileTime {
        let times = targets.iter().map(|target| match targets {
            // One directory: it may have been read again alone. To look for each of many takes a pass over the rows.
            [only] => {
                let own = forest.child(only.parent, &only.name);
                self.of_entries(forest, own.unwrap_or(only.parent))
            }
            _ => self.of_entries(forest, target.parent),
        });
        times.min().unwrap_or(self.first)
    }

    /// The time for the entries of a directory.
    fn of_entries(&self, forest: &Forest, directory: DirId) -> FileTime {
        let around = forest.and_above(directory);
        let rereads = around.filter_map(|around| self.rereads.get(&around).copied());
        rereads.fold(self.first, FileTime::max)
    }
}

/// The time of the clock that files have.
pub(super) fn now() -> FileTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    FileTime {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: since.subsec_nanos(),
    }
}
