//! When the reading of what is shown began. An inode that was created later was not shown, although a file system may give
//! it the number of one that was.
//!
//! The beginning, and not the end: a file that is replaced while the walk goes on may have been read before.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::count::usage::FileTime;
use crate::forest::{DirId, Forest};

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

    /// When the reading of a directory began: the last one of it, or of a directory around it.
    pub(super) fn of(&self, forest: &Forest, directory: DirId) -> FileTime {
        let around = forest.and_above(directory);
        let rereads = around.filter_map(|around| self.of_reread(around));
        rereads.fold(self.first, FileTime::max)
    }

    /// When the last reading of a directory, and of it alone, began.
    pub(super) fn of_reread(&self, directory: DirId) -> Option<FileTime> {
        self.rereads.get(&directory).copied()
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
